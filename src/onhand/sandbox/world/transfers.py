"""Transfers and their shipments between two locations, as records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

TransferStatus = Literal["DRAFT", "READY_TO_SHIP", "IN_PROGRESS", "TRANSFERRED", "CANCELED"]
ShipmentStatus = Literal["DRAFT", "IN_TRANSIT", "PARTIALLY_RECEIVED", "RECEIVED"]


@dataclass(kw_only=True, slots=True)
class TransferLine:
    """Units of one item to be moved; `shipped_units` left the origin, `picked_units` wait in draft shipments."""

    id: int
    item_id: int
    total_units: int
    shipped_units: int = 0
    picked_units: int = 0

    @property
    def waiting_units(self) -> int:
        """Units that have not left the origin, picked or not: Shopify's shippableQuantity."""
        return self.total_units - self.shipped_units

    @property
    def free_units(self) -> int:
        """Units that are in no shipment yet: Shopify's processableQuantity."""
        return self.waiting_units - self.picked_units


@dataclass(kw_only=True, slots=True)
class ShipmentLine:
    """Units of one item on their way; rejected ones were refused at the destination."""

    id: int
    transfer_line_id: int
    item_id: int
    units: int
    accepted_units: int = 0
    rejected_units: int = 0

    @property
    def open_units(self) -> int:
        """Units still on their way; more may be received than were sent, then there are none."""
        return max(0, self.units - self.accepted_units - self.rejected_units)


@dataclass(kw_only=True, slots=True)
class Shipment:
    """Goods of one transfer, packed or on their way; `received_at` is when the first of them were received."""

    id: int
    transfer_id: int
    status: ShipmentStatus
    lines: list[ShipmentLine]
    created_at: datetime
    updated_at: datetime
    shipped_at: datetime | None = None
    received_at: datetime | None = None
    tracking_number: str | None = None

    @property
    def has_left(self) -> bool:
        """Whether its goods have left the origin."""
        return self.status != "DRAFT"

    def line(self, line_id: int) -> ShipmentLine | None:
        """Return the line with an id, or None."""
        return next((line for line in self.lines if line.id == line_id), None)


@dataclass(kw_only=True, slots=True)
class Transfer:
    """A transfer between two locations (Shopify: InventoryTransfer); a draft may not have them yet."""

    id: int
    number: int
    origin_id: int | None
    destination_id: int | None
    status: TransferStatus
    lines: list[TransferLine]
    shipments: list[Shipment]
    created_at: datetime
    updated_at: datetime

    @property
    def name(self) -> str:
        """What people call the transfer, as "#T0001"."""
        return f"#T{self.number:04d}"

    def line(self, line_id: int) -> TransferLine | None:
        """Return the line with an id, or None."""
        return next((line for line in self.lines if line.id == line_id), None)

    def line_of(self, item_id: int) -> TransferLine | None:
        """Return the line of an item, or None: a transfer lists an item once."""
        return next((line for line in self.lines if line.item_id == item_id), None)

    def shipment(self, shipment_id: int) -> Shipment | None:
        """Return the shipment with an id, or None."""
        return next((one for one in self.shipments if one.id == shipment_id), None)
