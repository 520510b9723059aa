"""What a webhook says. Most of them are hints: an order is always read back, a listing looked at.

Source: Partner Center, webhook types; `type` numbers and the fields of their `data`.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from onhand.channels.tiktok_shop.settings import NAME, TikTokSettings
from onhand.ports.channel import Ask, Problem, Report, Shown, StockChange, Wanted
from onhand.ports.delivery import Delivery
from onhand.ports.errors import UnreadableDelivery

Id = str | int
"""TikTok Shop writes ids as text or as 64-bit numbers, by type."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class _Envelope(msgspec.Struct):
    type: int
    data: msgspec.Raw = msgspec.Raw(b"{}")
    shop_id: Id | None = None


class _Order(msgspec.Struct):
    order_id: Id
    order_status: str = ""


class _Return(msgspec.Struct):
    return_id: Id | None = None
    order_id: Id | None = None
    return_status: str = ""


class _Sku(msgspec.Struct):
    sku_id: Id | None = None
    id: Id | None = None


class _Product(msgspec.Struct):
    product_id: Id
    status: str = ""
    skus: list[_Sku] = []


class _Change(msgspec.Struct):
    trigger_source: str = ""
    total_available_quantity_delta: int = 0


class _Snapshot(msgspec.Struct):
    """What a SKU shows after the change. Of what is available, some is locked: the rest is for everybody."""

    total_available_quantity: int
    total_committed_quantity: int = 0
    campaign_locked_quantity: int = 0
    creator_locked_quantity: int = 0


class _Inventory(msgspec.Struct):
    sku_id: Id
    quantity_snapshot_after_change: _Snapshot | None = None
    change_detail: list[_Change] = []
    occurred_at: str | None = None


class _Expiry(msgspec.Struct):
    expiration_time: int | None = None


DISCONNECTED = "disconnected"
"""The kind of problem: the seller is said to have taken the app's authorization away."""

_NOTES = {
    3: "an address changed",
    4: "a package changed",
    24: "stock in TikTok Shop's own warehouses changed: not the merchant's",
    27: "an alarm about stock, not a movement",
    39: "a promotion changed",
    63: "a promotion changed",
    67: "a refund was paid: the order's own webhook carries the goods",
}


def parse(delivery: Delivery, settings: TikTokSettings) -> Report:
    """Return what a delivery says. Raises UnreadableDelivery for what is no envelope, unknown, or another shop's."""
    envelope = _read(delivery.body, _Envelope, "envelope")
    if envelope.shop_id is not None and str(envelope.shop_id) != settings.shop_id:
        raise UnreadableDelivery(
            f"shop_id is {envelope.shop_id}, the address is that of {settings.shop} ({settings.shop_id}): check the app"
        )
    reader = _READERS.get(envelope.type)
    if reader is not None:
        return reader(envelope.data)
    note = _NOTES.get(envelope.type)
    if note is None:
        raise UnreadableDelivery(f"webhook type {envelope.type} of TikTok Shop is not known to this onhand")
    return Report(note=note)


def _order(data: msgspec.Raw) -> Report:
    order = _read(data, _Order, "data")
    key = _id(order.order_id, "data.order_id")
    status = "CANCELLED" if order.order_status == "CANCEL" else order.order_status  # the webhook's own word
    because = f"TikTok Shop reports it as {status}" if status else "TikTok Shop reports a change"
    return Report(asks=(Ask(Wanted.ORDER, key, because),))


def _return(data: msgspec.Raw) -> Report:
    """Have the return read, and its order. A webhook without the return's id has at least its order read."""
    told = _read(data, _Return, "data")
    because = f"TikTok Shop reports a return as {told.return_status or 'changed'}"
    asks = [
        Ask(wanted, _id(key, f"data.{name}"), because)
        for wanted, key, name in (
            (Wanted.RETURN, told.return_id, "return_id"),
            (Wanted.ORDER, told.order_id, "order_id"),
        )
        if key is not None
    ]
    if not asks:
        raise UnreadableDelivery("data names no return_id and no order_id: which return changed is not said")
    return Report(asks=tuple(asks))


def _product(data: msgspec.Raw) -> Report:
    product = _read(data, _Product, "data")
    skus = [_id(sku.sku_id or sku.id or "", "data.skus[].sku_id") for sku in product.skus]
    because = f"its product is {product.status}" if product.status else "its product changed"
    return Report(
        asks=tuple(Ask(Wanted.LISTING, sku, because) for sku in skus),
        note=f"product {product.product_id} is {product.status or 'changed'}; `onhand sync` finds new listings",
    )


def _inventory(data: msgspec.Raw) -> Report:
    """Return a change of a SKU's stock: deltas by what caused them, and what it shows since."""
    told = _read(data, _Inventory, "data")
    key, after = _id(told.sku_id, "data.sku_id"), told.quantity_snapshot_after_change
    sources = tuple(sorted({detail.trigger_source for detail in told.change_detail if detail.trigger_source}))
    if after is None:
        because = f"its stock changed: {', '.join(sources) or 'no reason given'}"
        return Report(asks=(Ask(Wanted.LISTING, key, because),))
    locks = [("campaigns", after.campaign_locked_quantity), ("creators", after.creator_locked_quantity)]
    held = [(who, units) for who, units in locks if units > 0]
    shown = Shown(
        after.total_available_quantity,
        after.total_committed_quantity,
        locked_units=sum(units for _, units in held),
        locked_for=", ".join(f"{who} ({units})" for who, units in held),
    )
    change = StockChange(
        listing=key,
        shown=shown,
        delta_units=sum(detail.total_available_quantity_delta for detail in told.change_detail),
        sources=sources,
        by_app=sources == ("api_sync",),
        changed_at=_moment(told.occurred_at),
    )
    return Report(stock_changes=(change,))


def _moment(text: str | None) -> datetime | None:
    """Return a time that TikTok Shop writes with nanoseconds; None for what is no time."""
    try:
        moment = None if text is None else datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _deauthorized(_data: msgspec.Raw) -> Report:
    problem = Problem(
        kind=DISCONNECTED,
        key=NAME,
        message="the seller has taken the app's authorization away: TikTok Shop is neither read nor told",
        next_step="authorize the app again: `onhand connect tiktok-shop --code`; telling then goes on by itself",
    )
    return Report(closed=True, problems=(problem,), note="the seller has deauthorized the app")


def _expiring(data: msgspec.Raw) -> Report:
    expiry = _read(data, _Expiry, "data")
    when = f" at {expiry.expiration_time} (Unix seconds)" if expiry.expiration_time else " within 30 days"
    problem = Problem(
        kind="authorization expires",
        key=NAME,
        message=f"the seller's authorization of the app ends{when}",
        next_step="authorize the app again in the Seller Center",
    )
    return Report(problems=(problem,))


_READERS: dict[int, Callable[[msgspec.Raw], Report]] = {
    1: _order,
    5: _product,
    6: _deauthorized,
    7: _expiring,
    11: _order,
    12: _return,
    50: _product,
    68: _inventory,
    71: _inventory,
}


def _read(raw: bytes | msgspec.Raw, kind: type[Any], where: str) -> Any:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableDelivery(f"{where}: {error}") from error


def _id(value: Id, where: str) -> str:
    text = str(value)
    if not _ID.fullmatch(text):
        raise UnreadableDelivery(f"{where}: {text[:80]!r} is no id of TikTok Shop's")
    return text
