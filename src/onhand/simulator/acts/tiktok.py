"""What may happen on TikTok Shop: orders and returns, and their lives."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import get_args

from onhand.sandbox.world import tiktok_orders, tiktok_returns
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.selling import TurnedAway
from onhand.sandbox.world.tiktok import OrderStatus, ReturnType, TikTokOrder
from onhand.sandbox.world.tiktok_returns import Step
from onhand.sandbox.world.world import World
from onhand.simulator.acts.chance import Act, name_of, named, one_of, some_wishes

_FIRST: Sequence[OrderStatus] = ("UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "AWAITING_SHIPMENT")
_KINDS: Sequence[ReturnType] = ("RETURN_AND_REFUND", "RETURN_AND_REFUND", "REFUND")


class TikTokActs:
    """Orders that are placed, paid, released, shipped whole or in part, delivered, cancelled; returns of them."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._rng = rng

    def acts(self) -> Sequence[Act]:
        """Return what may happen."""
        lives = (self._pay, self._release, self._release, self._ship, self._ship, self._deliver, self._cancel)
        returns = named(self._ask_back, self._go_on, self._go_on, self._go_on)
        return [*named(self._place, self._place, self._place), *(self._to_any(act) for act in lives), *returns]

    def _place(self, now: datetime) -> str:
        lines = some_wishes(self._rng, self._world)
        order = tiktok_orders.place(self._world, lines=lines, now=now, status=self._rng.choice(_FIRST))
        if isinstance(order, TurnedAway):
            raise Refused(order.reason, f"{order.wanted_units} wanted, {order.there_units} there")
        return f"TikTok order {order.id} {order.status}: {lines}"

    def _ask_back(self, now: datetime) -> str:
        returns = self._world.tiktok.returns.values()
        held = {line_id for one in returns for line_id in one.line_ids}
        left = [
            (order, lines)
            for order in self._world.tiktok.orders.values()
            if (lines := [line.id for line in order.lines if line.shipped_at is not None and line.id not in held])
        ]
        order, lines = one_of(self._rng, left, "nothing has left that could come back")
        some = self._rng.sample(lines, self._rng.randint(1, len(lines)))
        opened = tiktok_returns.ask_back(self._world, order, line_ids=some, type_=self._rng.choice(_KINDS), now=now)
        return f"TikTok return {opened.id} of {len(some)} units of {order.id}: {opened.type}"

    def _go_on(self, now: datetime) -> str:
        opened = one_of(
            self._rng, list(self._world.tiktok.returns.values()), "nobody on TikTok Shop asked for a return"
        )
        step = self._rng.choice(get_args(Step))
        tiktok_returns.step(self._world, opened, step, now=now)
        return f"TikTok return {opened.id}: {step}, {opened.status}"

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
