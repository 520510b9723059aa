"""What a person at the control says about transfers: made, changed, packed, sent, received, rejected, cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from onhand.sandbox.control_asks import CancelTransfer, ChangeTransfer, MakeTransfer, ReceiveTransfer, ShipTransfer
from onhand.sandbox.orders_by_hand import Line, Row, wishes
from onhand.sandbox.world import shipping, transferring
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.transfers import Transfer
from onhand.sandbox.world.world import World


def make(world: World, ask: MakeTransfer, *, now: datetime) -> Row:
    """Make a transfer and take it as far as asked."""
    transfer = transferring.create_transfer(
        world,
        origin_id=world.catalog.location_of_name(ask.from_).id,
        destination_id=world.catalog.location_of_name(ask.to).id,
        lines=wishes(world, ask.lines),
        now=now,
    )
    if ask.until != "draft":
        transferring.mark_ready(world, transfer, now=now)
    if ask.until in {"in_transit", "received"}:
        shipment = shipping.ship_transfer(world, transfer, now=now)
        if ask.until == "received":
            shipping.receive_shipment(world, transfer, shipment, now=now)
    return _told(transfer)


def change(world: World, ask: ChangeTransfer, *, now: datetime) -> Row:
    """Set what is in no shipment of some items, take lines off, make a draft ready."""
    transfer = find(world, ask.transfer)
    if ask.lines:
        units = {wish.item_id: wish.units for wish in wishes(world, ask.lines)}
        transferring.set_items(world, transfer, units, now=now)
    if ask.remove:
        items = {world.catalog.item_of_sku(sku).inventory_item_id for sku in ask.remove}
        lines = [line.id for line in transfer.lines if line.item_id in items]
        transferring.remove_items(world, transfer, lines, now=now)
    if ask.ready:
        transferring.mark_ready(world, transfer, now=now)
    return _told(transfer)


def ship(world: World, ask: ShipTransfer, *, now: datetime) -> Row:
    """Send all that is in no shipment, or some of it; `draft` only packs it, and `packed` sends what was packed."""
    transfer = find(world, ask.transfer)
    if ask.packed:
        for shipment in transfer.shipments:
            if not shipment.has_left:
                shipping.mark_in_transit(world, transfer, shipment, now=now)
        return _told(transfer)
    units = _by_line(world, transfer, ask.lines) if ask.lines else None
    send = shipping.draft_shipment if ask.draft else shipping.ship_transfer
    send(world, transfer, now=now, units=units)
    return _told(transfer)


def receive(world: World, ask: ReceiveTransfer, *, now: datetime) -> Row:
    """Receive what is under way, all of it or the units asked for, shipment by shipment.

    More accepted units than were sent go to the last shipment that is open.
    """
    transfer = find(world, ask.transfer)
    accepted, rejected = _units(world, ask.accepted), _units(world, ask.rejected)
    everything = not ask.accepted and not ask.rejected
    shipments = [one for one in transfer.shipments if one.status in {"IN_TRANSIT", "PARTIALLY_RECEIVED"}]
    for shipment in shipments:
        last = shipment is shipments[-1]
        taken, refused = {}, {}
        for line in shipment.lines:
            refused[line.id] = min(rejected.get(line.item_id, 0), line.open_units)
            rejected[line.item_id] = rejected.get(line.item_id, 0) - refused[line.id]
            most = accepted.get(line.item_id, 0) if last else line.open_units - refused[line.id]
            taken[line.id] = line.open_units if everything else min(accepted.get(line.item_id, 0), most)
            accepted[line.item_id] = accepted.get(line.item_id, 0) - taken[line.id]
        if any(taken.values()) or any(refused.values()):
            shipping.receive_shipment(world, transfer, shipment, now=now, accepted=taken, rejected=refused)
    return _told(transfer)


def cancel(world: World, ask: CancelTransfer, *, now: datetime) -> Row:
    """Cancel what was not shipped; a draft may be deleted instead, and any transfer may vanish."""
    transfer = find(world, ask.transfer)
    if ask.vanish:
        transferring.vanish_transfer(world, transfer, now=now)
        return _told(transfer) | {"status": "VANISHED"}
    if ask.delete:
        transferring.delete_transfer(world, transfer)
        return _told(transfer) | {"status": "DELETED"}
    transferring.cancel_transfer(world, transfer, now=now)
    return _told(transfer)


def find(world: World, name: str) -> Transfer:
    """Return the transfer that people call `name`, as "#T0001". Raises Refused."""
    transfer = next((one for one in world.transfers.values() if one.name == name), None)
    if transfer is None:
        raise Refused("unknown_transfer", f"no transfer is called {name!r}; there are {len(world.transfers)}")
    return transfer


def _units(world: World, lines: Sequence[Line]) -> dict[int, int]:
    return {wish.item_id: wish.units for wish in wishes(world, lines)}


def _by_line(world: World, transfer: Transfer, lines: Sequence[Line]) -> dict[int, int]:
    units = {}
    for wish in wishes(world, lines):
        line = transfer.line_of(wish.item_id)
        if line is None:
            raise Refused("unknown_line", f"{transfer.name} does not list item {wish.item_id}")
        units[line.id] = wish.units
    return units


def _told(transfer: Transfer) -> Row:
    return {"transfer": transfer.name, "id": transfer.id, "status": transfer.status}
