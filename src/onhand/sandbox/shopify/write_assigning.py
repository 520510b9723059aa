"""Moving, holding, splitting and merging fulfilment orders through the API, and taking a fulfilment back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.fields import Arguments
from onhand.sandbox.shopify.gids import number_of
from onhand.sandbox.shopify.idempotency import Payload
from onhand.sandbox.shopify.writing import refused, user_error
from onhand.sandbox.world import assigning, fulfilling, unshipping
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.orders import FulfillmentOrder

MOVED = ("movedFulfillmentOrder", "originalFulfillmentOrder", "remainingFulfillmentOrder")
HELD = ("fulfillmentHold", "fulfillmentOrder", "remainingFulfillmentOrder")
_MISSING = "Fulfillment order does not exist."
# Admin API 2026-10, FulfillmentOrderHoldUserErrorCode, by why the world refuses.
_HOLD_CODES: Mapping[str, str] = {
    "too_many_holds": "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED",
    "duplicate_handle": "DUPLICATE_FULFILLMENT_HOLD_HANDLE",
    "too_many": "INVALID_LINE_ITEM_QUANTITY",
}
# And FulfillmentOrderSplitUserErrorCode.
_SPLIT_CODES: Mapping[str, str] = {"too_many": "INVALID_LINE_ITEM_QUANTITY"}


def fulfillment_order(call: Call, text: str) -> FulfillmentOrder | None:
    """Return the fulfilment order with a global id, or None."""
    number = number_of("FulfillmentOrder", text)
    return None if number is None else call.world.orders.fulfillment_order(number)


def _units(rows: list[Mapping[str, Any]] | None) -> dict[int, int] | None:
    """Return units by fulfilment order line id, or None when no lines are named: then all are meant."""
    if not rows:
        return None
    return {number_of("FulfillmentOrderLineItem", row["id"]) or 0: row["quantity"] for row in rows}


def move(call: Call, arguments: Arguments) -> Payload:
    """fulfillmentOrderMove: let another location ship what is left, or some lines of it."""
    part = fulfillment_order(call, arguments["id"])
    if part is None:
        return refused(MOVED, [user_error(("id",), _MISSING)])
    place = number_of("Location", arguments["newLocationId"])
    if place is None or place not in call.world.catalog.locations:
        return refused(MOVED, [user_error(("newLocationId",), "Location not found.")])
    units = _units(arguments.get("fulfillmentOrderLineItems"))
    try:
        moved = fulfilling.move_fulfillment_order(call.world, part, to_location_id=place, units=units, now=call.now)
    except Refused as refusal:
        return refused(MOVED, [user_error(("id",), refusal.message)])
    return {
        "movedFulfillmentOrder": moved,
        "originalFulfillmentOrder": part,
        "remainingFulfillmentOrder": part if moved is not part and part.remaining_units else None,
        "userErrors": [],
    }


def hold(call: Call, arguments: Arguments) -> Payload:
    """fulfillmentOrderHold: hold back all of it, or some lines, which are split off first."""
    part, given = fulfillment_order(call, arguments["id"]), arguments["fulfillmentHold"]
    if part is None:
        return refused(HELD, [user_error(("id",), _MISSING, "FULFILLMENT_ORDER_NOT_FOUND")])
    rows = given.get("fulfillmentOrderLineItems") or ()
    path = ("fulfillmentHold", "fulfillmentOrderLineItems")
    if len({row["id"] for row in rows}) < len(rows):
        message = "The fulfillment order line items are not unique."
        return refused(HELD, [user_error(path, message, "DUPLICATED_FULFILLMENT_ORDER_LINE_ITEMS")])
    if any(row["quantity"] < 1 for row in rows):
        return refused(HELD, [user_error(path, "The quantity must be greater than 0.", "GREATER_THAN_ZERO")])
    try:
        held = assigning.hold(
            call.world,
            part,
            reason=given["reason"],
            notes=given.get("reasonNotes") or "",
            handle=given.get("handle") or "",
            units=_units(given.get("fulfillmentOrderLineItems")),
            now=call.now,
        )
    except Refused as refusal:
        code = _HOLD_CODES.get(refusal.code, "FULFILLMENT_ORDER_NOT_SPLITTABLE")
        return refused(HELD, [user_error(("id",), refusal.message, code)])
    made = held.holds[-1]
    return {
        "fulfillmentHold": {"id": f"gid://shopify/FulfillmentHold/{made.id}", "reason": made.reason},
        "fulfillmentOrder": held,
        "remainingFulfillmentOrder": part if held is not part else None,
        "userErrors": [],
    }


def release(call: Call, arguments: Arguments) -> Payload:
    """fulfillmentOrderReleaseHold: the named holds, or all of them."""
    empty = ("fulfillmentOrder",)
    part = fulfillment_order(call, arguments["id"])
    if part is None:
        return refused(empty, [user_error(("id",), _MISSING, "FULFILLMENT_ORDER_NOT_FOUND")])
    wanted = [number_of("FulfillmentHold", text) or 0 for text in arguments.get("holdIds") or ()]
    try:
        assigning.release(call.world, part, hold_ids=wanted, now=call.now)
    except Refused as refusal:
        return refused(empty, [user_error(("id",), refusal.message, "INVALID_ACCESS")])
    return {"fulfillmentOrder": part, "userErrors": []}


def split(call: Call, arguments: Arguments) -> Payload:
    """fulfillmentOrderSplit: each row makes a fulfilment order of its own, at the same location."""
    empty = ("fulfillmentOrderSplits",)
    done: list[dict[str, object]] = []
    for index, row in enumerate(arguments["fulfillmentOrderSplits"]):
        path = ("fulfillmentOrderSplits", str(index))
        part = fulfillment_order(call, row["fulfillmentOrderId"])
        if part is None:
            return refused(empty, [user_error(path, _MISSING, "FULFILLMENT_ORDER_NOT_FOUND")])
        rows = row["fulfillmentOrderLineItems"]
        if any(one["quantity"] < 1 for one in rows):
            return refused(empty, [user_error(path, "The quantity must be greater than 0.", "GREATER_THAN")])
        try:
            made = assigning.split(call.world, part, _units(rows) or {}, now=call.now)
        except Refused as refusal:
            code = _SPLIT_CODES.get(refusal.code, "NO_LINE_ITEMS_PROVIDED_TO_SPLIT")
            return refused(empty, [user_error(path, refusal.message, code)])
        done.append({"fulfillmentOrder": part, "remainingFulfillmentOrder": made, "replacementFulfillmentOrder": None})
    return {"fulfillmentOrderSplits": done, "userErrors": []}


def merge(call: Call, arguments: Arguments) -> Payload:
    """fulfillmentOrderMerge: whole fulfilment orders only, not some lines of one."""
    empty = ("fulfillmentOrderMerges",)
    done: list[dict[str, object]] = []
    for index, row in enumerate(arguments["fulfillmentOrderMergeInputs"]):
        path = ("fulfillmentOrderMergeInputs", str(index))
        intents = row["mergeIntents"]
        parts = [fulfillment_order(call, one["fulfillmentOrderId"]) for one in intents]
        there = [part for part in parts if part is not None]
        if len(there) < len(parts) or not there:
            return refused(empty, [user_error(path, _MISSING, "FULFILLMENT_ORDER_NOT_FOUND")])
        if any(one.get("fulfillmentOrderLineItems") for one in intents):
            message = "the sandbox merges whole fulfillment orders, not some lines of one"
            return refused(empty, [user_error(path, message, "INVALID_LINE_ITEM_QUANTITY")])
        try:
            made = assigning.merge(call.world, there, now=call.now)
        except Refused as refusal:
            return refused(empty, [user_error(path, refusal.message)])
        done.append({"fulfillmentOrder": made})
    return {"fulfillmentOrderMerges": done, "userErrors": []}


def prepare_for_pickup(call: Call, arguments: Arguments) -> Payload:
    """fulfillmentOrderLineItemsPreparedForPickup."""
    for row in arguments["input"]["lineItemsByFulfillmentOrder"]:
        part = fulfillment_order(call, row["fulfillmentOrderId"])
        if part is None:
            return refused((), [user_error(("input",), _MISSING, "FULFILLMENT_ORDER_INVALID")])
        try:
            assigning.prepare_for_pickup(call.world, part, now=call.now)
        except Refused as refusal:
            return refused((), [user_error(("input",), refusal.message, "UNABLE_TO_PREPARE_QUANTITY")])
    return {"userErrors": []}


def cancel_fulfillment(call: Call, arguments: Arguments) -> Payload:
    """fulfillmentCancel: what had left can be fulfilled again."""
    empty = ("fulfillment",)
    number = number_of("Fulfillment", arguments["id"])
    found = None if number is None else call.world.orders.fulfillment(number)
    if found is None:
        return refused(empty, [user_error(("id",), "Fulfillment not found.")])
    try:
        gone = unshipping.cancel_fulfillment(call.world, found, now=call.now)
    except Refused as refusal:
        return refused(empty, [user_error(("id",), refusal.message)])
    return {"fulfillment": gone, "userErrors": []}
