"""Sales that are neither carried away nor routed as usual: drafts, apps, pick-up, sent from a till, no connection."""

from __future__ import annotations

from datetime import timedelta

import pytest

from onhand.sandbox.world import drafting, ordering
from onhand.sandbox.world.assortment import switch_location
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.fulfilling import fulfil
from onhand.sandbox.world.selling import TurnedAway
from onhand.sandbox.world.undoing import cancel
from tests.sandbox.shop import (
    BOSTON,
    NOW,
    PORTLAND,
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

HOUR = timedelta(hours=1)


def test_a_draft_reserves_until_its_time_and_then_releases() -> None:
    world = make_shop()
    listen(world, "draft_orders/create", "inventory_levels/update")
    drafting.create_draft(world, lines=[wish(world, "TEE", 3)], reserve_until=NOW + HOUR, now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 7, "reserved": 3}
    assert topics(world) == ["inventory_levels/update", "draft_orders/create"]
    assert drafting.pass_time(world, NOW + HOUR - timedelta(seconds=1)) == 0
    assert drafting.pass_time(world, NOW + HOUR) == 1
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 10}
    assert topics(world) == ["inventory_levels/update"]


def test_a_draft_without_a_reservation_claims_nothing_before_it_is_completed() -> None:
    world = make_shop()
    draft = drafting.create_draft(world, lines=[wish(world, "TEE", 3)], now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 10}
    order = drafting.complete_draft(world, draft, now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 7, "committed": 3}
    assert (order.source_name, order.app.name, draft.status) == ("shopify_draft_order", "Draft Orders", "COMPLETED")
    with pytest.raises(Refused, match="completed"):
        drafting.delete_draft(world, draft, now=NOW)


def test_completing_a_draft_commits_what_it_had_reserved_where_it_stood() -> None:
    world = make_shop({"TEE": (2, 5, 0)})
    draft = drafting.create_draft(world, lines=[wish(world, "TEE", 4)], reserve_until=NOW + HOUR, now=NOW)
    assert units(world, "TEE", BOSTON) == {"on_hand": 5, "available": 1, "reserved": 4}
    drafting.complete_draft(world, draft, now=NOW)
    assert units(world, "TEE", BOSTON) == {"on_hand": 5, "available": 1, "committed": 4}


def test_deleting_or_changing_a_draft_gives_back_what_it_reserved() -> None:
    world = make_shop()
    draft = drafting.create_draft(world, lines=[wish(world, "TEE", 4)], reserve_until=NOW + HOUR, now=NOW)
    drafting.update_draft(world, draft, lines=[wish(world, "TEE", 1)], reserve_until=NOW + HOUR, now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 9, "reserved": 1}
    drafting.delete_draft(world, draft, now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 10}


def test_an_app_that_bypasses_claims_nothing_at_order_fulfilment_or_cancellation() -> None:
    world = make_shop()
    order = ordering.create_by_app(world, lines=[wish(world, "TEE", 3)], behaviour="BYPASS", now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 10}
    fulfil(world, order, lines={order.lines[0].id: 2}, now=NOW)
    assert (units(world, "TEE", WAREHOUSE), on_shelf(world, "TEE", WAREHOUSE)) == ({"on_hand": 10, "available": 10}, 8)
    other = ordering.create_by_app(world, lines=[wish(world, "TEE", 3)], behaviour="BYPASS", now=NOW)
    cancel(world, other, restock=True, reason="customer", now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 10}


def test_an_app_that_ignores_the_policy_goes_below_zero_and_one_that_obeys_it_is_refused() -> None:
    world = make_shop({"TEE": (2, 1, 0)})
    with pytest.raises(Refused, match="asked to claim 4 of TEE, 3 are available"):
        ordering.create_by_app(world, lines=[wish(world, "TEE", 4)], behaviour="DECREMENT_OBEYING_POLICY", now=NOW)
    ordering.create_by_app(world, lines=[wish(world, "TEE", 4)], behaviour="DECREMENT_IGNORING_POLICY", now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 2, "available": -1, "committed": 3}


def test_what_is_picked_up_in_a_store_is_committed_there_whatever_routing_says() -> None:
    world = make_shop()
    at = location_id(world, PORTLAND)
    order = ordering.place_for_pickup(world, location_id=at, lines=[wish(world, "TEE", 2)], now=NOW)
    assert not isinstance(order, TurnedAway)
    assert order.fulfillment_orders[0].method == "PICK_UP"
    assert units(world, "TEE", PORTLAND) == {"on_hand": 3, "available": 1, "committed": 2}
    assert isinstance(
        ordering.place_for_pickup(world, location_id=at, lines=[wish(world, "TEE", 2)], now=NOW), TurnedAway
    )
    fulfil(world, order, lines=None, now=NOW)
    assert units(world, "TEE", PORTLAND) == {"on_hand": 1, "available": 1}


def test_a_till_that_ships_to_the_customer_takes_from_where_routing_says_and_ignores_the_policy() -> None:
    world = make_shop({"TEE": (1, 0, 9)})
    order = ordering.ship_from_till(
        world, location_id=location_id(world, PORTLAND), lines=[wish(world, "TEE", 3)], now=NOW
    )
    assert (order.source_name, order.retail_location_id) == ("pos", location_id(world, PORTLAND))
    assert units(world, "TEE", PORTLAND) == {"on_hand": 9, "available": 9}
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 1, "available": -2, "committed": 3}


def test_a_till_without_connection_sells_now_and_the_levels_fall_when_it_uploads() -> None:
    world = make_shop({"TEE": (0, 2, 0)})
    at = location_id(world, BOSTON)
    for _ in range(2):
        sale = ordering.sell_offline(world, location_id=at, lines=[wish(world, "TEE", 1)], now=NOW - 3 * HOUR)
        assert not isinstance(sale, TurnedAway)
    assert (units(world, "TEE", BOSTON)["available"], on_shelf(world, "TEE", BOSTON)) == (2, 0)
    away = ordering.sell_offline(world, location_id=at, lines=[wish(world, "TEE", 1)], now=NOW)
    assert away == TurnedAway(reason="not_on_shelf", item_id=item_id(world, "TEE"), wanted_units=1, there_units=0)
    orders = ordering.upload(world, location_id=at, now=NOW)
    assert [order.created_at - order.processed_at for order in orders] == [3 * HOUR, 3 * HOUR]
    assert units(world, "TEE", BOSTON) == {"on_hand": 0}


def test_an_unpaid_order_at_a_deactivated_location_is_cancelled_and_nothing_is_restocked_anywhere() -> None:
    world = make_shop({"TEE": (5, 0, 0)})
    lines = [wish(world, "TEE", 2)]
    order = ordering.create_by_app(world, lines=lines, behaviour="DECREMENT_OBEYING_POLICY", paid=False, now=NOW)
    switch_location(world, world.catalog.location_of_name(WAREHOUSE), active=False, now=NOW)
    cancel(world, order, restock=True, reason="customer", now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 5, "available": 3, "committed": 2}
    assert order.financial_status == "voided"
