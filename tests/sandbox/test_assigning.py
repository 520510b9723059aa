"""Fulfilment orders are held, split, merged and moved in part, and a fulfilment is taken back."""

from __future__ import annotations

import pytest

from onhand.sandbox.world import assigning
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.fulfilling import fulfil, move_fulfillment_order
from onhand.sandbox.world.returning import create_return
from onhand.sandbox.world.unshipping import cancel_fulfillment
from tests.sandbox.shop import (
    BOSTON,
    NOW,
    WAREHOUSE,
    listen,
    location_id,
    make_shop,
    on_shelf,
    ordered,
    sold,
    topics,
    units,
    wish,
)

COMMITTED = {"on_hand": 10, "available": 6, "committed": 4}


def test_what_is_on_hold_stays_committed_and_is_not_shipped_before_the_last_hold_is_released() -> None:
    world = make_shop()
    order = ordered(world, wish(world, "TEE", 4))
    listen(world, "fulfillment_holds/added", "fulfillment_orders/placed_on_hold", "fulfillment_orders/hold_released")
    part = order.fulfillment_orders[0]
    assigning.hold(world, part, reason="OTHER", handle="a", now=NOW)
    assigning.hold(world, part, reason="OTHER", handle="b", now=NOW)
    with pytest.raises(Refused, match="handle 'b' already"):
        assigning.hold(world, part, reason="OTHER", handle="b", now=NOW)
    assigning.release(world, part, hold_ids=[part.holds[0].id], now=NOW)
    with pytest.raises(Refused, match="no unfulfilled units"):
        fulfil(world, order, lines=None, now=NOW)
    assigning.release(world, part, now=NOW)
    assert units(world, "TEE", WAREHOUSE) == COMMITTED
    assert topics(world) == [
        "fulfillment_holds/added",
        "fulfillment_orders/placed_on_hold",
        "fulfillment_holds/added",
        "fulfillment_orders/hold_released",
    ]
    fulfil(world, order, lines=None, now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 6, "available": 6}


def test_holding_some_units_splits_them_off_and_the_rest_can_be_shipped() -> None:
    world = make_shop()
    order = ordered(world, wish(world, "TEE", 4))
    part = order.fulfillment_orders[0]
    held = assigning.hold(world, part, reason="OTHER", units={part.lines[0].id: 1}, now=NOW)
    assert (held.remaining_units, part.remaining_units) == (1, 3)
    fulfil(world, order, lines=None, now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 7, "available": 6, "committed": 1}


def test_splitting_and_merging_move_no_stock_and_lose_no_unit() -> None:
    world = make_shop()
    order = ordered(world, wish(world, "TEE", 4))
    part = order.fulfillment_orders[0]
    made = assigning.split(world, part, {part.lines[0].id: 3}, now=NOW)
    assert [one.remaining_units for one in order.fulfillment_orders] == [1, 3]
    with pytest.raises(Refused, match="leaves nothing"):
        assigning.split(world, made, {made.lines[0].id: 3}, now=NOW)
    assigning.merge(world, [part, made], now=NOW)
    assert [(one.status, one.remaining_units) for one in order.fulfillment_orders] == [("OPEN", 4), ("CLOSED", 0)]
    assert units(world, "TEE", WAREHOUSE) == COMMITTED


def test_a_part_of_a_fulfilment_order_moves_to_another_location() -> None:
    world = make_shop()
    order = ordered(world, wish(world, "TEE", 4))
    part = order.fulfillment_orders[0]
    asked = {part.lines[0].id: 1}
    moved = move_fulfillment_order(world, part, to_location_id=location_id(world, BOSTON), units=asked, now=NOW)
    assert (moved.location_id, moved.remaining_units) == (location_id(world, BOSTON), 1)
    assert (part.location_id, part.remaining_units) == (location_id(world, WAREHOUSE), 3)
    assert units(world, "TEE", BOSTON) == {"on_hand": 5, "available": 4, "committed": 1}
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 7, "committed": 3}


def test_a_cancelled_fulfilment_waits_to_be_shipped_again() -> None:
    world = make_shop()
    listen(world, "fulfillments/update")
    order = ordered(world, wish(world, "TEE", 4))
    done = fulfil(world, order, lines={order.lines[0].id: 3}, now=NOW)[0]
    cancel_fulfillment(world, done, now=NOW)
    assert (units(world, "TEE", WAREHOUSE), on_shelf(world, "TEE", WAREHOUSE)) == (COMMITTED, 10)
    assert (order.fulfilment_status, order.fulfillments[0].status) == (None, "CANCELLED")
    assert topics(world) == ["fulfillments/update"]
    with pytest.raises(Refused, match="is CANCELLED"):
        cancel_fulfillment(world, order.fulfillments[0], now=NOW)
    fulfil(world, order, lines=None, now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 6, "available": 6}


def test_a_cancelled_fulfilment_of_a_whole_order_gets_a_fulfilment_order_of_its_own() -> None:
    world = make_shop()
    order = sold(world, BOSTON, wish(world, "TEE", 2))
    cancel_fulfillment(world, order.fulfillments[0], now=NOW)
    assert [(one.status, one.remaining_units) for one in order.fulfillment_orders] == [("CLOSED", 0), ("OPEN", 2)]
    assert units(world, "TEE", BOSTON) == {"on_hand": 5, "available": 3, "committed": 2}


def test_a_fulfilment_whose_units_are_on_their_way_back_cannot_be_cancelled() -> None:
    world = make_shop()
    order = sold(world, BOSTON, wish(world, "TEE", 2))
    create_return(world, order, lines={order.fulfillments[0].line_id(0): 1}, now=NOW)
    with pytest.raises(Refused, match="1 are still with the shopper"):
        cancel_fulfillment(world, order.fulfillments[0], now=NOW)
