"""Access scopes: what this app may ask a merchant for, and which scope lets it see which field."""

from __future__ import annotations

from datetime import timedelta

# What this app may do (Admin API 2026-10, access scopes of the fields that onhand uses).
SCOPES = (
    "read_assigned_fulfillment_orders",
    "read_draft_orders",
    "read_fulfillments",
    "read_inventory",
    "read_inventory_shipments",
    "read_inventory_shipments_received_items",
    "read_inventory_transfers",
    "read_locations",
    "read_merchant_managed_fulfillment_orders",
    "read_orders",
    "read_products",
    "read_returns",
    "read_shipping",
    "read_third_party_fulfillment_orders",
    "write_draft_orders",
    "write_fulfillments",
    "write_inventory",
    "write_inventory_shipments",
    "write_inventory_shipments_received_items",
    "write_inventory_transfers",
    "write_merchant_managed_fulfillment_orders",
    "write_order_edits",
    "write_orders",
    "write_returns",
)


# Admin API 2026-10, Order: older ones are shown to apps with read_all_orders only. What "older" is counted from is not
# said; here it is the order's creation [I].
ORDERS_SHOWN = timedelta(days=60)
ALL_ORDERS = "read_all_orders"


def holds(granted: frozenset[str], scope: str) -> bool:
    """Tell whether a grant covers a scope: who may write may read (Shopify, access scopes)."""
    return scope in granted or (scope.startswith("read_") and f"write_{scope.removeprefix('read_')}" in granted)
