"""Copies: two onhands with books of their own at one shop, such as a machine and its restored snapshot.

Each would take the other's writes for a stranger's. So whoever writes leaves a mark at the shop and replaces it again
and again, comparing: who finds a mark that its own books do not know has been passed by another copy, and stops.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from onhand.domain.stock import LevelKey, State
from onhand.ports.channel import Problem
from onhand.publish.guard import gate
from onhand.store import Books
from onhand.store.marks import Mark

ANOTHER_COPY: Final = "another copy at work"
"""The kind of problem: a person must say which of two is the right one."""

UNTOLD: Final = "copies cannot be told apart"
"""The kind of problem: the platform keeps no mark of ours."""


def writes(books: Books, channels: Iterable[str]) -> bool:
    """Return whether anything may be written to one of these channels: who writes nothing needs no mark."""
    return any(gate(books, channel).open for channel in channels)


def claim(books: Books, shop: str, shown: str | None, channels: Iterable[str], now: datetime) -> str | None:
    """Return the mark to be left in the place of the one that is `shown`. Needs a transaction.

    None: another copy has left it, and every channel is held until a person has answered.
    """
    mark = books.marks.get()
    if not (mark.takes_any or shown is None or shown in (mark.held, mark.wanted)):
        since = mark.held or mark.wanted or "none"
        reason = f"another copy of onhand writes to {shop}: it left the mark {shown}, and these books know of {since}"
        for channel in channels:
            books.channels.hold(channel, reason)
        next_step = "end one of the two; if this one stays, `onhand offers resume` lets it write, and stops the other"
        books.problems.raise_(Problem(ANOTHER_COPY, shop, reason, next_step), now)
        return None
    sent = mark.wanted if shown == mark.held else None  # it may arrive yet: the same again is no other
    wanted = sent or f"{now:%Y-%m-%dT%H:%M:%S.%fZ} {books.count('marks')}"
    books.marks.put(Mark(shown, wanted, mark.takes_any))
    return wanted


def hold(books: Books, wanted: str) -> None:
    """Keep that our mark stands at the shop. Needs a transaction."""
    books.marks.put(Mark(held=wanted))


def note_told(books: Books, platform: str, keys: Sequence[LevelKey], now: datetime) -> int:
    """Take for told what a platform shows as told of some levels that were read just now; return how many levels.

    Only for books that take over from another copy: that one owed the same and may have paid all of it or some, and to
    tell a delta twice would take the units away twice. Needs a transaction.
    """
    owed, expected, seen = books.owed.units(keys), books.expected(keys), books.observations.newest(keys, platform)
    told = {
        key: units
        for key, left in owed.items()
        if key in seen and (units := _paid(left, expected[key], seen[key].units)) is not None
    }
    books.owed.confirm(told, now)
    return len(told)


def _paid(
    owed: Mapping[State, int], expected: Mapping[State, int], shown: Mapping[State, int]
) -> dict[State, int] | None:
    """Return how much of what is owed to a level the platform shows as paid; None where it shows something else."""
    paid = {state: shown.get(state, 0) - expected.get(state, 0) for state in owed}
    some = any(paid.values())
    return paid if some and all(min(0, owed[state]) <= paid[state] <= max(0, owed[state]) for state in owed) else None


def agree(books: Books, shop: str, now: datetime) -> None:
    """Take it that a person has said: this copy is the right one. Needs a transaction."""
    if shop in books.problems.keys(ANOTHER_COPY):
        books.marks.put(books.marks.get()._replace(takes_any=True))
        books.problems.settle(ANOTHER_COPY, shop, now)
