"""A transfer's shipments: packed, sent, changed, received in one go or several, some of it rejected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.change import level_at, listing_key, shift
from onhand.sandbox.world.levels import whole_second
from onhand.sandbox.world.outbox import Act, Payload
from onhand.sandbox.world.transfer_payloads import (
    shipment_line_rows,
    shipment_rows,
    tell_shipment,
    tell_transfer,
    tracking,
)
from onhand.sandbox.world.transferring import in_status
from onhand.sandbox.world.transfers import Shipment, ShipmentLine, Transfer, TransferLine
from onhand.sandbox.world.world import World


def draft_shipment(
    world: World, transfer: Transfer, *, now: datetime, units: Mapping[int, int] | None = None
) -> Shipment:
    """Pack units by transfer line id (None: all that is in no shipment yet); nothing has left yet.

    Raises Refused when more is asked than is free.
    """
    in_status(transfer, "READY_TO_SHIP", "IN_PROGRESS")
    act = world.outbox.act(now)
    shipment = _pack(world, transfer, units, act)
    _tell_change(world, "create", transfer, shipment, act, more=shipment_rows(shipment))
    return shipment


def ship_transfer(
    world: World, transfer: Transfer, *, now: datetime, units: Mapping[int, int] | None = None
) -> Shipment:
    """Send units by transfer line id (None: all that is in no shipment yet): incoming at the destination.

    Raises Refused when more is asked than is free, or more than stands at the origin.
    """
    in_status(transfer, "READY_TO_SHIP", "IN_PROGRESS")
    _check_shelf(world, transfer, _asked(transfer, units))
    act = world.outbox.act(now)
    shipment = _pack(world, transfer, units, act)
    _leave(world, transfer, shipment, act)
    _tell_change(world, "create", transfer, shipment, act, more=shipment_rows(shipment))
    return shipment


def mark_in_transit(
    world: World, transfer: Transfer, shipment: Shipment, *, now: datetime, shipped_at: datetime | None = None
) -> None:
    """Send a draft shipment on its way; `shipped_at` is what people say of when it left, None means now."""
    _in_status(shipment, "DRAFT")
    if not any(line.units for line in shipment.lines):
        raise Refused("items_empty", f"a shipment of {transfer.name} holds nothing")
    _check_shelf(world, transfer, {line.transfer_line_id: line.units for line in shipment.lines})
    act = world.outbox.act(now)
    _leave(world, transfer, shipment, act)
    if shipped_at is not None:
        shipment.shipped_at = whole_second(shipped_at)
    tell_shipment(world, "mark_in_transit", shipment, act, {"status": shipment.status})


def set_quantities(
    world: World, transfer: Transfer, shipment: Shipment, units: Mapping[int, int], *, now: datetime
) -> None:
    """Let a shipment hold these units by its line ids.

    Of one under way it is not documented whether quantities may change; here they may: units go or come back.
    """
    act = world.outbox.act(now)
    rows = [(line.id, line.units, units[line.id]) for line in shipment.lines if line.id in units]
    _change(world, transfer, shipment, units, act)
    _tell_change(
        world, "update_item_quantities", transfer, shipment, act, more={"items_updated": shipment_line_rows(rows)}
    )


def add_items(world: World, transfer: Transfer, shipment: Shipment, units: Mapping[int, int], *, now: datetime) -> None:
    """Add units by transfer line id to a shipment; more of what it holds goes to the same line."""
    _in_status(shipment, "DRAFT", "IN_TRANSIT")
    _check_free(transfer, units)
    if shipment.has_left:
        _check_shelf(world, transfer, units)
    act = world.outbox.act(now)
    wanted = {}
    for line_id, count in units.items():
        line = next((one for one in shipment.lines if one.transfer_line_id == line_id), None)
        wanted[line.id if line else _add_line(world, transfer, shipment, line_id).id] = (
            line.units if line else 0
        ) + count
    _change(world, transfer, shipment, wanted, act)
    _tell_change(world, "add_items", transfer, shipment, act, more=shipment_rows(shipment))


def remove_items(
    world: World, transfer: Transfer, shipment: Shipment, line_ids: Iterable[int], *, now: datetime
) -> None:
    """Take lines out of a shipment."""
    gone = set(line_ids)
    act = world.outbox.act(now)
    _change(world, transfer, shipment, dict.fromkeys(gone, 0), act)
    shipment.lines = [line for line in shipment.lines if line.id not in gone]
    rows = [{"id": f"gid://shopify/InventoryShipmentLineItem/{line}"} for line in sorted(gone)]
    _tell_change(world, "remove_items", transfer, shipment, act, more={"items_removed": rows})


def set_tracking(world: World, shipment: Shipment, number: str | None, *, now: datetime) -> None:
    """Change a shipment's tracking number, which moves nothing."""
    shipment.tracking_number, shipment.updated_at = number, whole_second(now)
    tell_shipment(world, "update_tracking", shipment, world.outbox.act(now), tracking(shipment))


