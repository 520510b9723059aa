"""Reading products, variants, locations, the shop and the app."""

from __future__ import annotations

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.fields import Arguments, FieldTable, amount, counted_rows, iso, listed, searched
from onhand.sandbox.shopify.gids import gid, number_of
from onhand.sandbox.shopify.read_inventory import levels_field, one_level
from onhand.sandbox.shopify.terms import Getter
from onhand.sandbox.shopify.views import ComponentView, ProductView, VariantView
from onhand.sandbox.world.catalog import Location
from onhand.sandbox.world.levels import Level

ITEM_GETTERS: dict[str, Getter] = {
    "id": lambda item: item.inventory_item_id,
    "sku": lambda item: item.sku,
    "created_at": lambda item: item.created_at,
    "updated_at": lambda item: item.updated_at,
    "tracked": lambda item: item.tracked,
}
VARIANT_GETTERS: dict[str, Getter] = {
    "id": lambda view: view.variant_id,
    "sku": lambda view: view.item.sku,
    "product_id": lambda view: view.item.product_id,
    "title": lambda view: view.item.title,
    "updated_at": lambda view: view.item.updated_at,
}
PRODUCT_GETTERS: dict[str, Getter] = {
    "id": lambda view: view.item.product_id,
    "title": lambda view: view.item.title,
    "sku": lambda view: view.item.sku,
    "status": lambda _: "active",
    "created_at": lambda view: view.item.created_at,
    "updated_at": lambda view: view.item.updated_at,
}
LOCATION_GETTERS: dict[str, Getter] = {
    "id": lambda place: place.id,
    "name": lambda place: place.name,
    "active": lambda place: place.active,
    "created_at": lambda place: place.created_at,
    "updated_at": lambda place: place.updated_at,
}


def _available(call: Call, item_id: int) -> int:
    return sum(level.available for level in call.world.levels.of_item(item_id) if level.active)


def _sellable_online(call: Call, item_id: int) -> int:
    open_ids = {place.id for place in call.world.catalog.routes()}
    levels = call.world.levels.of_item(item_id)
    return sum(level.available for level in levels if level.active and level.location_id in open_ids)


def _for_sale(view: VariantView, call: Call) -> bool:
    item = view.item
    return not item.tracked or item.sells_below_zero or _sellable_online(call, item.inventory_item_id) > 0


def _level_at_location(place: Location, call: Call, arguments: Arguments) -> Level | None:
    item_id = number_of("InventoryItem", arguments["inventoryItemId"])
    return one_level(call, item_id, place.id, inactive=arguments.get("includeInactive", False))


def _has_unfulfilled_orders(place: Location, call: Call) -> bool:
    return any(
        part.location_id == place.id and part.remaining_units
        for order in call.world.orders
        for part in order.fulfillment_orders
    )


def _has_active_inventory(place: Location, call: Call) -> bool:
    return any(level.active for level in call.world.levels.at_location(place.id))


def variant_key(view: VariantView) -> tuple[int, int]:
    """Return the sort key of a variant."""
    return view.variant_id, view.variant_id


_PICKUP = {"pickupTime": "TWENTY_FOUR_HOURS", "instructions": ""}

