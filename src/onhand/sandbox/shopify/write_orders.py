"""Refunding, cancelling and shipping orders through the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.fields import Arguments
from onhand.sandbox.shopify.gids import number_of
from onhand.sandbox.shopify.idempotency import Payload
from onhand.sandbox.shopify.write_assigning import fulfillment_order
from onhand.sandbox.shopify.writing import UserError, refused, user_error
from onhand.sandbox.world import fulfilling, undoing
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.orders import FulfillmentOrder, Order, RestockType
from onhand.sandbox.world.undoing import RefundWish

_RESTOCK_TYPES: Mapping[str, RestockType] = {
    "CANCEL": "cancel",
    "NO_RESTOCK": "no_restock",
    "RETURN": "return",
}

# orderCancel says why in two places; the second is the deprecated one.
CANCEL_ERRORS = ("orderCancelUserErrors", "userErrors")


def _order(call: Call, text: str) -> Order | None:
    number = number_of("Order", text)
    return None if number is None else call.world.orders.by_id.get(number)


def create_refund(call: Call, arguments: Arguments) -> Payload:
    """refundCreate: give units back, restocked as each line says; money is not asked after."""
    empty = ("order", "refund")
    given = arguments["input"]
    order = _order(call, given["orderId"])
    if order is None:
        return refused(empty, [user_error(("orderId",), "Order does not exist")])
    wishes: list[RefundWish] = []
    found: list[UserError] = []
    for index, line in enumerate(given.get("refundLineItems") or ()):
        path = ("refundLineItems", str(index))
        # Without a restock type Shopify restocks nothing.
        kind = _RESTOCK_TYPES.get(line.get("restockType") or "NO_RESTOCK")
        line_id = number_of("LineItem", line["lineItemId"])
        place = line.get("locationId")
        if kind is None:
            found.append(user_error((*path, "restockType"), "LEGACY_RESTOCK is not accepted for new refunds."))
        elif line_id is None or order.line(line_id) is None:
            found.append(user_error((*path, "lineItemId"), "The line item does not belong to the order."))
        else:
            wishes.append(
                RefundWish(
                    line_id=line_id,
                    units=line["quantity"],
                    restock_type=kind,
                    location_id=None if place is None else number_of("Location", place),
                )
            )
    if found:
        return refused(empty, found)
    try:
        made = undoing.refund(call.world, order, lines=wishes, note=given.get("note") or "", now=call.now)
    except Refused as refusal:
        return refused(empty, [user_error(("refundLineItems",), refusal.message)])
    return {"order": order, "refund": made, "userErrors": []}


def cancel_order(call: Call, arguments: Arguments) -> Payload:
    """orderCancel: the job is done when the answer comes, which Shopify does not promise."""
    order = _order(call, arguments["orderId"])
    if order is None:
        return _not_cancelled(user_error(("orderId",), "Order does not exist", "NOT_FOUND"))
    try:
        undoing.cancel(
            call.world,
            order,
            restock=arguments["restock"],
            reason=str(arguments["reason"]).lower(),
            now=call.now,
        )
    except Refused as refusal:
        return _not_cancelled(user_error(("orderId",), refusal.message, "INVALID"))
    job = {"id": f"gid://shopify/Job/{call.world.outbox.new_id()}", "done": True}
    return {"job": job, "orderCancelUserErrors": [], "userErrors": []}


def _not_cancelled(error: UserError) -> Payload:
    return refused(("job",), [error], CANCEL_ERRORS)


def create_fulfillment(call: Call, arguments: Arguments) -> Payload:
    """fulfillmentCreate: ship what one fulfilment order holds, or some lines of it."""
    empty = ("fulfillment",)
    parts = arguments["fulfillment"]["lineItemsByFulfillmentOrder"]
    if len(parts) != 1:
        message = f"the sandbox ships one fulfillment order a call, got {len(parts)}"
        return refused(empty, [user_error(("fulfillment", "lineItemsByFulfillmentOrder"), message)])
    part = fulfillment_order(call, parts[0]["fulfillmentOrderId"])
    if part is None:
        return refused(empty, [user_error(("fulfillment",), "Fulfillment order does not exist.")])
    units = _units_of(part, parts[0].get("fulfillmentOrderLineItems"))
    if isinstance(units, str):
        return refused(empty, [user_error(("fulfillment",), units)])
    order = call.world.orders.by_id[part.order_id]
    try:
        made = fulfilling.fulfil(call.world, order, lines=units, now=call.now, location_id=part.location_id)
    except Refused as refusal:
        return refused(empty, [user_error(("fulfillment",), refusal.message)])
    return {"fulfillment": made[0], "userErrors": []}


def _units_of(part: FulfillmentOrder, wanted: list[Mapping[str, Any]] | None) -> dict[int, int] | str:
    """Return units by order line, or why they cannot be shipped."""
    if not wanted:
        return {line.line_id: line.remaining_units for line in part.lines if line.remaining_units}
    units: dict[int, int] = {}
    for row in wanted:
        number = number_of("FulfillmentOrderLineItem", row["id"])
        line = next((one for one in part.lines if one.id == number), None)
        if line is None:
            return f"{row['id']} is no line of this fulfillment order."
        if not 1 <= row["quantity"] <= line.remaining_units:
            return f"Invalid fulfillment order line item quantity {row['quantity']}: {line.remaining_units} remain."
        units[line.line_id] = units.get(line.line_id, 0) + row["quantity"]
    return units
