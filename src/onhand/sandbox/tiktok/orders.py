"""Orders on TikTok Shop: one line item is one unit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import get_args

from onhand.sandbox.tiktok.asks import OrderSearch
from onhand.sandbox.tiktok.paging import page
from onhand.sandbox.tiktok.replies import INVALID, CallRefused, Data
from onhand.sandbox.world import people
from onhand.sandbox.world.tiktok import OrderStatus, TikTokOrder, UnitLine
from onhand.sandbox.world.world import World

DETAIL_IDS_MAX = 50
_STATUSES = frozenset(get_args(OrderStatus))


def search_orders(world: World, ask: OrderSearch, query: Mapping[str, str]) -> Data:
    """POST /order/202309/orders/search."""
    if ask.order_status is not None and ask.order_status not in _STATUSES:
        raise CallRefused(INVALID, f"Invalid order_status {ask.order_status!r}.")
    field = query.get("sort_field", "create_time")
    order = query.get("sort_order", "DESC")
    if field not in {"create_time", "update_time"} or order not in {"ASC", "DESC"}:
        raise CallRefused(INVALID, f"Invalid sort_field {field!r} or sort_order {order!r}.")
    found = [one for one in _since(world, ask.update_time_ge) if _wanted(one, ask)]

    def key(one: TikTokOrder) -> tuple[int, int]:
        return _seconds(one.updated_at if field == "update_time" else one.created_at), int(one.id)

    chosen, token = page(found, key, query, descending=order == "DESC")
    return {
        "orders": [order_row(world, one) for one in chosen],
        "next_page_token": token,
        "total_count": len(found),
    }


def order_details(world: World, query: Mapping[str, str]) -> Data:
    """GET /order/202309/orders and /order/202507/orders: an id that is not known is left out."""
    ids = [one for one in query.get("ids", "").split(",") if one]
    if not 1 <= len(ids) <= DETAIL_IDS_MAX:
        raise CallRefused(INVALID, f"Invalid ids: 1 to {DETAIL_IDS_MAX} are allowed, got {len(ids)}.")
    held = world.tiktok.orders
    return {"orders": [order_row(world, held[one]) for one in dict.fromkeys(ids) if one in held]}


def order_row(world: World, order: TikTokOrder) -> Data:
    """Return an order as both versions write it, with a shopper who does not exist."""
    number = int(order.id) % 1_000_000
    total = sum(line.price_cents for line in order.lines)
    currency = world.settings.currency
    return {
        "id": order.id,
        "status": order.status,
        "create_time": _seconds(order.created_at),
        "update_time": _seconds(order.updated_at),
        "paid_time": None if order.status == "UNPAID" else _seconds(order.created_at),
        "warehouse_id": order.warehouse_id,
        "fulfillment_type": "FULFILLMENT_BY_SELLER",
        "delivery_type": "HOME_DELIVERY",
        "shipping_type": "TIKTOK",
        "order_type": "NORMAL",
        "is_on_hold_order": order.is_on_hold,
        "is_sample_order": False,
        "is_replacement_order": False,
        "is_cod": False,
        "cancel_reason": order.cancel_reason,
        "buyer_email": people.email(number),
        "user_id": str(7_000_000_000_000 + number),
        # The address of an order on hold is not given out.
        "recipient_address": None if order.is_on_hold else _address(number),
        "payment": {"currency": currency, "total_amount": f"{total / 100:.2f}"},
        "line_items": [_line_row(line, currency) for line in order.lines],
        "packages": [],
        **_times(
            rts_time=order.shipped_at,
            collection_time=order.shipped_at,
            delivery_time=order.delivered_at,
            cancel_time=order.cancelled_at,
        ),
    }


def _line_row(line: UnitLine, currency: str) -> Data:
    return {
        "id": line.id,
        "product_id": line.product_id,
        "product_name": line.title,
        "sku_id": line.sku_id,
        "sku_name": "Default",
        "seller_sku": line.seller_sku,
        "display_status": line.status,
        "sku_type": "NORMAL",
        "is_gift": False,
        "currency": currency,
        "sale_price": f"{line.price_cents / 100:.2f}",
        "original_price": f"{line.price_cents / 100:.2f}",
        **_times(rts_time=line.shipped_at),
    }


def _times(**moments: datetime | None) -> dict[str, int]:
    """Return the times that were reached, by their field: one that was not is left out."""
    return {name: _seconds(moment) for name, moment in moments.items() if moment is not None}


def _address(number: int) -> Data:
    held = people.address(number)
    return {
        "name": held["name"],
        "first_name": held["first_name"],
        "last_name": held["last_name"],
        "phone_number": held["phone"],
        "address_line1": held["address1"],
        "postal_code": held["zip"],
        "region_code": "US",
        "full_address": f"{held['address1']}, {held['city']}, {held['province']} {held['zip']}",
    }


def _since(world: World, update_time_ge: int | None) -> list[TikTokOrder]:
    if update_time_ge is None:
        return list(world.tiktok.orders.values())
    return world.tiktok.changed_since(datetime.fromtimestamp(update_time_ge, UTC))


def _wanted(order: TikTokOrder, ask: OrderSearch) -> bool:
    created, updated = _seconds(order.created_at), _seconds(order.updated_at)
    return (
        ask.order_status in {None, order.status}
        and (ask.create_time_ge is None or created >= ask.create_time_ge)
        and (ask.create_time_lt is None or created < ask.create_time_lt)
        and (ask.update_time_lt is None or updated < ask.update_time_lt)
        and (ask.warehouse_ids is None or order.warehouse_id in ask.warehouse_ids)
        and ask.shipping_type in {None, "TIKTOK"}
        and not ask.is_buyer_request_cancel
        and ask.buyer_user_id in {None, str(7_000_000_000_000 + int(order.id) % 1_000_000)}
    )


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
