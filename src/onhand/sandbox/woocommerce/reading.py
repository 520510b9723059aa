"""Reading products, variations, orders, refunds and webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from onhand.sandbox.state import Sandbox
from onhand.sandbox.woocommerce.answers import Answer, RefusedCall, page_of
from onhand.sandbox.world.woocommerce import WooOrder
from onhand.sandbox.world.woocommerce_rows import hook_row, order_row, parent_row, product_row, refund_row

_STATUSES = frozenset(("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed", "trash"))
_ORDER_BY = frozenset(("date", "modified", "id", "include", "title", "slug"))


def products(sandbox: Sandbox, _: Mapping[str, str], query: Mapping[str, str], __: bytes, ___: datetime) -> Answer:
    """GET products: simple ones, and the one that has variations."""
    world, wanted = sandbox.world, _included(query)
    rows = [product_row(world, one) for one in world.woocommerce.products.values() if one.parent_id is None]
    rows += [parent_row(world)]
    return page_of(sorted((row for row in rows if wanted is None or row["id"] in wanted), key=_by_id), query)


def variations(
    sandbox: Sandbox, parameters: Mapping[str, str], query: Mapping[str, str], _: bytes, __: datetime
) -> Answer:
    """GET products/{id}/variations."""
    world, wanted, parent = sandbox.world, _included(query), int(parameters["parent"])
    if parent != world.woocommerce.parent_id:
        raise RefusedCall(404, "woocommerce_rest_product_invalid_id", "Invalid ID.")
    rows = [
        product_row(world, one)
        for one in world.woocommerce.products.values()
        if one.parent_id == parent and (wanted is None or one.id in wanted)
    ]
    return page_of(sorted(rows, key=_by_id), query)


def orders(sandbox: Sandbox, _: Mapping[str, str], query: Mapping[str, str], __: bytes, ___: datetime) -> Answer:
    """GET orders: by status, by ids, by when they changed (the moment itself left out)."""
    asked = set(query.get("status", "any").split(","))
    if not asked <= _STATUSES | {"any"} or query.get("orderby", "date") not in _ORDER_BY:
        raise RefusedCall(400, "rest_invalid_param", "Invalid parameter(s): status")
    wanted, after = _included(query), _moment(query)

    def fits(order: WooOrder) -> bool:
        return (
            ("any" in asked or order.status in asked)
            and (wanted is None or order.id in wanted)
            and (after is None or order.updated_at.replace(microsecond=0) > after)
        )

    found = [order for order in sandbox.world.woocommerce.orders.values() if fits(order)]
    by_modified = query.get("orderby") == "modified"
    found.sort(key=lambda order: (order.updated_at if by_modified else order.created_at, order.id))
    if query.get("order", "desc") == "desc":
        found.reverse()
    return page_of([order_row(sandbox.world, order) for order in found], query)


def refunds(
    sandbox: Sandbox, parameters: Mapping[str, str], query: Mapping[str, str], _: bytes, __: datetime
) -> Answer:
    """GET orders/{id}/refunds."""
    order = sandbox.world.woocommerce.orders.get(int(parameters["order"]))
    if order is None:
        raise RefusedCall(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
    return page_of([refund_row(order, one) for one in order.refunds], query)


def webhooks(sandbox: Sandbox, _: Mapping[str, str], query: Mapping[str, str], __: bytes, ___: datetime) -> Answer:
    """GET webhooks."""
    return page_of([hook_row(one) for one in sandbox.world.woocommerce.hooks.values()], query)


def _by_id(row: Mapping[str, object]) -> int:
    return int(str(row["id"]))


def _included(query: Mapping[str, str]) -> set[int] | None:
    words = [word for word in query.get("include", "").split(",") if word]
    if any(not word.isdecimal() for word in words):
        raise RefusedCall(400, "rest_invalid_param", "Invalid parameter(s): include")
    return {int(word) for word in words} if words else None


def _moment(query: Mapping[str, str]) -> datetime | None:
    text = query.get("modified_after")
    if text is None:
        return None
    if query.get("dates_are_gmt") != "true":
        raise RefusedCall(400, "rest_invalid_param", "the sandbox's shop stands in no zone: ask with dates_are_gmt")
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise RefusedCall(400, "rest_invalid_param", "Invalid parameter(s): modified_after") from None
