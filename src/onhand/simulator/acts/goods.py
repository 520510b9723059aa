"""What may happen to the goods themselves: where they are stocked, how they are sold, what they are called."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from onhand.sandbox.world import change
from onhand.sandbox.world.assortment import add_item, add_variant, change_item, remove_item
from onhand.sandbox.world.catalog import Item
from onhand.sandbox.world.levels import Level
from onhand.sandbox.world.world import World
from onhand.simulator.acts.chance import Act, named, one_of

LEAST_ITEMS = 7
"""Nothing is removed from a shop that has fewer: the others must still meet."""


class GoodsActs:
    """Levels that are connected and disconnected; items that are sold below zero, renamed, removed and made anew.

    `unsettled` are the items that were removed: what was under way then is told by nobody.
    """

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._rng = rng
        self.unsettled: set[str] = set()

    def acts(self) -> Sequence[Act]:
        """Return what may happen."""
        return named(
            self._disconnect,
            self._disconnect,
            self._connect,
            self._connect,
            self._sell_below_zero,
            self._sell_below_zero,
            self._rename,
            self._add_variant,
            self._remove,
            self._make_anew,
        )

    def _disconnect(self, now: datetime) -> str:
        level = one_of(self._rng, self._levels(active=True), "nothing is stocked anywhere")
        change.disconnect(self._world, level.item_id, level.location_id, now)
        return f"{level.item_id}@{level.location_id}: disconnected with {level.on_hand} on hand"

    def _connect(self, now: datetime) -> str:
        level = one_of(self._rng, self._levels(active=False), "everything is stocked where it ever was")
        change.connect(self._world, level.item_id, level.location_id, now)
        return f"{level.item_id}@{level.location_id}: connected again"

    def _sell_below_zero(self, now: datetime) -> str:
        item = self._rng.choice(list(self._world.catalog.items.values()))
        item = change_item(self._world, replace(item, sells_below_zero=not item.sells_below_zero), now=now)
        return f"{item.sku}: sells below zero {item.sells_below_zero}"

    def _rename(self, now: datetime) -> str:
        item = self._rng.choice(self._plain())
        sku = f"{item.sku}-{self._rng.randrange(100)}"
        change_item(self._world, replace(item, sku=sku), now=now)
        return f"{item.sku}: called {sku} now"

    def _add_variant(self, now: datetime) -> str:
        item = add_variant(self._world, self._rng.choice(self._plain()), now=now)
        return f"{item.sku}: sold as {len(item.variant_ids)} variants"

    def _remove(self, now: datetime) -> str:
        alone = [item for item in self._plain() if not self._world.catalog.bundles_of(item.inventory_item_id)]
        item = one_of(self._rng, alone if len(alone) >= LEAST_ITEMS - 2 else [], "too little would be left")
        remove_item(self._world, item, now=now)
        self.unsettled.add(str(item.inventory_item_id))
        return f"{item.sku}: removed"

    def _make_anew(self, now: datetime) -> str:
        there = {item.sku for item in self._world.catalog}
        gone = [item for item in self._world.catalog.known.values() if item.sku not in there]
        old = one_of(self._rng, gone, "nothing was removed")
        made = add_item(self._world, sku=old.sku, title=old.title, price_cents=old.price_cents, now=now)
        for location_id in self._rng.sample(list(self._world.catalog.locations), 2):
            change.connect(self._world, made.inventory_item_id, location_id, now)
        return f"{made.sku}: made anew as {made.inventory_item_id} instead of {old.inventory_item_id}"

    def _plain(self) -> list[Item]:
        return [item for item in self._world.catalog if not item.bundle]

    def _levels(self, *, active: bool) -> list[Level]:
        plain = {item.inventory_item_id for item in self._plain()}
        return [level for level in self._world.levels if level.item_id in plain and level.active is active]
