"""Proof that a ledger is whole: the chain, the levels, conservation and the anchors, all computed anew."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from onhand.store.engine import Sql
from onhand.store.statements import Row

PAGE = 5_000
# A damaged ledger can differ everywhere; a person needs the first ones and their number.
SHOWN_PROBLEMS = 100

Link = Callable[[bytes, Sequence[str | int]], bytes]


class Verified(NamedTuple):
    """What was checked, and every contradiction in words; no problems means that it holds."""

    movements: int
    levels: int
    problems: list[str]


def verify(sql: Sql, shop_id: int, *, start: bytes, link: Link, anchors: Sequence[tuple[int, bytes]]) -> Verified:
    """Return what a full recomputation of one shop's ledger finds, from the hash `start` on."""
    walk = _Walk(head=start, anchors={0: start} | dict(anchors), link=link)
    while page := sql.rows("chain", (shop_id, walk.sequence, PAGE)):
        for row in page:
            walk.step(row)
    problems = walk.problems + walk.missing_anchors()
    kept = {
        (item, location, state): units
        for item, location, state, units in sql.rows("all_levels", {"shop": shop_id, "location": None})
    }
    problems += _compare_levels(walk.fold, kept) + _check_conservation(kept)
    hidden = len(problems) - SHOWN_PROBLEMS
    if hidden > 0:
        problems = [*problems[:SHOWN_PROBLEMS], f"and {hidden} more"]
    return Verified(movements=walk.movements, levels=len(kept), problems=problems)


class _Walk:
    """One pass over the movements in their order."""

    def __init__(self, head: bytes, anchors: dict[int, bytes], link: Link) -> None:
        self.sequence = 0
        self.movements = 0
        self.problems: list[str] = []
        self.fold: Counter[tuple[str, str, str]] = Counter()
        self._head, self._anchors, self._link = head, anchors, link

    def step(self, row: Row) -> None:
        sequence, id_, item, source_location, source_state, target_location, target_state, units = row[:8]
        if sequence != self.sequence + 1:
            self.problems.append(f"movements {self.sequence + 1} to {sequence - 1} are missing")
        if self._link(self._head, row[:-1]) != row[-1]:
            self.problems.append(
                f"movement {sequence} ({id_}) does not follow from the one before it: one of them was changed"
            )
        # Go on from what stands there, so that one change is one problem.
        self.sequence, self._head = sequence, row[-1]
        self.movements += 1
        self.fold[item, source_location, source_state] -= units
        self.fold[item, target_location, target_state] += units
        anchor = self._anchors.pop(sequence, self._head)
        if anchor != self._head:
            self.problems.append(
                f"movement {sequence} has hash {self._head.hex()[:16]}…, the anchor outside says {anchor.hex()[:16]}…: "
                "the ledger was rewritten up to here, or the anchor belongs to another database"
            )

    def missing_anchors(self) -> list[str]:
        """Return a problem for every anchored movement that is not there."""
        self._anchors.pop(0, None)
        return [
            f"movement {sequence} was anchored and is gone: the ledger ends at {self.sequence}"
            for sequence in sorted(self._anchors)
        ]


def _compare_levels(fold: Counter[tuple[str, str, str]], kept: dict[tuple[str, str, str], int]) -> list[str]:
    return [
        f"level of {key[0]} at {key[1]}, {key[2]}: kept {kept.get(key, 0)}, "
        f"the movements say {fold.get(key, 0)}: run `onhand ledger rebuild`"
        for key in sorted({*fold, *kept})
        if fold.get(key, 0) != kept.get(key, 0)
    ]


def _check_conservation(kept: dict[tuple[str, str, str], int]) -> list[str]:
    sums: Counter[str] = Counter()
    for (item, _, _), units in kept.items():
        sums[item] += units
    return [f"bins of {item} sum to {units}, they must sum to 0" for item, units in sorted(sums.items()) if units]
