"""Goods that come, go between locations, and vanish; and hands in the admin that only change numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.change import level_at, listing_key, shift
from onhand.sandbox.world.levels import ON_HAND_STATES, whole_second
from onhand.sandbox.world.outbox import Act
from onhand.sandbox.world.selling import Wish, merged
from onhand.sandbox.world.transfers import Shipment, ShipmentLine, Transfer, TransferLine
from onhand.sandbox.world.world import World


def stock(world: World, *, item_id: int, location_id: int, units: int, now: datetime) -> None:
    """Put a first stock at a location, true on the shelf and in Shopify's books; nobody is told."""
    level = world.levels.connect(item_id, location_id, now)
    level.add({"available": units}, now)
    if units:
        world.shelf.put(item_id, location_id, units)


def receive_goods(world: World, *, item_id: int, location_id: int, units: int, now: datetime) -> None:
    """Receive goods from a supplier: they stand there and are available; Shopify tells only the level."""
    _positive("receive", units)
    world.shelf.put(item_id, location_id, units)
    _raise_available(world, item_id, location_id, units, now)


def adjust_by_hand(
    world: World, *, item_id: int, location_id: int, units: int, now: datetime, state: str = "available"
) -> None:
    """Change a number in the admin by `units` (signed); nothing on the shelf changes."""
    if state not in ON_HAND_STATES:
        raise Refused("bad_state", f"state {state!r} cannot be adjusted; one of {', '.join(ON_HAND_STATES)} can")
    if units == 0:
        raise Refused("bad_units", "adjust by 0 units changes nothing")
    level = level_at(world, item_id, location_id, now)
    shift(world, level, {state: units}, world.outbox.act(now))
    if state == "available" and units > 0:
        world.confirmations.raised(listing_key(item_id, location_id), units)


def move_by_hand(
    world: World, *, item_id: int, location_id: int, from_state: str, to_state: str, units: int, now: datetime
) -> None:
    """Move units between two states of one level in the admin, as when somebody finds them damaged."""
    _positive("move", units)
    for state in (from_state, to_state):
        if state not in ON_HAND_STATES:
            raise Refused("bad_state", f"state {state!r} is not one of {', '.join(ON_HAND_STATES)}")
    level = level_at(world, item_id, location_id, now)
    shift(world, level, {from_state: -units, to_state: units}, world.outbox.act(now))
    if to_state == "available":
        world.confirmations.raised(listing_key(item_id, location_id), units)


def steal(world: World, *, item_id: int, location_id: int, units: int) -> None:
    """Let units vanish from the shelf; no platform learns of it. Raises Refused when fewer stand there."""
    _positive("steal", units)
    there = world.shelf.place(item_id, location_id).units
    if there < units:
        sku, at = world.catalog.items[item_id].sku, world.catalog.locations[location_id].name
        raise Refused("not_on_shelf", f"cannot steal {units} of {sku} from {at}: {there} stand there")
    world.shelf.take(item_id, location_id, units, "stolen")
    world.shelf.stolen_units += units


def create_transfer(
    world: World, *, origin_id: int, destination_id: int, lines: Sequence[Wish], now: datetime
) -> Transfer:
    """Draft a transfer: nothing is reserved yet."""
    if origin_id == destination_id:
        raise Refused("same_location", "a transfer needs two different locations")
    at = whole_second(now)
    transfer = Transfer(
        id=world.ids.next("transfer"),
        number=len(world.transfers) + 1,
        origin_id=origin_id,
        destination_id=destination_id,
        status="DRAFT",
        lines=[
            TransferLine(id=world.ids.next("transfer_line"), item_id=wish.item_id, total_units=wish.units)
            for wish in merged(lines)
        ],
        shipments=[],
        created_at=at,
        updated_at=at,
    )
    world.transfers[transfer.id] = transfer
    return transfer


def mark_ready(world: World, transfer: Transfer, *, now: datetime) -> None:
    """Reserve a draft's units at its origin."""
    _in_status(transfer, "DRAFT")
    act = world.outbox.act(now)
    for line in transfer.lines:
        level = level_at(world, line.item_id, transfer.origin_id, now)
        deltas = {"available": -line.total_units, "reserved": line.total_units}
        shift(world, level, deltas, act)
    transfer.status, transfer.updated_at = "READY_TO_SHIP", whole_second(now)
    _tell(world, "inventory_transfers/ready_to_ship", transfer, act)


