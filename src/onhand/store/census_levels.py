"""Levels of a census, taken into the books a batch at a time, in a handful of statements.

Level by level it would be a dozen statements each. What follows from them (levels, what is held, which offers are
stale) is kept by the same triggers, so both ways end in the same rows; a test holds them to it.
"""

from collections.abc import Iterable
from datetime import datetime

from onhand.domain.stock import KEPT_STATES, LevelKey
from onhand.ports.channel import SeenLevel
from onhand.store.engine import Sql
from onhand.store.statements import Row
from onhand.store.times import to_us

_NOT_COUNTED = (None,) * len(KEPT_STATES)


class CensusLevels:
    """One batch of levels on its way into the books of a shop: stage it, keep it, settle it, in one transaction."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def stage(self, levels: Iterable[SeenLevel], source: str, *, opens: bool = True) -> list[SeenLevel]:
        """Lay a batch ready, in the place of the one before; return the levels in it that are to be opened, by key.

        These are levels that nothing has moved and that were not opened yet. Without `opens` there are none.
        """
        batch = sorted(levels)
        self._sql.run("clear_census_levels")
        self._sql.run_many("stage_census_level", map(_staged, batch))
        self._sql.run("weigh_census_levels", {"shop": self._shop, "source": source, "opens": opens})
        if not opens:
            return []
        begun = set(self._sql.rows("begun_census_levels"))
        return [level for level in batch if level.units is not None and level[:2] not in begun]

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


def _staged(level: SeenLevel) -> Row:
    """Return a level as the columns of what is laid ready."""
    item, location, level_id, active, units, observed_at = level
    counted = units is not None
    return (item, location, level_id, active, counted, *(units or _NOT_COUNTED), to_us(observed_at))
