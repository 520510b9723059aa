"""Goods that come, travel and vanish, and hands that only change numbers."""

from __future__ import annotations

import pytest

from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.moving import (
    adjust_by_hand,
    hand_over,
    move_by_hand,
    receive_goods,
    steal,
)
from tests.sandbox.shop import (
    BOSTON,
    NOW,
    item_id,
    listen,
    location_id,
    make_shop,
    on_shelf,
    topics,
    units,
)

LEVEL = "inventory_levels/update"


def test_a_receipt_is_told_as_a_level_only() -> None:
    world = make_shop()
    listen(world, LEVEL, "orders/create")
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


def test_a_further_till_hands_over_what_stands_there_and_no_platform_hears_of_it() -> None:
    world = make_shop()
    listen(world, LEVEL)
    tee, boston = item_id(world, "TEE"), location_id(world, BOSTON)
    assert [hand_over(world, item_id=tee, location_id=boston, units=3) for _ in range(3)] == [3, 2, 0]
    assert units(world, "TEE", BOSTON) == {"on_hand": 5, "available": 5}
    assert on_shelf(world, "TEE", BOSTON) == 0
    assert world.shelf.handed_over_units == 5
    assert topics(world) == []


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
