"""Transfers between locations and their shipments, through the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.fields import Arguments
from onhand.sandbox.shopify.gids import number_of
from onhand.sandbox.shopify.idempotency import Payload
from onhand.sandbox.shopify.views import ShipmentView
from onhand.sandbox.shopify.writing import UserError, refused, user_error
from onhand.sandbox.world import moving
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.selling import Wish
from onhand.sandbox.world.transfers import Shipment, Transfer

_TRANSFER = ("inventoryTransfer",)
_SHIPMENT = ("inventoryShipment",)


def create_transfer(call: Call, arguments: Arguments) -> Payload:
    """inventoryTransferCreate: a draft reserves nothing."""
    made = _create(call, arguments["input"])
    if isinstance(made, Transfer):
        return {"inventoryTransfer": made, "userErrors": []}
    return refused(_TRANSFER, made)


def create_ready_transfer(call: Call, arguments: Arguments) -> Payload:
    """inventoryTransferCreateAsReadyToShip: the origin's units are reserved at once."""
    made = _create(call, arguments["input"])
    if not isinstance(made, Transfer):
        return refused(_TRANSFER, made)
    moving.mark_ready(call.world, made, now=call.now)
    return {"inventoryTransfer": made, "userErrors": []}


def mark_ready(call: Call, arguments: Arguments) -> Payload:
    """inventoryTransferMarkAsReadyToShip."""
    transfer = _transfer(call, arguments["id"])
    if transfer is None:
        return refused(_TRANSFER, [_no_transfer("id")])
    try:
        moving.mark_ready(call.world, transfer, now=call.now)
    except Refused as refusal:
        return refused(_TRANSFER, [user_error(("id",), refusal.message, "INVALID_TRANSFER_STATUS")])
    return {"inventoryTransfer": transfer, "userErrors": []}


def cancel_transfer(call: Call, arguments: Arguments) -> Payload:
    """inventoryTransferCancel: refused once a shipment exists."""
    transfer = _transfer(call, arguments["id"])
    if transfer is None:
        return refused(_TRANSFER, [_no_transfer("id")])
    if transfer.shipments:
        message = f"{transfer.name} has {len(transfer.shipments)} shipments and cannot be cancelled."
        return refused(_TRANSFER, [user_error(("id",), message, "SHIPMENT_EXISTS")])
    try:
        moving.cancel_transfer(call.world, transfer, now=call.now)
    except Refused as refusal:
        return refused(_TRANSFER, [user_error(("id",), refusal.message, "INVALID_TRANSFER_STATUS")])
    return {"inventoryTransfer": transfer, "userErrors": []}


def create_shipment_in_transit(call: Call, arguments: Arguments) -> Payload:
    """inventoryShipmentCreateInTransit: units leave the origin and are incoming at the destination."""
    given = arguments["input"]
    transfer = _transfer(call, given["movementId"])
    if transfer is None:
        return refused(
            _SHIPMENT, [user_error(("input", "movementId"), "The transfer was not found.", "TRANSFER_NOT_FOUND")]
        )
    units: dict[int, int] = {}
    for index, row in enumerate(given["lineItems"]):
        item_id = number_of("InventoryItem", row["inventoryItemId"])
        line = next((one for one in transfer.lines if one.item_id == item_id), None)
        if line is None:
            path = ("input", "lineItems", str(index), "inventoryItemId")
            return refused(_SHIPMENT, [user_error(path, "The item is not part of the transfer.", "ITEM_NOT_FOUND")])
        units[line.id] = units.get(line.id, 0) + row["quantity"]
    try:
        shipment = moving.ship_transfer(call.world, transfer, now=call.now, units=units)
    except Refused as refusal:
        return refused(_SHIPMENT, [user_error(("input", "lineItems"), refusal.message, "INVALID_QUANTITY")])
    return {"inventoryShipment": ShipmentView(transfer, shipment), "userErrors": []}


