"""A web shop on WooCommerce as records: products and variations, orders with refunds, and its webhooks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from onhand.sandbox.world.catalog import Part

WooStatus = Literal["pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed"]
HOLDS_STOCK: tuple[WooStatus, ...] = ("processing", "on-hold")
FAILURES_MAX = 5  # WooCommerce: a webhook is disabled after so many failed deliveries in a row


@dataclass(kw_only=True, slots=True)
class WooProduct:
    """What is sold: a simple product, or a variation of the product `parent_id`; `units` is its stock_quantity."""

    id: int
    parent_id: int | None
    item_id: int
    sku: str
    title: str
    units: int
    updated_at: datetime


@dataclass(kw_only=True, slots=True)
class WooLine:
    """Units of a product in an order. Stock was reduced by `reduced_units`; refunds put `restocked_units` back."""

    id: int
    product: WooProduct
    units: int
    price_cents: int
    parts: tuple[Part, ...]
    reduced_units: int = 0
    refunded_units: int = 0
    restocked_units: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class WooRefund:
    """Units taken back, by line."""

    id: int
    created_at: datetime
    units: dict[int, int]


@dataclass(kw_only=True, slots=True)
class WooOrder:
    """An order; times have whole seconds on the wire."""

    id: int
    status: WooStatus
    lines: list[WooLine]
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None = None
    refunds: list[WooRefund] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class WooHook:
    """A webhook that was made through the API; the secret signs its bodies."""

    id: int
    name: str
    topic: str
    address: str
    secret: str
    status: Literal["active", "paused", "disabled"] = "active"
    failures_in_a_row: int = 0


@dataclass(kw_only=True)
class WooShop:
    """Everything the web shop knows; `location_id` None until the merchant opens it."""

    location_id: int | None = None
    parent_id: int | None = None
    products: dict[int, WooProduct] = field(default_factory=dict)
    product_of_item: dict[int, int] = field(default_factory=dict)
    orders: dict[int, WooOrder] = field(default_factory=dict)
    hooks: dict[int, WooHook] = field(default_factory=dict)

    def hook_answered(self, hook_id: int, ok: bool) -> None:
        """Note how a delivery of a webhook ended; too many failures in a row disable it."""
        hook = self.hooks.get(hook_id)
        if hook is None:
            return
        hook.failures_in_a_row = 0 if ok else hook.failures_in_a_row + 1
        if hook.failures_in_a_row >= FAILURES_MAX:
            hook.status = "disabled"
