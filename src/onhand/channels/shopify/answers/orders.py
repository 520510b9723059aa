"""Answers about orders."""

from msgspec import Struct, field

from onhand.channels.shopify.answers.pages import Moment, Named, Page


class Line(Struct):
    """A line of an order: its id, and how many units were ordered, refunded and removed ones included."""

    id: str
    quantity: int


class FulfillmentOrderLine(Struct, rename="camel"):
    """Units that one location is to ship, and was to ship in all. `inventory_item_id` is None for custom lines and
    deleted variants.
    """

    total_quantity: int
    remaining_quantity: int
    line_item: Line
    inventory_item_id: str | None


class AssignedLocation(Struct):
    """Where a fulfilment order is to be shipped from; None when that location was deleted."""

    location: Named | None


class FulfillmentOrder(Struct, rename="camel"):
    """What one location is to ship of an order. `line_items` is None where they were not asked for."""

    id: str
    status: str
    assigned_location: AssignedLocation
    line_items: Page[FulfillmentOrderLine] | None = None


class FulfillmentLine(Struct, rename="camel"):
    """Units of a line in one fulfilment; Shopify leaves the quantity open for some old ones."""

    quantity: int | None
    line_item: Line


class Fulfillment(Struct, rename="camel"):
    """Goods that were sent or handed over. `fulfillment_line_items` is None where they were not asked for."""

    id: str
    status: str
    created_at: Moment
    updated_at: Moment
    location: Named | None
    fulfillment_line_items: Page[FulfillmentLine] | None = None


class RefundLine(Struct, rename="camel"):
    """Units of a line that a refund speaks of."""

    quantity: int
    restock_type: str
    location: Named | None
    line_item: Line


class Refund(Struct, rename="camel"):
    """A refund. `return_` is the return it belongs to. `refund_line_items` is None where they were not asked for."""

    id: str
    created_at: Moment | None
    return_: Named | None = field(default=None, name="return")
    refund_line_items: Page[RefundLine] | None = None


class App(Struct):
    """The application that created an order."""

    id: str
    name: str


class Order(Struct, rename="camel"):
    """An order with the parts that concern stock. `processed_at` may lie before it was created, at a till offline."""

    id: str
    name: str
    source_identifier: str | None
    tags: list[str]
    processed_at: Moment
    created_at: Moment
    updated_at: Moment
    app: App | None
    return_status: str
    edited: bool
    fulfillment_orders: Page[FulfillmentOrder]
    fulfillments: list[Fulfillment]
    refunds: list[Refund]


class OrderNodes(Struct):
    """orders.graphql."""

    nodes: list[Order | None]


class OneOrder(Struct):
    """order_parts.graphql."""

    order: Order | None


class FulfillmentOrderLinesNode(Struct, rename="camel"):
    """One page of a fulfilment order's lines."""

    line_items: Page[FulfillmentOrderLine]


class FulfillmentOrderLines(Struct):
    """fulfillment_order_lines.graphql."""

    node: FulfillmentOrderLinesNode | None


class FulfillmentLinesNode(Struct, rename="camel"):
    """One page of a fulfilment's lines."""

    fulfillment_line_items: Page[FulfillmentLine]


class FulfillmentLines(Struct):
    """fulfillment_lines.graphql."""

    node: FulfillmentLinesNode | None


class RefundLinesNode(Struct, rename="camel"):
    """One page of a refund's lines."""

    refund_line_items: Page[RefundLine]


class RefundLines(Struct):
    """refund_lines.graphql."""

    node: RefundLinesNode | None


class PartLines(Struct, rename="camel"):
    """The first lines of a part of an order: those of a fulfilment order, of a fulfilment or of a refund."""

    id: str
    line_items: Page[FulfillmentOrderLine] | None = None
    fulfillment_line_items: Page[FulfillmentLine] | None = None
    refund_line_items: Page[RefundLine] | None = None


class PartLineNodes(Struct):
    """part_lines.graphql."""

    nodes: list[PartLines | None]


class Version(Struct, rename="camel"):
    """When an order was last changed."""

    updated_at: Moment


class OrderVersion(Struct):
    """order_version.graphql."""

    order: Version | None


class VariantItem(Struct, rename="camel"):
    """A variant with the item behind it."""

    id: str
    inventory_item: Named


class LineItem(Struct):
    """A line with its variant; None for a custom line and a deleted variant."""

    id: str
    variant: VariantItem | None


class LineItemNodes(Struct):
    """line_items.graphql."""

    nodes: list[LineItem | None]


class FulfillmentOrderOwner(Struct, rename="camel"):
    """A fulfilment order with the order it belongs to."""

    id: str
    order_id: str


class FulfillmentOrderNodes(Struct):
    """fulfillment_orders.graphql."""

    nodes: list[FulfillmentOrderOwner | None]
