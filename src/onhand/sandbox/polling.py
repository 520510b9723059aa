"""The baseline: the same seed and the same day with a naive sync that polls every fifteen minutes."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import datetime, timedelta

from onhand.sandbox.shoppers import Day
from onhand.sandbox.wishes import DayPlan
from onhand.sandbox.world.adjustments import AdjustRow
from onhand.sandbox.world.tiktok_stock import set_stock
from onhand.sandbox.world.woocommerce_orders import set_stock as set_web_stock
from onhand.sandbox.world.world import World
from onhand.sandbox.world.writes import adjust

# What shop sync tools without events commonly offer; scaled by the day's speed like everything else in it.
POLL_EVERY_S = 15 * 60.0
# One real second is one shop minute.
DEFAULT_SPEED = 60.0


@dataclass(frozen=True, kw_only=True)
class PollingResult:
    """What the naive sync cost on that day: units sold twice, and units unsold although they stood there."""

    oversold_units: int
    lost_sales_units: int
    orders: int
    polls: int


def twin(world: World) -> World:
    """Return a copy of a world that nobody listens to and whose account of oversells and lost sales is empty."""
    on_queued, world.outbox.on_queued = world.outbox.on_queued, None
    waiting = list(world.outbox.waiting)
    world.outbox.waiting.clear()
    try:
        other = copy.deepcopy(world)
    finally:
        world.outbox.on_queued = on_queued
        world.outbox.waiting.extend(waiting)
    other.outbox.unsubscribe_all()
    other.turned_away.clear()
    other.shelf.oversells.clear()
    other.shelf.oversold_units = 0
    return other


class PollingDay:
    """The day on a world of its own, in virtual time from `now`; `speed` is shop time over real time."""

    def __init__(self, world: World, plan: DayPlan, *, now: datetime, speed: float = DEFAULT_SPEED) -> None:
        self._world = world
        self._day = Day(world, plan)
        self._sync = NaiveSync(world)
        self._now = now
        self._every_s = POLL_EVERY_S / speed
        self._next_poll_s = 0.0

    def step(self) -> bool:
        """Let the next thing happen, after the polls that are due before it; False when the day is over."""
        at_s = self._day.next_at_s()
        if at_s is None:
            return False
        while self._next_poll_s <= at_s:
            self._sync.poll(self._now + timedelta(seconds=self._next_poll_s))
            self._next_poll_s += self._every_s
        self._day.step(self._now + timedelta(seconds=at_s))
        return True

    def result(self) -> PollingResult:
        """Return what the day cost so far."""
        return PollingResult(
            oversold_units=self._world.shelf.oversold_units,
            lost_sales_units=sum(count.lost_units for count in self._world.turned_away.values()),
            orders=sum(n for name, n in self._day.counts.items() if name.startswith("orders ")),
            polls=self._sync.polls,
        )


def polled(world: World, plan: DayPlan, *, now: datetime, speed: float = DEFAULT_SPEED) -> PollingResult:
    """Play the whole day on a twin of `world` and return what it cost."""
    day = PollingDay(twin(world), plan, now=now, speed=speed)
    while day.step():
        pass
    return day.result()


class NaiveSync:
    """What a merchant gets who copies stock from Shopify to TikTok Shop, and to a web shop, on a timer."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._booked: dict[str, dict[int, int]] = {}
        self._since = world.started_at
        self.polls = 0

    def poll(self, now: datetime) -> None:
        """Book TikTok Shop's orders into Shopify, then copy Shopify's available units onto the listings."""
        self.polls += 1
        warehouse = self._world.tiktok.warehouse
        assert warehouse is not None  # a shop without TikTok Shop has nothing to poll
        self._book_orders(warehouse.location_id, now)
        for sku in list(self._world.tiktok.skus.values()):
            level = self._world.levels.get(sku.item_id, warehouse.location_id)
            shown = 0 if level is None else max(0, level.available)
            if shown != sku.available_units:
                set_stock(self._world, sku_id=sku.sku_id, units=shown, now=now)
        if (at := self._world.woocommerce.location_id) is not None:
            self._copy_to_web(at, now)

    def _copy_to_web(self, location_id: int, now: datetime) -> None:
        """Book what the web shop's orders have taken, then copy Shopify's available units onto its products."""
        for order in self._world.woocommerce.orders.values():
            booked = self._booked.setdefault(f"web {order.id}", {})
            for line in order.lines:
                self._take(booked, line.product.item_id, line.reduced_units, location_id, now)
        for product in self._world.woocommerce.products.values():
            level = self._world.levels.get(product.item_id, location_id)
            shown = 0 if level is None else max(0, level.available)
            if shown != product.units:
                set_web_stock(self._world, product, shown, now)

    def _book_orders(self, location_id: int, now: datetime) -> None:
        for order in self._world.tiktok.changed_since(self._since):
            booked = self._booked.setdefault(order.id, {})
            for item_id in {line.item_id for line in order.lines}:
                units = sum(1 for line in order.lines if line.item_id == item_id and line.status != "CANCELLED")
                self._take(booked, item_id, units, location_id, now)
        self._since = now

    def _take(self, booked: dict[int, int], item_id: int, units: int, location_id: int, now: datetime) -> None:
        """Let an order have taken so many units of an item at Shopify, whatever was booked of it before."""
        delta = booked.get(item_id, 0) - units
        booked[item_id] = units
        if delta:
            row = AdjustRow(item_id=item_id, location_id=location_id, delta_units=delta, compare_units=None)
            adjust(self._world, state="available", rows=[row], reason="other", reference_uri=None, now=now)
