"""Doubts: levels whose states did not sum to on hand when they were last read."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from onhand.domain.stock import LevelKey
from onhand.store.engine import Sql
from onhand.store.rows import time_of
from onhand.store.times import from_us, to_us, to_us_or_none


class Doubt(NamedTuple):
    """A level that does not add up since `since_at`: on hand as told, and as its states add up.

    `tries` readings that were due have shown it; the next is due at `due_at`, None: it was tried often enough.
    `reading` numbers the newest one.
    """

    key: LevelKey
    told_units: int
    summed_units: int
    since_at: datetime
    due_at: datetime | None
    tries: int
    reading: int


class Doubts:
    """The doubts of one shop: nearly always none."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def put(self, doubt: Doubt) -> None:
        """Keep a doubt; one that is there keeps its beginning."""
        self._sql.run(
            "put_doubt",
            {
                "shop": self._shop,
                "item": doubt.key.item,
                "location": doubt.key.location,
                "told_units": doubt.told_units,
                "summed_units": doubt.summed_units,
                "since_at": to_us(doubt.since_at),
                "due_at": to_us_or_none(doubt.due_at),
                "tries": doubt.tries,
                "reading": doubt.reading,
            },
        )

    def forget(self, keys: Iterable[LevelKey]) -> None:
        """Forget doubts: these levels add up, or are no more."""
        self._sql.run_many("forget_doubt", [(self._shop, *key) for key in keys])

    def make_due(self, now: datetime) -> None:
        """Let the next try of every doubt be due."""
        self._sql.run("doubt_at_once", {"shop": self._shop, "now": to_us(now)})

    def all(self) -> dict[LevelKey, Doubt]:
        """Return every doubt, by level."""
        return {
            LevelKey(row[0], row[1]): Doubt(
                LevelKey(row[0], row[1]), row[2], row[3], from_us(row[4]), time_of(row, 5), row[6], row[7]
            )
            for row in self._sql.rows("all_doubts", (self._shop,))
        }
