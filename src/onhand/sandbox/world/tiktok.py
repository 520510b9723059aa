"""TikTok Shop's side as records: products, SKUs, the warehouse and orders, where one line item is one unit."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from onhand.sandbox.world.catalog import Part

OrderStatus = Literal[
    "UNPAID",
    "ON_HOLD",
    "AWAITING_SHIPMENT",
    "PARTIALLY_SHIPPING",
    "AWAITING_COLLECTION",
    "IN_TRANSIT",
    "DELIVERED",
    "COMPLETED",
    "CANCELLED",
]
TriggerSource = Literal[
    "order_created",
    "order_canceled",
    "order_shipped",
    "manual_adjustment",
    "api_sync",
    "campaign_lock",
    "campaign_unlock",
    "creator_lock",
    "creator_unlock",
    "system_auto_replenish",
]
Promotion = Literal["campaign", "creator"]
ReturnType = Literal["REFUND", "RETURN_AND_REFUND"]
ReturnStatus = Literal[
    "RETURN_OR_REFUND_REQUEST_PENDING",
    "REFUND_OR_RETURN_REQUEST_REJECT",
    "AWAITING_BUYER_SHIP",
    "BUYER_SHIPPED_ITEM",
    "REJECT_RECEIVE_PACKAGE",
    "RETURN_OR_REFUND_REQUEST_SUCCESS",
    "RETURN_OR_REFUND_REQUEST_COMPLETE",
    "RETURN_OR_REFUND_REQUEST_CANCEL",
]
"""Of the API's statuses those of returns and refunds; replacements and exchanges make new orders and are not played."""


@dataclass(kw_only=True, slots=True)
class Warehouse:
    """TikTok Shop's warehouse, which is one of the merchant's locations."""

    id: str
    name: str
    location_id: int


@dataclass(kw_only=True, slots=True)
class Sku:
    """A listing: what TikTok Shop sells of an item and what its open orders hold.

    `locks` are units of it that campaigns and creators keep, by kind and name. Of what is available, `elsewhere` stands
    in warehouses beside the first, by their id. `combined` are the SKUs of a virtual bundle and their units in it.
    """

    sku_id: str
    product_id: str
    item_id: int
    seller_sku: str
    available_units: int
    committed_units: int
    auto_restock: bool
    updated_at: datetime
    locks: dict[tuple[Promotion, str], int] = field(default_factory=dict)
    combined: tuple[tuple[str, int], ...] = ()
    elsewhere: dict[str, int] = field(default_factory=dict)

    def units_in(self, warehouse_id: str) -> int:
        """Units for sale in a warehouse."""
        if warehouse_id in self.elsewhere:
            return self.elsewhere[warehouse_id]
        return self.available_units - sum(self.elsewhere.values())

    @property
    def locked_units(self) -> int:
        """Units among the available ones that promotions keep."""
        return sum(self.locks.values())

    def locked_for(self, kind: Promotion) -> int:
        """Units among the available ones that promotions of a kind keep."""
        return sum(units for (of, _), units in self.locks.items() if of == kind)


@dataclass(kw_only=True, slots=True)
class Product:
    """A product with its SKUs; status as TikTok Shop's, ACTIVATE when it is on sale."""

    product_id: str
    title: str
    status: str
    sku_ids: list[str]
    created_at: datetime
    updated_at: datetime


@dataclass(kw_only=True, slots=True)
class UnitLine:
    """One line item: one unit. `status` is its display_status, `parts` what is packed: of a bundle its components."""

    id: str
    sku_id: str
    product_id: str
    item_id: int
    seller_sku: str
    title: str
    price_cents: int
    status: OrderStatus
    parts: tuple[Part, ...]
    shipped_at: datetime | None = None


@dataclass(kw_only=True, slots=True)
class TikTokOrder:
    """An order of TikTok Shop; times have whole seconds on the wire.

    `handed_over`: an app has brought it to another platform, from where its goods are sent.
    """

    id: str
    status: OrderStatus
    warehouse_id: str
    lines: list[UnitLine]
    created_at: datetime
    updated_at: datetime
    cancel_reason: str | None = None
    cancel_id: str | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    cancelled_at: datetime | None = None
    handed_over: bool = False

    @property
    def is_on_hold(self) -> bool:
        """The buyer may still change their mind: the order holds stock and cannot be shipped."""
        return self.status == "ON_HOLD"


@dataclass(kw_only=True, slots=True)
class TikTokReturn:
    """A return of line items, one unit each; of a REFUND the buyer keeps the goods."""

    id: str
    order_id: str
    type: ReturnType
    status: ReturnStatus
    line_ids: tuple[str, ...]
    created_at: datetime
    updated_at: datetime


@dataclass(kw_only=True)
class TikTokShop:
    """Everything TikTok Shop knows of this merchant; `warehouse` None until the world gives it one.

    `more_warehouses` are those beside it.
    """

    shop_id: str
    warehouse: Warehouse | None = None
    more_warehouses: list[Warehouse] = field(default_factory=list)
    products: dict[str, Product] = field(default_factory=dict)
    skus: dict[str, Sku] = field(default_factory=dict)
    sku_of_item: dict[int, str] = field(default_factory=dict)
    orders: dict[str, TikTokOrder] = field(default_factory=dict)
    returns: dict[str, TikTokReturn] = field(default_factory=dict)
    _changed: OrderedDict[str, None] = field(default_factory=OrderedDict)

    @property
    def warehouses(self) -> list[Warehouse]:
        """All of them, the default one first."""
        return [*([self.warehouse] if self.warehouse is not None else []), *self.more_warehouses]

    def touch(self, order: TikTokOrder) -> None:
        """Note that `order` changed just now, so that `changed_since` finds it last."""
        self._changed[order.id] = None
        self._changed.move_to_end(order.id)

    def changed_since(self, moment: datetime) -> list[TikTokOrder]:
        """Return the orders changed at or after `moment`, oldest change first."""
        recent: list[TikTokOrder] = []
        for order_id in reversed(self._changed):
            order = self.orders[order_id]
            if order.updated_at < moment:
                break
            recent.append(order)
        recent.reverse()
        return recent

    def listings(self) -> Iterator[Sku]:
        """Yield every SKU on sale."""
        return iter(self.skus.values())
