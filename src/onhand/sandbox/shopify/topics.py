"""Webhook topics: the names of Shopify's enum and of its header."""

from __future__ import annotations

# Admin API 2026-10, WebhookSubscriptionTopic: the resources whose topics onhand may want. The enum's name does not
# show where the resource ends: INVENTORY_LEVELS_UPDATE is inventory_levels/update.
_RESOURCES = (
    "APP",
    "APP_PURCHASES_ONE_TIME",
    "APP_SUBSCRIPTIONS",
    "BULK_OPERATIONS",
    "CHANNELS",
    "DRAFT_ORDERS",
    "FULFILLMENTS",
    "FULFILLMENT_EVENTS",
    "FULFILLMENT_HOLDS",
    "FULFILLMENT_ORDERS",
    "INVENTORY_ITEMS",
    "INVENTORY_LEVELS",
    "INVENTORY_SHIPMENTS",
    "INVENTORY_TRANSFERS",
    "LOCATIONS",
    "ORDERS",
    "ORDER_TRANSACTIONS",
    "PRODUCTS",
    "PRODUCT_FEEDS",
    "PRODUCT_LISTINGS",
    "PRODUCT_PUBLICATIONS",
    "REFUNDS",
    "RETURNS",
    "REVERSE_DELIVERIES",
    "REVERSE_FULFILLMENT_ORDERS",
    "SHOP",
    "VARIANTS",
)


def header_of(topic: str) -> str | None:
    """Return the header value of an enum name, "orders/create" for ORDERS_CREATE; None for a foreign resource."""
    fitting = [one for one in _RESOURCES if topic.startswith(f"{one}_")]
    if not fitting:
        return None
    resource = max(fitting, key=len)
    return f"{resource}/{topic[len(resource) + 1 :]}".lower()


def enum_of(header: str) -> str:
    """Return the enum name of a header value."""
    return header.replace("/", "_").upper()