def ship_transfer(
    world: World, transfer: Transfer, *, now: datetime, units: Mapping[int, int] | None = None
) -> Shipment:
    """Send units by transfer line id (None: all that is left) on their way: incoming at the destination.

    Raises Refused when more is asked than is left, or more than stands at the origin.
    """
    _in_status(transfer, "READY_TO_SHIP", "IN_PROGRESS")
    asked = {line.id: line.total_units - line.shipped_units for line in transfer.lines} if units is None else units
    picked = [(line, asked.get(line.id, 0)) for line in transfer.lines if asked.get(line.id, 0) > 0]
    for line, count in picked:
        left = line.total_units - line.shipped_units
        there = world.shelf.place(line.item_id, transfer.origin_id).units
        if count > min(left, there):
            raise Refused(
                "not_on_shelf",
                f"{transfer.name}: asked to ship {count} units, {left} are left to ship and {there} stand there",
            )
    act = world.outbox.act(now)
    parts = [_send(world, transfer, line, count, act) for line, count in picked]
    at = whole_second(now)
    shipment = Shipment(
        id=world.ids.next("shipment"),
        transfer_id=transfer.id,
        status="IN_TRANSIT",
        lines=parts,
        created_at=at,
        updated_at=at,
    )
    transfer.shipments.append(shipment)
    transfer.status, transfer.updated_at = "IN_PROGRESS", at
    return shipment


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

    Rejected units only leave incoming: they do not come onto the shelf. Raises Refused for more than is on its way.
    """
    refused = rejected or {}
    taken = (
        {line.id: line.open_units - refused.get(line.id, 0) for line in shipment.lines}
        if accepted is None
        else accepted
    )
    for line in shipment.lines:
        asked = taken.get(line.id, 0) + refused.get(line.id, 0)
        if asked > line.open_units:
            raise Refused(
                "too_many", f"{transfer.name}: asked to receive {asked} units, {line.open_units} are on their way"
            )
    act = world.outbox.act(now)
    for line in shipment.lines:
        _arrive(world, transfer, line, act, accepted=taken.get(line.id, 0), rejected=refused.get(line.id, 0))
    done = all(line.open_units == 0 for line in shipment.lines)
    shipment.status = "RECEIVED" if done else "PARTIALLY_RECEIVED"
    transfer.updated_at = shipment.updated_at = whole_second(now)
    shipped = all(line.shipped_units == line.total_units for line in transfer.lines)
    if shipped and all(one.status == "RECEIVED" for one in transfer.shipments):
        transfer.status = "TRANSFERRED"
        _tell(world, "inventory_transfers/complete", transfer, act)


def cancel_transfer(world: World, transfer: Transfer, *, now: datetime) -> None:
    """Cancel what was not shipped: reserved units become available again at the origin."""
    if transfer.status in {"TRANSFERRED", "CANCELED"}:
        raise Refused("bad_status", f"{transfer.name} is {transfer.status} and cannot be cancelled")
    act = world.outbox.act(now)
    if transfer.status != "DRAFT":
        for line in transfer.lines:
            left = line.total_units - line.shipped_units
            level = level_at(world, line.item_id, transfer.origin_id, now)
            shift(world, level, {"available": left, "reserved": -left}, act)
            world.confirmations.raised(listing_key(line.item_id, transfer.origin_id), left)
    transfer.status, transfer.updated_at = "CANCELED", whole_second(now)
    _tell(world, "inventory_transfers/cancel", transfer, act)


def _send(world: World, transfer: Transfer, line: TransferLine, count: int, act: Act) -> ShipmentLine:
    origin = level_at(world, line.item_id, transfer.origin_id, act.at)
    there = level_at(world, line.item_id, transfer.destination_id, act.at)
    shift(world, origin, {"reserved": -count}, act)
    shift(world, there, {"incoming": count}, act)
    world.shelf.take(line.item_id, transfer.origin_id, count, "sent to another location")
    line.shipped_units += count
    return ShipmentLine(id=world.ids.next("shipment_line"), transfer_line_id=line.id, item_id=line.item_id, units=count)


def _arrive(
    world: World,
    transfer: Transfer,
    line: ShipmentLine,
    act: Act,
    *,
    accepted: int,
    rejected: int,
) -> None:
    if accepted + rejected == 0:
        return
    line.accepted_units += accepted
    line.rejected_units += rejected
    level = level_at(world, line.item_id, transfer.destination_id, act.at)
    deltas = {"incoming": -(accepted + rejected), "available": accepted}
    shift(world, level, deltas, act)
    if accepted:
        world.shelf.put(line.item_id, transfer.destination_id, accepted)
        world.confirmations.raised(listing_key(line.item_id, transfer.destination_id), accepted)


def _raise_available(world: World, item_id: int, location_id: int, units: int, now: datetime) -> None:
    level = level_at(world, item_id, location_id, now)
    shift(world, level, {"available": units}, world.outbox.act(now))
    world.confirmations.raised(listing_key(item_id, location_id), units)


def _tell(world: World, topic: str, transfer: Transfer, act: Act) -> None:
    world.outbox.queue(
        topic,
        lambda: {
            "id": f"gid://shopify/InventoryTransfer/{transfer.id}",
            "happened_at": act.at.replace(microsecond=0).isoformat(),
            "origin": {"id": f"gid://shopify/Location/{transfer.origin_id}"},
            "destination": {"id": f"gid://shopify/Location/{transfer.destination_id}"},
            "status": transfer.status,
            "line_items": [
                {"id": f"gid://shopify/InventoryTransferLineItem/{line.id}", "quantity": line.total_units}
                for line in transfer.lines
            ],
        },
        act,
    )


def _in_status(transfer: Transfer, *wanted: str) -> None:
    if transfer.status not in wanted:
        raise Refused("bad_status", f"{transfer.name} is {transfer.status}, not {' or '.join(wanted)}")


def _positive(verb: str, units: int) -> None:
    if units < 1:
        raise Refused("bad_units", f"cannot {verb} {units} units; at least 1 is needed")
