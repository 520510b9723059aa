"""Sales on Shopify: over the counter, and online with the platform's routing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from onhand.sandbox.world.bundling import unpack
from onhand.sandbox.world.catalog import Item, Location, Refused, Till
from onhand.sandbox.world.change import level_at, listing_key, shift
from onhand.sandbox.world.levels import whole_second
from onhand.sandbox.world.orders import (
    ONLINE_STORE,
    POINT_OF_SALE,
    Channel,
    DeliveryMethod,
    FulfilledLine,
    Fulfillment,
    FulfillmentOrder,
    FulfillmentOrderLine,
    LineGroup,
    Order,
    OrderApp,
    OrderLine,
)
from onhand.sandbox.world.outbox import Act
from onhand.sandbox.world.payloads import fulfillment_payload, tell_order
from onhand.sandbox.world.shelf import OrderRef
from onhand.sandbox.world.wishes import Wish
from onhand.sandbox.world.world import TurnedAwayCount, World


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnedAway:
    """A shopper who got nothing: of `item_id` the channel showed fewer units than wanted."""

    reason: Literal["not_on_shelf", "shown_too_few"]
    item_id: int
    wanted_units: int
    there_units: int


# Units of each item that each location is to serve, in routing order.
_Routed = list[tuple[Location, list[Wish]]]


def merged(lines: Sequence[Wish]) -> list[Wish]:
    """Return the wishes with one line an item; raises Refused for none or for units below one."""
    units: dict[int, int] = {}
    for wish in lines:
        if wish.units < 1:
            raise Refused("bad_units", f"a line wants {wish.units} units; at least 1 is needed")
        units[wish.item_id] = units.get(wish.item_id, 0) + wish.units
    if not units:
        raise Refused("no_lines", "an order needs at least one line, got 0")
    return [Wish(item_id=item_id, units=wanted) for item_id, wanted in units.items()]


def basket(world: World, lines: Sequence[Wish]) -> tuple[list[Wish], dict[int, LineGroup]]:
    """Return the wishes with one line an item and bundles taken apart, and the group of what came out of one."""
    wanted, groups = unpack(world, {wish.item_id: wish.units for wish in merged(lines)})
    return [Wish(item_id=item_id, units=units) for item_id, units in wanted.items()], groups


def shown_at_till(world: World, item_id: int, location_id: int) -> int:
    """Return what a till sells of a tracked item: what it shows as available and what really stands there."""
    level = world.levels.get(item_id, location_id)
    available = 0 if level is None or not level.active else level.available
    return max(0, min(available, world.shelf.place(item_id, location_id).units))


def shown_online(world: World, item_id: int) -> int:
    """Return what the Online Store sells: what is available at the active locations that serve it."""
    return sum(_available(world, item_id, at.id) for at in world.catalog.routes())


def free_online_units(world: World, item_id: int) -> int:
    """Return the units promised to nobody that stand at locations which serve the Online Store."""
    return sum(max(0, world.shelf.place(item_id, at.id).free_units) for at in world.catalog.routes())


def note_turned_away(world: World, channel: str, *, wanted_units: int, free_units: int) -> int:
    """Count a shopper whose `wanted_units` were not sold; return the lost units that stood there free."""
    count = world.turned_away.setdefault(channel, TurnedAwayCount())
    lost = min(wanted_units, max(0, free_units))
    count.shoppers += 1
    count.wanted_units += wanted_units
    count.lost_units += lost
    return lost


def sell_at_till(world: World, *, location_id: int, lines: Sequence[Wish], now: datetime) -> Order | TurnedAway:
    """Sell over the counter: the goods leave at once and the order arrives already fulfilled.

    Raises Refused when the location has no till.
    """
    till_of(world, location_id)
    wishes, groups = basket(world, lines)
    for wish in wishes:
        if (away := cannot_carry(world, wish, location_id)) is not None:
            return away
    for wish in wishes:
        if world.catalog.known[wish.item_id].tracked:
            world.shelf.take(wish.item_id, location_id, wish.units, "sold at a till")
    return record_till_sale(world, wishes, location_id=location_id, now=now, processed_at=now, groups=groups)


def till_of(world: World, location_id: int) -> Till:
    """Return the till at a location; raises Refused when there is none."""
    till = world.catalog.till_at(location_id)
    if till is None:
        name = world.catalog.locations[location_id].name
        raise Refused("no_till", f"{name} has no till; sell at a location that has one")
    return till


def record_till_sale(
    world: World,
    wishes: Sequence[Wish],
    *,
    location_id: int,
    now: datetime,
    processed_at: datetime,
    groups: Mapping[int, LineGroup] | None = None,
) -> Order:
    """Make the order of goods that were carried away from a till at `processed_at`: the levels follow only now."""
    act = world.outbox.act(now)
    order = new_order(world, "shopify_pos", POINT_OF_SALE, wishes, now=now, processed_at=processed_at, groups=groups)
    order.retail_location_id, order.device_id = location_id, till_of(world, location_id).device_id
    for wish in wishes:
        if world.catalog.known[wish.item_id].tracked:
            level = level_at(world, wish.item_id, location_id, now)
            shift(world, level, {"available": -wish.units}, act)
            world.confirmations.sold(listing_key(wish.item_id, location_id), wish.units)
    fulfillment = hand_over(world, order, location_id, now)
    world.orders.add(order)
    world.orders.index(order.fulfillment_orders[0].id, order)
    world.orders.index(fulfillment.id, order)
    tell_order(world, order, ("orders/create", "orders/paid", "orders/fulfilled"), act)
    world.outbox.queue(
        "fulfillments/create",
        lambda: fulfillment_payload(order, fulfillment, world.settings.currency),
        act,
    )
    return order


def place_online(world: World, *, lines: Sequence[Wish], now: datetime) -> Order | TurnedAway:
    """Place an order in the Online Store: Shopify routes it and commits the units there.

    A shopper is turned away when the store shows fewer units than wanted and the item does not sell below zero.
    """
    wishes, groups = basket(world, lines)
    routes = world.catalog.routes()
    if not routes:
        raise Refused("no_route", "no active location fulfils online orders")
    for wish in wishes:
        shown = shown_online(world, wish.item_id)
        item = world.catalog.known[wish.item_id]
        if item.tracked and not item.sells_below_zero and shown < wish.units:
            return TurnedAway(
                reason="shown_too_few", item_id=item.inventory_item_id, wanted_units=wish.units, there_units=shown
            )
    act = world.outbox.act(now)
    order = new_order(world, "online_store", ONLINE_STORE, wishes, now=now, groups=groups)
    world.orders.add(order)
    for location, parts in route(world, wishes):
        commit_units(world, order, location.id, parts, act)
    tell_order(world, order, ("orders/create", "orders/paid"), act)
    return order


def route(world: World, wishes: Sequence[Wish]) -> _Routed:
    """Split wishes over the locations as Shopify's default routing does: as few locations as it can.

    One location that has everything comes first; else each line goes where it fits whole; else it is split. What
    nobody has (an item that sells below zero) falls to the first location.
    """
    routes = world.catalog.routes()
    for at in routes:
        if all(_has(world, wish, at.id) for wish in wishes):
            return [(at, list(wishes))]
    parts: dict[int, list[Wish]] = {}
    for wish in wishes:
        whole = next((at for at in routes if _has(world, wish, at.id)), None)
        if whole is not None:
            parts.setdefault(whole.id, []).append(wish)
            continue
        left = wish.units
        for at in routes:
            here = min(left, _available(world, wish.item_id, at.id))
            if here > 0:
                parts.setdefault(at.id, []).append(Wish(item_id=wish.item_id, units=here))
                left -= here
        if left > 0:
            parts.setdefault(routes[0].id, []).append(Wish(item_id=wish.item_id, units=left))
    return [(world.catalog.locations[location_id], merged(here)) for location_id, here in parts.items()]


def commit_units(
    world: World,
    order: Order,
    location_id: int,
    parts: Sequence[Wish],
    act: Act,
    *,
    method: DeliveryMethod = "SHIPPING",
) -> FulfillmentOrder:
    """Commit units of an order at a location under a new fulfilment order, and promise them from its shelf.

    A line that claims no stock leaves Shopify's level as it is: only the shopper's promise is made.
    """
    lines: list[FulfillmentOrderLine] = []
    for part in parts:
        # An edit adds a line of its own for an item that is there already: the newest line is the one meant.
        line = next(one for one in reversed(order.lines) if one.item_id == part.item_id)
        lines.append(
            FulfillmentOrderLine(
                id=world.ids.next("fulfillment_order_line"),
                line_id=line.id,
                item_id=part.item_id,
                total_units=part.units,
                remaining_units=part.units,
            )
        )
        if world.catalog.known[part.item_id].tracked:
            if line.claims_stock:
                level = level_at(world, part.item_id, location_id, act.at)
                shift(world, level, {"available": -part.units, "committed": part.units}, act)
                world.confirmations.sold(listing_key(part.item_id, location_id), part.units)
            ref = OrderRef("shopify", order.id)
            world.shelf.promise(ref, part.item_id, location_id, part.units, f"sold by {order.app.name}")
    made = FulfillmentOrder(
        id=world.ids.next("fulfillment_order"),
        order_id=order.id,
        location_id=location_id,
        status="OPEN",
        lines=lines,
        created_at=whole_second(act.at),
        updated_at=whole_second(act.at),
        method=method,
    )
    order.fulfillment_orders.append(made)
    world.orders.index(made.id, order)
    return made


def new_line(world: World, item: Item, units: int, *, claims_stock: bool = True) -> OrderLine:
    """Return a line for units of an item, all still to ship. Raises Refused for a bundle: it must be taken apart."""
    if item.bundle:
        raise Refused("bundle_line", f"{item.sku} is a bundle: here only its components can be ordered")
    return OrderLine(
        id=world.ids.next("line"),
        item_id=item.inventory_item_id,
        variant_id=item.variant_ids[-1],
        product_id=item.product_id,
        sku=item.sku,
        title=item.title,
        price_cents=item.price_cents,
        ordered_units=units,
        current_units=units,
        unfulfilled_units=units,
        claims_stock=claims_stock,
    )


def new_order(
    world: World,
    channel: Channel,
    app: OrderApp,
    wishes: Sequence[Wish],
    *,
    now: datetime,
    processed_at: datetime | None = None,
    claims_stock: bool = True,
    groups: Mapping[int, LineGroup] | None = None,
) -> Order:
    """Return a new order of which nothing is routed, committed or told yet; `groups` name the bundles by item."""
    lines = [new_line(world, world.catalog.known[row.item_id], row.units, claims_stock=claims_stock) for row in wishes]
    for line in lines:
        line.group = (groups or {}).get(line.item_id)
    return Order(
        id=world.ids.next("order"),
        number=1001 + len(world.orders),
        channel=channel,
        retail_location_id=None,
        device_id=None,
        created_at=whole_second(now),
        processed_at=whole_second(processed_at or now),
        updated_at=whole_second(now),
        app=app,
        lines=lines,
    )


def hand_over(world: World, order: Order, location_id: int, now: datetime) -> Fulfillment:
    """Give an order whose goods left at once its closed fulfilment order and its fulfilment."""
    at = whole_second(now)
    parts: list[FulfillmentOrderLine] = []
    for line in order.lines:
        line.fulfilled_units, line.unfulfilled_units = line.ordered_units, 0
        parts.append(
            FulfillmentOrderLine(
                id=world.ids.next("fulfillment_order_line"),
                line_id=line.id,
                item_id=line.item_id,
                total_units=line.ordered_units,
                remaining_units=0,
            )
        )
    closed = FulfillmentOrder(
        id=world.ids.next("fulfillment_order"),
        order_id=order.id,
        location_id=location_id,
        status="CLOSED",
        lines=parts,
        created_at=at,
        updated_at=at,
        method="RETAIL",
    )
    order.fulfillment_orders.append(closed)
    fulfillment = Fulfillment(
        id=world.ids.next("fulfillment"),
        order_id=order.id,
        fulfillment_order_id=closed.id,
        location_id=location_id,
        name=f"{order.name}.1",
        status="SUCCESS",
        lines=tuple(
            FulfilledLine(line_id=line.id, item_id=line.item_id, units=line.ordered_units) for line in order.lines
        ),
        created_at=at,
        updated_at=at,
    )
    order.fulfillments.append(fulfillment)
    order.closed_at = at
    return fulfillment


def cannot_carry(world: World, wish: Wish, location_id: int) -> TurnedAway | None:
    """Return why a till does not sell these units, or None when it does."""
    if not world.catalog.known[wish.item_id].tracked:
        return None
    there = shown_at_till(world, wish.item_id, location_id)
    if there >= wish.units:
        return None
    on_shelf = world.shelf.place(wish.item_id, location_id).units
    return TurnedAway(
        reason="not_on_shelf" if on_shelf < wish.units else "shown_too_few",
        item_id=wish.item_id,
        wanted_units=wish.units,
        there_units=there,
    )


def _available(world: World, item_id: int, location_id: int) -> int:
    level = world.levels.get(item_id, location_id)
    return 0 if level is None or not level.active else max(0, level.available)


def _has(world: World, wish: Wish, location_id: int) -> bool:
    if not world.catalog.known[wish.item_id].tracked:
        return True
    return _available(world, wish.item_id, location_id) >= wish.units
