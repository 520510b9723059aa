"""Each event of an order's life moves what Shopify's documentation says, and the shelf follows."""

from __future__ import annotations

import pytest

from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.editing import edit
from onhand.sandbox.world.fulfilling import fulfil, move_fulfillment_order
from onhand.sandbox.world.selling import TurnedAway, place_online, sell_at_till
from onhand.sandbox.world.undoing import RefundWish, cancel, refund
from tests.sandbox.shop import (
    BOSTON,
    NOW,
    PORTLAND,
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

LEVEL = "inventory_levels/update"


def test_a_till_sale_takes_units_away_at_once_and_arrives_fulfilled() -> None:
    world = make_shop()
    listen(world, "orders/create", "orders/paid", "orders/fulfilled", "fulfillments/create", LEVEL)
    order = sold(world, BOSTON, wish(world, "TEE", 2))
    assert units(world, "TEE", BOSTON) == {"on_hand": 3, "available": 3}
    assert on_shelf(world, "TEE", BOSTON) == 3
    assert (order.source_name, order.fulfilment_status) == ("pos", "fulfilled")
    assert order.retail_location_id == location_id(world, BOSTON) == order.fulfillments[0].location_id
    assert topics(world) == [LEVEL, "orders/create", "orders/paid", "orders/fulfilled", "fulfillments/create"]


def test_an_online_order_commits_where_routing_sends_it() -> None:
    world = make_shop()
    listen(world, "orders/create", "orders/paid", LEVEL)
    order = ordered(world, wish(world, "TEE", 3))
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 7, "committed": 3}
    assert on_shelf(world, "TEE", WAREHOUSE) == 10
    assert order.retail_location_id is None
    assert order.fulfillment_orders[0].location_id == location_id(world, WAREHOUSE)
    assert topics(world) == [LEVEL, "orders/create", "orders/paid"]


def test_routing_prefers_one_location_that_has_everything() -> None:
    world = make_shop({"TEE": (9, 9, 0), "CAP": (0, 4, 0)})
    order = ordered(world, wish(world, "TEE"), wish(world, "CAP"))
    assert [part.location_id for part in order.fulfillment_orders] == [location_id(world, BOSTON)]


def test_routing_splits_what_no_single_location_has() -> None:
    world = make_shop({"TEE": (3, 2, 8)})
    order = ordered(world, wish(world, "TEE", 5))
    assert [part.remaining_units for part in order.fulfillment_orders] == [3, 2]
    assert units(world, "TEE", PORTLAND) == {"on_hand": 8, "available": 8}


def test_the_online_store_turns_away_who_wants_more_than_it_shows() -> None:
    world = make_shop({"TEE": (1, 1, 9)})
    away = place_online(world, lines=[wish(world, "TEE", 3)], now=NOW)
    assert isinstance(away, TurnedAway)
    assert (away.wanted_units, away.there_units) == (3, 2)
    assert len(world.orders) == 0


def test_a_till_sells_only_what_stands_there() -> None:
    world = make_shop({"TEE": (9, 1, 0)})
    away = sell_at_till(world, location_id=location_id(world, BOSTON), lines=[wish(world, "TEE", 2)], now=NOW)
    assert isinstance(away, TurnedAway)
    assert away.reason == "not_on_shelf"
    with pytest.raises(Refused, match="Warehouse has no till"):
        sell_at_till(world, location_id=location_id(world, WAREHOUSE), lines=[wish(world, "TEE")], now=NOW)


def test_a_till_does_not_sell_what_it_shows_as_committed_to_others() -> None:
    world = make_shop({"TEE": (0, 1, 0)})
    ordered(world, wish(world, "TEE"))
    away = sell_at_till(world, location_id=location_id(world, BOSTON), lines=[wish(world, "TEE")], now=NOW)
    assert isinstance(away, TurnedAway)
    assert away.reason == "shown_too_few"


def test_shipping_takes_committed_and_on_hand_and_leaves_available() -> None:
    world = make_shop()
    order = ordered(world, wish(world, "TEE", 3))
    listen(world, "fulfillments/create", "orders/fulfilled", "orders/partially_fulfilled", LEVEL)
    fulfil(world, order, lines={order.lines[0].id: 1}, now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 9, "available": 7, "committed": 2}
    assert topics(world) == ["fulfillments/create", "orders/partially_fulfilled"]
    fulfil(world, order, lines=None, now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 7, "available": 7}
    assert on_shelf(world, "TEE", WAREHOUSE) == 7
    assert topics(world) == ["fulfillments/create", "orders/fulfilled"]


