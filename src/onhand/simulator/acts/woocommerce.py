"""What may happen in the web shop on WooCommerce: orders and their lives."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime

from onhand.sandbox.world import woocommerce_orders
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.selling import TurnedAway
from onhand.sandbox.world.woocommerce import WooOrder, WooStatus
from onhand.sandbox.world.world import World
from onhand.simulator.acts.chance import Act, name_of, named, one_of, some_of, some_wishes

_FIRST: Sequence[WooStatus] = ("pending", "on-hold", "processing", "processing", "processing")


class WooCommerceActs:
    """Orders that are placed, shipped, refunded in part or whole with and without restock, cancelled."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._rng = rng

    def acts(self) -> Sequence[Act]:
        """Return what may happen."""
        lives = (self._complete, self._complete, self._refund, self._cancel)
        return [*named(self._place, self._place, self._place), *(self._to_any(act) for act in lives)]

    def _place(self, now: datetime) -> str:
        listed = self._world.woocommerce.product_of_item
        lines = [wish for wish in some_wishes(self._rng, self._world) if wish.item_id in listed]
        if not lines:
            raise Refused("not_listed", "nothing of it is sold there")
        order = woocommerce_orders.place(self._world, lines=lines, now=now, status=self._rng.choice(_FIRST))
        if isinstance(order, TurnedAway):
            raise Refused(order.reason, f"{order.wanted_units} wanted, {order.there_units} there")
        return f"WooCommerce order {order.id} {order.status}: {lines}"

    def _to_any(self, act: Callable[[WooOrder, datetime], str]) -> Act:
        def happen(now: datetime) -> str:
            order = one_of(self._rng, list(self._world.woocommerce.orders.values()), "nothing was ordered there")
            return f"WooCommerce order {order.id}: {act(order, now)}"

        return Act(name_of(act), happen)

    def _complete(self, order: WooOrder, now: datetime) -> str:
        woocommerce_orders.complete(self._world, order, now=now)
        return "shipped"

    def _refund(self, order: WooOrder, now: datetime) -> str:
        units = some_of(self._rng, {line.id: line.units - line.refunded_units for line in order.lines})
        restock = self._rng.random() < 0.6
        woocommerce_orders.refund(self._world, order, units, restock=restock, now=now)
        return f"{units} refunded, restocked: {restock}"

    def _cancel(self, order: WooOrder, now: datetime) -> str:
        woocommerce_orders.cancel(self._world, order, now=now)
        return "cancelled"
