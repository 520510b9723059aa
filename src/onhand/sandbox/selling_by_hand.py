"""What a person at the control says about other ways to sell, and about what waits to be shipped."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Literal

from onhand.sandbox.control_asks import Ask
from onhand.sandbox.orders_by_hand import Line, Row, on_shopify, told, wishes
from onhand.sandbox.world import assigning, fulfilling, ordering, tiktok_orders, unshipping
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.ordering import InventoryBehaviour
from onhand.sandbox.world.orders import FulfillmentOrder, Order
from onhand.sandbox.world.selling import TurnedAway
from onhand.sandbox.world.wishes import Wish
from onhand.sandbox.world.world import World


class SellAt(Ask, frozen=True):
    """Sell lines at a location: to be picked up there, sent from elsewhere, or without connection."""

    location: str
    lines: list[Line]


class AppOrder(Ask, frozen=True):
    """Let an app create an order, claiming stock as `behaviour` says; `fulfilled` ships it at once."""

    lines: list[Line]
    behaviour: InventoryBehaviour = "BYPASS"
    fulfilled: bool = False
    paid: bool = True
    source_identifier: str | None = None
    tags: tuple[str, ...] = ()


class ImportOrder(Ask, frozen=True):
    """Bring an order of TikTok Shop to Shopify, as a connector app does: past the buyer's hour, with its number.

    `lines` None are the order's own. The number stands in `note_in`.
    """

    order: str
    note_in: Literal["source_identifier", "tags"] = "source_identifier"
    lines: list[Line] | None = None
    behaviour: InventoryBehaviour = "DECREMENT_IGNORING_POLICY"


class Upload(Ask, frozen=True):
    """Let a till send what it sold without connection."""

    location: str


class OrderNamed(Ask, frozen=True):
    """An order."""

    order: str


class HoldOrder(Ask, frozen=True):
    """Hold back what of an order waits to be shipped."""

    order: str
    reason: str = "OTHER"


class SplitOrder(Ask, frozen=True):
    """Split units off what waits to be shipped."""

    order: str
    units: int = 1


def place_for_pickup(world: World, ask: SellAt, now: datetime) -> Row:
    """Order what is picked up in a store."""
    at = world.catalog.location_of_name(ask.location).id
    return told(world, ordering.place_for_pickup(world, location_id=at, lines=wishes(world, ask.lines), now=now))


def ship_from_till(world: World, ask: SellAt, now: datetime) -> Row:
    """Sell at a till what is sent to the shopper."""
    at = world.catalog.location_of_name(ask.location).id
    return told(world, ordering.ship_from_till(world, location_id=at, lines=wishes(world, ask.lines), now=now))


def sell_offline(world: World, ask: SellAt, now: datetime) -> Row:
    """Sell at a till without connection."""
    at = world.catalog.location_of_name(ask.location).id
    sale = ordering.sell_offline(world, location_id=at, lines=wishes(world, ask.lines), now=now)
    if isinstance(sale, TurnedAway):
        return told(world, sale)
    return {"waiting": len(world.offline_sales)}


def upload(world: World, ask: Upload, now: datetime) -> Row:
    """Send what a till sold without connection."""
    at = world.catalog.location_of_name(ask.location).id
    return {"orders": [order.name for order in ordering.upload(world, location_id=at, now=now)]}


def create_by_app(world: World, ask: AppOrder, now: datetime) -> Row:
    """Create an order as an app does."""
    order = ordering.create_by_app(
        world,
        lines=wishes(world, ask.lines),
        behaviour=ask.behaviour,
        paid=ask.paid,
        source_identifier=ask.source_identifier,
        tags=ask.tags,
        now=now,
    )
    if ask.fulfilled:
        fulfilling.fulfil(world, order, lines=None, now=now)
    return told(world, order)


def import_order(world: World, ask: ImportOrder, now: datetime) -> Row:
    """Bring an order of TikTok Shop to Shopify; from then on its goods are promised and sent there."""
    order = world.tiktok.orders.get(ask.order)
    if order is None:
        raise Refused("unknown_order", f"TikTok Shop has no order {ask.order!r}")
    if order.status in {"UNPAID", "ON_HOLD"}:
        raise Refused("bad_status", f"TikTok order {order.id} is {order.status}: connectors wait until that is over")
    if ask.lines is None:
        lines = [Wish(item_id=item, units=units) for item, units in Counter(row.item_id for row in order.lines).items()]
    else:
        lines = wishes(world, ask.lines)
    tiktok_orders.hand_over(world, order)
    by_tag = ask.note_in == "tags"
    made = ordering.create_by_app(
        world,
        lines=lines,
        behaviour=ask.behaviour,
        source_identifier=None if by_tag else order.id,
        tags=(f"TikTokOrderID:{order.id}",) if by_tag else (),
        now=now,
    )
    return told(world, made)


def hold(world: World, ask: HoldOrder, now: datetime) -> Row:
    """Hold an order back."""
    order = on_shopify(world, ask.order, "held")
    for part in _waiting(order):
        assigning.hold(world, part, reason=ask.reason, handle=f"control-{len(part.holds)}", now=now)
    return told(world, order)


def release(world: World, ask: OrderNamed, now: datetime) -> Row:
    """Release an order."""
    order = on_shopify(world, ask.order, "released")
    for part in _waiting(order):
        if part.holds:
            assigning.release(world, part, now=now)
    return told(world, order)


def split(world: World, ask: SplitOrder, now: datetime) -> Row:
    """Split units off the first fulfilment order with more than that."""
    order = on_shopify(world, ask.order, "split")
    for part in _waiting(order):
        line = next((one for one in part.lines if one.remaining_units), None)
        if part.remaining_units > ask.units and line is not None:
            assigning.split(world, part, {line.id: min(ask.units, line.remaining_units)}, now=now)
            return told(world, order)
    raise Refused("nothing_to_split", f"order {order.name} has no fulfilment order with more than {ask.units} units")


def merge(world: World, ask: OrderNamed, now: datetime) -> Row:
    """Merge the open fulfilment orders of each location."""
    order = on_shopify(world, ask.order, "merged")
    places = {part.location_id for part in _waiting(order)}
    for at in sorted(places):
        parts = [part for part in _waiting(order) if part.location_id == at and part.status == "OPEN"]
        if len(parts) > 1:
            assigning.merge(world, parts, now=now)
    return told(world, order)


def unfulfil(world: World, ask: OrderNamed, now: datetime) -> Row:
    """Cancel the newest fulfilment of an order."""
    order = on_shopify(world, ask.order, "unfulfilled")
    done = next((one for one in reversed(order.fulfillments) if one.status == "SUCCESS"), None)
    if done is None:
        raise Refused("nothing_shipped", f"order {order.name} has no fulfilment to cancel")
    unshipping.cancel_fulfillment(world, done, now=now)
    return told(world, order)


def _waiting(order: Order) -> list[FulfillmentOrder]:
    return [part for part in order.fulfillment_orders if part.remaining_units and part.status != "CANCELLED"]