def test_nobody_ships_what_is_not_there() -> None:
    world = make_shop()
    order = ordered(world, wish(world, "TEE", 3))
    world.shelf.take(order.lines[0].item_id, location_id(world, WAREHOUSE), 9, "stolen")
    with pytest.raises(Refused, match="asked to ship 3 of TEE from Warehouse, 1 stand there"):
        fulfil(world, order, lines=None, now=NOW)
    assert units(world, "TEE", WAREHOUSE)["committed"] == 3


def test_more_cannot_be_shipped_than_was_ordered() -> None:
    world = make_shop()
    order = ordered(world, wish(world, "TEE", 3))
    with pytest.raises(Refused, match=r"asked to fulfil 4 units .*, 3 are left"):
        fulfil(world, order, lines={order.lines[0].id: 4}, now=NOW)


def test_cancelling_with_restock_makes_units_available_again() -> None:
    world = make_shop()
    order = ordered(world, wish(world, "TEE", 3))
    listen(world, "orders/cancelled", "orders/updated", "refunds/create", LEVEL)
    cancel(world, order, restock=True, reason="customer", now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 10}
    assert order.lines[0].current_units == 0 == order.lines[0].unfulfilled_units
    assert [(line.restock_type, line.units) for line in order.refunds[0].lines] == [("cancel", 3)]
    assert topics(world) == [LEVEL, "refunds/create", "orders/cancelled", "orders/updated"]


def test_cancelling_without_restock_takes_units_off_the_books_and_the_shelf() -> None:
    world = make_shop()
    order = ordered(world, wish(world, "TEE", 3))
    cancel(world, order, restock=False, reason="declined", now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 7, "available": 7}
    assert on_shelf(world, "TEE", WAREHOUSE) == 7
    assert order.refunds[0].lines[0].restock_type == "no_restock"


def test_what_was_handed_over_is_refunded_and_not_cancelled() -> None:
    world = make_shop()
    order = sold(world, BOSTON, wish(world, "TEE", 2))
    with pytest.raises(Refused, match="2 units were handed over; refund them"):
        cancel(world, order, restock=True, reason="customer", now=NOW)


def test_a_return_is_restocked_at_the_store_it_is_brought_to() -> None:
    world = make_shop()
    order = sold(world, BOSTON, wish(world, "TEE", 2))
    line = order.lines[0]
    back = RefundWish(line_id=line.id, units=1, restock_type="return", location_id=location_id(world, PORTLAND))
    refund(world, order, lines=[back], note="", now=NOW)
    assert units(world, "TEE", PORTLAND) == {"on_hand": 4, "available": 4}
    assert on_shelf(world, "TEE", PORTLAND) == 4
    assert units(world, "TEE", BOSTON) == {"on_hand": 3, "available": 3}
    assert (line.current_units, line.fulfilled_units, order.financial_status) == (1, 2, "partially_refunded")


def test_refunding_unfulfilled_units_with_restock_releases_them() -> None:
    world = make_shop()
    order = ordered(world, wish(world, "TEE", 3))
    part = RefundWish(line_id=order.lines[0].id, units=2, restock_type="cancel")
    refund(world, order, lines=[part], note="", now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 9, "committed": 1}


def test_refunding_without_restock_writes_off_unfulfilled_units_only() -> None:
    world = make_shop()
    order = ordered(world, wish(world, "TEE", 3))
    line = order.lines[0]
    fulfil(world, order, lines={line.id: 2}, now=NOW)
    refund(world, order, lines=[RefundWish(line_id=line.id, units=2, restock_type="no_restock")], note="", now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 7, "available": 7}
    assert (line.current_units, line.unfulfilled_units, line.returned_units) == (1, 0, 1)


