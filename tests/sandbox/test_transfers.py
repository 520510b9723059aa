"""Goods between locations: reserved, packed, sent, received in several goes, rejected, changed, cancelled."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from onhand.sandbox.world import shipping, transferring
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.transfers import Transfer
from onhand.sandbox.world.world import World
from tests.sandbox.shop import (
    BOSTON,
    NOW,
    WAREHOUSE,
    item_id,
    listen,
    location_id,
    make_shop,
    on_shelf,
    units,
    wish,
)

TRANSFER_TOPICS = (
    "ready_to_ship",
    "add_items",
    "update_item_quantities",
    "remove_items",
    "updated",
    "cancel",
    "complete",
)
SHIPMENT_TOPICS = (
    "create",
    "delete",
    "mark_in_transit",
    "receive_items",
    "add_items",
    "remove_items",
    "update_item_quantities",
    "update_tracking",
)


def drafted(world: World, tees: int = 4) -> Transfer:
    return transferring.create_transfer(
        world,
        origin_id=location_id(world, WAREHOUSE),
        destination_id=location_id(world, BOSTON),
        lines=[wish(world, "TEE", tees)],
        now=NOW,
    )


def made_ready(world: World, tees: int = 4) -> Transfer:
    transfer = drafted(world, tees)
    transferring.mark_ready(world, transfer, now=NOW)
    return transfer


def listen_to_all(world: World) -> None:
    listen(world, *(f"inventory_transfers/{event}" for event in TRANSFER_TOPICS))
    listen(world, *(f"inventory_shipments/{event}" for event in SHIPMENT_TOPICS))


def told(world: World) -> list[tuple[str, dict[str, Any]]]:
    """Take what waits to be sent; return topics and bodies."""
    return [(one.topic, msgspec.json.decode(one.body or b"{}")) for one in world.outbox.take()]


def test_a_transfer_reserves_travels_and_arrives_in_two_goes() -> None:
    world = make_shop()
    transfer = drafted(world)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 10}
    transferring.mark_ready(world, transfer, now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 6, "reserved": 4}
    shipment = shipping.ship_transfer(world, transfer, now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 6, "available": 6}
    assert units(world, "TEE", BOSTON) == {"on_hand": 5, "available": 5, "incoming": 4}
    assert (on_shelf(world, "TEE", WAREHOUSE), on_shelf(world, "TEE", BOSTON)) == (6, 5)
    line = shipment.lines[0].id
    shipping.receive_shipment(world, transfer, shipment, now=NOW, accepted={line: 2}, rejected={line: 1})
    assert units(world, "TEE", BOSTON) == {"on_hand": 7, "available": 7, "incoming": 1}
    seen = [str(transfer.status)]
    shipping.receive_shipment(world, transfer, shipment, now=NOW)
    assert units(world, "TEE", BOSTON) == {"on_hand": 8, "available": 8}
    assert [*seen, transfer.status] == ["IN_PROGRESS", "TRANSFERRED"]
    assert on_shelf(world, "TEE", BOSTON) == 8


def test_a_draft_shipment_holds_units_that_have_not_left() -> None:
    world = make_shop()
    transfer = made_ready(world)
    line = transfer.lines[0]
    shipment = shipping.draft_shipment(world, transfer, now=NOW, units={line.id: 3})
    assert (line.picked_units, line.free_units, line.waiting_units) == (3, 1, 4)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 6, "reserved": 4}
    assert transfer.status == "READY_TO_SHIP"
    with pytest.raises(Refused, match="asked for 2 units, 1 are in no shipment"):
        shipping.ship_transfer(world, transfer, now=NOW, units={line.id: 2})
    shipping.mark_in_transit(world, transfer, shipment, now=NOW)
    assert (line.picked_units, line.shipped_units, transfer.status) == (0, 3, "IN_PROGRESS")
    assert units(world, "TEE", BOSTON)["incoming"] == 3
    with pytest.raises(Refused, match="the shipment is IN_TRANSIT, not DRAFT"):
        shipping.delete_shipment(world, transfer, shipment, now=NOW)


def test_a_deleted_draft_shipment_frees_what_it_held() -> None:
    world = make_shop()
    transfer = made_ready(world)
    shipment = shipping.draft_shipment(world, transfer, now=NOW)
    shipping.delete_shipment(world, transfer, shipment, now=NOW)
    assert (transfer.shipments, transfer.lines[0].free_units) == ([], 4)


def test_a_shipment_that_changes_on_its_way_moves_the_difference() -> None:
    world = make_shop()
    transfer = made_ready(world)
    line = transfer.lines[0]
    shipment = shipping.ship_transfer(world, transfer, now=NOW, units={line.id: 1})
    shipping.add_items(world, transfer, shipment, {line.id: 2}, now=NOW)
    assert (units(world, "TEE", BOSTON)["incoming"], units(world, "TEE", WAREHOUSE)["reserved"]) == (3, 1)
    shipping.set_quantities(world, transfer, shipment, {shipment.lines[0].id: 2}, now=NOW)
    assert (units(world, "TEE", BOSTON)["incoming"], units(world, "TEE", WAREHOUSE)["reserved"]) == (2, 2)
    assert on_shelf(world, "TEE", WAREHOUSE) == 8
    shipping.remove_items(world, transfer, shipment, [shipment.lines[0].id], now=NOW)
    assert units(world, "TEE", BOSTON) == {"on_hand": 5, "available": 5}
    assert on_shelf(world, "TEE", WAREHOUSE) == 10


def test_more_may_be_accepted_than_was_sent_and_incoming_ends_at_zero() -> None:
    world = make_shop()
    transfer = made_ready(world)
    shipment = shipping.ship_transfer(world, transfer, now=NOW)
    line = shipment.lines[0].id
    with pytest.raises(Refused, match="asked to reject 5 units and to accept 0, 4 are on their way"):
        shipping.receive_shipment(world, transfer, shipment, now=NOW, accepted={}, rejected={line: 5})
    shipping.receive_shipment(world, transfer, shipment, now=NOW, accepted={line: 6})
    assert units(world, "TEE", BOSTON) == {"on_hand": 11, "available": 11}
    assert transfer.status == "TRANSFERRED"


def test_items_are_added_changed_and_taken_off_and_the_reserve_follows() -> None:
    world = make_shop()
    transfer = made_ready(world)
    tee, cap = item_id(world, "TEE"), item_id(world, "CAP")
    transferring.set_items(world, transfer, {tee: 6, cap: 2}, now=NOW)
    assert units(world, "TEE", WAREHOUSE)["reserved"] == 6
    assert units(world, "CAP", WAREHOUSE)["reserved"] == 2
    shipping.draft_shipment(world, transfer, now=NOW, units={transfer.lines[0].id: 1})
    transferring.set_items(world, transfer, {tee: 3}, now=NOW)  # beside the one that is packed
    assert units(world, "TEE", WAREHOUSE)["reserved"] == 4
    assert transferring.remove_items(world, transfer, [transfer.lines[0].id], now=NOW) == {tee: 3}
    assert [(line.item_id, line.total_units) for line in transfer.lines] == [(tee, 1), (cap, 2)]
    with pytest.raises(Refused, match="all units of a line are in shipments"):
        transferring.remove_items(world, transfer, [transfer.lines[0].id], now=NOW)
    transferring.remove_items(world, transfer, [transfer.lines[1].id], now=NOW)
    assert units(world, "CAP", WAREHOUSE) == {"on_hand": 4, "available": 4}
    with pytest.raises(Refused, match="READY_TO_SHIP: a line needs at least 1 unit"):
        transferring.set_items(world, transfer, {tee: 0}, now=NOW)


def test_a_ready_transfer_keeps_its_last_line() -> None:
    world = make_shop()
    transfer = made_ready(world)
    with pytest.raises(Refused, match="must keep a line: cancel it instead"):
        transferring.remove_items(world, transfer, [transfer.lines[0].id], now=NOW)


def test_a_draft_needs_both_places_to_be_ready_and_can_be_moved_and_deleted() -> None:
    world = make_shop()
    transfer = transferring.create_transfer(
        world, origin_id=None, destination_id=location_id(world, BOSTON), lines=[wish(world, "TEE", 2)], now=NOW
    )
    with pytest.raises(Refused, match="needs an origin and a destination"):
        transferring.mark_ready(world, transfer, now=NOW)
    with pytest.raises(Refused, match="two different locations"):
        transferring.place_transfer(transfer, origin_id=location_id(world, BOSTON), destination_id=None, now=NOW)
    transferring.place_transfer(transfer, origin_id=location_id(world, WAREHOUSE), destination_id=None, now=NOW)
    transferring.mark_ready(world, transfer, now=NOW)
    with pytest.raises(Refused, match="is READY_TO_SHIP, not DRAFT"):
        transferring.delete_transfer(world, transfer)
    copy = transferring.duplicate_transfer(world, transfer, now=NOW)
    assert (copy.status, copy.name) == ("DRAFT", "#T0002")
    transferring.delete_transfer(world, copy)
    assert list(world.transfers) == [transfer.id]


def test_a_cancelled_transfer_gives_back_what_was_not_sent_and_the_rest_arrives() -> None:
    world = make_shop()
    transfer = made_ready(world)
    shipment = shipping.ship_transfer(world, transfer, now=NOW, units={transfer.lines[0].id: 1})
    shipping.draft_shipment(world, transfer, now=NOW, units={transfer.lines[0].id: 1})
    transferring.cancel_transfer(world, transfer, now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 9, "available": 9}
    assert transfer.shipments == [shipment]
    with pytest.raises(Refused, match="is CANCELED and cannot be cancelled"):
        transferring.cancel_transfer(world, transfer, now=NOW)
    shipping.receive_shipment(world, transfer, shipment, now=NOW)
    assert units(world, "TEE", BOSTON) == {"on_hand": 6, "available": 6}
    assert transfer.status == "CANCELED"


def test_every_act_is_told_and_a_shipment_names_its_transfer() -> None:
    world = make_shop()
    listen_to_all(world)
    transfer = drafted(world)
    tee, cap = item_id(world, "TEE"), item_id(world, "CAP")
    assert told(world) == []  # there is no topic for a draft
    transferring.set_items(world, transfer, {tee: 5, cap: 1}, now=NOW)
    transferring.mark_ready(world, transfer, now=NOW)
    transferring.remove_items(world, transfer, [transfer.lines[1].id], now=NOW)
    shipment = shipping.draft_shipment(world, transfer, now=NOW)
    shipping.set_tracking(world, shipment, "1Z", now=NOW)
    shipping.mark_in_transit(world, transfer, shipment, now=NOW)
    line = shipment.lines[0].id
    shipping.receive_shipment(world, transfer, shipment, now=NOW, accepted={line: 3}, rejected={line: 1})
    shipping.receive_shipment(world, transfer, shipment, now=NOW)
    bodies = told(world)
    assert [topic for topic, _ in bodies] == [
        "inventory_transfers/add_items",
        "inventory_transfers/update_item_quantities",
        "inventory_transfers/ready_to_ship",
        "inventory_transfers/remove_items",
        "inventory_shipments/create",
        "inventory_transfers/updated",
        "inventory_shipments/update_tracking",
        "inventory_shipments/mark_in_transit",
        "inventory_shipments/receive_items",
        "inventory_shipments/receive_items",
        "inventory_transfers/complete",
    ]
    gid = f"gid://shopify/InventoryTransfer/{transfer.id}"
    for topic, body in bodies:
        assert body["happened_at"] == "2026-11-23T09:00:00+00:00"
        assert gid == (body["id"] if topic.startswith("inventory_transfers") else body["inventory_transfer_id"])
    first = dict(bodies[8][1]["items_received"][0])
    assert first.pop("id") == f"gid://shopify/InventoryShipmentLineItem/{line}"
    assert first == {
        "old_accepted_quantity": 0,
        "old_rejected_quantity": 0,
        "new_accepted_quantity": 3,
        "new_rejected_quantity": 1,
        "remaining_quantity_to_receive": 1,
    }
