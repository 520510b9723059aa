"""What people change in the admin without any document: nothing at Shopify explains it."""

import random
from collections.abc import Sequence
from datetime import datetime

from onhand.sandbox.world import moving
from onhand.sandbox.world.levels import Level
from onhand.sandbox.world.world import World
from onhand.simulator.acts.chance import Act

_STATES = ("available", "damaged", "quality_control", "safety_stock")


class HandActs:
    """Levels that are changed by hand."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._rng = rng

    def acts(self) -> Sequence[Act]:
        """Return what may happen."""
        return (self._adjust, self._receive, self._move)

    def _adjust(self, now: datetime) -> str:
        level, units, state = self._level(), self._units() * self._rng.choice((-1, 1)), self._rng.choice(_STATES)
        moving.adjust_by_hand(
            self._world, item_id=level.item_id, location_id=level.location_id, units=units, now=now, state=state
        )
        return f"{level.item_id}@{level.location_id}: {state} adjusted by {units}"

    def _receive(self, now: datetime) -> str:
        level, units = self._level(), self._units()
        moving.receive_goods(self._world, item_id=level.item_id, location_id=level.location_id, units=units, now=now)
        return f"{level.item_id}@{level.location_id}: {units} received"

    def _move(self, now: datetime) -> str:
        level, units = self._level(), self._units()
        source, target = self._rng.sample(_STATES, 2)
        moving.move_by_hand(
            self._world,
            item_id=level.item_id,
            location_id=level.location_id,
            from_state=source,
            to_state=target,
            units=units,
            now=now,
        )
        return f"{level.item_id}@{level.location_id}: {units} moved from {source} to {target}"

    def _level(self) -> Level:
        return self._rng.choice([row for row in self._world.levels if self._world.catalog.items[row.item_id].tracked])

    def _units(self) -> int:
        return self._rng.randint(1, 4)
