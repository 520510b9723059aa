"""Goods that come, travel and vanish, and hands that only change numbers."""

from __future__ import annotations

import pytest

from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.moving import (
    adjust_by_hand,
    cancel_transfer,
    create_transfer,
    mark_ready,
    move_by_hand,
    receive_goods,
    receive_shipment,
    ship_transfer,
    steal,
)
from tests.sandbox.shop import (
    BOSTON,
    NOW,
    WAREHOUSE,
    item_id,
    listen,
    location_id,
    make_shop,
    on_shelf,
    topics,
    units,
    wish,
)

LEVEL = "inventory_levels/update"


def test_a_receipt_is_told_as_a_level_only() -> None:
    world = make_shop()
    listen(world, LEVEL, "orders/create", "inventory_transfers/complete")
    tee = item_id(world, "TEE")
    receive_goods(world, item_id=tee, location_id=location_id(world, BOSTON), units=4, now=NOW)
    assert units(world, "TEE", BOSTON) == {"on_hand": 9, "available": 9}
    assert on_shelf(world, "TEE", BOSTON) == 9
    assert topics(world) == [LEVEL]


def test_an_adjustment_in_the_admin_changes_the_books_and_not_the_shelf() -> None:
    world = make_shop()
    tee, boston = item_id(world, "TEE"), location_id(world, BOSTON)
    adjust_by_hand(world, item_id=tee, location_id=boston, units=-7, now=NOW)
    assert units(world, "TEE", BOSTON) == {"on_hand": -2, "available": -2}
    assert on_shelf(world, "TEE", BOSTON) == 5
    with pytest.raises(Refused, match="state 'incoming' cannot be adjusted"):
        adjust_by_hand(world, item_id=tee, location_id=boston, units=1, now=NOW, state="incoming")


def test_units_found_damaged_leave_available_and_stay_on_hand() -> None:
    world = make_shop()
    move_by_hand(
        world,
        item_id=item_id(world, "TEE"),
        location_id=location_id(world, BOSTON),
        from_state="available",
        to_state="damaged",
        units=2,
        now=NOW,
    )
    assert units(world, "TEE", BOSTON) == {"on_hand": 5, "available": 3, "damaged": 2}


def test_theft_is_known_to_nobody() -> None:
    world = make_shop()
    listen(world, LEVEL)
    tee, boston = item_id(world, "TEE"), location_id(world, BOSTON)
    steal(world, item_id=tee, location_id=boston, units=2)
    assert units(world, "TEE", BOSTON) == {"on_hand": 5, "available": 5}
    assert on_shelf(world, "TEE", BOSTON) == 3
    assert topics(world) == []
    with pytest.raises(Refused, match="cannot steal 4 of TEE from Boston: 3 stand there"):
        steal(world, item_id=tee, location_id=boston, units=4)


def test_a_transfer_reserves_travels_and_arrives() -> None:
    world = make_shop()
    transfer = create_transfer(
        world,
        origin_id=location_id(world, WAREHOUSE),
        destination_id=location_id(world, BOSTON),
        lines=[wish(world, "TEE", 4)],
        now=NOW,
    )
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 10}
    mark_ready(world, transfer, now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 6, "reserved": 4}
    shipment = ship_transfer(world, transfer, now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 6, "available": 6}
    assert units(world, "TEE", BOSTON) == {"on_hand": 5, "available": 5, "incoming": 4}
    assert (on_shelf(world, "TEE", WAREHOUSE), on_shelf(world, "TEE", BOSTON)) == (6, 5)
    line = shipment.lines[0].id
    receive_shipment(world, transfer, shipment, now=NOW, accepted={line: 2}, rejected={line: 1})
    assert units(world, "TEE", BOSTON) == {"on_hand": 7, "available": 7, "incoming": 1}
    seen = [str(transfer.status)]
    receive_shipment(world, transfer, shipment, now=NOW)
    assert units(world, "TEE", BOSTON) == {"on_hand": 8, "available": 8}
    assert [*seen, transfer.status] == ["IN_PROGRESS", "TRANSFERRED"]


def test_a_cancelled_transfer_gives_its_units_back() -> None:
    world = make_shop()
    transfer = create_transfer(
        world,
        origin_id=location_id(world, WAREHOUSE),
        destination_id=location_id(world, BOSTON),
        lines=[wish(world, "TEE", 4)],
        now=NOW,
    )
    mark_ready(world, transfer, now=NOW)
    ship_transfer(world, transfer, now=NOW, units={transfer.lines[0].id: 1})
    cancel_transfer(world, transfer, now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 9, "available": 9}
    with pytest.raises(Refused, match="is CANCELED and cannot be cancelled"):
        cancel_transfer(world, transfer, now=NOW)