def delete_shipment(world: World, transfer: Transfer, shipment: Shipment, *, now: datetime) -> None:
    """Unpack a draft shipment."""
    _in_status(shipment, "DRAFT")
    for line in shipment.lines:
        _line_of(transfer, line).picked_units -= line.units
    transfer.shipments.remove(shipment)
    _tell_change(world, "delete", transfer, shipment, world.outbox.act(now))


def receive_shipment(
    world: World,
    transfer: Transfer,
    shipment: Shipment,
    *,
    now: datetime,
    accepted: Mapping[int, int] | None = None,
    rejected: Mapping[int, int] | None = None,
) -> None:
    """Receive a shipment by its line ids; both None accepts all. Accepted units are available at once.

    Rejected units only leave incoming: they do not come onto the shelf. More may be accepted than was sent (Shopify
    help, "Receiving an inventory transfer"); what is beyond was never incoming. Raises Refused for more rejected than
    is on its way.
    """
    _in_status(shipment, "IN_TRANSIT", "PARTIALLY_RECEIVED")
    refused = rejected or {}
    taken = (
        {line.id: line.open_units - refused.get(line.id, 0) for line in shipment.lines}
        if accepted is None
        else accepted
    )
    for line in shipment.lines:
        if refused.get(line.id, 0) > line.open_units or min(taken.get(line.id, 0), refused.get(line.id, 0)) < 0:
            raise Refused(
                "too_many",
                f"{transfer.name}: asked to reject {refused.get(line.id, 0)} units and to accept "
                f"{taken.get(line.id, 0)}, {line.open_units} are on their way",
            )
    act = world.outbox.act(now)
    rows = []
    for line in shipment.lines:
        old = (line.accepted_units, line.rejected_units)
        _arrive(world, transfer, line, act, accepted=taken.get(line.id, 0), rejected=refused.get(line.id, 0))
        if old != (line.accepted_units, line.rejected_units):
            rows.append(_received_row(line, *old))
    shipment.status = "PARTIALLY_RECEIVED" if any(line.open_units for line in shipment.lines) else "RECEIVED"
    transfer.updated_at = shipment.updated_at = whole_second(now)
    shipment.received_at = shipment.received_at or whole_second(now)
    tell_shipment(world, "receive_items", shipment, act, {"status": shipment.status, "items_received": rows})
    _complete(world, transfer, act)


def _complete(world: World, transfer: Transfer, act: Act) -> None:
    if transfer.status != "IN_PROGRESS" or any(line.waiting_units for line in transfer.lines):
        return
    if all(one.status == "RECEIVED" for one in transfer.shipments):
        transfer.status = "TRANSFERRED"
        tell_transfer(world, "complete", transfer, act, {"status": transfer.status})


def _pack(world: World, transfer: Transfer, units: Mapping[int, int] | None, act: Act) -> Shipment:
    asked = _asked(transfer, units)
    if not asked:
        raise Refused("items_empty", f"{transfer.name}: nothing is left to be put into a shipment")
    _check_free(transfer, asked)
    at = whole_second(act.at)
    shipment = Shipment(
        id=world.ids.next("shipment"), transfer_id=transfer.id, status="DRAFT", lines=[], created_at=at, updated_at=at
    )
    for line in transfer.lines:
        if line.id in asked:
            _add_line(world, transfer, shipment, line.id).units = asked[line.id]
            line.picked_units += asked[line.id]
    transfer.shipments.append(shipment)
    return shipment


def _leave(world: World, transfer: Transfer, shipment: Shipment, act: Act) -> None:
    """Let a packed shipment leave: its units go from reserved at the origin to incoming at the destination."""
    for line in shipment.lines:
        _line_of(transfer, line).picked_units -= line.units
        _send(world, transfer, line, line.units, act)
    shipment.status = "IN_TRANSIT"
    shipment.shipped_at = shipment.updated_at = transfer.updated_at = whole_second(act.at)
    transfer.status = "IN_PROGRESS"


def _send(world: World, transfer: Transfer, line: ShipmentLine, units: int, act: Act) -> None:
    """Move units from reserved at the origin to incoming at the destination; negative brings them back."""
    assert transfer.origin_id is not None
    assert transfer.destination_id is not None, "what is shipped has both locations"
    _line_of(transfer, line).shipped_units += units
    shift(world, level_at(world, line.item_id, transfer.origin_id, act.at), {"reserved": -units}, act)
    shift(world, level_at(world, line.item_id, transfer.destination_id, act.at), {"incoming": units}, act)
    if units > 0:
        world.shelf.take(line.item_id, transfer.origin_id, units, "sent to another location")
    else:
        world.shelf.put(line.item_id, transfer.origin_id, -units)


