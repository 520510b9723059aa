"""Transfers between locations, through the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.fields import Arguments
from onhand.sandbox.shopify.gids import gid, number_of
from onhand.sandbox.shopify.idempotency import Payload
from onhand.sandbox.shopify.writing import UserError, refused, user_error
from onhand.sandbox.world import transferring
from onhand.sandbox.world.catalog import Item, Refused
from onhand.sandbox.world.transfers import Transfer
from onhand.sandbox.world.wishes import Wish

_TRANSFER = ("inventoryTransfer",)
# What the world's refusals are called in the userErrors of transfer mutations.
_CODES = {
    "all_shipped": "ALL_QUANTITY_SHIPPED",
    "bad_status": "INVALID_TRANSFER_STATUS",
    "bad_units": "INVALID_QUANTITY",
    "bundled_item": "BUNDLED_ITEM",
    "immutable": "TRANSFER_LOCATION_IMMUTABLE",
    "items_empty": "ITEMS_EMPTY",
    "last_line": "CANT_REMOVE_ALL_ITEMS_FROM_READY_TO_SHIP_TRANSFER",
    "location_required": "LOCATION_REQUIRED",
    "same_location": "TRANSFER_ORIGIN_CANNOT_BE_THE_SAME_AS_DESTINATION",
}


def create_transfer(call: Call, arguments: Arguments) -> Payload:
    """inventoryTransferCreate: a draft reserves nothing, and may lack a location."""
    made = _create(call, arguments["input"], location_required=False)
    if isinstance(made, Transfer):
        return {"inventoryTransfer": made, "userErrors": []}
    return refused(_TRANSFER, made)


def create_ready_transfer(call: Call, arguments: Arguments) -> Payload:
    """inventoryTransferCreateAsReadyToShip: the origin's units are reserved at once."""
    if not arguments["input"]["lineItems"]:
        return refused(
            _TRANSFER, [user_error(("input", "lineItems"), "The list of line items is empty.", "ITEMS_EMPTY")]
        )
    made = _create(call, arguments["input"], location_required=True)
    if not isinstance(made, Transfer):
        return refused(_TRANSFER, made)
    transferring.mark_ready(call.world, made, now=call.now)
    return {"inventoryTransfer": made, "userErrors": []}


def duplicate_transfer(call: Call, arguments: Arguments) -> Payload:
    """inventoryTransferDuplicate: a draft of the same lines, without shipments."""
    transfer = find_transfer(call, arguments["id"])
    if transfer is None:
        return refused(_TRANSFER, [no_transfer("id")])
    made = transferring.duplicate_transfer(call.world, transfer, now=call.now)
    return {"inventoryTransfer": made, "userErrors": []}


def mark_ready(call: Call, arguments: Arguments) -> Payload:
    """inventoryTransferMarkAsReadyToShip."""
    return _change(call, arguments, lambda one: transferring.mark_ready(call.world, one, now=call.now))


def cancel_transfer(call: Call, arguments: Arguments) -> Payload:
    """inventoryTransferCancel: refused once a shipment exists."""
    transfer = find_transfer(call, arguments["id"])
    if transfer is not None and transfer.shipments:
        message = f"{transfer.name} has {len(transfer.shipments)} shipments and cannot be cancelled."
        return refused(_TRANSFER, [user_error(("id",), message, "SHIPMENT_EXISTS")])
    return _change(call, arguments, lambda one: transferring.cancel_transfer(call.world, one, now=call.now))


def edit_transfer(call: Call, arguments: Arguments) -> Payload:
    """inventoryTransferEdit: locations may change while it is a draft."""
    given = arguments["input"]
    places = {name: given[name] for name in ("originId", "destinationId") if given.get(name) is not None}
    found = _place_errors(call, places)
    if found:
        return refused(_TRANSFER, found)

    def edit(transfer: Transfer) -> None:
        if not places:
            return
        if transfer.status != "DRAFT":
            raise Refused("immutable", f"{transfer.name} is {transfer.status}: its locations stand")
        transferring.place_transfer(
            transfer,
            origin_id=number_of("Location", places.get("originId") or ""),
            destination_id=number_of("Location", places.get("destinationId") or ""),
            now=call.now,
        )

    return _change(call, arguments, edit)


