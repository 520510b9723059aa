"""What Shopify has not been told yet: the movements that did not come from it, less the confirmed tellings."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from onhand.domain.stock import LevelKey, State
from onhand.store.engine import Sql
from onhand.store.json_text import STATES, pairs
from onhand.store.times import to_us


class OwedUnits:
    """Units by level and state that a telling must still carry to Shopify; negative ones leave."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def units(self, keys: Iterable[LevelKey]) -> dict[LevelKey, dict[State, int]]:
        """Return what is owed to some levels by state; levels and states that are owed nothing are left out."""
        owed: dict[LevelKey, dict[State, int]] = defaultdict(dict)
        for item, location, state, units in self._sql.rows("owed_units", (self._shop, pairs(keys))):
            owed[LevelKey(item, location)][STATES[state]] = units
        return dict(owed)

    def confirm(self, told: Mapping[LevelKey, Mapping[State, int]], at: datetime) -> None:
        """Subtract what Shopify has confirmed. More than was owed turns the sign: then that is to be taken back."""
        at_us = to_us(at)
        rows = [
            (self._shop, key.item, key.location, state.value, -told_units, at_us)
            for key, units in told.items()
            for state, told_units in units.items()
            if told_units
        ]
        if rows:
            self._sql.run_many("confirm_owed", rows)

    def count(self) -> int:
        """Return how many levels are owed anything."""
        row = self._sql.row("count_owed", (self._shop,))
        assert row is not None
        return int(row[0])

    def open(self, limit: int) -> list[LevelKey]:
        """Return about `limit` levels that are owed anything, worst risk of overselling first.

        Those whose available is to be lowered come first, then those where it is raised, both with the fewest units
        for sale by the books before the others; what leaves available as it is comes last. There may be fewer than
        there are, because a level stands there with each of its states.
        """
        rows = self._sql.rows("open_owed", (self._shop, limit))
        return list(dict.fromkeys(LevelKey(item, location) for item, location in rows))

    def forget(self, item: str) -> None:
        """Strike what is owed of an item that is not counted any more: the platform takes nothing of it."""
        self._sql.run("forget_owed", (self._shop, item))
