"""What people change in the admin without any document: nothing at Shopify explains it."""

import random
from collections.abc import Sequence
from datetime import datetime

from onhand.sandbox.world import moving, writes
from onhand.sandbox.world.adjustments import SetRow
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.levels import Level
from onhand.sandbox.world.world import World
from onhand.simulator.acts.chance import Act, named

_STATES = ("available", "damaged", "quality_control", "safety_stock")


class HandActs:
    """Levels that are changed by hand."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._rng = rng

    def acts(self) -> Sequence[Act]:
        """Return what may happen."""
        return named(self._adjust, self._receive, self._move, self._set)

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

    def _set(self, now: datetime) -> str:
        """Another app sets a level, as the ones do that import products or believe that they are the source."""
        level, units = self._level(), self._rng.choice((0, 1, 5, 20))
        state = self._rng.choice(("available", "on_hand"))
        row = SetRow(item_id=level.item_id, location_id=level.location_id, units=units, compare_units=None)
        done = writes.set_units(
            self._world, state=state, rows=[row], reason="correction", reference_uri="app://import", now=now
        )
        if done.errors:
            raise Refused(done.errors[0].code, done.errors[0].message)
        return f"{level.item_id}@{level.location_id}: {state} set to {units} by another app"

    def _level(self) -> Level:
        counted = {item.inventory_item_id for item in self._world.catalog if item.tracked and not item.bundle}
        return self._rng.choice([row for row in self._world.levels if row.item_id in counted])

    def _units(self) -> int:
        return self._rng.randint(1, 4)
