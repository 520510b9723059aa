"""Units put aside: our own share of the safety stock of levels, kept apart from what the merchant put there."""

from collections.abc import Mapping, Sequence

from onhand.domain.stock import LevelKey
from onhand.store.engine import Sql
from onhand.store.json_text import texts


class Aside:
    """What we have put aside in one shop."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def put(self, units: Mapping[LevelKey, int]) -> None:
        """Keep how many units of ours stand aside at levels; 0 forgets one."""
        kept = [(self._shop, *key, count) for key, count in units.items() if count]
        gone = [(self._shop, *key) for key, count in units.items() if not count]
        if kept:
            self._sql.run_many("put_aside", kept)
        if gone:
            self._sql.run_many("forget_aside", gone)

    def of(self, items: Sequence[str]) -> dict[LevelKey, int]:
        """Return our units by level; levels without any are left out."""
        rows = self._sql.rows("aside_of_items", (self._shop, texts(items)))
        return {LevelKey(item, location): units for item, location, units in rows}

    def all(self) -> dict[LevelKey, int]:
        """Return our units at every level that has any."""
        return {LevelKey(item, location): units for item, location, units in self._sql.rows("all_aside", (self._shop,))}
