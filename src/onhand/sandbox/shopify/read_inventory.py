"""Reading items, levels, quantities, and what an app's write changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.errors import refuse
from onhand.sandbox.shopify.fields import Arguments, FieldTable, FullResolver, amount, iso, listed, page_of
from onhand.sandbox.shopify.gids import gid, level_gid, number_of
from onhand.sandbox.shopify.paging import Page
from onhand.sandbox.shopify.terms import Getter, matching
from onhand.sandbox.shopify.views import QuantityView, VariantView
from onhand.sandbox.world.adjustments import AdjustmentGroup, LevelChange
from onhand.sandbox.world.catalog import Item
from onhand.sandbox.world.levels import ON_HAND_STATES, STATES, Level

# Admin API 2026-10, InventoryProperties.quantityNames.
QUANTITY_NAMES = (*STATES, "on_hand")
_DISPLAY_NAMES = {
    "available": "Available",
    "committed": "Committed",
    "reserved": "Reserved",
    "damaged": "Damaged",
    "safety_stock": "Safety stock",
    "quality_control": "Quality control",
    "incoming": "Incoming",
    "on_hand": "On hand",
}

LEVEL_GETTERS: dict[str, Getter] = {
    "id": lambda level: level.id,
    "created_at": lambda level: level.created_at,
    "updated_at": lambda level: level.updated_at,
    "inventory_item_id": lambda level: level.item_id,
    "item_id": lambda level: level.item_id,
}


def _level_key(level: Level) -> tuple[int, int]:
    return level.id, level.id


def levels_field(rows: Callable[[Any, Call], Iterable[Level]]) -> FullResolver:
    """Return the resolver of a connection of levels; inactive ones only when asked for."""

    def resolve(source: Any, call: Call, arguments: Arguments) -> Page:
        inactive = arguments.get("includeInactive", False)
        chosen = [level for level in rows(source, call) if level.active or inactive]
        if arguments.get("query"):
            chosen = matching(chosen, arguments["query"], LEVEL_GETTERS)
        return page_of(call, sorted(chosen, key=_level_key), _level_key, arguments)

    return resolve


def one_level(call: Call, item_id: int | None, location_id: int | None, *, inactive: bool) -> Level | None:
    """Return a level by item and location; None when there is none, or it is inactive and not wanted."""
    if item_id is None or location_id is None:
        return None
    level = call.world.levels.get(item_id, location_id)
    return level if level is not None and (level.active or inactive) else None


def _level_of_item(item: Item, call: Call, arguments: Arguments) -> Level | None:
    location_id = number_of("Location", arguments["locationId"])
    inactive = arguments.get("includeInactive", False)
    return one_level(call, item.inventory_item_id, location_id, inactive=inactive)


def _quantities(level: Level, call: Call, arguments: Arguments) -> list[QuantityView]:
    names: list[str] = arguments["names"]
    unknown = [name for name in names if name not in QUANTITY_NAMES]
    if unknown:
        raise refuse("INVALID_FIELD_ARGUMENTS", f"the quantity names {', '.join(unknown)} do not exist")
    tear = call.world.torn.get((level.item_id, level.location_id))
    torn_units = tear.show() if tear is not None and "on_hand" in names else 0
    return [QuantityView(level, name, torn_units if name == "on_hand" else 0) for name in names]


def _can_deactivate(level: Level, call: Call) -> bool:
    others = [one for one in call.world.levels.of_item(level.item_id) if one.active and one is not level]
    return bool(others) and level.committed == 0 and level.incoming == 0


def _duplicate_skus(item: Item, call: Call) -> int:
    return sum(1 for other in call.world.catalog if other.sku == item.sku) - 1


def _unit_cost(item: Item, call: Call) -> dict[str, str] | None:
    if item.cost_cents is None:
        return None
    return {"amount": amount(item.cost_cents), "currencyCode": call.world.settings.currency}


def _changes(group: AdjustmentGroup, _: Call, arguments: Arguments) -> list[LevelChange]:
    items = _numbers("InventoryItem", arguments.get("inventoryItemIds"))
    places = _numbers("Location", arguments.get("locationIds"))
    names = arguments.get("quantityNames")
    return [
        change
        for change in (*group.changes, *_on_hand_changes(group))
        if (items is None or change.item_id in items)
        and (places is None or change.location_id in places)
        and (names is None or change.state in names)
    ]


def _numbers(kind: str, ids: list[str] | None) -> set[int | None] | None:
    return None if ids is None else {number_of(kind, one) for one in ids}


def _on_hand_changes(group: AdjustmentGroup) -> list[LevelChange]:
    """Return the changes of the sum on hand, which Shopify lists beside those of the states."""
    sums: dict[tuple[int, int], int] = {}
    for change in group.changes:
        if change.state in ON_HAND_STATES:
            place = (change.item_id, change.location_id)
            sums[place] = sums.get(place, 0) + change.delta_units
    return [
        LevelChange(
            item_id=item_id,
            location_id=location_id,
            state="on_hand",
            delta_units=units,
            after_units=None,
            ledger_document_uri=None,
        )
        for (item_id, location_id), units in sums.items()
        if units != 0
    ]


def _quantity_name(name: str) -> dict[str, object]:
    on_hand = name == "on_hand"
    return {
        "name": name,
        "displayName": _DISPLAY_NAMES[name],
        "belongsTo": ["on_hand"] if name in ON_HAND_STATES else [],
        "comprises": list(ON_HAND_STATES) if on_hand else [],
        "isInUse": True,
    }


INVENTORY_PROPERTIES: dict[str, object] = {"quantityNames": [_quantity_name(name) for name in QUANTITY_NAMES]}

INVENTORY_FIELDS: dict[str, FieldTable] = {
    "InventoryItem": {
        "id": lambda item: gid("InventoryItem", item.inventory_item_id),
        "legacyResourceId": lambda item: str(item.inventory_item_id),
        "sku": lambda item: item.sku or None,
        "tracked": lambda item: item.tracked,
        "trackedEditable": lambda _: {"locked": False, "reason": None},
        "createdAt": lambda item: iso(item.created_at),
        "updatedAt": lambda item: iso(item.updated_at),
        "requiresShipping": lambda _: True,
        "duplicateSkuCount": _duplicate_skus,
        "countryCodeOfOrigin": lambda _: None,
        "provinceCodeOfOrigin": lambda _: None,
        "harmonizedSystemCode": lambda _: None,
        "unitCost": _unit_cost,
        "inventoryLevel": _level_of_item,
        "inventoryLevels": levels_field(lambda item, call: call.world.levels.of_item(item.inventory_item_id)),
        "locationsCount": lambda item, call: {
            "count": sum(one.active for one in call.world.levels.of_item(item.inventory_item_id)),
            "precision": "EXACT",
        },
        "variant": VariantView,
        "variants": listed(
            lambda item: [VariantView(item, number) for number in item.variant_ids],
            lambda one: (one.variant_id, one.variant_id),
        ),
    },
    "InventoryLevel": {
        "id": lambda level: level_gid(level.id, level.item_id),
        "isActive": lambda level: level.active,
        "createdAt": lambda level: iso(level.created_at),
        "updatedAt": lambda level: iso(level.updated_at),
        "item": lambda level, call: call.world.catalog.known[level.item_id],
        "location": lambda level, call: call.world.catalog.locations[level.location_id],
        "quantities": _quantities,
        "canDeactivate": _can_deactivate,
        "deactivationAlert": lambda _: None,
    },
    "InventoryQuantity": {
        "id": lambda view: f"gid://shopify/InventoryQuantity/{view.level.id}?name={view.name}",
        "name": lambda view: view.name,
        "quantity": lambda view: view.units,
        "updatedAt": lambda view: iso(view.level.updated_at),
    },
    "InventoryAdjustmentGroup": {
        "id": lambda group: gid("InventoryAdjustmentGroup", group.id),
        "createdAt": lambda group: iso(group.created_at),
        "reason": lambda group: group.reason,
        "referenceDocumentUri": lambda group: group.reference_document_uri,
        "app": lambda _, call: call.face.app,
        "changes": _changes,
    },
    "InventoryChange": {
        "name": lambda change: change.state,
        "delta": lambda change: change.delta_units,
        "quantityAfterChange": lambda change: change.after_units,
        "ledgerDocumentUri": lambda change: change.ledger_document_uri,
        "item": lambda change, call: call.world.catalog.known[change.item_id],
        "location": lambda change, call: call.world.catalog.locations[change.location_id],
    },
}
