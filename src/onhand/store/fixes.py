"""Fixes: what was decided about drifts, by whom and why, with the exact way back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from onhand.domain.stock import LevelKey, State
from onhand.store.engine import Sql
from onhand.store.json_text import dump, load_units, pairs
from onhand.store.statements import Row
from onhand.store.times import from_us, to_us

Way = Literal["write", "adopt", "keep"]
"""Our numbers were written to the platform, others were taken into the books, or the books stand against a count."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fix:
    """One decision. `before` and `after` are units by state on the side that was changed, in states that differed.

    `run` names the writes, or is the adoption's cause. `undoes` is the fix that this one takes back, None: it is none.
    """

    id: int
    drift: int
    key: LevelKey
    way: Way
    before: Mapping[State, int]
    after: Mapping[State, int]
    actor: str
    reason: str
    run: str
    made_at: datetime
    undoes: int | None = None


class Fixes:
    """The fixes of one shop."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def record(self, fix: Fix) -> int:
        """Keep a decision and return its number; the one in `fix` counts for nothing."""
        row = self._sql.row(
            "record_fix",
            {
                "shop": self._shop,
                "drift": fix.drift,
                "item": fix.key.item,
                "location": fix.key.location,
                "way": fix.way,
                "before": _text(fix.before),
                "after": _text(fix.after),
                "actor": fix.actor,
                "reason": fix.reason,
                "run": fix.run,
                "at": to_us(fix.made_at),
                "undoes": fix.undoes,
            },
        )
        assert row is not None
        return int(row[0])

    def rows(self, drift: int | None = None) -> list[Fix]:
        """Return what was decided, first first; about one drift where it is given."""
        return [_read(row) for row in self._sql.rows("fixes", {"shop": self._shop, "drift": drift})]

    def left_alone(self, keys: Iterable[LevelKey]) -> set[LevelKey]:
        """Return those levels where somebody took a fix back and which have not agreed since: nothing heals them."""
        rows = self._sql.rows("left_alone", {"shop": self._shop, "keys": pairs(keys)})
        return {LevelKey(item, location) for item, location in rows}


def _text(units: Mapping[State, int]) -> str:
    return dump({state.value: much for state, much in units.items()})


def _read(row: Row) -> Fix:
    return Fix(
        id=row[0],
        drift=row[1],
        key=LevelKey(row[2], row[3]),
        way=row[4],
        before=load_units(row[5]),
        after=load_units(row[6]),
        actor=row[7],
        reason=row[8],
        run=row[9],
        made_at=from_us(row[10]),
        undoes=row[11],
    )
