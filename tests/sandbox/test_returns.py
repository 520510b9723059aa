"""Returns and exchanges: nothing is counted again before somebody says that it was restocked."""

from __future__ import annotations

import pytest

from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.fulfilling import fulfil
from onhand.sandbox.world.orders import Order
from onhand.sandbox.world.returning import (
    Disposal,
    Processed,
    cancel_return,
    close_return,
    create_return,
    dispose,
    process,
    reopen_return,
)
from onhand.sandbox.world.returns import DispositionType
from onhand.sandbox.world.undoing import RefundWish, refund
from onhand.sandbox.world.world import World
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


def shipped(world: World, count: int = 3) -> tuple[Order, int]:
    """Return an order that was shipped from the warehouse, and the id of its only fulfilment line."""
    order = ordered(world, wish(world, "TEE", count))
    made = fulfil(world, order, lines=None, now=NOW)
    return order, made[0].line_id(0)


def test_opening_a_return_moves_nothing_and_tells_no_level() -> None:
    world = make_shop()
    order, line = shipped(world)
    listen(world, "returns/approve", "inventory_levels/update", "orders/updated")
    create_return(world, order, lines={line: 2}, now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 7, "available": 7}
    assert topics(world) == ["returns/approve", "orders/updated"]


@pytest.mark.parametrize("kind", ["NOT_RESTOCKED", "MISSING", "PROCESSING_REQUIRED"])
def test_only_a_restocked_disposition_moves_stock(kind: DispositionType) -> None:
    world = make_shop()
    order, line = shipped(world)
    opened = create_return(world, order, lines={line: 2}, now=NOW)
    listen(world, "reverse_fulfillment_orders/dispose", "inventory_levels/update")
    at = location_id(world, BOSTON)
    row = opened.lines[0].reverse_line_id
    dispose(world, opened, [Disposal(line_id=row, units=1, type=kind)], now=NOW)
    assert (units(world, "TEE", BOSTON), on_shelf(world, "TEE", BOSTON)) == ({"on_hand": 5, "available": 5}, 5)
    dispose(world, opened, [Disposal(line_id=row, units=1, type="RESTOCKED", location_id=at)], now=NOW)
    assert (units(world, "TEE", BOSTON), on_shelf(world, "TEE", BOSTON)) == ({"on_hand": 6, "available": 6}, 6)
    told = ["reverse_fulfillment_orders/dispose", "inventory_levels/update", "reverse_fulfillment_orders/dispose"]
    assert topics(world) == told


def test_what_required_processing_may_be_restocked_later_and_nothing_twice() -> None:
    world = make_shop()
    order, line = shipped(world)
    opened = create_return(world, order, lines={line: 2}, now=NOW)
    row, at = opened.lines[0].reverse_line_id, location_id(world, WAREHOUSE)
    dispose(world, opened, [Disposal(line_id=row, units=2, type="PROCESSING_REQUIRED")], now=NOW)
    assert opened.waiting_units == 2
    dispose(world, opened, [Disposal(line_id=row, units=2, type="RESTOCKED", location_id=at)], now=NOW)
    assert (opened.waiting_units, units(world, "TEE", WAREHOUSE)["available"]) == (0, 9)
    with pytest.raises(Refused, match="0 are left"):
        dispose(world, opened, [Disposal(line_id=row, units=1, type="RESTOCKED", location_id=at)], now=NOW)


def test_processing_a_return_restocks_once_although_its_refund_says_so_too() -> None:
    world = make_shop()
    order, line = shipped(world)
    opened = create_return(world, order, lines={line: 2}, now=NOW)
    row, at = opened.lines[0], location_id(world, BOSTON)
    back = Disposal(line_id=row.reverse_line_id, units=1, type="RESTOCKED", location_id=at)
    process(world, opened, [Processed(line_id=row.id, units=2, disposals=(back,))], now=NOW)
    assert units(world, "TEE", BOSTON)["available"] == 6
    assert [(one.restock_type, one.units) for one in order.refunds[0].lines] == [("return", 1), ("no_restock", 1)]
    assert order.refunds[0].return_id == opened.id
    assert (order.lines[0].current_units, order.lines[0].returned_units) == (1, 2)
    close_return(world, opened, now=NOW)
    with pytest.raises(Refused, match="CLOSED"):
        dispose(world, opened, [back], now=NOW)
    reopen_return(world, opened, now=NOW)
    dispose(world, opened, [back], now=NOW)
    assert units(world, "TEE", BOSTON)["available"] == 7


def test_units_on_their_way_back_cannot_be_returned_or_refunded_again() -> None:
    world = make_shop()
    order, line = shipped(world)
    create_return(world, order, lines={line: 2}, now=NOW)
    with pytest.raises(Refused, match="1 can be"):
        create_return(world, order, lines={line: 2}, now=NOW)
    asked = RefundWish(
        line_id=order.lines[0].id, units=2, restock_type="return", location_id=location_id(world, BOSTON)
    )
    with pytest.raises(Refused, match="1 can be refunded"):
        refund(world, order, lines=[asked], note="", now=NOW)


def test_an_exchange_commits_what_is_sent_instead_and_waits_for_the_goods() -> None:
    world = make_shop()
    order, line = shipped(world)
    opened = create_return(world, order, lines={line: 1}, exchanges=[wish(world, "CAP", 2)], now=NOW)
    assert units(world, "CAP", WAREHOUSE) == {"on_hand": 4, "available": 2, "committed": 2}
    part = order.fulfillment_orders[-1]
    assert (part.status, part.holds[0].reason) == ("ON_HOLD", "AWAITING_RETURN_ITEMS")
    with pytest.raises(Refused, match="no unfulfilled units"):
        fulfil(world, order, lines=None, now=NOW)
    row = opened.lines[0]
    process(world, opened, [Processed(line_id=row.id, units=1)], exchanges={opened.exchanges[0].id: 2}, now=NOW)
    assert part.status == "OPEN"
    fulfil(world, order, lines=None, now=NOW)
    assert units(world, "CAP", WAREHOUSE) == {"on_hand": 2, "available": 2}


def test_an_unprocessed_return_adds_its_exchange_only_when_it_is_processed() -> None:
    world = make_shop()
    order, line = shipped(world)
    cap = wish(world, "CAP", 1)
    opened = create_return(world, order, lines={line: 1}, exchanges=[cap], unprocessed=True, now=NOW)
    assert units(world, "CAP", WAREHOUSE) == {"on_hand": 4, "available": 4}
    process(world, opened, [], exchanges={opened.exchanges[0].id: 1}, now=NOW)
    assert units(world, "CAP", WAREHOUSE) == {"on_hand": 4, "available": 3, "committed": 1}


def test_cancelling_a_return_takes_the_exchange_off_and_is_refused_once_work_was_done() -> None:
    world = make_shop()
    order = sold(world, BOSTON, wish(world, "TEE", 2))
    line = order.fulfillments[0].line_id(0)
    opened = create_return(world, order, lines={line: 1}, exchanges=[wish(world, "CAP", 1)], now=NOW)
    cancel_return(world, opened, now=NOW)
    assert units(world, "CAP", WAREHOUSE) == {"on_hand": 4, "available": 4}
    again = create_return(world, order, lines={line: 2}, now=NOW)
    row = again.lines[0].reverse_line_id
    dispose(world, again, [Disposal(line_id=row, units=1, type="MISSING")], now=NOW)
    with pytest.raises(Refused, match="was begun"):
        cancel_return(world, again, now=NOW)
