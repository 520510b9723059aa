"""Shopify's orders as records: lines, fulfilment orders, fulfilments, refunds, edits and returns."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from onhand.sandbox.world.returns import Return

Channel = Literal["shopify_pos", "online_store", "draft_order", "app"]
DeliveryMethod = Literal["SHIPPING", "PICK_UP", "RETAIL"]
RestockType = Literal["cancel", "return", "no_restock"]


class OrderApp(NamedTuple):
    """The application that created an order (Admin API 2026-10, Order.app)."""

    id: int
    name: str


_SOURCE_NAMES: dict[str, str] = {"shopify_pos": "pos", "online_store": "web", "draft_order": "shopify_draft_order"}
# Shopify's own; any other one is an app that merchants install.
POINT_OF_SALE = OrderApp(129785, "Point of Sale")
ONLINE_STORE = OrderApp(580111, "Online Store")
DRAFT_ORDERS = OrderApp(1354745, "Draft Orders")


@dataclass(frozen=True, kw_only=True, slots=True)
class LineGroup:
    """The bundle that lines of an order came out of (Shopify: LineItemGroup)."""

    id: int
    variant_id: int
    product_id: int
    sku: str
    title: str
    units: int


@dataclass(kw_only=True, slots=True)
class OrderLine:
    """A line of an order.

    `ordered_units` never changes after the line was added to or created (Shopify: quantity), `current_units` falls
    with every removal or refund (currentQuantity), `unfulfilled_units` are what is still to ship (fulfillable).
    `claims_stock` is False where an app created the order without claiming any (orderCreate, BYPASS). `variant_id` and
    `product_id` are None once these were deleted. `added_at` is None for a line that was there from the beginning.
    """

    id: int
    item_id: int
    variant_id: int | None
    product_id: int | None
    sku: str
    title: str
    price_cents: int
    ordered_units: int
    current_units: int
    unfulfilled_units: int
    fulfilled_units: int = 0
    returned_units: int = 0
    claims_stock: bool = True
    group: LineGroup | None = None
    added_at: datetime | None = None


@dataclass(kw_only=True, slots=True)
class FulfillmentOrderLine:
    """Units of an order line that one location is to ship."""

    id: int
    line_id: int
    item_id: int
    total_units: int
    remaining_units: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """Why a fulfilment order may not be shipped yet; `reason` is one of Shopify's FulfillmentHoldReason."""

    id: int
    reason: str
    notes: str
    handle: str | None


@dataclass(kw_only=True, slots=True)
class FulfillmentOrder:
    """What one location is to ship of an order; Shopify's status OPEN, IN_PROGRESS, ON_HOLD, CLOSED or CANCELLED."""

    id: int
    order_id: int
    location_id: int
    status: str
    lines: list[FulfillmentOrderLine]
    created_at: datetime
    updated_at: datetime
    method: DeliveryMethod = "SHIPPING"
    holds: list[Hold] = field(default_factory=list)

    @property
    def remaining_units(self) -> int:
        """Units that this location still has to ship."""
        return sum(line.remaining_units for line in self.lines)


@dataclass(frozen=True, kw_only=True, slots=True)
class FulfilledLine:
    """Units of an order line in one fulfilment."""

    line_id: int
    item_id: int
    units: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Fulfillment:
    """Units that left a location for a shopper; `name` is the order's name with a counter, as "#1001.1"."""

    id: int
    order_id: int
    fulfillment_order_id: int
    location_id: int
    name: str
    status: str
    lines: tuple[FulfilledLine, ...]
    created_at: datetime
    updated_at: datetime

    def line_id(self, index: int) -> int:
        """Return the id of the line at an index: the fulfilment's own, times a hundred, leaves room for its lines."""
        return self.id * 100 + index

    def line_of(self, line_id: int) -> FulfilledLine | None:
        """Return the line with an id made by `line_id`, or None."""
        found, index = divmod(line_id, 100)
        return self.lines[index] if found == self.id and index < len(self.lines) else None


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundLine:
    """Units taken back or given up; `location_id` is None when nothing was restocked."""

    id: int
    line_id: int
    item_id: int
    units: int
    restock_type: RestockType
    location_id: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Refund:
    """A refund record: an edit's removal and a cancellation make one too, then without money.

    `return_id` names the return that it belongs to, None for one that stands alone.
    """

    id: int
    order_id: int
    note: str
    lines: tuple[RefundLine, ...]
    money_cents: int
    created_at: datetime
    return_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EditChange:
    """One line of an edit: units added to or removed from a line."""

    line_id: int
    delta_units: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """An order edit as Shopify's webhook orders/edited tells it: without a location and without a restock flag."""

    id: int
    order_id: int
    additions: tuple[EditChange, ...]
    removals: tuple[EditChange, ...]
    committed_at: datetime


