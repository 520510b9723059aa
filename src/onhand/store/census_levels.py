"""Levels of a census, taken into the books a batch at a time, in a handful of statements.

Level by level it would be a dozen statements each. What follows from them (levels, what is held, which offers are
stale) is kept by the same triggers, so both ways end in the same rows; a test holds them to it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from onhand.domain.stock import KEPT_STATES, LevelKey
from onhand.ports.channel import SeenLevel
from onhand.store.engine import Sql
from onhand.store.times import to_us

_NOT_COUNTED = (None,) * len(KEPT_STATES)


class FreshLevel(NamedTuple):
    """A level that nothing has moved and that was not opened yet; its opening balance is what was seen of it.

    `units` are by state in the order of KEPT_STATES, None where the platform does not show one. `observed_us` are
    microseconds since 1970, as the tables keep them.
    """

    item: str
    location: str
    units: tuple[int | None, ...]
    observed_us: int


class CensusLevels:
    """One batch of levels on its way into the books of a shop: stage it, keep it, settle it, in one transaction."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def stage(self, levels: Iterable[SeenLevel], source: str, *, opens: bool = True) -> list[FreshLevel]:
        """Lay a batch ready, in the place of the one before; return the levels in it that are to be opened, by key.

        Without `opens` there are none.
        """
        rows = sorted(
            [
                (row.item, row.location, row.level_id, row.active, True, *row.units, to_us(row.observed_at))
                if row.units is not None
                else (row.item, row.location, row.level_id, row.active, False, *_NOT_COUNTED, to_us(row.observed_at))
                for row in levels
            ]
        )
        self._sql.run("clear_census_levels")
        self._sql.run_many("stage_census_level", rows)
        self._sql.run("weigh_census_levels", {"shop": self._shop, "source": source, "opens": opens})
        return [FreshLevel(row[0], row[1], row[2:-1], row[-1]) for row in self._sql.rows("fresh_census_levels")]

    def keep(self, source: str, reading: int, at: datetime) -> int:
        """Keep ids, observations and cut times of the batch that is laid ready; return how many levels are counted."""
        common = {"shop": self._shop, "source": source, "reading": reading, "at": to_us(at)}
        self._sql.run("open_census_levels", {"shop": self._shop})
        self._sql.run("name_census_levels", {"shop": self._shop, "at": to_us(at)})
        self._sql.run("append_census_levels", common)
        self._sql.run("observe_census_levels", common)
        row = self._sql.row("count_census_levels")
        assert row is not None
        return int(row[0])

    def settle(self, source: str, at: datetime) -> list[LevelKey]:
        """Keep that levels of the batch agree which equal the books, with nothing owed or in flight; return the others.

        None of the batch is left to be compared.
        """
        self._sql.run("settle_census_levels", {"shop": self._shop, "source": source})
        self._sql.run("agree_census_levels", {"shop": self._shop, "source": source, "at": to_us(at)})
        self._sql.run("census_levels_are_compared", {"shop": self._shop})
        return [LevelKey(item, location) for item, location in self._sql.rows("unsettled_census_levels")]

    def settled_with_drifts(self) -> list[LevelKey]:
        """Return levels of the batch that agree, and whose drift is still open."""
        return [LevelKey(item, location) for item, location in self._sql.rows("settled_drifts", {"shop": self._shop})]
