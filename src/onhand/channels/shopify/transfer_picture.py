"""A transfer as it was read, in our words."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from onhand.channels.shopify.answers.transfers import Shipment, Snapshot, Transfer
from onhand.channels.shopify.gids import number_of
from onhand.channels.shopify.settings import NAME
from onhand.domain.pictures import Version
from onhand.domain.transfers import UNDATED, Sent, TransferLine, TransferPicture, TransferStatus

STATUSES: Final = {
    "DRAFT": TransferStatus.DRAFT,
    "READY_TO_SHIP": TransferStatus.READY_TO_SHIP,
    "IN_PROGRESS": TransferStatus.IN_PROGRESS,
    "TRANSFERRED": TransferStatus.TRANSFERRED,
    "CANCELED": TransferStatus.CANCELLED,
}
"""InventoryTransferStatus, 2026-10; OTHER stands for what a later version may bring."""

# InventoryShipmentStatus, 2026-10: nothing of such a shipment has left yet.
_PACKED = "DRAFT"


def cause_of(number: str) -> str:
    """Return the name of a transfer in the books."""
    return f"{NAME}/transfer/{number}"


def picture_of(transfer: Transfer, status: TransferStatus, reading: int, read_at: datetime) -> TransferPicture:
    """Return the picture of a transfer whose lines and shipments were read completely, at Shopify's time `read_at`.

    A line whose item was deleted since concerns no stock any more.
    """
    return TransferPicture(
        cause=cause_of(number_of(transfer.id) or transfer.id),
        origin=NAME,
        version=Version(at=UNDATED, reading=reading),
        name=transfer.name,
        status=status,
        created_at=_utc(transfer.date_created) or read_at,
        seen_at=read_at,
        from_location=_location(transfer.origin),
        to_location=_location(transfer.destination),
        lines=tuple(
            TransferLine(item, line.total_quantity)
            for line in transfer.line_items.nodes
            if line.inventory_item is not None and (item := number_of(line.inventory_item.id)) is not None
        ),
        sent=tuple(_sent(transfer.shipments.nodes, read_at)),
    )


def vanished(number: str, reading: int, read_at: datetime) -> TransferPicture:
    """Return the picture of a transfer that Shopify does not know any more (2026-10, `inventoryTransferDelete`)."""
    return TransferPicture(
        cause=cause_of(number),
        origin=NAME,
        version=Version(at=UNDATED, reading=reading),
        name="",
        status=TransferStatus.VANISHED,
        created_at=read_at,
        seen_at=read_at,
        from_location=None,
        to_location=None,
        lines=(),
    )


def _sent(shipments: Sequence[Shipment], read_at: datetime) -> Iterator[Sent]:
    for shipment in shipments:
        if shipment.status == _PACKED or shipment.line_items is None:
            continue
        for line in shipment.line_items.nodes:
            item = number_of(line.inventory_item.id) if line.inventory_item is not None else None
            if item is not None:
                yield Sent(
                    shipment=number_of(shipment.id) or shipment.id,
                    item=item,
                    units=line.quantity,
                    shipped_at=_utc(shipment.date_shipped) or read_at,
                    accepted_units=line.accepted_quantity,
                    rejected_units=line.rejected_quantity,
                    received_at=_utc(shipment.date_received),
                )


def _location(snapshot: Snapshot | None) -> str | None:
    return number_of(snapshot.location.id) if snapshot is not None and snapshot.location is not None else None


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
