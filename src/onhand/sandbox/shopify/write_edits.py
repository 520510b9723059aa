"""Editing an order through the API: begin, set quantities and add variants, commit."""

from __future__ import annotations

from typing import Any

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.edit_sessions import EditSession
from onhand.sandbox.shopify.fields import Arguments
from onhand.sandbox.shopify.gids import gid, number_of
from onhand.sandbox.shopify.idempotency import Payload
from onhand.sandbox.shopify.writing import refused, user_error
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.editing import edit
from onhand.sandbox.world.orders import Order
from onhand.sandbox.world.wishes import Wish

_EDITED = ("calculatedLineItem", "calculatedOrder")
_GONE = "The edit is no longer there: it was committed, or never begun."


def begin(call: Call, arguments: Arguments) -> Payload:
    """orderEditBegin: stage changes to an order; nothing moves before they are committed."""
    number = number_of("Order", arguments["id"])
    order = None if number is None else call.world.orders.by_id.get(number)
    if order is None:
        return refused(("calculatedOrder",), [user_error(("id",), "The order does not exist.")])
    session = EditSession(id=call.world.ids.next("edit"), order_id=order.id)
    call.face.edits[session.id] = session
    return {"calculatedOrder": _calculated(session, order), "userErrors": []}


def set_quantity(call: Call, arguments: Arguments) -> Payload:
    """orderEditSetQuantity: a lower quantity removes unfulfilled units, restocked only where that is said."""
    session = _session(call, arguments["id"])
    line_id = number_of("CalculatedLineItem", arguments["lineItemId"])
    order = None if session is None else call.world.orders.by_id[session.order_id]
    line = None if order is None or line_id is None else order.line(line_id)
    if session is None or order is None:
        return refused(_EDITED, [user_error(("id",), _GONE)])
    if line is None:
        return refused(_EDITED, [user_error(("lineItemId",), "The line item does not exist.")])
    least = line.current_units - line.unfulfilled_units
    if arguments["quantity"] < least:
        message = f"{least} units of this line were fulfilled: the quantity cannot be {arguments['quantity']}."
        return refused(_EDITED, [user_error(("quantity",), message)])
    session.quantities[line.id] = arguments["quantity"]
    session.restocked[line.id] = bool(arguments.get("restock"))
    row = {
        "id": arguments["lineItemId"],
        "quantity": arguments["quantity"],
        "restocking": bool(arguments.get("restock")),
    }
    return {"calculatedLineItem": row, "calculatedOrder": _calculated(session, order), "userErrors": []}


def add_variant(call: Call, arguments: Arguments) -> Payload:
    """orderEditAddVariant: the variant becomes a line of its own."""
    session = _session(call, arguments["id"])
    if session is None:
        return refused(_EDITED, [user_error(("id",), _GONE)])
    item = call.world.catalog.item_of_variant(number_of("ProductVariant", arguments["variantId"]) or 0)
    if item is None:
        return refused(_EDITED, [user_error(("variantId",), "The variant does not exist.")])
    if arguments["quantity"] < 1:
        return refused(_EDITED, [user_error(("quantity",), "The quantity must be at least 1.")])
    session.additions.append(Wish(item_id=item.inventory_item_id, units=arguments["quantity"]))
    order = call.world.orders.by_id[session.order_id]
    row = {"id": gid("CalculatedLineItem", item.variant_id), "quantity": arguments["quantity"], "restocking": False}
    return {"calculatedLineItem": row, "calculatedOrder": _calculated(session, order), "userErrors": []}


def commit(call: Call, arguments: Arguments) -> Payload:
    """orderEditCommit: additions commit stock, removals release it or write it off."""
    empty = ("order", "successMessages")
    session = _session(call, arguments["id"])
    if session is None:
        return refused(empty, [user_error(("id",), _GONE)])
    order = call.world.orders.by_id[session.order_id]
    removals: dict[int, int] = {}
    additions = list(session.additions)
    for line_id, wanted in session.quantities.items():
        line = order.line(line_id)
        if line is not None and wanted < line.current_units:
            removals[line_id] = line.current_units - wanted
        elif line is not None and wanted > line.current_units:
            additions.append(Wish(item_id=line.item_id, units=wanted - line.current_units))
    try:
        edit(call.world, order, additions=additions, removals=removals, restock=session.restocked, now=call.now)
    except Refused as refusal:
        return refused(empty, [user_error(("id",), refusal.message)])
    del call.face.edits[session.id]
    return {"order": order, "successMessages": ["Order updated"], "userErrors": []}


def _session(call: Call, text: str) -> EditSession | None:
    number = number_of("CalculatedOrder", text)
    return None if number is None else call.face.edits.get(number)


def _calculated(session: EditSession, order: Order) -> dict[str, Any]:
    return {"id": gid("CalculatedOrder", session.id), "originalOrder": order, "committed": False}
