"""The parts of webhook bodies that concern stock, typed strictly; everything else, customers first, is never read.

Shapes: Shopify's documented samples for 2026-07 and 2026-10. A field without a default must be there. Ids are whole
numbers up to 64 bits, exact: they never pass through a float.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, field

# Shopify: a level holds at most 1,000,000,000 units either way (InventorySetQuantitiesUserErrorCode, 2026-10).
MAX_UNITS = 1_000_000_000

Id = Annotated[int, Meta(gt=0, le=2**63 - 1)]
Units = Annotated[int, Meta(ge=0, le=MAX_UNITS)]
LevelUnits = Annotated[int, Meta(ge=-MAX_UNITS, le=MAX_UNITS)]
Moment = Annotated[datetime, Meta(tz=True)]


class LinePayload(Struct, gc=False):
    """A line of an order. `variant_id` is None for a custom line, and where the variant was deleted since."""

    id: Id
    variant_id: Id | None
    quantity: Units
    fulfillable_quantity: Units


class FulfilledLinePayload(Struct, gc=False):
    """Units of an order's line in one fulfilment; `id` is the order line's."""

    id: Id
    quantity: Units


class FulfillmentPayload(Struct):
    """What was sent or handed over. Only status `success` has left the shelf; what was `cancelled` came back."""

    status: str | None
    created_at: Moment
    location_id: Id | None
    line_items: list[FulfilledLinePayload]
    updated_at: Moment | None = None


class RefundLinePayload(Struct, gc=False):
    """Units of a line that a refund speaks of."""

    line_item_id: Id
    quantity: Units
    restock_type: str | None
    location_id: Id | None = None


class RefundPayload(Struct):
    """A refund; removing a line by editing makes one too, then without money.

    `return_` is the return it belongs to: Shopify's sample only shows that it may be null, its shape is not relied on.
    """

    created_at: Moment
    refund_line_items: list[RefundLinePayload]
    return_: Any = field(default=None, name="return")


class OrderPayload(Struct):
    """An order as orders/create, /updated, /cancelled, /fulfilled, /partially_fulfilled and /paid show it.

    `note_attributes` are whatever an app has noted: only numbers in their values are looked for.
    Of `returns` Shopify's sample shows an empty list and nothing else: their shape is not relied on.
    """

    id: Id
    processed_at: Moment | None
    created_at: Moment
    updated_at: Moment
    line_items: list[LinePayload]
    fulfillments: list[FulfillmentPayload]
    refunds: list[RefundPayload]
    app_id: Any = None
    name: str | None = None
    source_identifier: str | None = None
    tags: str | None = None
    note_attributes: Any = None
    returns: Any = None


class NamedPayload(Struct, gc=False):
    """Whatever needs only an id: orders/delete, inventory_items/*, locations/*, products/delete."""

    id: Id


class ShopPayload(Struct, gc=False):
    """app/uninstalled shows the shop. No other body that we subscribe to has a domain at this place."""

    id: Id
    domain: str


class OrderNamedPayload(Struct, gc=False):
    """What names the order it belongs to: refunds/create and fulfillments/*."""

    order_id: Id


class OrderEditPayload(Struct, gc=False):
    """The inside of orders/edited. It carries no location and no restock flag."""

    order_id: Id


class OrderEditedPayload(Struct, gc=False):
    """orders/edited."""

    order_edit: OrderEditPayload


class ReturnPayload(Struct, gc=False):
    """returns/* and reverse_fulfillment_orders/*: named by number, or by global id (returns/update), or not at all."""

    id: Id | None = None
    admin_graphql_api_id: str | None = None


class GidPayload(Struct, gc=False):
    """Something named by a global id."""

    id: str


class FulfillmentOrderPayload(Struct, gc=False):
    """fulfillment_orders/*: each topic names its fulfilment orders with words of its own."""

    fulfillment_order: GidPayload | None = None
    original_fulfillment_order: GidPayload | None = None
    moved_fulfillment_order: GidPayload | None = None
    replacement_fulfillment_order: GidPayload | None = None
    remaining_fulfillment_order: GidPayload | None = None
    submitted_fulfillment_order: GidPayload | None = None
    unsubmitted_fulfillment_order: GidPayload | None = None

    def first_id(self) -> str | None:
        """Return the global id of any of them: they belong to one order. None when none is named."""
        for name in self.__struct_fields__:
            named: GidPayload | None = getattr(self, name)
            if named is not None:
                return named.id
        return None


class TransferPayload(Struct, gc=False):
    """inventory_transfers/*: what they show of a transfer is read back, so its name is enough."""

    id: str


class ShipmentPayload(Struct, gc=False):
    """inventory_shipments/*. The transfer is named since 2026-10; null where the shipment belongs to none."""

    id: str
    inventory_transfer_id: str | int | UnsetType | None = UNSET


class LevelPayload(Struct, gc=False):
    """inventory_levels/update and /connect. `available` is None where Shopify does not count the item."""

    inventory_item_id: Id
    location_id: Id
    available: LevelUnits | None
    updated_at: Moment


class LevelGonePayload(Struct, gc=False):
    """inventory_levels/disconnect."""

    inventory_item_id: Id
    location_id: Id


class VariantPayload(Struct, gc=False):
    """A variant inside products/create and products/update."""

    id: Id
    inventory_item_id: Id | None = None
    sku: str | None = None
    price: Decimal | None = None
    inventory_policy: str | None = None


class VariantGidPayload(Struct, gc=False):
    """A variant of a product with so many that the payload only names it."""

    admin_graphql_api_id: str


class ProductPayload(Struct):
    """products/create and products/update. `variant_gids` names every variant, also those left out of `variants`."""

    id: Id
    variants: list[VariantPayload]
    variant_gids: list[VariantGidPayload] = []


class CustomerPayload(Struct, gc=False):
    """A customer by number: nothing else of them is read."""

    id: Id | None = None


class LawPayload(Struct, gc=False):
    """What the topics that the law demands have in common: the shop, and this time it is signed."""

    shop_domain: str


class DataRequestPayload(LawPayload, gc=False):
    """customers/data_request."""

    orders_requested: list[Id]
    data_request: NamedPayload


class CustomerRedactPayload(LawPayload, gc=False):
    """customers/redact. A customer may have no orders, and a guest no id."""

    orders_to_redact: list[Id]
    customer: CustomerPayload | None


class ShopRedactPayload(LawPayload, gc=False, forbid_unknown_fields=True):
    """shop/redact, and nothing but that: customers/redact says the same and more, and must not erase a shop."""

    shop_id: Id
