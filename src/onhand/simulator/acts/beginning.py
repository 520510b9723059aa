"""The ways in which an order comes in."""

import random
from collections.abc import Sequence
from datetime import datetime

from onhand.sandbox.world import ordering, selling
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.orders import Order
from onhand.sandbox.world.selling import TurnedAway
from onhand.sandbox.world.world import World
from onhand.simulator.acts.chance import Act, named, one_of, some_wishes


class Beginnings:
    """Orders of every kind."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._rng = rng

    def acts(self) -> Sequence[Act]:
        """Return what may happen."""
        return named(
            self._sell_at_till,
            self._sell_at_till,
            self._sell_offline,
            self._upload,
            self._order_online,
            self._order_online,
            self._order_for_pickup,
            self._ship_from_till,
            self._create_by_app,
        )

    def _sell_at_till(self, now: datetime) -> str:
        lines = some_wishes(self._rng, self._world)
        return _told(selling.sell_at_till(self._world, location_id=self._till(), lines=lines, now=now), "at a till")

    def _sell_offline(self, now: datetime) -> str:
        lines = some_wishes(self._rng, self._world)
        sold = ordering.sell_offline(self._world, location_id=self._till(), lines=lines, now=now)
        if isinstance(sold, TurnedAway):
            raise Refused(sold.reason, f"{sold.wanted_units} wanted, {sold.there_units} there")
        return f"a till without connection sold {lines}"

    def _upload(self, now: datetime) -> str:
        waiting = sorted({sale.location_id for sale in self._world.offline_sales})
        till = one_of(self._rng, waiting, "no till was without connection")
        sent = ordering.upload(self._world, location_id=till, now=now)
        return "; ".join(_told(order, f"sold at {order.processed_at:%d %H:%M:%S} and sent only now") for order in sent)

    def _order_online(self, now: datetime) -> str:
        lines = some_wishes(self._rng, self._world)
        return _told(selling.place_online(self._world, lines=lines, now=now), "online")

    def _order_for_pickup(self, now: datetime) -> str:
        at = self._rng.choice(list(self._world.catalog.locations))
        lines = some_wishes(self._rng, self._world)
        return _told(
            ordering.place_for_pickup(self._world, location_id=at, lines=lines, now=now), f"to be picked up at {at}"
        )

    def _ship_from_till(self, now: datetime) -> str:
        lines = some_wishes(self._rng, self._world)
        made = ordering.ship_from_till(self._world, location_id=self._till(), lines=lines, now=now)
        return _told(made, "at a till, to be shipped")

    def _create_by_app(self, now: datetime) -> str:
        behaviour = self._rng.choice(BEHAVIOURS)
        made = ordering.create_by_app(
            self._world,
            lines=some_wishes(self._rng, self._world),
            behaviour=behaviour,
            now=now,
            paid=self._rng.random() < 0.7,
        )
        return _told(made, f"created by an app, {behaviour}")

    def _till(self) -> int:
        return self._rng.choice(list(self._world.catalog.tills.values())).location_id


BEHAVIOURS: tuple[ordering.InventoryBehaviour, ...] = (
    "BYPASS",
    "DECREMENT_IGNORING_POLICY",
    "DECREMENT_OBEYING_POLICY",
)


def _told(made: Order | TurnedAway, how: str) -> str:
    if isinstance(made, TurnedAway):
        raise Refused(made.reason, f"{made.wanted_units} wanted, {made.there_units} there")
    lines = ", ".join(f"{line.ordered_units} of {line.sku}" for line in made.lines)
    return f"{made.name} {how}: {lines}"
