"""What becomes of a transfer: drafted, edited, made ready, cancelled, deleted. Its goods travel in shipments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.change import level_at, listing_key, shift
from onhand.sandbox.world.levels import whole_second
from onhand.sandbox.world.outbox import Act, Payload
from onhand.sandbox.world.selling import merged
from onhand.sandbox.world.transfer_payloads import line_gid, tell_transfer, transfer_rows
from onhand.sandbox.world.transfers import Transfer, TransferLine
from onhand.sandbox.world.wishes import Wish
from onhand.sandbox.world.world import World


def create_transfer(
    world: World, *, origin_id: int | None, destination_id: int | None, lines: Sequence[Wish], now: datetime
) -> Transfer:
    """Draft a transfer, of nothing yet if need be: nothing is reserved, and nobody is told (no topic does)."""
    if origin_id is not None and origin_id == destination_id:
        raise Refused("same_location", "a transfer needs two different locations")
    at = whole_second(now)
    transfer = Transfer(
        id=world.ids.next("transfer"),
        number=1 + max((one.number for one in world.transfers.values()), default=0),
        origin_id=origin_id,
        destination_id=destination_id,
        status="DRAFT",
        lines=[_new_line(world, wish.item_id, wish.units) for wish in (merged(lines) if lines else ())],
        shipments=[],
        created_at=at,
        updated_at=at,
    )
    world.transfers[transfer.id] = transfer
    return transfer


def duplicate_transfer(world: World, transfer: Transfer, *, now: datetime) -> Transfer:
    """Draft a transfer with the same places and lines, and without shipments."""
    wishes = [Wish(item_id=line.item_id, units=line.total_units) for line in transfer.lines]
    return create_transfer(
        world, origin_id=transfer.origin_id, destination_id=transfer.destination_id, lines=wishes, now=now
    )


def place_transfer(transfer: Transfer, *, origin_id: int | None, destination_id: int | None, now: datetime) -> None:
    """Give a draft other locations; None leaves one as it is."""
    in_status(transfer, "DRAFT")
    origin, there = origin_id or transfer.origin_id, destination_id or transfer.destination_id
    if origin is not None and origin == there:
        raise Refused("same_location", "a transfer needs two different locations")
    transfer.origin_id, transfer.destination_id = origin, there
    transfer.updated_at = whole_second(now)


def mark_ready(world: World, transfer: Transfer, *, now: datetime) -> None:
    """Reserve a draft's units at its origin. Raises Refused without both locations, and without lines."""
    in_status(transfer, "DRAFT")
    if transfer.origin_id is None or transfer.destination_id is None:
        raise Refused("location_required", f"{transfer.name} needs an origin and a destination")
    if not any(line.total_units for line in transfer.lines):
        raise Refused("items_empty", f"{transfer.name} lists no units")
    act = world.outbox.act(now)
    transfer.status, transfer.updated_at = "READY_TO_SHIP", whole_second(now)
    for line in transfer.lines:
        reserve(world, transfer, line, line.total_units, act)
    tell_transfer(world, "ready_to_ship", transfer, act, transfer_rows(transfer))


def set_items(world: World, transfer: Transfer, units: Mapping[int, int], *, now: datetime) -> None:
    """Let the transfer list these units by item id beside what is in shipments; an item not on it yet is added.

    Raises Refused for 0 units on anything but a draft.
    """
    in_status(transfer, "DRAFT", "READY_TO_SHIP", "IN_PROGRESS")
    if any(count < 0 or (count == 0 and transfer.status != "DRAFT") for count in units.values()):
        raise Refused("bad_units", f"{transfer.name} is {transfer.status}: a line needs at least 1 unit")
    act = world.outbox.act(now)
    added: list[Payload] = []
    updated: list[Payload] = []
    for item_id, count in units.items():
        line = transfer.line_of(item_id)
        if line is None:
            line = _new_line(world, item_id, 0)
            transfer.lines.append(line)
            added.append({"line_item_id": line_gid(line), "quantity": count})
        else:
            old = line.total_units
            new = old - line.free_units + count
            updated.append({"line_item_id": line_gid(line), "old_quantity": old, "new_quantity": new})
        _set_free(world, transfer, line, count, act)
    transfer.updated_at = whole_second(now)
    if added:
        tell_transfer(world, "add_items", transfer, act, {"items_added": added})
    if updated:
        more: Payload = {"status": transfer.status, "items_updated": updated}
        tell_transfer(world, "update_item_quantities", transfer, act, more)


