"""Draft orders and orders that an app creates, through the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.fields import Arguments
from onhand.sandbox.shopify.gids import number_of
from onhand.sandbox.shopify.idempotency import Payload
from onhand.sandbox.shopify.writing import refused, user_error
from onhand.sandbox.world import drafting, fulfilling, ordering
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.drafts import Draft
from onhand.sandbox.world.wishes import Wish

_DRAFT = ("draftOrder",)
_ORDER = ("order",)


def create_draft(call: Call, arguments: Arguments) -> Payload:
    """draftOrderCreate: custom lines (without a variant) are refused here, they move no stock anyway."""
    given = arguments["input"]
    try:
        made = drafting.create_draft(
            call.world, lines=_wishes(call, given.get("lineItems")), reserve_until=_until(given), now=call.now
        )
    except Refused as refusal:
        return refused(_DRAFT, [user_error(("input", "lineItems"), refusal.message)])
    return {"draftOrder": made, "userErrors": []}


def update_draft(call: Call, arguments: Arguments) -> Payload:
    """draftOrderUpdate: of lines and reservation, what is not given stays as it was."""
    draft, given = _find(call, arguments["id"]), arguments["input"]
    if draft is None:
        return refused(_DRAFT, [user_error(("id",), "Draft order does not exist")])
    lines = given.get("lineItems")
    until = _until(given) if "reserveInventoryUntil" in given else draft.reserve_until
    try:
        drafting.update_draft(
            call.world,
            draft,
            lines=None if lines is None else _wishes(call, lines),
            reserve_until=until,
            now=call.now,
        )
    except Refused as refusal:
        return refused(_DRAFT, [user_error(("input",), refusal.message)])
    return {"draftOrder": draft, "userErrors": []}


def delete_draft(call: Call, arguments: Arguments) -> Payload:
    """draftOrderDelete."""
    empty = ("deletedId",)
    text = arguments["input"]["id"]
    draft = _find(call, text)
    if draft is None:
        return refused(empty, [user_error(("id",), "Draft order does not exist")])
    try:
        drafting.delete_draft(call.world, draft, now=call.now)
    except Refused as refusal:
        return refused(empty, [user_error(("id",), refusal.message)])
    return {"deletedId": text, "userErrors": []}


def complete_draft(call: Call, arguments: Arguments) -> Payload:
    """draftOrderComplete: the draft becomes an order that commits."""
    draft = _find(call, arguments["id"])
    if draft is None:
        return refused(_DRAFT, [user_error(("id",), "Draft order does not exist")])
    try:
        drafting.complete_draft(call.world, draft, now=call.now, paid=not arguments.get("paymentPending"))
    except Refused as refusal:
        return refused(_DRAFT, [user_error(("id",), refusal.message)])
    return {"draftOrder": draft, "userErrors": []}


def create_order(call: Call, arguments: Arguments) -> Payload:
    """orderCreate: claims stock as `inventoryBehaviour` says, which is not at all unless it is given."""
    given, options = arguments["order"], arguments.get("options") or {}
    try:
        processed_at = _moment(given.get("processedAt"))
        if processed_at is not None and processed_at > call.now:
            message = f"The order cannot be processed at {given['processedAt']}, which is yet to come."
            return refused(_ORDER, [user_error(("order", "processedAt"), message, "PROCESSED_AT_INVALID")])
        order = ordering.create_by_app(
            call.world,
            lines=_wishes(call, given.get("lineItems")),
            behaviour=options.get("inventoryBehaviour", "BYPASS"),
            processed_at=processed_at,
            paid=(given.get("financialStatus") or "PAID") == "PAID",
            source_identifier=given.get("sourceIdentifier"),
            tags=given.get("tags") or (),
            now=call.now,
        )
        if given.get("fulfillment") is not None or given.get("fulfillmentStatus") == "FULFILLED":
            fulfilling.fulfil(call.world, order, lines=None, now=call.now)
    except Refused as refusal:
        code = "INVENTORY_CLAIM_FAILED" if refusal.code == "claim_failed" else "INVALID"
        return refused(_ORDER, [user_error(("order", "lineItems"), refusal.message, code)])
    return {"order": order, "userErrors": []}


def _find(call: Call, text: str) -> Draft | None:
    number = number_of("DraftOrder", text)
    return None if number is None else call.world.drafts.get(number)


def _wishes(call: Call, rows: Iterable[Mapping[str, Any]] | None) -> list[Wish]:
    wishes: list[Wish] = []
    for row in rows or ():
        item = call.world.catalog.item_of_variant(number_of("ProductVariant", row.get("variantId") or "") or 0)
        if item is None:
            raise Refused(
                "unknown_variant", f"variant {row.get('variantId')!r} does not exist; custom lines are refused"
            )
        wishes.append(Wish(item_id=item.inventory_item_id, units=row["quantity"]))
    return wishes


def _until(given: Mapping[str, Any]) -> datetime | None:
    return _moment(given.get("reserveInventoryUntil"))


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused("bad_time", f"{text!r} is not a time: {error}") from error
    if moment.tzinfo is None:
        raise Refused("bad_time", f"{text!r} has no time zone")
    return moment
