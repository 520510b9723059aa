"""A day in the shop: shoppers come, and what they ordered is shipped, cancelled, edited or brought back."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from itertools import count

from onhand.sandbox.wishes import Arrival, DayPlan, Planted, draw_day, draw_planted
from onhand.sandbox.world import fulfilling, tiktok_orders, woocommerce_orders
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.editing import edit
from onhand.sandbox.world.moving import adjust_by_hand, move_by_hand, receive_goods, steal
from onhand.sandbox.world.orders import Order
from onhand.sandbox.world.selling import (
    TurnedAway,
    free_online_units,
    note_turned_away,
    place_online,
    sell_at_till,
    shown_at_till,
    shown_online,
)
from onhand.sandbox.world.tiktok import TikTokOrder
from onhand.sandbox.world.undoing import RefundWish, cancel, refund
from onhand.sandbox.world.wishes import Wish
from onhand.sandbox.world.woocommerce import WooOrder
from onhand.sandbox.world.world import World

# Real seconds until the merchant gets to an order, from the quickest to the slowest.
_HANDLED_AFTER_S = (2.0, 9.0)
# Until something bought over the counter or shipped is brought back.
_RETURNED_AFTER_S = (3.0, 12.0)
_DELIVERED_AFTER_S = (5.0, 15.0)

_Step = Callable[[datetime], None]


class Day:
    """A day that is stepped through: whoever drives it owns the clock, real or virtual.

    Given the same world and the same answers of its platforms, a seed gives the same day.
    """

    def __init__(self, world: World, plan: DayPlan) -> None:
        self._world = world
        self._plan = plan
        self._tickets = count()
        self._agenda: list[tuple[float, int, _Step]] = []
        self._at_s = 0.0
        self.counts: Counter[str] = Counter()
        for arrival in draw_day(world, plan):
            self._at(arrival.at_s, partial(self._arrive, arrival))
        for planted in draw_planted(plan):
            self._at(planted.at_s, partial(self._happen, planted))

    def next_at_s(self) -> float | None:
        """Return when the next thing happens, in seconds since opening; None when the day is over.

        What is due after closing time stays undone: open orders wait for the next day, as in a real shop.
        """
        if not self._agenda or self._agenda[0][0] >= self._plan.for_s:
            return None
        return self._agenda[0][0]

    def step(self, now: datetime) -> None:
        """Let the next thing happen, at the time that the driver's clock shows."""
        self._at_s, _, happen = heapq.heappop(self._agenda)
        try:
            happen(now)
        except Refused as refusal:
            self.counts[f"refused {refusal.code}"] += 1

    def _at(self, at_s: float, step: _Step) -> None:
        heapq.heappush(self._agenda, (at_s, next(self._tickets), step))

    def _after(self, window_s: tuple[float, float], pace: float, step: _Step) -> None:
        self._at(self._at_s + window_s[0] + pace * (window_s[1] - window_s[0]), step)

    def _arrive(self, arrival: Arrival, now: datetime) -> None:
        bought = [wish for one in arrival.wishes if (wish := self._take(arrival, one)) is not None]
        if not bought:
            self.counts[f"turned away {arrival.channel}"] += 1
            return
        self.counts[f"orders {arrival.channel}"] += 1
        self.counts[f"units {arrival.channel}"] += sum(wish.units for wish in bought)
        if arrival.channel == "tiktok_shop":
            self._buy_on_tiktok(arrival, bought, now)
        elif arrival.channel == "woocommerce":
            self._buy_on_web(arrival, bought, now)
        elif arrival.location_id is None:
            order = place_online(self._world, lines=bought, now=now)
            if not isinstance(order, TurnedAway):
                self._follow_online(arrival, order)
        else:
            order = sell_at_till(self._world, location_id=arrival.location_id, lines=bought, now=now)
            if not isinstance(order, TurnedAway) and arrival.fate > 0.96:
                self._after(_RETURNED_AFTER_S, arrival.pace, lambda at: self._bring_back(arrival, order, at))

    def _take(self, arrival: Arrival, wish: Wish) -> Wish | None:
        """Return what a shopper can have of a wish, and count the rest as turned away."""
        world = self._world
        if arrival.channel == "tiktok_shop":
            shown = tiktok_orders.shown_on_tiktok(world, wish.item_id)
            free = tiktok_orders.free_tiktok_units(world, wish.item_id)
        elif arrival.channel == "woocommerce":
            shown = woocommerce_orders.shown_on_woocommerce(world, wish.item_id)
            free = woocommerce_orders.free_web_units(world, wish.item_id)
        elif arrival.location_id is None:
            shown = shown_online(world, wish.item_id)
            free = free_online_units(world, wish.item_id)
        else:
            shown = shown_at_till(world, wish.item_id, arrival.location_id)
            free = world.shelf.place(wish.item_id, arrival.location_id).free_units
        units = min(wish.units, shown)
        if units < wish.units:
            short = wish.units - units
            note_turned_away(world, arrival.channel, wanted_units=short, free_units=free - units)
        return Wish(item_id=wish.item_id, units=units) if units > 0 else None

    def _follow_online(self, arrival: Arrival, order: Order) -> None:
        fate, pace = arrival.fate, arrival.pace
        if fate < 0.07:
            self._after(_HANDLED_AFTER_S, pace, lambda at: self._cancel(order, "customer", at, restock=True))
            return
        if fate < 0.15:
            self._after((0.5, 2.0), pace, lambda at: self._edit(order, fate, at))
        elif fate < 0.22:
            self._after((1.0, 2.0), pace, lambda at: self._ship_some(order, at))
        self._after(_HANDLED_AFTER_S, pace, lambda at: self._ship(order, at))
        if fate > 0.93:
            late = (_HANDLED_AFTER_S[1], _HANDLED_AFTER_S[1] + _RETURNED_AFTER_S[1])
            self._after(late, pace, lambda at: self._bring_back(arrival, order, at))

    def _ship(self, order: Order, now: datetime) -> None:
        if order.cancelled_at is not None or not any(line.unfulfilled_units for line in order.lines):
            return
        if fulfilling.cannot_serve(self._world, order):
            self._let_down(order, now)
            return
        fulfilling.fulfil(self._world, order, lines=None, now=now)
        self.counts["fulfilled"] += 1

    def _let_down(self, order: Order, now: datetime) -> None:
        """Call off what cannot be shipped because it is not there: an oversell reaches its shopper."""
        self.counts["let down online_store"] += 1
        if not order.fulfillments:
            self._cancel(order, "inventory", now, restock=True)
            return
        gone = [
            RefundWish(line_id=line.id, units=line.unfulfilled_units, restock_type="cancel")
            for line in order.lines
            if line.unfulfilled_units
        ]
        refund(self._world, order, lines=gone, note="out of stock", now=now)

    def _ship_some(self, order: Order, now: datetime) -> None:
        line = order.lines[0]
        if order.cancelled_at is not None or line.unfulfilled_units == 0 or len(order.lines) < 2:
            return
        fulfilling.fulfil(self._world, order, lines={line.id: line.unfulfilled_units}, now=now)
        self.counts["fulfilled in part"] += 1

    def _cancel(self, order: Order, reason: str, now: datetime, *, restock: bool) -> None:
        if order.cancelled_at is None and not order.fulfillments:
            cancel(self._world, order, restock=restock, reason=reason, now=now)
            self.counts["cancelled"] += 1

    def _edit(self, order: Order, fate: float, now: datetime) -> None:
        """Take a unit off a line that has several, or add one of what was ordered if there is one."""
        line = order.lines[0]
        if order.cancelled_at is not None or line.unfulfilled_units == 0:
            return
        if fate > 0.10 and line.unfulfilled_units > 1:
            edit(self._world, order, additions=[], removals={line.id: 1}, restock=True, now=now)
        elif shown_online(self._world, line.item_id) > 0:
            wish = Wish(item_id=line.item_id, units=1)
            edit(self._world, order, additions=[wish], removals={}, restock=True, now=now)
        else:
            return
        self.counts["edited"] += 1

    def _bring_back(self, arrival: Arrival, order: Order, now: datetime) -> None:
        """Bring one unit back to a store, the one it was bought at or any, and put it on sale there."""
        line = order.lines[0]
        if line.fulfilled_units - line.returned_units < 1:
            return
        stores = [till.location_id for till in self._world.catalog.tills.values()]
        anywhere = stores[int(arrival.pace * len(stores)) % len(stores)] if stores else None
        location_id = arrival.location_id or anywhere or order.fulfillments[0].location_id
        wish = RefundWish(line_id=line.id, units=1, restock_type="return", location_id=location_id)
        refund(self._world, order, lines=[wish], note="brought back", now=now)
        self.counts["returned"] += 1

    def _buy_on_tiktok(self, arrival: Arrival, bought: list[Wish], now: datetime) -> None:
        on_hold = arrival.fate < 0.3
        order = tiktok_orders.place(
            self._world, lines=bought, now=now, status="ON_HOLD" if on_hold else "AWAITING_SHIPMENT"
        )
        if isinstance(order, TurnedAway):
            return
        if 0.25 < arrival.fate < 0.34:
            self._after((1.0, 6.0), arrival.pace, lambda at: self._cancel_on_tiktok(order, "buyer", at))
            return
        if on_hold:
            self._after((1.0, 1.9), arrival.pace, lambda at: self._release(order, at))
        self._after(_HANDLED_AFTER_S, arrival.pace, lambda at: self._ship_on_tiktok(order, at))

    def _buy_on_web(self, arrival: Arrival, bought: list[Wish], now: datetime) -> None:
        order = woocommerce_orders.place(self._world, lines=bought, now=now)
        if not isinstance(order, TurnedAway):
            act = self._cancel_on_web if arrival.fate < 0.1 else self._complete_on_web
            self._after(_HANDLED_AFTER_S, arrival.pace, lambda at: act(order, at))

    def _complete_on_web(self, order: WooOrder, now: datetime) -> None:
        try:
            woocommerce_orders.complete(self._world, order, now=now)
        except Refused:
            self.counts["let down woocommerce"] += 1
            self._cancel_on_web(order, now)
            return
        self.counts["fulfilled"] += 1

    def _cancel_on_web(self, order: WooOrder, now: datetime) -> None:
        woocommerce_orders.cancel(self._world, order, now=now)
        self.counts["cancelled"] += 1

    def _release(self, order: TikTokOrder, now: datetime) -> None:
        if order.status == "ON_HOLD":
            tiktok_orders.release_hold(self._world, order, now=now)

    def _ship_on_tiktok(self, order: TikTokOrder, now: datetime) -> None:
        if order.status != "AWAITING_SHIPMENT":
            return
        if tiktok_orders.cannot_serve(self._world, order):
            self.counts["let down tiktok_shop"] += 1
            self._cancel_on_tiktok(order, "out of stock", now)
            return
        tiktok_orders.ship(self._world, order, now=now)
        self.counts["fulfilled"] += 1
        self._after(_DELIVERED_AFTER_S, 0.5, lambda at: tiktok_orders.deliver(self._world, order, now=at))

    def _cancel_on_tiktok(self, order: TikTokOrder, reason: str, now: datetime) -> None:
        if order.status in {"UNPAID", "ON_HOLD", "AWAITING_SHIPMENT"}:
            tiktok_orders.cancel(self._world, order, reason=reason, now=now)
            self.counts["cancelled"] += 1

    def _happen(self, planted: Planted, now: datetime) -> None:
        """Let something happen that no order explains, where units stand to which it can happen."""
        world = self._world
        self.counts[f"planted {planted.kind}"] += 1
        if planted.kind == "cancel_without_restock":
            waiting = [one for one in world.orders if one.cancelled_at is None and not one.fulfillments]
            if waiting:
                self._cancel(waiting[int(planted.draw * len(waiting))], "declined", now, restock=False)
            return
        places = [key for key, place in world.shelf if place.free_units > 0]
        item_id, location_id = places[int(planted.draw * len(places))]
        units = 1 + int(planted.draw * 1000) % 3
        there = world.shelf.place(item_id, location_id).free_units
        match planted.kind:
            case "theft":
                steal(world, item_id=item_id, location_id=location_id, units=min(units, there))
            case "adjust":
                signed = units if planted.draw > 0.5 else -units
                adjust_by_hand(world, item_id=item_id, location_id=location_id, units=signed, now=now)
            case "receive":
                receive_goods(world, item_id=item_id, location_id=location_id, units=units, now=now)
            case "damage":
                move_by_hand(
                    world,
                    item_id=item_id,
                    location_id=location_id,
                    from_state="available",
                    to_state="damaged",
                    units=min(units, there),
                    now=now,
                )