def _change(world: World, transfer: Transfer, shipment: Shipment, units: Mapping[int, int], act: Act) -> None:
    """Let a shipment's lines hold other units. Raises Refused for fewer than 0 and for more than are free."""
    _in_status(shipment, "DRAFT", "IN_TRANSIT")
    lines = [line for line in shipment.lines if line.id in units]
    for line in lines:
        free = _line_of(transfer, line).free_units
        if units[line.id] < 0 or units[line.id] - line.units > free:
            raise Refused(
                "too_many", f"{transfer.name}: asked for {units[line.id]} units in a shipment, {free} more are free"
            )
    if shipment.has_left:
        _check_shelf(world, transfer, {line.transfer_line_id: units[line.id] - line.units for line in lines})
    for line in lines:
        delta = units[line.id] - line.units
        line.units += delta
        if shipment.has_left:
            _send(world, transfer, line, delta, act)
        else:
            _line_of(transfer, line).picked_units += delta
    shipment.updated_at = whole_second(act.at)


def _arrive(world: World, transfer: Transfer, line: ShipmentLine, act: Act, *, accepted: int, rejected: int) -> None:
    if accepted == rejected == 0:
        return
    assert transfer.destination_id is not None, "what is received was shipped somewhere"
    open_before = line.open_units
    line.accepted_units += accepted
    line.rejected_units += rejected
    level = level_at(world, line.item_id, transfer.destination_id, act.at)
    shift(world, level, {"incoming": line.open_units - open_before, "available": accepted}, act)
    if accepted:
        world.shelf.put(line.item_id, transfer.destination_id, accepted)
        world.confirmations.raised(listing_key(line.item_id, transfer.destination_id), accepted)


def _received_row(line: ShipmentLine, old_accepted: int, old_rejected: int) -> dict[str, object]:
    return {
        "id": f"gid://shopify/InventoryShipmentLineItem/{line.id}",
        "old_accepted_quantity": old_accepted,
        "old_rejected_quantity": old_rejected,
        "new_accepted_quantity": line.accepted_units,
        "new_rejected_quantity": line.rejected_units,
        "remaining_quantity_to_receive": line.open_units,
    }


def _asked(transfer: Transfer, units: Mapping[int, int] | None) -> dict[int, int]:
    asked = {line.id: line.free_units for line in transfer.lines} if units is None else units
    return {line_id: count for line_id, count in asked.items() if count > 0}


def _check_free(transfer: Transfer, units: Mapping[int, int]) -> None:
    for line_id, count in units.items():
        line = transfer.line(line_id)
        if line is None:
            raise Refused("unknown_line", f"{transfer.name} has no line {line_id}")
        if count > line.free_units:
            raise Refused("too_many", f"{transfer.name}: asked for {count} units, {line.free_units} are in no shipment")


def _check_shelf(world: World, transfer: Transfer, units: Mapping[int, int]) -> None:
    for line in transfer.lines:
        assert transfer.origin_id is not None, "what is shipped has an origin"
        there, count = world.shelf.place(line.item_id, transfer.origin_id).units, units.get(line.id, 0)
        if count > there:
            raise Refused("not_on_shelf", f"{transfer.name}: asked to ship {count} units, {there} stand at the origin")


def _add_line(world: World, transfer: Transfer, shipment: Shipment, line_id: int) -> ShipmentLine:
    line = transfer.line(line_id)
    assert line is not None, "whoever adds a line has looked for it"
    row = ShipmentLine(id=world.ids.next("shipment_line"), transfer_line_id=line.id, item_id=line.item_id, units=0)
    shipment.lines.append(row)
    return row


def _line_of(transfer: Transfer, row: ShipmentLine) -> TransferLine:
    line = transfer.line(row.transfer_line_id)
    assert line is not None, "a shipment's line is a line of its transfer"
    return line


def _tell_change(
    world: World, event: str, transfer: Transfer, shipment: Shipment, act: Act, *, more: Payload | None = None
) -> None:
    """Tell that a shipment was made, changed or removed: of the shipment, and as inventory_transfers/updated."""
    tell_shipment(world, event, shipment, act, more)
    tell_transfer(world, "updated", transfer, act)


def _in_status(shipment: Shipment, *wanted: str) -> None:
    if shipment.status not in wanted:
        raise Refused("bad_status", f"the shipment is {shipment.status}, not {' or '.join(wanted)}")
