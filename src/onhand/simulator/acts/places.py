"""What may happen to locations: they are closed and opened with whatever stands there, and serve online or not."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from onhand.sandbox.world.assortment import edit_location, set_delivery, switch_location
from onhand.sandbox.world.catalog import Location
from onhand.sandbox.world.world import World
from onhand.simulator.acts.chance import Act, named, one_of


class PlaceActs:
    """Locations that are deactivated and activated, and those from which nothing is sent for a while."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._rng = rng

    def acts(self) -> Sequence[Act]:
        """Return what may happen."""
        return named(self._close, self._open, self._serve, self._ship)

    def _close(self, now: datetime) -> str:
        location = one_of(self._rng, self._locations(active=True), "everything is closed")
        switch_location(self._world, location, active=False, now=now)
        return f"{location.name} is closed"

    def _open(self, now: datetime) -> str:
        location = one_of(self._rng, self._locations(active=False), "nothing is closed")
        switch_location(self._world, location, active=True, now=now)
        return f"{location.name} is open again"

    def _serve(self, now: datetime) -> str:
        location = self._rng.choice(list(self._world.catalog.locations.values()))
        serves = not location.fulfils_online_orders
        edit_location(self._world, replace(location, fulfils_online_orders=serves), now=now)
        return f"{location.name} serves the online store: {serves}"

    def _ship(self, now: datetime) -> str:
        location = self._rng.choice(list(self._world.catalog.locations.values()))
        set_delivery(self._world, location, ships=not location.ships, picks_up=location.picks_up, now=now)
        return f"{location.name} has a shipping rate: {not location.ships}"

    def _locations(self, *, active: bool) -> list[Location]:
        return [location for location in self._world.catalog.locations.values() if location.active is active]
