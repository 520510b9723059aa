"""Opening, processing and ending returns, and disposing of what came back, through the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.fields import Arguments
from onhand.sandbox.shopify.gids import number_of
from onhand.sandbox.shopify.idempotency import Payload
from onhand.sandbox.shopify.views import ReverseLineView
from onhand.sandbox.shopify.writing import UserError, refused, user_error
from onhand.sandbox.world import returning
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.returning import Disposal, Processed
from onhand.sandbox.world.returns import Return
from onhand.sandbox.world.wishes import Wish

_RETURN = ("return",)
# Admin API 2026-10, ReturnErrorCode, by why the world refuses.
_CODES: Mapping[str, str] = {
    "too_many": "GREATER_THAN",
    "bad_status": "INVALID_STATE",
    "unknown_line": "NOT_FOUND",
    "unknown_location": "NOT_FOUND",
}


def create_return(call: Call, arguments: Arguments) -> Payload:
    """returnCreate: the goods are on their way back, which moves no stock; exchange lines are committed."""
    given = arguments["returnInput"]
    number = number_of("Order", given["orderId"])
    order = None if number is None else call.world.orders.by_id.get(number)
    if order is None:
        return refused(_RETURN, [_error(("returnInput", "orderId"), "Order does not exist.", "NOT_FOUND")])
    lines: dict[int, int] = {}
    for row in given["returnLineItems"]:
        line_id = number_of("FulfillmentLineItem", row["fulfillmentLineItemId"]) or 0
        lines[line_id] = lines.get(line_id, 0) + row["quantity"]
    exchanges: list[Wish] = []
    for row in given.get("exchangeLineItems") or ():
        item = call.world.catalog.item_of_variant(number_of("ProductVariant", row.get("variantId") or "") or 0)
        if item is None:
            return refused(_RETURN, [_error(("returnInput", "exchangeLineItems"), "Variant not found.", "NOT_FOUND")])
        exchanges.append(Wish(item_id=item.inventory_item_id, units=row["quantity"]))
    try:
        opened = returning.create_return(
            call.world,
            order,
            lines=lines,
            exchanges=exchanges,
            unprocessed=bool(given.get("unprocessed")),
            now=call.now,
        )
    except Refused as refusal:
        return refused(_RETURN, [_refusal(("returnInput", "returnLineItems"), refusal)])
    return {"return": opened, "userErrors": []}


def process_return(call: Call, arguments: Arguments) -> Payload:
    """returnProcess: confirm lines with their dispositions; a financial transfer makes the refund."""
    given = arguments["input"]
    opened = _find(call, given["returnId"])
    if opened is None:
        return refused(_RETURN, [_error(("input", "returnId"), "Return not found.", "NOT_FOUND")])
    lines = [
        Processed(
            line_id=number_of("ReturnLineItem", row["id"]) or 0,
            units=row["quantity"],
            disposals=tuple(_disposals(row.get("dispositions") or ())),
        )
        for row in given.get("returnLineItems") or ()
    ]
    exchanges = {
        number_of("ExchangeLineItem", row["id"]) or 0: row["quantity"] for row in given.get("exchangeLineItems") or ()
    }
    try:
        returning.process(
            call.world,
            opened,
            lines,
            exchanges=exchanges,
            refund=given.get("financialTransfer") is not None,
            now=call.now,
        )
    except Refused as refusal:
        return refused(_RETURN, [_refusal(("input",), refusal)])
    return {"return": opened, "userErrors": []}


def dispose(call: Call, arguments: Arguments) -> Payload:
    """reverseFulfillmentOrderDispose: only RESTOCKED moves stock; all rows belong to one return here."""
    empty = ("reverseFulfillmentOrderLineItems",)
    disposals = list(_disposals(arguments["dispositionInputs"]))
    found = [call.world.orders.return_of(row.line_id) for row in disposals]
    opened = found[0] if found else None
    if opened is None or any(one is not opened for one in found):
        message = "Reverse fulfillment order line item not found."
        return refused(empty, [_error(("dispositionInputs",), message, "NOT_FOUND")])
    try:
        returning.dispose(call.world, opened, disposals, now=call.now)
    except Refused as refusal:
        return refused(empty, [_refusal(("dispositionInputs",), refusal)])
    order = call.world.orders.by_id[opened.order_id]
    touched = {row.line_id for row in disposals}
    views = [ReverseLineView(order, line) for line in opened.lines if line.reverse_line_id in touched]
    return {"reverseFulfillmentOrderLineItems": views, "userErrors": []}


def cancel_return(call: Call, arguments: Arguments) -> Payload:
    """returnCancel: only before any work was done on it."""
    return _end(call, arguments["id"], returning.cancel_return)


def close_return(call: Call, arguments: Arguments) -> Payload:
    """returnClose."""
    return _end(call, arguments["id"], returning.close_return)


def reopen_return(call: Call, arguments: Arguments) -> Payload:
    """returnReopen."""
    return _end(call, arguments["id"], returning.reopen_return)


def _end(call: Call, text: str, change: Any) -> Payload:
    opened = _find(call, text)
    if opened is None:
        return refused(_RETURN, [_error(("id",), "Return not found.", "NOT_FOUND")])
    try:
        change(call.world, opened, now=call.now)
    except Refused as refusal:
        return refused(_RETURN, [_refusal(("id",), refusal)])
    return {"return": opened, "userErrors": []}


def _find(call: Call, text: str) -> Return | None:
    number = number_of("Return", text)
    return None if number is None else call.world.orders.return_of(number)


def _disposals(rows: Iterable[Mapping[str, Any]]) -> Iterable[Disposal]:
    for row in rows:
        place = row.get("locationId")
        yield Disposal(
            line_id=number_of("ReverseFulfillmentOrderLineItem", row["reverseFulfillmentOrderLineItemId"]) or 0,
            units=row["quantity"],
            type=row["dispositionType"],
            location_id=None if place is None else number_of("Location", place),
        )


def _error(field: tuple[str, ...], message: str, code: str) -> UserError:
    return user_error(field, message, code)


def _refusal(field: tuple[str, ...], refusal: Refused) -> UserError:
    return user_error(field, refusal.message, _CODES.get(refusal.code, "INVALID"))