def set_items(call: Call, arguments: Arguments) -> Payload:
    """inventoryTransferSetItems: what is in no shipment becomes the given quantity; new items are added."""
    given = arguments["input"]
    transfer = find_transfer(call, given["id"])
    empty = (*_TRANSFER, "updatedLineItems")
    if transfer is None:
        return refused(empty, [no_transfer("input", "id")])
    wishes, wrong = _wishes(call, given["lineItems"], transfer.origin_id, least=0)
    if wrong:
        return refused(empty, wrong)
    before = {line.item_id: line.total_units for line in transfer.lines}
    try:
        transferring.set_items(call.world, transfer, {wish.item_id: wish.units for wish in wishes}, now=call.now)
    except Refused as refusal:
        return refused(empty, [user_error(("input", "lineItems"), refusal.message, _code(refusal))])
    rows = [
        {
            "inventoryItemId": gid("InventoryItem", line.item_id),
            "newQuantity": line.total_units,
            "deltaQuantity": line.total_units - before.get(line.item_id, 0),
        }
        for wish in wishes
        if (line := transfer.line_of(wish.item_id)) is not None
    ]
    return {"inventoryTransfer": transfer, "updatedLineItems": rows, "userErrors": []}


def remove_items(call: Call, arguments: Arguments) -> Payload:
    """inventoryTransferRemoveItems: what is in no shipment is taken off; an empty list does nothing."""
    given = arguments["input"]
    transfer = find_transfer(call, given["id"])
    empty = (*_TRANSFER, "removedQuantities")
    if transfer is None:
        return refused(empty, [no_transfer("input", "id")])
    lines = [number_of("InventoryTransferLineItem", text) for text in given.get("transferLineItemIds") or ()]
    known = [line for line in lines if line is not None and transfer.line(line) is not None]
    if len(known) < len(lines):
        path = ("input", "transferLineItemIds")
        return refused(empty, [user_error(path, "The item was not found.", "ITEM_NOT_FOUND")])
    try:
        removed = transferring.remove_items(call.world, transfer, known, now=call.now) if known else {}
    except Refused as refusal:
        return refused(empty, [user_error(("input", "transferLineItemIds"), refusal.message, _code(refusal))])
    rows = []
    for item_id, units in removed.items():
        line = transfer.line_of(item_id)
        left = 0 if line is None else line.total_units
        rows.append({"inventoryItemId": gid("InventoryItem", item_id), "newQuantity": left, "deltaQuantity": -units})
    return {"inventoryTransfer": transfer, "removedQuantities": rows, "userErrors": []}


def delete_transfer(call: Call, arguments: Arguments) -> Payload:
    """inventoryTransferDelete: drafts only, here; which other statuses Shopify lets go is not documented."""
    transfer = find_transfer(call, arguments["id"])
    if transfer is None:
        return refused(("deletedId",), [no_transfer("id")])
    try:
        transferring.delete_transfer(call.world, transfer)
    except Refused as refusal:
        return refused(("deletedId",), [user_error(("id",), refusal.message, _code(refusal))])
    return {"deletedId": arguments["id"], "userErrors": []}


def find_transfer(call: Call, text: str) -> Transfer | None:
    """Return the transfer with a global id, or None."""
    number = number_of("InventoryTransfer", text)
    return None if number is None else call.world.transfers.get(number)


def no_transfer(*path: str) -> UserError:
    """Return the error for a transfer that nobody knows."""
    return user_error(path, "The transfer was not found.", "TRANSFER_NOT_FOUND")