def remove_items(world: World, transfer: Transfer, line_ids: Iterable[int], *, now: datetime) -> dict[int, int]:
    """Take what is in no shipment off these lines; a line that is in none at all goes. Return units by item.

    Raises Refused where nothing of a line is free, and where a ready transfer would be left without lines.
    """
    in_status(transfer, "DRAFT", "READY_TO_SHIP")
    lines = [line for line in transfer.lines if line.id in set(line_ids)]
    if any(line.free_units == 0 and line.total_units for line in lines):
        raise Refused("all_shipped", f"{transfer.name}: all units of a line are in shipments")
    gone = [line for line in lines if line.free_units == line.total_units]
    if transfer.status == "READY_TO_SHIP" and len(gone) == len(transfer.lines):
        raise Refused("last_line", f"{transfer.name} is ready to ship and must keep a line: cancel it instead")
    act = world.outbox.act(now)
    removed = {line.item_id: line.free_units for line in lines}
    for line in lines:
        _set_free(world, transfer, line, 0, act)
    transfer.lines = [line for line in transfer.lines if line not in gone]
    transfer.updated_at = whole_second(now)
    rows = [{"line_item_id": line_gid(line)} for line in lines]
    tell_transfer(world, "remove_items", transfer, act, {"items_removed": rows})
    return removed


def cancel_transfer(world: World, transfer: Transfer, *, now: datetime) -> None:
    """Cancel what was not shipped: reserved units become available again at the origin.

    Draft shipments go; what is under way still arrives. Through the API Shopify refuses once there is a shipment.
    """
    if transfer.status in {"TRANSFERRED", "CANCELED"}:
        raise Refused("bad_status", f"{transfer.name} is {transfer.status} and cannot be cancelled")
    act = world.outbox.act(now)
    for line in transfer.lines:
        if transfer.status != "DRAFT":
            reserve(world, transfer, line, -line.waiting_units, act)
        line.picked_units = 0
    transfer.shipments = [one for one in transfer.shipments if one.has_left]
    transfer.status, transfer.updated_at = "CANCELED", whole_second(now)
    tell_transfer(world, "cancel", transfer, act, {"status": transfer.status})


def delete_transfer(world: World, transfer: Transfer) -> None:
    """Delete a draft: it never moved anything, and nobody is told."""
    in_status(transfer, "DRAFT")
    del world.transfers[transfer.id]


def vanish_transfer(world: World, transfer: Transfer, *, now: datetime) -> None:
    """Let a transfer be there no more, whatever has become of it: what it held is released, and nobody is told.

    Shopify documents that only drafts are deleted; what is put aside or under way for others is inferred here [I].
    """
    act = world.outbox.act(now)
    for line in transfer.lines:
        if transfer.status in {"READY_TO_SHIP", "IN_PROGRESS"}:
            reserve(world, transfer, line, -line.waiting_units, act)
    for shipment in transfer.shipments:
        for row in shipment.lines:
            if shipment.has_left and row.open_units and transfer.destination_id is not None:
                level = level_at(world, row.item_id, transfer.destination_id, act.at)
                shift(world, level, {"incoming": -row.open_units}, act)
    del world.transfers[transfer.id]


def reserve(world: World, transfer: Transfer, line: TransferLine, units: int, act: Act) -> None:
    """Put units aside at the origin; negative gives them back."""
    assert transfer.origin_id is not None, "a transfer without origin is a draft"
    level = level_at(world, line.item_id, transfer.origin_id, act.at)
    shift(world, level, {"available": -units, "reserved": units}, act)
    if units < 0:
        world.confirmations.raised(listing_key(line.item_id, transfer.origin_id), -units)


def in_status(transfer: Transfer, *wanted: str) -> None:
    """Raise Refused unless the transfer is in one of these statuses."""
    if transfer.status not in wanted:
        raise Refused("bad_status", f"{transfer.name} is {transfer.status}, not {' or '.join(wanted)}")


def _set_free(world: World, transfer: Transfer, line: TransferLine, units: int, act: Act) -> None:
    delta = units - line.free_units
    line.total_units += delta
    if transfer.status != "DRAFT":
        reserve(world, transfer, line, delta, act)


def _new_line(world: World, item_id: int, units: int) -> TransferLine:
    item = world.catalog.known[item_id]
    if item.bundle:
        raise Refused("bundled_item", f"{item.sku} is a bundle: its components are transferred")
    return TransferLine(id=world.ids.next("transfer_line"), item_id=item_id, total_units=units)