def receive_shipment(call: Call, arguments: Arguments) -> Payload:
    """inventoryShipmentReceive: accepted units are available at the destination, rejected ones are not."""
    found = _shipment(call, arguments["id"])
    if found is None:
        return refused(_SHIPMENT, [user_error(("id",), "The shipment was not found.", "SHIPMENT_NOT_FOUND")])
    transfer, shipment = found
    counts = _received(shipment, arguments.get("lineItems"), arguments.get("bulkReceiveAction"))
    if isinstance(counts, str):
        return refused(_SHIPMENT, [user_error(("lineItems",), counts, "ITEM_NOT_FOUND")])
    accepted, rejected = counts
    try:
        moving.receive_shipment(call.world, transfer, shipment, now=call.now, accepted=accepted, rejected=rejected)
    except Refused as refusal:
        return refused(_SHIPMENT, [user_error(("lineItems",), refusal.message, "INVALID_QUANTITY")])
    return {"inventoryShipment": ShipmentView(transfer, shipment), "userErrors": []}


def _create(call: Call, given: Mapping[str, Any]) -> Transfer | list[UserError]:
    origin = number_of("Location", given.get("originLocationId") or "")
    there = number_of("Location", given.get("destinationLocationId") or "")
    found: list[UserError] = []
    for name, place in (("originLocationId", origin), ("destinationLocationId", there)):
        if place is None or place not in call.world.catalog.locations:
            message = "The location selected can't be found."
            found.append(user_error(("input", name), message, "LOCATION_NOT_FOUND"))
        elif not call.world.catalog.locations[place].active:
            message = "The location selected is not active."
            found.append(user_error(("input", name), message, "LOCATION_NOT_ACTIVE"))
    wishes, wrong = _wishes(call, given["lineItems"])
    found += wrong
    if found or origin is None or there is None:
        return found
    if origin == there:
        code = "TRANSFER_ORIGIN_CANNOT_BE_THE_SAME_AS_DESTINATION"
        return [user_error(("input",), "The origin location cannot be the same as the destination location.", code)]
    try:
        return moving.create_transfer(call.world, origin_id=origin, destination_id=there, lines=wishes, now=call.now)
    except Refused as refusal:
        return [user_error(("input", "lineItems"), refusal.message, "INVALID_QUANTITY")]


def _wishes(call: Call, rows: Sequence[Mapping[str, Any]]) -> tuple[list[Wish], list[UserError]]:
    wishes: list[Wish] = []
    found: list[UserError] = []
    for index, row in enumerate(rows):
        path = ("input", "lineItems", str(index))
        number = number_of("InventoryItem", row["inventoryItemId"])
        item = None if number is None else call.world.catalog.items.get(number)
        if item is None:
            found.append(user_error((*path, "inventoryItemId"), "The item was not found.", "ITEM_NOT_FOUND"))
        elif not item.tracked:
            message = "The item does not track inventory."
            found.append(user_error((*path, "inventoryItemId"), message, "UNTRACKED_ITEM"))
        elif any(one.item_id == item.inventory_item_id for one in wishes):
            message = "A single item can't be listed twice."
            found.append(user_error((*path, "inventoryItemId"), message, "DUPLICATE_ITEM"))
        elif row["quantity"] < 1:
            message = f"The quantity must be at least 1, got {row['quantity']}."
            found.append(user_error((*path, "quantity"), message, "INVALID_QUANTITY"))
        else:
            wishes.append(Wish(item_id=item.inventory_item_id, units=row["quantity"]))
    return wishes, found


def _transfer(call: Call, text: str) -> Transfer | None:
    number = number_of("InventoryTransfer", text)
    return None if number is None else call.world.transfers.get(number)


def _no_transfer(field: str) -> UserError:
    return user_error((field,), "The transfer was not found.", "TRANSFER_NOT_FOUND")


def _shipment(call: Call, text: str) -> tuple[Transfer, Shipment] | None:
    number = number_of("InventoryShipment", text)
    for transfer in call.world.transfers.values():
        shipment = None if number is None else transfer.shipment(number)
        if shipment is not None:
            return transfer, shipment
    return None


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
        if number is None or all(line.id != number for line in shipment.lines):
            return f"{row['shipmentLineItemId']} is no line of this shipment."
        side = accepted if row["reason"] == "ACCEPTED" else rejected
        side[number] = side.get(number, 0) + row["quantity"]
    return accepted, rejected
