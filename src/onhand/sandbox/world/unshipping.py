"""Taking a fulfilment back: what had been shipped waits to be shipped again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.change import level_at, shift
from onhand.sandbox.world.fulfilling import line_of, touch
from onhand.sandbox.world.levels import whole_second
from onhand.sandbox.world.orders import FulfilledLine, Fulfillment, FulfillmentOrder, FulfillmentOrderLine, Order
from onhand.sandbox.world.outbox import Act
from onhand.sandbox.world.payloads import fulfillment_payload, tell_order
from onhand.sandbox.world.returning import coming_lines
from onhand.sandbox.world.shelf import OrderRef
from onhand.sandbox.world.world import World


def cancel_fulfillment(world: World, fulfillment: Fulfillment, *, now: datetime) -> Fulfillment:
    """Cancel a fulfilment (Shopify: fulfillmentCancel): its units can be fulfilled again.

    A fulfilment order that was shipped whole stays closed and a new one is made at the same location; one shipped in
    part gets its units back. Stock follows in reverse, committed and on hand rise [I], and the goods stand there again.
    Raises Refused for one that is cancelled, or whose units were given back already.
    """
    order = world.orders.by_id[fulfillment.order_id]
    _check(order, fulfillment)
    act = world.outbox.act(now)
    _wait_again(world, order, fulfillment, act)
    for row in fulfillment.lines:
        line = line_of(order, row.line_id)
        line.fulfilled_units -= row.units
        line.unfulfilled_units += row.units
        if world.catalog.known[row.item_id].tracked:
            if line.claims_stock:
                shift(world, level_at(world, row.item_id, fulfillment.location_id, now), {"committed": row.units}, act)
            world.shelf.put(row.item_id, fulfillment.location_id, row.units)
            ref = OrderRef("shopify", order.id)
            world.shelf.promise(ref, row.item_id, fulfillment.location_id, row.units, "a fulfilment was cancelled")
    gone = replace(fulfillment, status="CANCELLED", updated_at=whole_second(now))
    order.fulfillments[order.fulfillments.index(fulfillment)] = gone
    order.closed_at = None
    touch(world, order, now)
    world.outbox.queue("fulfillments/update", lambda: fulfillment_payload(order, gone, world.settings.currency), act)
    tell_order(world, order, ("orders/updated",), act)
    return gone


def _check(order: Order, fulfillment: Fulfillment) -> None:
    if fulfillment.status != "SUCCESS" or order.cancelled_at is not None:
        raise Refused("bad_status", f"order {order.name}: fulfilment {fulfillment.name} is {fulfillment.status}")
    for row in fulfillment.lines:
        line = line_of(order, row.line_id)
        coming = sum(part.units - part.processed_units for part in coming_lines(order) if part.line_id == row.line_id)
        left = line.fulfilled_units - line.returned_units - coming
        if left < row.units:
            raise Refused(
                "given_back",
                f"order {order.name}: {row.units} units of {line.sku} were shipped with {fulfillment.name}, "
                f"{left} are still with the shopper",
            )


def _wait_again(world: World, order: Order, fulfillment: Fulfillment, act: Act) -> None:
    at = whole_second(act.at)
    part = next(one for one in order.fulfillment_orders if one.id == fulfillment.fulfillment_order_id)
    if part.status == "IN_PROGRESS":
        for row in fulfillment.lines:
            _wait(world, part, row)
        part.updated_at = at
        return
    made = FulfillmentOrder(
        id=world.ids.next("fulfillment_order"),
        order_id=order.id,
        location_id=fulfillment.location_id,
        status="OPEN",
        lines=[],
        created_at=at,
        updated_at=at,
        method="SHIPPING" if part.method == "RETAIL" else part.method,
    )
    for row in fulfillment.lines:
        _wait(world, made, row)
        for old in part.lines:
            if old.line_id == row.line_id:
                old.total_units -= row.units
    order.fulfillment_orders.append(made)
    world.orders.index(made.id, order)


def _wait(world: World, part: FulfillmentOrder, row: FulfilledLine) -> None:
    for line in part.lines:
        if line.line_id == row.line_id:
            line.remaining_units += row.units
            return
    part.lines.append(
        FulfillmentOrderLine(
            id=world.ids.next("fulfillment_order_line"),
            line_id=row.line_id,
            item_id=row.item_id,
            total_units=row.units,
            remaining_units=row.units,
        )
    )