def test_more_cannot_be_refunded_than_is_there_to_refund() -> None:
    world = make_shop()
    order = ordered(world, wish(world, "TEE", 3))
    with pytest.raises(Refused, match="refund of 1 units of TEE as return, 0 can be refunded so"):
        refund(
            world,
            order,
            lines=[
                RefundWish(
                    line_id=order.lines[0].id,
                    units=1,
                    restock_type="return",
                    location_id=location_id(world, BOSTON),
                )
            ],
            note="",
            now=NOW,
        )


def test_an_edit_commits_what_it_adds_and_releases_what_it_removes() -> None:
    world = make_shop()
    order = ordered(world, wish(world, "TEE", 3))
    listen(world, "orders/edited", "orders/updated", "refunds/create")
    line = order.lines[0]
    edit(world, order, additions=[wish(world, "CAP", 2)], removals={line.id: 1}, restock=True, now=NOW)
    assert units(world, "CAP", WAREHOUSE) == {"on_hand": 4, "available": 2, "committed": 2}
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 8, "committed": 2}
    assert (line.ordered_units, line.current_units, line.unfulfilled_units) == (3, 2, 2)
    assert (order.refunds[0].lines[0].restock_type, order.refunds[0].money_cents) == ("cancel", 0)
    assert topics(world) == ["refunds/create", "orders/edited", "orders/updated"]


def test_an_edit_without_restock_writes_off_what_it_removes() -> None:
    world = make_shop()
    order = ordered(world, wish(world, "TEE", 3))
    edit(world, order, additions=[], removals={order.lines[0].id: 2}, restock=False, now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 8, "available": 7, "committed": 1}
    assert order.refunds[0].lines[0].restock_type == "no_restock"


def test_moving_a_fulfilment_order_moves_the_commitment() -> None:
    world = make_shop()
    order = ordered(world, wish(world, "TEE", 3))
    listen(world, "fulfillment_orders/moved", LEVEL)
    moved = move_fulfillment_order(
        world, order.fulfillment_orders[0], to_location_id=location_id(world, BOSTON), now=NOW
    )
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 10}
    assert units(world, "TEE", BOSTON) == {"on_hand": 5, "available": 2, "committed": 3}
    assert moved.location_id == location_id(world, BOSTON)
    assert topics(world) == [LEVEL, LEVEL, "fulfillment_orders/moved"]


def test_what_is_left_of_a_shipped_part_moves_under_a_new_fulfilment_order() -> None:
    world = make_shop()
    order = ordered(world, wish(world, "TEE", 3))
    first = order.fulfillment_orders[0]
    fulfil(world, order, lines={order.lines[0].id: 1}, now=NOW)
    moved = move_fulfillment_order(world, first, to_location_id=location_id(world, PORTLAND), now=NOW)
    assert (first.status, moved.remaining_units, len(order.fulfillment_orders)) == ("CLOSED", 2, 2)
    fulfil(world, order, lines=None, now=NOW)
    assert units(world, "TEE", PORTLAND) == {"on_hand": 1, "available": 1}
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 9, "available": 9}


def test_nothing_moves_to_a_location_that_does_not_stock_it() -> None:
    world = make_shop()
    order = ordered(world, wish(world, "TEE", 3))
    attic = world.catalog.add_location(name="Attic", fulfils_online_orders=False, has_till=False, now=NOW)
    with pytest.raises(Refused, match="Attic does not stock TEE"):
        move_fulfillment_order(world, order.fulfillment_orders[0], to_location_id=attic.id, now=NOW)


def test_an_untracked_item_sells_without_moving_any_level() -> None:
    world = make_shop()
    item = world.catalog.add_item(sku="GIFT", title="Gift card", price_cents=5_000, now=NOW, tracked=False)
    order = ordered(world, wish(world, "GIFT", 3))
    fulfil(world, order, lines=None, now=NOW)
    assert world.levels.get(item.inventory_item_id, location_id(world, WAREHOUSE)) is None


def test_every_change_of_an_order_bumps_a_version_of_whole_seconds() -> None:
    world = make_shop()
    order = ordered(world, wish(world, "TEE", 3))
    assert order.updated_at == NOW.replace(microsecond=0)
    later = NOW.replace(second=7)
    fulfil(world, order, lines=None, now=later)
    assert order.updated_at == later.replace(microsecond=0)
    assert world.orders.changed_since(later.replace(microsecond=0)) == [order]
