"""Webhook bodies in the shape Shopify documents, with invented shops, ids and customers."""

import json
from typing import Any

from onhand.domain.catalog import Listing
from onhand.domain.stock import LevelKey
from onhand.intake.lookup import Lookup

TEE, TEE_ITEM = 41200000000001, "43300000000001"
CAP, CAP_ITEM = 41200000000002, "43300000000002"
BOSTON, WAREHOUSE = 75500000002, 75500000001
# One more than a float can hold exactly.
ORDER = 9007199254740993


def catalog() -> Lookup:
    """Return a catalog that knows the tee and the cap, and the tee's level in the warehouse."""
    lookup = Lookup()
    lookup.learn(
        [
            Listing(channel="shopify", listing=str(TEE), item=TEE_ITEM, sku="TEE"),
            Listing(channel="shopify", listing=str(CAP), item=CAP_ITEM, sku="CAP"),
        ],
        {LevelKey(TEE_ITEM, str(WAREHOUSE)): "gid://shopify/InventoryLevel/110000000001?inventory_item_id=1"},
    )
    return lookup


def line(number: int, variant: int | None, ordered: int, fulfillable: int, **more: Any) -> dict[str, Any]:
    """Return a line of an order."""
    return {
        "id": number,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{number}",
        "variant_id": variant,
        "quantity": ordered,
        "current_quantity": ordered,
        "fulfillable_quantity": fulfillable,
        "sku": "TEE",
        "title": "Tee",
        "price": "19.00",
        "properties": [{"name": "engraving", "value": "For a canary"}],
    } | more


def fulfillment(location: int | None, units: dict[int, int], **more: Any) -> dict[str, Any]:
    """Return a fulfilment of units by line."""
    return {
        "id": 4800000000001,
        "status": "success",
        "created_at": "2026-11-23T10:05:00-05:00",
        "location_id": location,
        "email": "ada@example.com",
        "line_items": [{"id": number, "quantity": count, "variant_id": TEE} for number, count in units.items()],
    } | more


def refund(rows: list[tuple[int, int, str, int | None]], **more: Any) -> dict[str, Any]:
    """Return a refund of (line, units, restock type, location) rows."""
    return {
        "id": 890000000001,
        "created_at": "2026-11-23T11:00:00-05:00",
        "note": "too large",
        "refund_line_items": [
            {
                "id": 390000000001 + place,
                "line_item_id": number,
                "quantity": units,
                "restock_type": restock,
                "location_id": location,
                "subtotal": 19.0,
            }
            for place, (number, units, restock, location) in enumerate(rows)
        ],
    } | more


def order(**more: Any) -> dict[str, Any]:
    """Return an online order of two tees that nobody has shipped yet; `more` replaces fields."""
    return {
        "id": ORDER,
        "admin_graphql_api_id": f"gid://shopify/Order/{ORDER}",
        "created_at": "2026-11-23T10:00:00-05:00",
        "updated_at": "2026-11-23T10:00:02-05:00",
        "processed_at": "2026-11-23T09:59:58-05:00",
        "cancelled_at": None,
        "source_name": "web",
        "location_id": None,
        "email": "ada@example.com",
        "customer": {"id": 1, "first_name": "Ada", "phone": "+1 555 0100"},
        "shipping_address": {"address1": "12 canary row"},
        "line_items": [line(1, TEE, 2, 2)],
        "fulfillments": [],
        "refunds": [],
    } | more


def pos_sale() -> dict[str, Any]:
    """Return a sale at Boston's till: taken away at once, so it arrives fulfilled."""
    return order(
        source_name="pos",
        location_id=BOSTON,
        line_items=[line(1, TEE, 2, 0), line(2, CAP, 1, 0)],
        fulfillments=[fulfillment(BOSTON, {1: 2, 2: 1})],
    )


def level(available: object = 7, **more: Any) -> dict[str, Any]:
    """Return inventory_levels/update of the tee in the warehouse."""
    return {
        "inventory_item_id": int(TEE_ITEM),
        "location_id": WAREHOUSE,
        "available": available,
        "updated_at": "2026-11-23T10:00:02-05:00",
        "admin_graphql_api_id": "gid://shopify/InventoryLevel/110000000001?inventory_item_id=43300000000001",
    } | more


def as_body(payload: object) -> bytes:
    """Return a payload as it comes over the wire."""
    return json.dumps(payload, ensure_ascii=False).encode()
