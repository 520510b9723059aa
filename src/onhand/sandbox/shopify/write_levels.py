"""Stocking items at locations, and changing items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.fields import Arguments
from onhand.sandbox.shopify.gids import number_of
from onhand.sandbox.shopify.idempotency import Payload
from onhand.sandbox.shopify.writing import UserError, refused, user_error
from onhand.sandbox.world import writes
from onhand.sandbox.world.adjustments import SetRow
from onhand.sandbox.world.assortment import change_item
from onhand.sandbox.world.change import connect, disconnect
from onhand.sandbox.world.levels import Level

# What inventoryItemUpdate may change here; the world holds no customs data.
_ITEM_CHANGES = frozenset(("cost", "sku", "tracked"))


def activate(call: Call, arguments: Arguments) -> Payload:
    """inventoryActivate: stock an item at a location; what an inactive level held is there again."""
    item_id = number_of("InventoryItem", arguments["inventoryItemId"])
    location_id = number_of("Location", arguments["locationId"])
    found = _unknown(call, item_id, location_id)
    wanted = {
        state: units
        for state, units in (("available", arguments.get("available")), ("on_hand", arguments.get("onHand")))
        if units is not None
    }
    if found or item_id is None or location_id is None:
        return refused(("inventoryLevel",), found)
    level = call.world.levels.get(item_id, location_id)
    if len(wanted) > 1:
        message = "Give available or onHand, not both."
        return refused(("inventoryLevel",), [user_error(("onHand",), message)])
    if wanted and call.world.catalog.items[item_id].bundle:
        message = "The inventory item is the parent of a bundle and has no quantities of its own."
        return refused(("inventoryLevel",), [user_error((_argument(wanted),), message)])
    if wanted and level is not None and level.active:
        name = _argument(wanted)
        message = f"Not allowed to set {name} when the item is already active at the location."
        return refused(("inventoryLevel",), [user_error((name,), message)])
    if level is None or not level.active:
        level = connect(call.world, item_id, location_id, call.now)
    for state, units in wanted.items():
        row = SetRow(item_id=item_id, location_id=location_id, units=units, compare_units=None)
        result = writes.set_units(call.world, state=state, rows=[row], reason="other", reference_uri=None, now=call.now)
        call.confirmation_ids += result.confirmation_ids
    return {"inventoryLevel": level, "userErrors": []}


def _argument(wanted: Mapping[str, int]) -> str:
    return "available" if "available" in wanted else "onHand"


def deactivate(call: Call, arguments: Arguments) -> Payload:
    """inventoryDeactivate: stop stocking an item at a location; its quantities stay on the inactive level."""
    number = number_of("InventoryLevel", arguments["inventoryLevelId"])
    level = None if number is None else call.world.levels.by_id(number)
    if level is None:
        return refused((), [user_error(("inventoryLevelId",), "The inventory level could not be found.")])
    code = _why_not_deactivated(call, level)
    if code is not None:
        return refused((), [user_error(("inventoryLevelId",), _WHY_NOT[code])])
    disconnect(call.world, level.item_id, level.location_id, call.now)
    return {"userErrors": []}


def toggle_activation(call: Call, arguments: Arguments) -> Payload:
    """inventoryBulkToggleActivation: stock one item at some locations and no longer at others, all or none."""
    empty = ("inventoryItem", "inventoryLevels")
    item_id = number_of("InventoryItem", arguments["inventoryItemId"])
    if item_id is None or item_id not in call.world.catalog.items:
        message = "The inventory item was not found."
        return refused(empty, [user_error(("inventoryItemId",), message, "INVENTORY_ITEM_NOT_FOUND")])
    found: list[UserError] = []
    opened: list[int] = []
    closed: list[int] = []
    for index, update in enumerate(arguments["inventoryItemUpdates"]):
        path = ("inventoryItemUpdates", str(index), "locationId")
        place = number_of("Location", update["locationId"])
        if place is None or place not in call.world.catalog.locations:
            found.append(user_error(path, "The location was not found.", "LOCATION_NOT_FOUND"))
            continue
        level = call.world.levels.get(item_id, place)
        if update["activate"]:
            opened.append(place)
        elif level is not None and level.active:
            code = _why_not_deactivated(call, level)
            if code is not None:
                found.append(user_error(path, _WHY_NOT[code], code))
            closed.append(place)
    if found:
        return refused(empty, found)
    levels = [connect(call.world, item_id, place, call.now) for place in opened]
    for place in closed:
        disconnect(call.world, item_id, place, call.now)
    return {"inventoryItem": call.world.catalog.known[item_id], "inventoryLevels": levels, "userErrors": []}


def update_item(call: Call, arguments: Arguments) -> Payload:
    """inventoryItemUpdate: change the SKU, the cost, or whether the item is tracked."""
    number = number_of("InventoryItem", arguments["id"])
    item = None if number is None else call.world.catalog.items.get(number)
    if item is None:
        return refused(("inventoryItem",), [user_error(("id",), "The inventory item could not be found.")])
    given = arguments["input"]
    foreign = sorted(set(given) - _ITEM_CHANGES)
    if foreign:
        message = f"the sandbox cannot change {', '.join(foreign)} of an item, only cost, sku and tracked"
        return refused(("inventoryItem",), [user_error(("input", foreign[0]), message)])
    wanted = replace(item, sku=given.get("sku", item.sku), tracked=given.get("tracked", item.tracked))
    if "cost" in given:
        wanted = replace(wanted, cost_cents=None if given["cost"] is None else round(float(given["cost"]) * 100))
    changed = change_item(call.world, wanted, now=call.now)
    return {"inventoryItem": changed, "userErrors": []}


# Shopify's descriptions of InventoryBulkToggleActivationUserErrorCode, in our words.
_WHY_NOT = {
    "CANNOT_DEACTIVATE_FROM_ONLY_LOCATION": "The item is stocked at no other location.",
    "COMMITTED_AND_INCOMING_INVENTORY_AT_LOCATION": "The item has committed and incoming quantities at this location.",
    "COMMITTED_INVENTORY_AT_LOCATION": "The item has committed quantities at this location.",
    "INCOMING_INVENTORY_AT_LOCATION": "The item has incoming quantities at this location.",
    "RESERVED_INVENTORY_AT_LOCATION": "The item has unavailable quantities at this location.",
}


def _why_not_deactivated(call: Call, level: Level) -> str | None:
    others = [one for one in call.world.levels.of_item(level.item_id) if one.active and one is not level]
    if not others:
        return "CANNOT_DEACTIVATE_FROM_ONLY_LOCATION"
    if level.committed and level.incoming:
        return "COMMITTED_AND_INCOMING_INVENTORY_AT_LOCATION"
    if level.committed:
        return "COMMITTED_INVENTORY_AT_LOCATION"
    if level.incoming:
        return "INCOMING_INVENTORY_AT_LOCATION"
    if level.reserved or level.damaged or level.safety_stock or level.quality_control:
        return "RESERVED_INVENTORY_AT_LOCATION"
    return None


def _unknown(call: Call, item_id: int | None, location_id: int | None) -> list[UserError]:
    found: list[UserError] = []
    if item_id is None or item_id not in call.world.catalog.items:
        found.append(user_error(("inventoryItemId",), "The inventory item could not be found."))
    if location_id is None or location_id not in call.world.catalog.locations:
        found.append(user_error(("locationId",), "The location could not be found."))
    return found
