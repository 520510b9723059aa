"""Records of the world with what they belong to, where GraphQL needs to climb back up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from onhand.sandbox.shopify.bulk_store import BulkOperation
from onhand.sandbox.shopify.paging import Page
from onhand.sandbox.world.adjustments import AdjustmentGroup
from onhand.sandbox.world.catalog import Item, Location, Part
from onhand.sandbox.world.drafts import Draft, DraftLine
from onhand.sandbox.world.levels import Level
from onhand.sandbox.world.orders import (
    FulfilledLine,
    Fulfillment,
    FulfillmentOrder,
    FulfillmentOrderLine,
    LineGroup,
    Order,
    OrderLine,
    Refund,
    RefundLine,
)
from onhand.sandbox.world.outbox import Subscription
from onhand.sandbox.world.returns import Disposition, ExchangeLine, Return, ReturnLine
from onhand.sandbox.world.transfers import Shipment, ShipmentLine, Transfer, TransferLine
from onhand.sandbox.world.world import World


@dataclass(frozen=True, slots=True)
class FulfillmentOrderLineView:
    """A fulfilment order's line and its order."""

    order: Order
    line: FulfillmentOrderLine


@dataclass(frozen=True, slots=True)
class FulfilledLineView:
    """A fulfilment's line, its order, and its number, which Shopify gives and the world does not."""

    order: Order
    line: FulfilledLine
    number: int


@dataclass(frozen=True, slots=True)
class SoldView:
    """Units of a line in an agreement, and its order; below zero they leave the order."""

    order: Order
    line: OrderLine
    units: int


@dataclass(frozen=True, slots=True)
class RefundLineView:
    """A refund's line and its order."""

    order: Order
    line: RefundLine


@dataclass(frozen=True, slots=True)
class ReturnLineView:
    """A return's line and its order."""

    order: Order
    line: ReturnLine


@dataclass(frozen=True, slots=True)
class ReverseOrderView:
    """A return as its only reverse fulfilment order."""

    order: Order
    opened: Return


@dataclass(frozen=True, slots=True)
class ReverseLineView:
    """A return's line as that of its reverse fulfilment order."""

    order: Order
    line: ReturnLine


@dataclass(frozen=True, slots=True)
class ExchangeLineView:
    """What is sent instead, and the order."""

    order: Order
    line: ExchangeLine


@dataclass(frozen=True, slots=True)
class DraftLineView:
    """A draft order's line and its draft."""

    draft: Draft
    line: DraftLine


@dataclass(frozen=True, slots=True)
class VariantView:
    """An item as one of its variants; None takes the first."""

    item: Item
    number: int | None = None

    @property
    def variant_id(self) -> int:
        """The variant's own id."""
        return self.item.variant_id if self.number is None else self.number


@dataclass(frozen=True, slots=True)
class ComponentView:
    """A bundle's component."""

    bundle: Item
    part: Part


@dataclass(frozen=True, slots=True)
class ProductView:
    """An item as its only product."""

    item: Item


@dataclass(frozen=True, slots=True)
class QuantityView:
    """One state of a level, shown by `torn_units` too high."""

    level: Level
    name: str
    torn_units: int = 0

    @property
    def units(self) -> int:
        """What is shown."""
        return self.level.units(self.name) + self.torn_units


@dataclass(frozen=True, slots=True)
class ShipmentView:
    """A shipment and its transfer."""

    transfer: Transfer
    shipment: Shipment


@dataclass(frozen=True, slots=True)
class EdgeView:
    """A row of a page with its cursor."""

    page: Page
    row: Any


# What an object that `node(id:)` may return is called in the schema.
TYPE_NAMES: dict[type, str] = {
    AdjustmentGroup: "InventoryAdjustmentGroup",
    BulkOperation: "BulkOperation",
    Disposition: "ReverseFulfillmentOrderDisposition",
    Draft: "DraftOrder",
    ComponentView: "ProductVariantComponent",
    DraftLineView: "DraftOrderLineItem",
    ExchangeLineView: "ExchangeLineItem",
    FulfilledLineView: "FulfillmentLineItem",
    Fulfillment: "Fulfillment",
    FulfillmentOrder: "FulfillmentOrder",
    FulfillmentOrderLineView: "FulfillmentOrderLineItem",
    Item: "InventoryItem",
    Level: "InventoryLevel",
    Location: "Location",
    Order: "Order",
    LineGroup: "LineItemGroup",
    OrderLine: "LineItem",
    ProductView: "Product",
    QuantityView: "InventoryQuantity",
    Refund: "Refund",
    RefundLineView: "RefundLineItem",
    SoldView: "ProductSale",
    Return: "Return",
    ReturnLineView: "ReturnLineItem",
    ReverseLineView: "ReverseFulfillmentOrderLineItem",
    ReverseOrderView: "ReverseFulfillmentOrder",
    ShipmentLine: "InventoryShipmentLineItem",
    ShipmentView: "InventoryShipment",
    Subscription: "WebhookSubscription",
    Transfer: "InventoryTransfer",
    TransferLine: "InventoryTransferLineItem",
    VariantView: "ProductVariant",
    World: "Shop",
}
