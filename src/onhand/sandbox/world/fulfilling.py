"""Shipping Shopify's online orders, and moving what is to be shipped to another location."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.change import level_at, listing_key, shift
from onhand.sandbox.world.levels import whole_second
from onhand.sandbox.world.orders import (
    FulfilledLine,
    Fulfillment,
    FulfillmentOrder,
    FulfillmentOrderLine,
    Order,
    OrderLine,
)
from onhand.sandbox.world.outbox import Act
from onhand.sandbox.world.payloads import fulfillment_payload, moved_payload, tell_order
from onhand.sandbox.world.shelf import OrderRef
from onhand.sandbox.world.world import World


def fulfil(
    world: World,
    order: Order,
    *,
    lines: Mapping[int, int] | None,
    now: datetime,
    location_id: int | None = None,
) -> list[Fulfillment]:
    """Ship units of an order by line id, or all that is left when `lines` is None: committed and on hand fall.

    `location_id` None ships from every location it was assigned to; what is on hold stays. Raises Refused when more
    is asked than is left, and "not_on_shelf" when the units do not stand there: nobody can ship what is not there.
    """
    picked = _pick(order, lines, location_id)
    if not picked:
        raise Refused("nothing_to_fulfil", f"order {order.name} has no unfulfilled units left to ship")
    _check_shelf(world, order, picked)
    act = world.outbox.act(now)
    made = [_ship(world, order, part, units, act) for part, units in picked]
    touch(world, order, now)
    if not any(line.unfulfilled_units for line in order.lines):
        order.closed_at = whole_second(now)
    done = "orders/fulfilled" if order.fulfilment_status == "fulfilled" else "orders/partially_fulfilled"
    tell_order(world, order, (done, "orders/updated"), act)
    return made


def cannot_serve(world: World, order: Order) -> bool:
    """Tell whether units of an order cannot be shipped because they do not stand where they were assigned."""
    for part in order.fulfillment_orders:
        for line in part.lines:
            if line.remaining_units > world.shelf.place(line.item_id, part.location_id).units:
                return world.catalog.known[line.item_id].tracked
    return False


def move_fulfillment_order(
    world: World,
    fulfillment_order: FulfillmentOrder,
    *,
    to_location_id: int,
    now: datetime,
    units: Mapping[int, int] | None = None,
) -> FulfillmentOrder:
    """Let another location ship what is left of a fulfilment order, and return the one that is there now.

    `units` by fulfilment order line id moves only those. Commitments move: the origin gets its available units back,
    the destination commits them. Raises Refused when nothing is left, or when the destination does not stock an item
    (Shopify: fulfillmentOrderMove).
    """
    order = world.orders.by_id[fulfillment_order.order_id]
    from_location_id = fulfillment_order.location_id
    left = {line.id: line.remaining_units for line in fulfillment_order.lines if line.remaining_units}
    asked = left if units is None else dict(units)
    check_part(order, fulfillment_order, asked)
    moving = [line for line in fulfillment_order.lines if line.id in asked]
    _check_move(world, order, moving, from_location_id, to_location_id)
    act = world.outbox.act(now)
    for line in moving:
        if world.catalog.known[line.item_id].tracked:
            _move_commitment(world, order, line, asked[line.id], act=act, way=(from_location_id, to_location_id))
    moved = split_off(world, order, fulfillment_order, asked, now)
    moved.location_id = to_location_id
    touch(world, order, now)
    world.outbox.queue(
        "fulfillment_orders/moved",
        lambda: moved_payload(moved, fulfillment_order, from_location_id, asked),
        act,
    )
    tell_order(world, order, ("orders/updated",), act)
    return moved


def split_off(
    world: World, order: Order, part: FulfillmentOrder, units: Mapping[int, int], now: datetime
) -> FulfillmentOrder:
    """Return a fulfilment order at the same location that has `units` by line id of `part`; all of it is `part` itself.

    What was shipped already stays with `part`.
    """
    if all(units.get(line.id, 0) == line.total_units for line in part.lines):
        part.updated_at = whole_second(now)
        return part
    rest: list[FulfillmentOrderLine] = []
    for line in part.lines:
        taken = units.get(line.id, 0)
        if taken:
            rest.append(
                FulfillmentOrderLine(
                    id=world.ids.next("fulfillment_order_line"),
                    line_id=line.line_id,
                    item_id=line.item_id,
                    total_units=taken,
                    remaining_units=taken,
                )
            )
            line.total_units -= taken
            line.remaining_units -= taken
    close_if_done(part, now)
    made = FulfillmentOrder(
        id=world.ids.next("fulfillment_order"),
        order_id=order.id,
        location_id=part.location_id,
        status="OPEN",
        lines=rest,
        created_at=whole_second(now),
        updated_at=whole_second(now),
        method=part.method,
    )
    order.fulfillment_orders.append(made)
    world.orders.index(made.id, order)
    return made


def check_part(order: Order, part: FulfillmentOrder, units: Mapping[int, int]) -> None:
    """Raise Refused unless `part` waits to be shipped and has these units by line id left."""
    left = {line.id: line.remaining_units for line in part.lines}
    if part.status not in {"OPEN", "IN_PROGRESS", "ON_HOLD"}:
        raise Refused("bad_status", f"order {order.name}: fulfilment order {part.id} is {part.status}")
    if not units:
        raise Refused("nothing_to_move", f"order {order.name} has nothing left to move")
    for line_id, asked in units.items():
        if not 1 <= asked <= left.get(line_id, 0):
            raise Refused(
                "too_many",
                f"order {order.name}: asked for {asked} units of fulfilment order line {line_id}, "
                f"{left.get(line_id, 0)} are left",
            )


def line_of(order: Order, line_id: int) -> OrderLine:
    """Return a line that the order is known to have."""
    line = order.line(line_id)
    assert line is not None, "a fulfilment order, a refund and a return name lines of their own order"
    return line


def touch(world: World, order: Order, now: datetime) -> None:
    """Note that an order changed: its `updated_at` has whole seconds, so two changes may share one."""
    order.updated_at = max(order.updated_at, whole_second(now))
    world.orders.touch(order)


def close_if_done(part: FulfillmentOrder, now: datetime) -> None:
    """Close a fulfilment order from which nothing is left to ship."""
    part.updated_at = whole_second(now)
    if part.remaining_units == 0 and part.status != "CANCELLED":
        part.status = "CLOSED"


def _pick(
    order: Order, lines: Mapping[int, int] | None, location_id: int | None
) -> list[tuple[FulfillmentOrder, dict[int, int]]]:
    """Return what to take from each fulfilment order, by fulfilment order line id."""
    wanted = None if lines is None else dict(lines)
    picked: list[tuple[FulfillmentOrder, dict[int, int]]] = []
    for part in order.fulfillment_orders:
        if part.status == "ON_HOLD" or (location_id is not None and part.location_id != location_id):
            continue
        units: dict[int, int] = {}
        for line in part.lines:
            here = line.remaining_units if wanted is None else min(line.remaining_units, wanted.get(line.line_id, 0))
            if here > 0:
                units[line.id] = here
                if wanted is not None:
                    wanted[line.line_id] -= here
        if units:
            picked.append((part, units))
    for line_id, over in (wanted or {}).items():
        if over > 0:
            asked = (lines or {})[line_id]
            raise Refused(
                "too_many",
                f"order {order.name}: asked to fulfil {asked} units of line {line_id}, {asked - over} are left",
            )
    return picked


def _check_shelf(world: World, order: Order, picked: list[tuple[FulfillmentOrder, dict[int, int]]]) -> None:
    need: dict[tuple[int, int], int] = {}
    for part, units in picked:
        for line in part.lines:
            if line.id in units and world.catalog.known[line.item_id].tracked:
                key = (line.item_id, part.location_id)
                need[key] = need.get(key, 0) + units[line.id]
    for (item_id, location_id), asked in need.items():
        there = world.shelf.place(item_id, location_id).units
        if there < asked:
            item, at = world.catalog.known[item_id], world.catalog.locations[location_id]
            raise Refused(
                "not_on_shelf",
                f"order {order.name}: asked to ship {asked} of {item.sku} from {at.name}, {there} stand there",
            )


def _ship(world: World, order: Order, part: FulfillmentOrder, units: Mapping[int, int], act: Act) -> Fulfillment:
    shipped: list[FulfilledLine] = []
    for line in part.lines:
        count = units.get(line.id, 0)
        if count == 0:
            continue
        line.remaining_units -= count
        order_line = line_of(order, line.line_id)
        order_line.unfulfilled_units -= count
        order_line.fulfilled_units += count
        if world.catalog.known[line.item_id].tracked:
            if order_line.claims_stock:  # else [I]: what was never committed leaves Shopify's books nowhere
                level = level_at(world, line.item_id, part.location_id, act.at)
                shift(world, level, {"committed": -count}, act)
            world.shelf.serve(OrderRef("shopify", order.id), line.item_id, part.location_id, count)
        shipped.append(FulfilledLine(line_id=line.line_id, item_id=line.item_id, units=count))
    close_if_done(part, act.at)
    if part.status == "OPEN":
        part.status = "IN_PROGRESS"
    fulfillment = Fulfillment(
        id=world.ids.next("fulfillment"),
        order_id=order.id,
        fulfillment_order_id=part.id,
        location_id=part.location_id,
        name=f"{order.name}.{len(order.fulfillments) + 1}",
        status="SUCCESS",
        lines=tuple(shipped),
        created_at=whole_second(act.at),
        updated_at=whole_second(act.at),
    )
    order.fulfillments.append(fulfillment)
    world.orders.index(fulfillment.id, order)
    world.outbox.queue(
        "fulfillments/create",
        lambda: fulfillment_payload(order, fulfillment, world.settings.currency),
        act,
    )
    return fulfillment


def _check_move(
    world: World,
    order: Order,
    left: list[FulfillmentOrderLine],
    from_location_id: int,
    to_location_id: int,
) -> None:
    there = world.catalog.locations.get(to_location_id)
    if there is None or not there.active or to_location_id == from_location_id:
        raise Refused("bad_destination", f"order {order.name} cannot be moved to location {to_location_id}")
    for line in left:
        level = world.levels.get(line.item_id, to_location_id)
        if level is None or not level.active:
            sku = world.catalog.known[line.item_id].sku
            raise Refused("not_stocked", f"{there.name} does not stock {sku}, so {order.name} cannot be moved")


def _move_commitment(
    world: World, order: Order, line: FulfillmentOrderLine, units: int, *, act: Act, way: tuple[int, int]
) -> None:
    item_id, (from_location_id, to_location_id) = line.item_id, way
    if line_of(order, line.line_id).claims_stock:
        origin = level_at(world, item_id, from_location_id, act.at)
        there = level_at(world, item_id, to_location_id, act.at)
        shift(world, origin, {"available": units, "committed": -units}, act)
        shift(world, there, {"available": -units, "committed": units}, act)
        world.confirmations.raised(listing_key(item_id, from_location_id), units)
    ref = OrderRef("shopify", order.id)
    world.shelf.move_promise(ref, item_id, from_location_id, to_location_id, units)
