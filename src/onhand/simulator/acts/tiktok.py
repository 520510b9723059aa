"""What may happen on TikTok Shop: orders and their lives."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime

from onhand.sandbox.world import tiktok_orders
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.selling import TurnedAway
from onhand.sandbox.world.tiktok import OrderStatus, TikTokOrder
from onhand.sandbox.world.world import World
from onhand.simulator.acts.chance import Act, name_of, named, one_of, some_wishes

_FIRST: Sequence[OrderStatus] = ("UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "AWAITING_SHIPMENT")


class TikTokActs:
    """Orders that are placed, paid, released, shipped whole or in part, delivered, cancelled."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._rng = rng

    def acts(self) -> Sequence[Act]:
        """Return what may happen."""
        lives = (self._pay, self._release, self._release, self._ship, self._ship, self._deliver, self._cancel)
        return [*named(self._place, self._place, self._place), *(self._to_any(act) for act in lives)]

    def _place(self, now: datetime) -> str:
        lines = some_wishes(self._rng, self._world)
        order = tiktok_orders.place(self._world, lines=lines, now=now, status=self._rng.choice(_FIRST))
        if isinstance(order, TurnedAway):
            raise Refused(order.reason, f"{order.wanted_units} wanted, {order.there_units} there")
        return f"TikTok order {order.id} {order.status}: {lines}"

    def _to_any(self, act: Callable[[TikTokOrder, datetime], str]) -> Act:
        def happen(now: datetime) -> str:
            order = one_of(self._rng, list(self._world.tiktok.orders.values()), "nothing was ordered on TikTok Shop")
            return f"TikTok order {order.id}: {act(order, now)}"

        return Act(name_of(act), happen)

    def _pay(self, order: TikTokOrder, now: datetime) -> str:
        tiktok_orders.pay(self._world, order, now=now)
        return "paid"

    def _release(self, order: TikTokOrder, now: datetime) -> str:
        tiktok_orders.release_hold(self._world, order, now=now)
        return "waits to be shipped"

    def _ship(self, order: TikTokOrder, now: datetime) -> str:
        waiting = [line.id for line in order.lines if line.shipped_at is None]
        part = self._rng.sample(waiting, 1) if len(waiting) > 1 and self._rng.random() < 0.4 else None
        tiktok_orders.ship(self._world, order, now=now, line_ids=part)
        return f"{part or 'everything'} shipped"

    def _deliver(self, order: TikTokOrder, now: datetime) -> str:
        tiktok_orders.deliver(self._world, order, now=now)
        return "delivered"

    def _cancel(self, order: TikTokOrder, now: datetime) -> str:
        tiktok_orders.cancel(self._world, order, reason="buyer", now=now)
        return "cancelled"
