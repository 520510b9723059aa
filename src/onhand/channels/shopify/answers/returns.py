"""Answers about returns and draft orders."""

from msgspec import Struct

from onhand.channels.shopify.answers.orders import Refund, VariantItem
from onhand.channels.shopify.answers.pages import Moment, Named, Page


class ShippedAs(Struct):
    """The order's line that came back; no variant for a custom line and a deleted one."""

    id: str
    variant: VariantItem | None


class ShippedLine(Struct, rename="camel"):
    """The fulfilment's line that came back."""

    line_item: ShippedAs


class Disposition(Struct, rename="camel"):
    """What became of returned units; a location only where they were restocked."""

    type: str
    quantity: int
    created_at: Moment
    location: Named | None


class ReverseLine(Struct, rename="camel"):
    """Units of a line on their way back, with what became of them. Shopify keeps some old ones without their line."""

    total_quantity: int
    fulfillment_line_item: ShippedLine | None
    dispositions: list[Disposition]


class ReverseOrder(Struct, rename="camel"):
    """A reverse fulfilment order. `line_items` is None where they were not asked for."""

    id: str
    line_items: Page[ReverseLine] | None = None


class ReturnedOrder(Struct, rename="camel"):
    """The order that a return belongs to."""

    id: str
    created_at: Moment


class Return(Struct, rename="camel"):
    """A return with the parts that concern stock."""

    id: str
    name: str
    status: str
    created_at: Moment
    order: ReturnedOrder
    reverse_fulfillment_orders: Page[ReverseOrder]
    refunds: Page[Refund]


class ReturnNodes(Struct):
    """returns.graphql."""

    nodes: list[Return | None]


class OneReturn(Struct, rename={"found": "return"}):
    """return_parts.graphql."""

    found: Return | None


class ReverseOrderLinesNode(Struct, rename="camel"):
    """One page of a reverse fulfilment order's lines."""

    line_items: Page[ReverseLine]


class ReverseOrderLines(Struct):
    """reverse_order_lines.graphql."""

    node: ReverseOrderLinesNode | None


class OwningOrder(Struct):
    """An order with its returns."""

    id: str
    returns: Page[Named]


class OwningOrderNodes(Struct):
    """order_returns.graphql."""

    nodes: list[OwningOrder | None]


class OneOwningOrder(Struct):
    """returns_of_order.graphql."""

    node: OwningOrder | None


class ReverseOrderOwner(Struct):
    """A reverse fulfilment order with the order it belongs to."""

    id: str
    order: OwningOrder | None


class ReverseOrderNodes(Struct):
    """reverse_orders.graphql."""

    nodes: list[ReverseOrderOwner | None]


class DraftLine(Struct):
    """Units that a draft asks for; no variant for a custom line and a deleted one."""

    quantity: int
    variant: VariantItem | None


class Draft(Struct, rename="camel"):
    """A draft order with the parts that concern stock."""

    id: str
    name: str
    status: str
    created_at: Moment
    updated_at: Moment
    reserve_inventory_until: Moment | None
    line_items: Page[DraftLine]


class DraftNodes(Struct):
    """drafts.graphql."""

    nodes: list[Draft | None]


class DraftLinesNode(Struct, rename="camel"):
    """One page of a draft's lines."""

    line_items: Page[DraftLine]


class DraftLines(Struct):
    """draft_lines.graphql."""

    node: DraftLinesNode | None
