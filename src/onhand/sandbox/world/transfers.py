"""Transfers and their shipments between two locations, as records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

TransferStatus = Literal["DRAFT", "READY_TO_SHIP", "IN_PROGRESS", "TRANSFERRED", "CANCELED"]
ShipmentStatus = Literal["DRAFT", "IN_TRANSIT", "PARTIALLY_RECEIVED", "RECEIVED"]


@dataclass(kw_only=True, slots=True)
class TransferLine:
    """Units of one item to be moved; `shipped_units` left the origin."""

    id: int
    item_id: int
    total_units: int
    shipped_units: int = 0


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
        """Units still on their way."""
        return self.units - self.accepted_units - self.rejected_units


@dataclass(kw_only=True, slots=True)
class Shipment:
    """Goods of one transfer on their way."""

    id: int
    transfer_id: int
    status: ShipmentStatus
    lines: list[ShipmentLine]
    created_at: datetime
    updated_at: datetime


@dataclass(kw_only=True, slots=True)
class Transfer:
    """A transfer between two locations (Shopify: InventoryTransfer)."""

    id: int
    number: int
    origin_id: int
    destination_id: int
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

    def shipment(self, shipment_id: int) -> Shipment | None:
        """Return the shipment with an id, or None."""
        return next((one for one in self.shipments if one.id == shipment_id), None)