@dataclass(kw_only=True, slots=True)
class Order:
    """A Shopify order; `retail_location_id` and `device_id` are set for POS only.

    `source_identifier` is the number that an app gave it elsewhere, `tags` are its or a person's.
    """

    id: int
    number: int
    channel: Channel
    retail_location_id: int | None
    device_id: int | None
    created_at: datetime
    processed_at: datetime
    updated_at: datetime
    lines: list[OrderLine]
    app: OrderApp = ONLINE_STORE
    source_identifier: str | None = None
    tags: tuple[str, ...] = ()
    financial_status: str = "paid"
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    closed_at: datetime | None = None
    fulfillment_orders: list[FulfillmentOrder] = field(default_factory=list)
    fulfillments: list[Fulfillment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What people call the order, as "#1001"."""
        return f"#{self.number}"

    @property
    def source_name(self) -> str:
        """Shopify's source_name: "pos", "web", "shopify_draft_order", or an app's id."""
        return _SOURCE_NAMES.get(self.channel) or str(self.app.id)

    @property
    def fulfilment_status(self) -> str | None:
        """Shopify's REST fulfillment_status: None, "partial" or "fulfilled"."""
        shipped = any(line.fulfilled_units for line in self.lines)
        if not shipped:
            return None
        return "partial" if any(line.unfulfilled_units for line in self.lines) else "fulfilled"

    def line(self, line_id: int) -> OrderLine | None:
        """Return the line with an id, or None."""
        return next((line for line in self.lines if line.id == line_id), None)


class OrderBook:
    """Every order, found by id and by name, and in the order of their last change."""

    def __init__(self) -> None:
        self.by_id: dict[int, Order] = {}
        self._of_name: dict[str, int] = {}
        self._changed: OrderedDict[int, None] = OrderedDict()
        # Ids of different kinds never agree, so one index serves lines, fulfilment orders, fulfilments and refunds.
        self._order_of_part: dict[int, int] = {}

    def add(self, order: Order) -> None:
        """Keep a new order."""
        self.by_id[order.id] = order
        self._of_name[order.name] = order.id
        self._changed[order.id] = None
        for line in order.lines:
            self.index(line.id, order)

    def touch(self, order: Order) -> None:
        """Note that `order` changed just now, so that `changed_since` finds it last."""
        self._changed.move_to_end(order.id)

    def index(self, part_id: int, order: Order) -> None:
        """Make a line, fulfilment order, fulfilment or refund findable by its id."""
        self._order_of_part[part_id] = order.id

    def of_name(self, name: str) -> Order | None:
        """Return the order called `name`, as "#1001", or None."""
        found = self._of_name.get(name)
        return None if found is None else self.by_id[found]

    def order_of(self, part_id: int) -> Order | None:
        """Return the order that a line, fulfilment order, fulfilment or refund belongs to, or None."""
        found = self._order_of_part.get(part_id)
        return None if found is None else self.by_id[found]

    def fulfillment_order(self, part_id: int) -> FulfillmentOrder | None:
        """Return the fulfilment order with an id, or None."""
        order = self.order_of(part_id)
        parts = () if order is None else order.fulfillment_orders
        return next((one for one in parts if one.id == part_id), None)

    def fulfillment(self, part_id: int) -> Fulfillment | None:
        """Return the fulfilment with an id, or None."""
        order = self.order_of(part_id)
        parts = () if order is None else order.fulfillments
        return next((one for one in parts if one.id == part_id), None)

    def refund(self, part_id: int) -> Refund | None:
        """Return the refund with an id, or None."""
        order = self.order_of(part_id)
        parts = () if order is None else order.refunds
        return next((one for one in parts if one.id == part_id), None)

    def return_of(self, part_id: int) -> Return | None:
        """Return the return with an id, or to which a line or reverse fulfilment order (or its line) belongs."""
        order = self.order_of(part_id)
        returns = () if order is None else order.returns
        return next((one for one in returns if part_id in one.part_ids()), None)

    def changed_since(self, moment: datetime) -> list[Order]:
        """Return the orders changed at or after `moment`, oldest change first."""
        recent: list[Order] = []
        for order_id in reversed(self._changed):
            order = self.by_id[order_id]
            if order.updated_at < moment:
                break
            recent.append(order)
        recent.reverse()
        return recent

    def __iter__(self) -> Iterator[Order]:
        return iter(self.by_id.values())

    def __len__(self) -> int:
        return len(self.by_id)
