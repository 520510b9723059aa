"""What may happen to the counting of items: it is switched off for a while, whatever waits for them, and on again."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from onhand.sandbox.world.assortment import change_item
from onhand.sandbox.world.world import World
from onhand.simulator.acts.chance import Act, named

MOST_RESTING = 3
"""How many items are not tracked at a time: the others have to go on."""


class TrackingActs:
    """Items that are tracked and not tracked in turn."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._rng = rng
        self.ever_switched: set[str] = set()

    def acts(self) -> Sequence[Act]:
        """Return what may happen."""
        return named(self._switch)

    def _switch(self, now: datetime) -> str:
        resting = [item for item in self._world.catalog if not item.tracked]
        item = self._rng.choice(
            resting if len(resting) >= MOST_RESTING else [item for item in self._world.catalog if not item.bundle]
        )
        changed = change_item(self._world, replace(item, tracked=not item.tracked), now=now)
        self.ever_switched.add(str(item.inventory_item_id))
        return f"{item.sku} is {'counted again' if changed.tracked else 'not counted any more'}"
