"""What Shopify tells of transfers and shipments: inventory_transfers/* and inventory_shipments/*.

Shapes: Shopify's documented samples for 2026-07; `inventory_transfer_id` in shipments' payloads since 2026-10. Of
inventory_shipments/add_items, /remove_items, /delete and /update_tracking no sample was found: they follow the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from onhand.sandbox.world.outbox import Act, Payload
from onhand.sandbox.world.transfers import Shipment, Transfer, TransferLine
from onhand.sandbox.world.world import World


def tell_transfer(world: World, event: str, transfer: Transfer, act: Act, more: Payload | None = None) -> None:
    """Queue inventory_transfers/`event`; `more` is what the topic shows beside the transfer's name and places."""
    payload = {
        "id": f"gid://shopify/InventoryTransfer/{transfer.id}",
        "happened_at": _moment(act),
        "origin": _location(transfer.origin_id),
        "destination": _location(transfer.destination_id),
        **(more or {}),
    }
    world.outbox.queue(f"inventory_transfers/{event}", lambda: payload, act)


def tell_shipment(world: World, event: str, shipment: Shipment, act: Act, more: Payload | None = None) -> None:
    """Queue inventory_shipments/`event`."""
    payload = {
        "id": f"gid://shopify/InventoryShipment/{shipment.id}",
        "inventory_transfer_id": f"gid://shopify/InventoryTransfer/{shipment.transfer_id}",
        "happened_at": _moment(act),
        **(more or {}),
    }
    world.outbox.queue(f"inventory_shipments/{event}", lambda: payload, act)


def transfer_rows(transfer: Transfer) -> Payload:
    """Return a transfer's status and lines, as ready_to_ship shows them."""
    rows = [{"id": line_gid(line), "quantity": line.total_units} for line in transfer.lines]
    return {"status": transfer.status, "line_items": rows}


def shipment_rows(shipment: Shipment) -> Payload:
    """Return a shipment's status, lines and tracking, as create shows them."""
    rows = [
        {"id": f"gid://shopify/InventoryShipmentLineItem/{line.id}", "quantity": line.units} for line in shipment.lines
    ]
    return {"status": shipment.status, "line_items": rows, **tracking(shipment)}


def tracking(shipment: Shipment) -> Payload:
    """Return a shipment's tracking."""
    shown = {"tracking_number": shipment.tracking_number, "tracking_url": None, "company": None, "arrives_at": None}
    return {"tracking": shown if shipment.tracking_number else None}


def line_gid(line: TransferLine) -> str:
    """Return the global id of a transfer's line."""
    return f"gid://shopify/InventoryTransferLineItem/{line.id}"


def shipment_line_rows(rows: Sequence[tuple[int, int, int]]) -> list[Payload]:
    """Return lines of a shipment with their old and new quantities, as update_item_quantities shows them."""
    return [
        {"id": f"gid://shopify/InventoryShipmentLineItem/{line}", "old_quantity": old, "new_quantity": new}
        for line, old, new in rows
    ]


def _location(location_id: int | None) -> Payload | None:
    return None if location_id is None else {"id": f"gid://shopify/Location/{location_id}"}


def _moment(act: Act) -> str:
    return act.at.replace(microsecond=0).isoformat()
