"""What may happen to locations: they are closed for a while, with whatever stands there, and opened again."""

import random
from collections.abc import Sequence
from datetime import datetime

from onhand.sandbox.world.assortment import switch_location
from onhand.sandbox.world.world import World
from onhand.simulator.acts.chance import Act


class PlaceActs:
    """Locations that are deactivated and activated."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._rng = rng
        self.ever_closed: set[str] = set()

    def acts(self) -> Sequence[Act]:
        """Return what may happen."""
        return (self._switch,)

    def _switch(self, now: datetime) -> str:
        location = self._rng.choice(list(self._world.catalog.locations.values()))
        switch_location(self._world, location, active=not location.active, now=now)
        self.ever_closed.add(str(location.id))
        return f"{location.name} is {'open again' if not location.active else 'closed'}"
