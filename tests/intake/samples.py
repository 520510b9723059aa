"""One genuine body for every topic of Shopify and every type of TikTok Shop that onhand reads."""

from typing import Any

from onhand.channels.shopify.parse import READERS
from onhand.channels.tiktok_shop import TikTokSettings
from tests.channels.shopify import bodies

SHOP = "tees.myshopify.com"
TIKTOK_SHOP_ID = "7495"
TIKTOK = TikTokSettings(
    shop=SHOP, shop_id=TIKTOK_SHOP_ID, app_key="29a39d", app_secrets=("canary-app-secret",), default_location="1"
)

_LAW = {"shop_id": 954889, "shop_domain": SHOP}
_WHOLE_ORDER = bodies.order(
    line_items=[bodies.line(1, bodies.TEE, 3, 1), bodies.line(2, bodies.CAP, 1, 1), bodies.line(3, None, 1, 0)],
    fulfillments=[bodies.fulfillment(bodies.WAREHOUSE, {1: 2})],
    refunds=[bodies.refund([(1, 1, "return", bodies.BOSTON), (2, 1, "cancel", None)])],
)
_OF_FAMILY: dict[str, Any] = {
    "orders": _WHOLE_ORDER,
    "draft_orders": {"id": 994118539, "name": "#D2", "status": "open", "email": "ada@example.com"},
    "refunds": {"id": 890000000001, "order_id": bodies.ORDER, "note": "too large"},
    "fulfillments": {"id": 4800000000001, "order_id": bodies.ORDER, "status": "success"},
    "fulfillment_orders": {
        "fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/1", "status": "open"},
        "remaining_fulfillment_order": None,
    },
    "returns": {"id": 1090000001, "admin_graphql_api_id": "gid://shopify/Return/1090000001", "status": "open"},
    "reverse_fulfillment_orders": {"id": 2200000001, "admin_graphql_api_id": "gid://shopify/ReverseFulfillmentOrder/1"},
    "inventory_levels": bodies.level(),
    "inventory_items": {"id": int(bodies.TEE_ITEM), "sku": "TEE", "tracked": True},
    "products": {
        "id": 788032119674292922,
        "title": "Tee",
        "variants": [
            {
                "id": bodies.TEE,
                "inventory_item_id": int(bodies.TEE_ITEM),
                "sku": "TEE",
                "price": "19.00",
                "inventory_policy": "deny",
            },
            {"id": 5, "inventory_item_id": None, "sku": None, "price": None},
        ],
        "variant_gids": [{"admin_graphql_api_id": f"gid://shopify/ProductVariant/{bodies.TEE}"}],
    },
    "locations": {"id": bodies.BOSTON, "name": "Boston", "active": True},
    "inventory_transfers": {"id": "gid://shopify/InventoryTransfer/11", "name": "#T0001"},
    "inventory_shipments": {
        "id": "gid://shopify/InventoryShipment/12",
        "inventory_transfer_id": "gid://shopify/InventoryTransfer/11",
    },
    "app": {"id": 954889, "domain": SHOP, "name": "Tees"},
}
_OF_TOPIC: dict[str, Any] = {
    "orders/edited": {"order_edit": {"id": 1, "order_id": bodies.ORDER, "line_items": {"additions": []}}},
    "customers/data_request": {**_LAW, "orders_requested": [1, 2], "data_request": {"id": 9999}, "customer": {"id": 1}},
    "customers/redact": {**_LAW, "orders_to_redact": [1, 2], "customer": {"id": 1, "email": "ada@example.com"}},
    "shop/redact": _LAW,
}

SHOPIFY: dict[str, Any] = {
    topic: _OF_TOPIC.get(topic, _OF_FAMILY.get(topic.partition("/")[0], {"id": 820982911946154508}))
    for topic in READERS
}

_CHANGED = {
    "event_id": "e1",
    "occurred_at": "2026-11-23T11:59:59.123456789Z",
    "product_id": 1731,
    "sku_id": 17324,
    "quantity_snapshot_after_change": {"total_available_quantity": 4, "total_committed_quantity": 1},
    "change_detail": [{"idempotency_key": "k", "trigger_source": "order_created"}],
}
_PRODUCT = {"product_id": 1731, "status": "DEACTIVATED", "skus": [{"sku_id": 17324}, {"id": "17325"}]}
_DATA: dict[int, Any] = {
    1: {"order_id": "5761", "order_status": "UNPAID", "is_on_hold_order": False, "update_time": 1},
    5: _PRODUCT,
    6: {"message": "bye"},
    7: {"expiration_time": 1798000000},
    11: {"order_id": "5761", "cancel_id": "9", "cancel_status": "CANCELLATION_REQUEST_COMPLETE"},
    12: {"order_id": "5761", "return_id": "9", "return_status": "RETURN_OR_REFUND_REQUEST_PENDING"},
    50: _PRODUCT,
    68: _CHANGED,
    71: _CHANGED,
    3: {"order_id": "5761"},
    4: {"package_id": "1"},
    24: {"sku_id": "17324"},
    27: {"sku_id": "17324"},
    39: {"promotion_id": "3"},
    63: {"promotion_id": "3"},
    67: {"refund_id": "3"},
}
TIKTOK_BODIES: dict[str, Any] = {
    str(kind): {
        "type": kind,
        "tts_notification_id": f"n-{kind}",
        "shop_id": TIKTOK_SHOP_ID,
        "timestamp": 1795435200,
        "data": data,
    }
    for kind, data in _DATA.items()
}
