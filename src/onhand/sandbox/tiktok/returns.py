"""Returns on TikTok Shop as its API shows them: each line item is one unit."""

from __future__ import annotations

from collections.abc import Mapping

from onhand.sandbox.tiktok.asks import ReturnSearch
from onhand.sandbox.tiktok.paging import page
from onhand.sandbox.tiktok.replies import INVALID, CallRefused, Data
from onhand.sandbox.world.tiktok import TikTokReturn, UnitLine
from onhand.sandbox.world.world import World

# [I]: how many ids a search takes is not said; as many as a page has rows.
RETURN_IDS_MAX = 100


def search_returns(world: World, ask: ReturnSearch, query: Mapping[str, str]) -> Data:
    """POST /return_refund/202602/returns/search; `return_orders` is left out of an empty page."""
    for name, given in (("return_ids", ask.return_ids), ("order_ids", ask.order_ids)):
        if given is not None and len(given) > RETURN_IDS_MAX:
            raise CallRefused(INVALID, f"Invalid {name}: at most {RETURN_IDS_MAX} are allowed, got {len(given)}.")
    field, order = query.get("sort_field", "create_time"), query.get("sort_order", "DESC")
    if field not in {"create_time", "update_time"} or order not in {"ASC", "DESC"}:
        raise CallRefused(INVALID, f"Invalid sort_field {field!r} or sort_order {order!r}.")
    found = [one for one in world.tiktok.returns.values() if _wanted(one, ask)]

    def key(one: TikTokReturn) -> tuple[int, int]:
        return int((one.updated_at if field == "update_time" else one.created_at).timestamp()), int(one.id)

    chosen, token = page(found, key, query, descending=order == "DESC")
    rows = [_return_row(world, one) for one in chosen]
    shown: Data = {"return_orders": rows} if rows else {}
    return {**shown, "next_page_token": token, "total_count": len(found)}


def _wanted(one: TikTokReturn, ask: ReturnSearch) -> bool:
    created, updated = int(one.created_at.timestamp()), int(one.updated_at.timestamp())
    return (
        (not ask.return_ids or one.id in ask.return_ids)
        and (not ask.order_ids or one.order_id in ask.order_ids)
        and (not ask.return_types or one.type in ask.return_types)
        and (not ask.return_status or one.status in ask.return_status)
        and (ask.create_time_ge is None or created >= ask.create_time_ge)
        and (ask.create_time_lt is None or created < ask.create_time_lt)
        and (ask.update_time_ge is None or updated >= ask.update_time_ge)
        and (ask.update_time_lt is None or updated < ask.update_time_lt)
    )


def _return_row(world: World, one: TikTokReturn) -> Data:
    lines = [line for line in world.tiktok.orders[one.order_id].lines if line.id in one.line_ids]
    currency = world.settings.currency
    return {
        "return_id": one.id,
        "order_id": one.order_id,
        "return_type": one.type,
        "return_status": one.status,
        "role": "BUYER",
        "return_reason": "ecom_order_delivered_refund_and_return_reason_no_longer_needed",
        "return_reason_text": "No longer needed",
        "shipment_type": "PLATFORM",
        "is_combined_return": False,
        "create_time": int(one.created_at.timestamp()),
        "update_time": int(one.updated_at.timestamp()),
        "refund_amount": {"currency": currency, "refund_total": _money(sum(line.price_cents for line in lines))},
        "return_line_items": [_line_row(one, line, currency) for line in lines],
    }


def _line_row(one: TikTokReturn, line: UnitLine, currency: str) -> Data:
    return {
        "return_line_item_id": f"{int(one.id) + int(line.id)}",
        "order_line_item_id": line.id,
        "sku_id": line.sku_id,
        "sku_name": "Default",
        "product_name": line.title,
        "seller_sku": line.seller_sku,
        "refund_amount": {"currency": currency, "refund_total": _money(line.price_cents)},
    }


def _money(cents: int) -> str:
    return f"{cents / 100:.2f}"