CATALOG_FIELDS: dict[str, FieldTable] = {
    "ProductVariant": {
        "id": lambda view: gid("ProductVariant", view.variant_id),
        "legacyResourceId": lambda view: str(view.variant_id),
        "sku": lambda view: view.item.sku or None,
        "title": lambda _: "Default Title",
        "displayName": lambda view: f"{view.item.title} - Default Title",
        "price": lambda view: amount(view.item.price_cents),
        "compareAtPrice": lambda _: None,
        "barcode": lambda _: None,
        "position": lambda view: view.item.variant_ids.index(view.variant_id) + 1,
        "taxable": lambda _: True,
        "selectedOptions": lambda _: [{"name": "Title", "value": "Default Title"}],
        "createdAt": lambda view: iso(view.item.created_at),
        "updatedAt": lambda view: iso(view.item.updated_at),
        "inventoryItem": lambda view: view.item,
        "inventoryPolicy": lambda view: "CONTINUE" if view.item.sells_below_zero else "DENY",
        "inventoryQuantity": lambda view, call: _available(call, view.item.inventory_item_id),
        "sellableOnlineQuantity": lambda view, call: _sellable_online(call, view.item.inventory_item_id),
        "availableForSale": _for_sale,
        "requiresComponents": lambda view: view.item.bundle,
        "productVariantComponents": listed(
            lambda view: [ComponentView(view.item, part) for part in view.item.parts],
            lambda one: (one.part.item_id, one.part.item_id),
        ),
        "product": lambda view: ProductView(view.item),
    },
    "ProductVariantComponent": {
        "id": lambda one: gid("ProductVariantComponent", one.bundle.variant_id + one.bundle.parts.index(one.part)),
        "quantity": lambda one: one.part.units,
        "productVariant": lambda one, call: VariantView(call.world.catalog.known[one.part.item_id]),
    },
    "Product": {
        "id": lambda view: gid("Product", view.item.product_id),
        "legacyResourceId": lambda view: str(view.item.product_id),
        "title": lambda view: view.item.title,
        "handle": lambda view: f"product-{view.item.product_id}",
        "status": lambda _: "ACTIVE",
        "tags": lambda _: [],
        "createdAt": lambda view: iso(view.item.created_at),
        "updatedAt": lambda view: iso(view.item.updated_at),
        "publishedAt": lambda view: iso(view.item.created_at),
        "isGiftCard": lambda _: False,
        "hasOnlyDefaultVariant": lambda view: len(view.item.variant_ids) == 1,
        "hasVariantsThatRequiresComponents": lambda view: view.item.bundle,
        "hasOutOfStockVariants": lambda view, call: _available(call, view.item.inventory_item_id) <= 0,
        "tracksInventory": lambda view: view.item.tracked,
        "totalInventory": lambda view, call: _available(call, view.item.inventory_item_id),
        "totalVariants": lambda view: len(view.item.variant_ids),
        "variantsCount": lambda view: counted_rows(len(view.item.variant_ids)),
        "variants": searched(
            lambda view: [VariantView(view.item, number) for number in view.item.variant_ids],
            {"POSITION": variant_key, "ID": variant_key},
            VARIANT_GETTERS,
            default="POSITION",
        ),
    },
    "Location": {
        "id": lambda place: gid("Location", place.id),
        "legacyResourceId": lambda place: str(place.id),
        "name": lambda place: place.name,
        "isActive": lambda place: place.active,
        "fulfillsOnlineOrders": lambda place: place.fulfils_online_orders,
        "shipsInventory": lambda place: place.fulfils_online_orders,
        "localPickupSettingsV2": lambda place: _PICKUP if place.picks_up else None,
        "isFulfillmentService": lambda _: False,
        "fulfillmentService": lambda _: None,
        "isPrimary": lambda place: place.rank == 0,
        "activatable": lambda place: not place.active,
        "deactivatable": lambda place, call: place.active and not _has_unfulfilled_orders(place, call),
        "deactivatedAt": lambda place: None if place.active else iso(place.updated_at),
        "deletable": lambda place: not place.active,
        "createdAt": lambda place: iso(place.created_at),
        "updatedAt": lambda place: iso(place.updated_at),
        "hasActiveInventory": _has_active_inventory,
        "hasUnfulfilledOrders": _has_unfulfilled_orders,
        "inventoryLevel": _level_at_location,
        "inventoryLevels": levels_field(lambda place, call: call.world.levels.at_location(place.id)),
    },
    "Shop": {
        "id": lambda _: gid("Shop", 1),
        "name": lambda world: world.settings.shop.split(".", 1)[0],
        "myshopifyDomain": lambda world: world.settings.shop,
        "url": lambda world: f"https://{world.settings.shop}",
        "currencyCode": lambda world: world.settings.currency,
        "ianaTimezone": lambda _: "Etc/UTC",
        "timezoneAbbreviation": lambda _: "UTC",
        "timezoneOffset": lambda _: "+0000",
        "timezoneOffsetMinutes": lambda _: 0,
        "createdAt": lambda world: iso(world.started_at),
        "setupRequired": lambda _: False,
        "plan": lambda _: {
            "displayName": "Basic",
            "publicDisplayName": "Basic",
            "partnerDevelopment": False,
            "shopifyPlus": False,
        },
    },
}
