"""Answers about transfers and their shipments."""

from msgspec import Struct

from onhand.channels.shopify.answers.pages import Moment, Named, Page


class Snapshot(Struct):
    """Where a transfer goes or comes from; `location` is None when it was deleted since."""

    location: Named | None


class TransferLine(Struct, rename="camel"):
    """Units of an item that are to be transferred in total; the item is None when it was deleted since."""

    total_quantity: int
    inventory_item: Named | None


class ShipmentLine(Struct, rename="camel"):
    """Units of an item in a shipment, and what became of them at the destination."""

    quantity: int
    accepted_quantity: int
    rejected_quantity: int
    inventory_item: Named | None


class Shipment(Struct, rename="camel"):
    """Goods of a transfer, packed or sent. Dates are None while nothing was shipped or received."""

    id: str
    status: str
    date_shipped: Moment | None
    date_received: Moment | None
    line_items: Page[ShipmentLine] | None


class Transfer(Struct, rename="camel"):
    """A transfer; origin and destination are None where it has none (yet)."""

    id: str
    name: str
    status: str
    date_created: Moment | None
    origin: Snapshot | None
    destination: Snapshot | None
    line_items: Page[TransferLine]
    shipments: Page[Shipment]


class TransferNodes(Struct):
    """transfers.graphql: None for an id that Shopify does not know."""

    nodes: list[Transfer | None]


class LinesOfTransfer(Struct, rename="camel"):
    """A transfer's lines alone."""

    line_items: Page[TransferLine]


class TransferLines(Struct):
    """transfer_lines.graphql."""

    node: LinesOfTransfer | None


class ShipmentsOfTransfer(Struct):
    """A transfer's shipments alone."""

    shipments: Page[Shipment]


class TransferShipments(Struct):
    """transfer_shipments.graphql."""

    node: ShipmentsOfTransfer | None


class LinesOfShipment(Struct, rename="camel"):
    """A shipment's lines alone."""

    line_items: Page[ShipmentLine] | None


class ShipmentLines(Struct):
    """shipment_lines.graphql."""

    node: LinesOfShipment | None


class NamedRows(Struct):
    """Rows of which only the ids were asked."""

    nodes: list[Named]


class TransferWithShipments(Struct):
    """A transfer and the ids of its shipments."""

    id: str
    shipments: NamedRows


class TransfersWithShipments(Struct):
    """Rows of transfers_of_shipments.graphql."""

    nodes: list[TransferWithShipments]


class TransfersOfShipments(Struct, rename="camel"):
    """transfers_of_shipments.graphql."""

    inventory_transfers: TransfersWithShipments
