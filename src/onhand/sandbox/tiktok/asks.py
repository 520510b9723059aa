"""The bodies that TikTok Shop takes; a field it does not know is refused."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from onhand.sandbox.tiktok.replies import INVALID, CallRefused


class _Ask(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A body without fields beyond its own."""


class OrderSearch(_Ask):
    """POST /order/202309/orders/search; times are Unix seconds, `_ge` inclusive and `_lt` exclusive."""

    order_status: str | None = None
    create_time_ge: int | None = None
    create_time_lt: int | None = None
    update_time_ge: int | None = None
    update_time_lt: int | None = None
    shipping_type: str | None = None
    buyer_user_id: str | None = None
    is_buyer_request_cancel: bool | None = None
    warehouse_ids: list[str] | None = None


class ReturnSearch(_Ask):
    """POST /return_refund/202602/returns/search; times are Unix seconds, `_ge` inclusive and `_lt` exclusive."""

    return_ids: list[str] | None = None
    order_ids: list[str] | None = None
    buyer_user_ids: list[str] | None = None
    return_types: list[str] | None = None
    return_status: list[str] | None = None
    seller_proposed_return_type: list[str] | None = None
    arbitration_status: list[str] | None = None
    create_time_ge: int | None = None
    create_time_lt: int | None = None
    update_time_ge: int | None = None
    update_time_lt: int | None = None
    locale: str | None = None


class ProductSearch(_Ask):
    """POST /product/202502/products/search; times are Unix seconds, both inclusive."""

    status: str | None = None
    seller_skus: list[str] | None = None
    sku_ids: list[str] | None = None
    create_time_ge: int | None = None
    create_time_le: int | None = None
    update_time_ge: int | None = None
    update_time_le: int | None = None


class ProductSwitch(_Ask):
    """POST /product/202309/products/activate and /deactivate."""

    product_ids: list[str]
    listing_platforms: list[str] | None = None


class InventorySearch(_Ask):
    """POST /product/202309/inventory/search; `sku_ids` wins when both are given."""

    product_ids: list[str] | None = None
    sku_ids: list[str] | None = None


class WarehouseStock(_Ask):
    """Units of a SKU at one warehouse; `warehouse_id` may be left out where there is only one."""

    quantity: int
    warehouse_id: str | None = None
    backorder_quantity: int | None = None
    handling_time: int | None = None


class SkuStock(_Ask):
    """A SKU with its stock at every warehouse."""

    id: str
    inventory: list[WarehouseStock]


class StockUpdate(_Ask):
    """POST /product/202309/products/{product_id}/inventory/update."""

    skus: list[SkuStock]


class WebhookChange(_Ask):
    """PUT /event/202309/webhooks; DELETE gives no address."""

    event_type: str
    address: str | None = None


_AskT = TypeVar("_AskT", bound=_Ask)


def read_ask(body: bytes, kind: type[_AskT]) -> _AskT:
    """Return the body as what it should be, an empty one as {}; raises CallRefused."""
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except msgspec.DecodeError as error:
        raise CallRefused(INVALID, f"Invalid parameter in the body: {error}.") from error