def _change(call: Call, arguments: Arguments, act: Callable[[Transfer], None]) -> Payload:
    transfer = find_transfer(call, arguments["id"])
    if transfer is None:
        return refused(_TRANSFER, [no_transfer("id")])
    try:
        act(transfer)
    except Refused as refusal:
        return refused(_TRANSFER, [user_error(("id",), refusal.message, _code(refusal))])
    return {"inventoryTransfer": transfer, "userErrors": []}


def _code(refusal: Refused) -> str:
    return _CODES[refusal.code]


def _create(call: Call, given: Mapping[str, Any], *, location_required: bool) -> Transfer | list[UserError]:
    names = ("originLocationId", "destinationLocationId")
    places = {name: given[name] for name in names if given.get(name) is not None}
    found = _place_errors(call, places)
    found += [
        user_error(("input", name), "A location is required for this operation.", "LOCATION_REQUIRED")
        for name in names
        if location_required and name not in places
    ]
    origin, there = (number_of("Location", places.get(name) or "") for name in names)
    wishes, wrong = _wishes(call, given["lineItems"], origin)
    found += wrong
    if found:
        return found
    try:
        return transferring.create_transfer(
            call.world, origin_id=origin, destination_id=there, lines=wishes, now=call.now
        )
    except Refused as refusal:
        return [user_error(("input",), refusal.message, _code(refusal))]


def _place_errors(call: Call, places: Mapping[str, str]) -> list[UserError]:
    found: list[UserError] = []
    for name, text in places.items():
        place = number_of("Location", text)
        if place is None or place not in call.world.catalog.locations:
            message = "The location selected can't be found."
            found.append(user_error(("input", name), message, "LOCATION_NOT_FOUND"))
        elif not call.world.catalog.locations[place].active:
            message = "The location selected is not active."
            found.append(user_error(("input", name), message, "LOCATION_NOT_ACTIVE"))
    return found


def _wishes(
    call: Call, rows: Sequence[Mapping[str, Any]], origin_id: int | None, least: int = 1
) -> tuple[list[Wish], list[UserError]]:
    """Return what is asked for, and what is wrong with it; `origin_id` None while nobody has said where from."""
    wishes: list[Wish] = []
    found: list[UserError] = []
    for index, row in enumerate(rows):
        path = ("input", "lineItems", str(index))
        number = number_of("InventoryItem", row["inventoryItemId"])
        item = None if number is None else call.world.catalog.items.get(number)
        trouble = _trouble_of(call, item, origin_id)
        if trouble is not None:
            code, message = trouble
            found.append(user_error((*path, "inventoryItemId"), message, code))
        elif any(item is not None and one.item_id == item.inventory_item_id for one in wishes):
            message = "A single item can't be listed twice."
            found.append(user_error((*path, "inventoryItemId"), message, "DUPLICATE_ITEM"))
        elif row["quantity"] < least:
            message = f"The quantity must be at least {least}, got {row['quantity']}."
            found.append(user_error((*path, "quantity"), message, "INVALID_QUANTITY"))
        elif item is not None:
            wishes.append(Wish(item_id=item.inventory_item_id, units=row["quantity"]))
    return wishes, found


def _trouble_of(call: Call, item: Item | None, origin_id: int | None) -> tuple[str, str] | None:
    """Return why an item cannot be transferred, as code and message, or None."""
    if item is None:
        return "ITEM_NOT_FOUND", "The item was not found."
    if item.bundle:
        return "BUNDLED_ITEM", "Bundled items cannot be used for this operation."
    if not item.tracked:
        return "UNTRACKED_ITEM", "The item does not track inventory."
    level = None if origin_id is None else call.world.levels.get(item.inventory_item_id, origin_id)
    if origin_id in call.world.catalog.locations and (level is None or not level.active):
        return "INVENTORY_STATE_NOT_ACTIVE", "The item is not stocked at the intended location."
    return None
