"""Adjusting, setting and moving quantities, refused as the Admin API 2026-10 refuses (userErrors enums)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.fields import Arguments
from onhand.sandbox.shopify.gids import number_of
from onhand.sandbox.shopify.idempotency import Payload
from onhand.sandbox.shopify.writing import UserError, refused, user_error
from onhand.sandbox.world import writes
from onhand.sandbox.world.adjustments import AdjustRow, MoveRow, SetRow, WriteResult

# Names an app may write: committed belongs to orders, on_hand is a sum that only `set` takes.
WRITABLE_NAMES = frozenset(("available", "damaged", "incoming", "quality_control", "reserved", "safety_stock"))
SETTABLE_NAMES = frozenset(("available", "on_hand"))
# The reasons that public clients use; Shopify's own table was not to be had.
REASONS = frozenset(
    (
        "correction",
        "cycle_count_available",
        "damaged",
        "movement_canceled",
        "movement_created",
        "movement_received",
        "movement_updated",
        "other",
        "promotion",
        "quality_control",
        "received",
        "reservation_created",
        "reservation_deleted",
        "reservation_updated",
        "restock",
        "safety_stock",
        "shrinkage",
    )
)
ADJUST_BOUND = 2_000_000_000
SET_BOUND = 1_000_000_000
MOVE_DOCUMENTS_MAX = 2

GROUP_FIELDS = ("inventoryAdjustmentGroup",)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+\Z")
Path = tuple[str, ...]


def adjust_quantities(call: Call, arguments: Arguments) -> Payload:
    """inventoryAdjustQuantities: add to one state."""
    given = arguments["input"]
    name, changes = given["name"], given["changes"]
    found = list(_about_call(given))
    if name not in WRITABLE_NAMES:
        found.append(_error(("name",), "INVALID_QUANTITY_NAME", f"The quantity name {name!r} is not one to adjust."))
    rows: list[AdjustRow] = []
    for index, change in enumerate(changes):
        path = ("changes", str(index))
        found += _about_document(name, change.get("ledgerDocumentUri"), path)
        found += _about_bounds(change["delta"], ADJUST_BOUND, (*path, "delta"), low="INVALID_QUANTITY_TOO_LOW")
        row = AdjustRow(
            item_id=_number("InventoryItem", change["inventoryItemId"]),
            location_id=_number("Location", change["locationId"]),
            delta_units=change["delta"],
            compare_units=change["changeFromQuantity"],
            ledger_document_uri=change.get("ledgerDocumentUri"),
        )
        found += _about_item(call, row.item_id, path)
        rows.append(row)
    documents = {row.ledger_document_uri for row in rows}
    if len(documents) > 1:
        message = f"All changes must have the same ledger document URI; there are {len(documents)} different ones."
        found.append(_error(("changes",), "MAX_ONE_LEDGER_DOCUMENT", message))

    def write() -> WriteResult:
        return writes.adjust(
            call.world,
            state=name,
            rows=rows,
            reason=given["reason"],
            reference_uri=given.get("referenceDocumentUri"),
            now=call.now,
        )

    return _answer(call, found, write, "changes")


def set_quantities(call: Call, arguments: Arguments) -> Payload:
    """inventorySetQuantities: make one state, or the sum on hand, hold what the rows say."""
    given = arguments["input"]
    name, quantities = given["name"], given["quantities"]
    found = list(_about_call(given))
    if name not in SETTABLE_NAMES:
        message = f"The quantity name must be either 'available' or 'on_hand', got {name!r}."
        found.append(_error(("name",), "INVALID_NAME", message))
    rows: list[SetRow] = []
    for index, quantity in enumerate(quantities):
        path = ("quantities", str(index))
        units = quantity["quantity"]
        found += _about_bounds(units, SET_BOUND, (*path, "quantity"), low="INVALID_QUANTITY_NEGATIVE", least=0)
        row = SetRow(
            item_id=_number("InventoryItem", quantity["inventoryItemId"]),
            location_id=_number("Location", quantity["locationId"]),
            units=units,
            compare_units=quantity["changeFromQuantity"],
        )
        found += _about_item(call, row.item_id, path)
        if any((one.item_id, one.location_id) == (row.item_id, row.location_id) for one in rows):
            message = "The combination of inventoryItemId and locationId must be unique."
            found.append(_error(path, "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", message))
        rows.append(row)

    def write() -> WriteResult:
        return writes.set_units(
            call.world,
            state=name,
            rows=rows,
            reason=given["reason"],
            reference_uri=given.get("referenceDocumentUri"),
            now=call.now,
        )

    return _answer(call, found, write, "quantities")


def move_quantities(call: Call, arguments: Arguments) -> Payload:
    """inventoryMoveQuantities: move units between two states at one location."""
    given = arguments["input"]
    found = list(_about_call(given))
    rows: list[MoveRow] = []
    documents: set[str] = set()
    for index, change in enumerate(given["changes"]):
        path = ("changes", str(index))
        source, target = change["from"], change["to"]
        found += _about_move(change, path)
        for side, terminal in (("from", source), ("to", target)):
            uri = terminal.get("ledgerDocumentUri")
            found += _about_document(terminal["name"], uri, (*path, side))
            documents |= {uri} if uri is not None else set()
        row = MoveRow(
            item_id=_number("InventoryItem", change["inventoryItemId"]),
            location_id=_number("Location", source["locationId"]),
            from_state=source["name"],
            to_state=target["name"],
            units=change["quantity"],
            from_compare_units=source["changeFromQuantity"],
            to_compare_units=target["changeFromQuantity"],
            from_ledger_document_uri=source.get("ledgerDocumentUri"),
            to_ledger_document_uri=target.get("ledgerDocumentUri"),
        )
        found += _about_item(call, row.item_id, path)
        rows.append(row)
    if len(documents) > MOVE_DOCUMENTS_MAX:
        message = f"Only a maximum of {MOVE_DOCUMENTS_MAX} ledger document URIs is allowed, got {len(documents)}."
        found.append(_error(("changes",), "MAXIMUM_LEDGER_DOCUMENT_URIS", message))

    def write() -> WriteResult:
        return writes.move(
            call.world,
            rows=rows,
            reason=given["reason"],
            reference_uri=given["referenceDocumentUri"],
            now=call.now,
        )

    return _answer(call, found, write, "changes")


def _answer(call: Call, found: Sequence[UserError], write: Callable[[], WriteResult], rows_name: str) -> Payload:
    if found:
        return refused(GROUP_FIELDS, found)
    result = write()
    errors = [_error((rows_name, str(error.index), *error.field), error.code, error.message) for error in result.errors]
    if errors and result.group is None:
        return refused(GROUP_FIELDS, errors)
    call.confirmation_ids += result.confirmation_ids
    return {"inventoryAdjustmentGroup": result.group, "userErrors": errors}


def _error(path: Path, code: str, message: str) -> UserError:
    return user_error(("input", *path), message, code)


def _number(kind: str, text: str) -> int:
    """Return the number in an id, or -1, which the world knows nowhere: the row is then refused by its code."""
    number = number_of(kind, text)
    return -1 if number is None else number


def _about_call(given: Mapping[str, Any]) -> Iterator[UserError]:
    if given["reason"] not in REASONS:
        yield _error(("reason",), "INVALID_REASON", f"The specified reason {given['reason']!r} is invalid.")
    reference = given.get("referenceDocumentUri")
    if reference is not None and not _URI.match(reference):
        message = f"The specified reference document {reference!r} is invalid."
        yield _error(("referenceDocumentUri",), "INVALID_REFERENCE_DOCUMENT", message)


def _about_document(name: str, uri: str | None, path: Path) -> Iterator[UserError]:
    where = (*path, "ledgerDocumentUri")
    if name == "available":
        if uri is not None:
            message = "A ledger document URI is not allowed when adjusting available."
            yield _error(where, "INVALID_AVAILABLE_DOCUMENT", message)
    elif uri is None:
        message = "A ledger document URI is required except when adjusting available."
        yield _error(where, "INVALID_QUANTITY_DOCUMENT", message)
    elif uri.startswith("gid://shopify/"):
        message = "Internal (gid://shopify/) ledger documents are not allowed to be adjusted via API."
        yield _error(where, "INTERNAL_LEDGER_DOCUMENT", message)
    elif not _URI.match(uri):
        yield _error(where, "INVALID_LEDGER_DOCUMENT", f"The specified ledger document {uri!r} is invalid.")


def _about_bounds(units: int, bound: int, path: Path, *, low: str, least: int | None = None) -> Iterator[UserError]:
    lowest = -bound if least is None else least
    if units > bound:
        yield _error(path, "INVALID_QUANTITY_TOO_HIGH", f"The quantity can't be higher than {bound:,}, got {units:,}.")
    elif units < lowest:
        yield _error(path, low, f"The quantity can't be lower than {lowest:,}, got {units:,}.")


def _about_item(call: Call, item_id: int, path: Path) -> Iterator[UserError]:
    item = call.world.catalog.items.get(item_id)
    if item is not None and item.bundle:
        message = f"The inventory item {item.sku!r} is the parent of a bundle and is not allowed to be adjusted."
        yield _error((*path, "inventoryItemId"), "NON_MUTABLE_INVENTORY_ITEM", message)


def _about_move(change: Mapping[str, Any], path: Path) -> Iterator[UserError]:
    source, target = change["from"], change["to"]
    for side, terminal in (("from", source), ("to", target)):
        if terminal["name"] not in WRITABLE_NAMES:
            message = f"The quantity name {terminal['name']!r} is not one to move."
            yield _error((*path, side, "name"), "INVALID_QUANTITY_NAME", message)
    if source["locationId"] != target["locationId"]:
        yield _error(path, "DIFFERENT_LOCATIONS", "The quantities can't be moved between different locations.")
    if source["name"] == target["name"]:
        yield _error(path, "SAME_QUANTITY_NAME", "The quantity names for each change can't be the same.")
    yield from _about_bounds(
        change["quantity"], ADJUST_BOUND, (*path, "quantity"), low="INVALID_QUANTITY_NEGATIVE", least=0
    )
