"""Shipments of transfers, through the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.fields import Arguments
from onhand.sandbox.shopify.gids import number_of
from onhand.sandbox.shopify.idempotency import Payload
from onhand.sandbox.shopify.views import ShipmentView
from onhand.sandbox.shopify.write_transfers import find_transfer, no_transfer
from onhand.sandbox.shopify.writing import UserError, refused, user_error
from onhand.sandbox.world import shipping
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.transfers import Shipment, Transfer

_SHIPMENT = ("inventoryShipment",)
# What the world's refusals are called in the userErrors of shipment mutations.
_CODES = {
    "bad_status": "INVALID_SHIPMENT_STATUS",
    "items_empty": "ITEMS_EMPTY",
    "not_on_shelf": "INVALID_QUANTITY",
    "too_many": "INVALID_QUANTITY",
}
_Act = Callable[[Transfer, Shipment], object]


def create_shipment(call: Call, arguments: Arguments) -> Payload:
    """inventoryShipmentCreate: a draft; nothing has left."""
    return _create(call, arguments["input"], shipping.draft_shipment)


def create_shipment_in_transit(call: Call, arguments: Arguments) -> Payload:
    """inventoryShipmentCreateInTransit: units leave the origin and are incoming at the destination."""
    return _create(call, arguments["input"], shipping.ship_transfer)


def mark_in_transit(call: Call, arguments: Arguments) -> Payload:
    """inventoryShipmentMarkInTransit."""
    shipped_at = arguments.get("dateShipped")
    when = None if shipped_at is None else datetime.fromisoformat(shipped_at)

    def act(transfer: Transfer, shipment: Shipment) -> None:
        shipping.mark_in_transit(call.world, transfer, shipment, now=call.now, shipped_at=when)

    return _change(call, arguments["id"], act)


def add_items(call: Call, arguments: Arguments) -> Payload:
    """inventoryShipmentAddItems."""
    found = find_shipment(call, arguments["id"])
    empty = (*_SHIPMENT, "addedItems")
    if found is None:
        return refused(empty, [_no_shipment()])
    transfer, shipment = found
    units = _units(transfer, arguments["lineItems"], ("lineItems",))
    if isinstance(units, list):
        return refused(empty, units)
    try:
        shipping.add_items(call.world, transfer, shipment, units, now=call.now)
    except Refused as refusal:
        return refused(empty, [user_error(("lineItems",), refusal.message, _CODES[refusal.code])])
    added = [line for line in shipment.lines if line.transfer_line_id in units]
    return {"inventoryShipment": ShipmentView(transfer, shipment), "addedItems": added, "userErrors": []}


def remove_items(call: Call, arguments: Arguments) -> Payload:
    """inventoryShipmentRemoveItems."""
    found = find_shipment(call, arguments["id"])
    lines = [number_of("InventoryShipmentLineItem", text) for text in arguments["lineItems"]]
    if found is not None and any(line is None or found[1].line(line) is None for line in lines):
        return refused(_SHIPMENT, [user_error(("lineItems",), "The item was not found.", "ITEM_NOT_FOUND")])
    gone = [line for line in lines if line is not None]

    def act(transfer: Transfer, shipment: Shipment) -> None:
        shipping.remove_items(call.world, transfer, shipment, gone, now=call.now)

    return _change(call, arguments["id"], act)


def update_quantities(call: Call, arguments: Arguments) -> Payload:
    """inventoryShipmentUpdateItemQuantities."""
    found = find_shipment(call, arguments["id"])
    empty = ("shipment", "updatedLineItems")
    if found is None:
        return refused(empty, [_no_shipment()])
    transfer, shipment = found
    units: dict[int, int] = {}
    for index, row in enumerate(arguments.get("items") or ()):
        number = number_of("InventoryShipmentLineItem", row["shipmentLineItemId"])
        if number is None or shipment.line(number) is None:
            path = ("items", str(index), "shipmentLineItemId")
            return refused(empty, [user_error(path, "The item was not found.", "ITEM_NOT_FOUND")])
        units[number] = row["quantity"]
    try:
        shipping.set_quantities(call.world, transfer, shipment, units, now=call.now)
    except Refused as refusal:
        return refused(empty, [user_error(("items",), refusal.message, _CODES[refusal.code])])
    changed = [line for line in shipment.lines if line.id in units]
    return {"shipment": ShipmentView(transfer, shipment), "updatedLineItems": changed, "userErrors": []}


def set_tracking(call: Call, arguments: Arguments) -> Payload:
    """inventoryShipmentSetTracking: moves nothing."""
    number = arguments["tracking"].get("trackingNumber")
    return _change(
        call, arguments["id"], lambda _, shipment: shipping.set_tracking(call.world, shipment, number, now=call.now)
    )


def delete_shipment(call: Call, arguments: Arguments) -> Payload:
    """inventoryShipmentDelete: drafts only."""
    found = find_shipment(call, arguments["id"])
    if found is None:
        return refused(("id",), [_no_shipment()])
    try:
        shipping.delete_shipment(call.world, *found, now=call.now)
    except Refused as refusal:
        return refused(("id",), [user_error(("id",), refusal.message, _CODES[refusal.code])])
    return {"id": arguments["id"], "userErrors": []}


def receive_shipment(call: Call, arguments: Arguments) -> Payload:
    """inventoryShipmentReceive: accepted units are available at the destination, rejected ones are not."""
    found = find_shipment(call, arguments["id"])
    if found is None:
        return refused(_SHIPMENT, [_no_shipment()])
    counts = _received(found[1], arguments.get("lineItems"), arguments.get("bulkReceiveAction"))
    if isinstance(counts, str):
        return refused(_SHIPMENT, [user_error(("lineItems",), counts, "ITEM_NOT_FOUND")])
    accepted, rejected = counts

    def act(transfer: Transfer, shipment: Shipment) -> None:
        shipping.receive_shipment(call.world, transfer, shipment, now=call.now, accepted=accepted, rejected=rejected)

    return _change(call, arguments["id"], act)


def find_shipment(call: Call, text: str) -> tuple[Transfer, Shipment] | None:
    """Return a shipment by its global id, with its transfer, or None."""
    number = number_of("InventoryShipment", text)
    for transfer in call.world.transfers.values():
        shipment = None if number is None else transfer.shipment(number)
        if shipment is not None:
            return transfer, shipment
    return None


def _create(call: Call, given: Mapping[str, Any], make: Callable[..., Shipment]) -> Payload:
    transfer = find_transfer(call, given["movementId"])
    if transfer is None:
        return refused(_SHIPMENT, [no_transfer("input", "movementId")])
    units = _units(transfer, given["lineItems"], ("input", "lineItems"))
    if isinstance(units, list):
        return refused(_SHIPMENT, units)
    try:
        shipment = make(call.world, transfer, now=call.now, units=units)
    except Refused as refusal:
        code = "INVALID_TRANSFER_STATUS" if refusal.code == "bad_status" else _CODES[refusal.code]
        return refused(_SHIPMENT, [user_error(("input", "lineItems"), refusal.message, code)])
    shipment.tracking_number = (given.get("trackingInput") or {}).get("trackingNumber")
    return {"inventoryShipment": ShipmentView(transfer, shipment), "userErrors": []}


def _change(call: Call, text: str, act: _Act) -> Payload:
    found = find_shipment(call, text)
    if found is None:
        return refused(_SHIPMENT, [_no_shipment()])
    try:
        act(*found)
    except Refused as refusal:
        return refused(_SHIPMENT, [user_error(("id",), refusal.message, _CODES[refusal.code])])
    return {"inventoryShipment": ShipmentView(*found), "userErrors": []}


def _units(
    transfer: Transfer, rows: Sequence[Mapping[str, Any]], path: tuple[str, ...]
) -> dict[int, int] | list[UserError]:
    """Return units by the transfer's line id, or what is wrong with a row."""
    units: dict[int, int] = {}
    for index, row in enumerate(rows):
        item_id = number_of("InventoryItem", row["inventoryItemId"])
        line = None if item_id is None else transfer.line_of(item_id)
        if line is None:
            where = (*path, str(index), "inventoryItemId")
            return [user_error(where, "The item is not part of the transfer.", "ITEM_NOT_FOUND")]
        if row["quantity"] < 1:
            message = f"The quantity must be at least 1, got {row['quantity']}."
            return [user_error((*path, str(index), "quantity"), message, "INVALID_QUANTITY")]
        if line.id in units:
            where = (*path, str(index), "inventoryItemId")
            return [user_error(where, "A single item can't be listed twice.", "DUPLICATE_ITEM")]
        units[line.id] = row["quantity"]
    return units


def _no_shipment() -> UserError:
    return user_error(("id",), "The shipment was not found.", "SHIPMENT_NOT_FOUND")


def _received(
    shipment: Shipment, rows: Sequence[Mapping[str, Any]] | None, bulk_action: str | None
) -> tuple[dict[int, int], dict[int, int]] | str:
    """Return accepted and rejected units by shipment line, or what is wrong with the rows."""
    accepted: dict[int, int] = {}
    rejected: dict[int, int] = {}
    if rows is None:
        everything = {line.id: line.open_units for line in shipment.lines}
        return (everything, {}) if bulk_action != "REJECTED" else ({}, everything)
    for row in rows:
        number = number_of("InventoryShipmentLineItem", row["shipmentLineItemId"])
        if number is None or shipment.line(number) is None:
            return f"{row['shipmentLineItemId']} is no line of this shipment."
        side = accepted if row["reason"] == "ACCEPTED" else rejected
        side[number] = side.get(number, 0) + row["quantity"]
    return accepted, rejected
