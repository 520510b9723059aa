"""Bundles in the sandbox: Shopify takes them apart when they are sold, and their levels follow their components."""

from __future__ import annotations

import msgspec
import pytest

from onhand.sandbox.catalog_by_hand import add_item, change_item
from onhand.sandbox.control_asks import AddItem, ChangeItem
from onhand.sandbox.orders_by_hand import Line
from onhand.sandbox.world import tiktok_orders, writes
from onhand.sandbox.world.adjustments import AdjustRow
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.change import connect, disconnect
from onhand.sandbox.world.fulfilling import fulfil
from onhand.sandbox.world.moving import adjust_by_hand, receive_goods
from onhand.sandbox.world.selling import TurnedAway, place_online
from onhand.sandbox.world.undoing import cancel
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
    ordered,
    ordered_on_tiktok,
    sold,
    topics,
    units,
    wish,
)

PARTS = [Line(sku="TEE", units=2), Line(sku="CAP", units=1)]


def shop_with_set() -> World:
    """A shop with ten tees and four caps at the warehouse, and a set of two tees and a cap."""
    world = make_shop()
    add_item(world, AddItem(sku="SET", components=PARTS), now=NOW)
    return world


def test_a_bundle_is_there_as_often_as_its_scarcest_component_goes() -> None:
    world = shop_with_set()
    assert units(world, "SET", WAREHOUSE) == {"on_hand": 4, "available": 4}
    assert units(world, "SET", BOSTON) == {"on_hand": 0}
    receive_goods(world, item_id=item_id(world, "CAP"), location_id=location_id(world, WAREHOUSE), units=9, now=NOW)
    assert units(world, "SET", WAREHOUSE) == {"on_hand": 5, "available": 5}


def test_an_order_of_a_bundle_names_its_components_and_the_bundle_as_their_group() -> None:
    world = shop_with_set()
    listen(world, "orders/create", "inventory_levels/update")
    order = ordered(world, wish(world, "SET", 2))
    assert [(line.sku, line.ordered_units, line.group and line.group.sku) for line in order.lines] == [
        ("TEE", 4, "SET"),
        ("CAP", 2, "SET"),
    ]
    assert [line.item_id for line in order.fulfillment_orders[0].lines] == [
        item_id(world, "TEE"),
        item_id(world, "CAP"),
    ]
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 6, "committed": 4}
    assert units(world, "SET", WAREHOUSE) == {"on_hand": 2, "available": 2}
    waiting = list(world.outbox.take())
    assert {delivery.level for delivery in waiting if delivery.level} == {
        (item_id(world, sku), location_id(world, WAREHOUSE)) for sku in ("TEE", "CAP", "SET")
    }
    (told,) = [msgspec.json.decode(delivery.body) for delivery in waiting if delivery.body]
    assert [(group["quantity"], group["variant_sku"]) for group in told["line_item_groups"]] == [(2, "SET")]
    fulfil(world, order, lines=None, now=NOW)
    assert on_shelf(world, "TEE", WAREHOUSE) == 6


def test_a_till_hands_over_the_components_of_a_bundle() -> None:
    world = make_shop({"TEE": (0, 5, 0), "CAP": (0, 3, 0)})
    add_item(world, AddItem(sku="SET", components=PARTS), now=NOW)
    sold(world, BOSTON, wish(world, "SET", 2))
    assert (on_shelf(world, "TEE", BOSTON), on_shelf(world, "CAP", BOSTON)) == (1, 1)
    assert isinstance(place_online(world, lines=[wish(world, "SET")], now=NOW), TurnedAway)


def test_tiktok_shop_sells_a_bundle_under_its_own_listing_and_the_components_are_packed() -> None:
    world = shop_with_set()
    item = world.catalog.item_of_sku("SET")
    sku = tiktok_orders.list_item(world, item, units=4, now=NOW)
    order = ordered_on_tiktok(world, wish(world, "SET", 3))
    assert (sku.available_units, sku.committed_units) == (1, 3)
    change_item(world, ChangeItem(sku="SET", components=[Line(sku="TEE", units=5)]), now=NOW)
    tiktok_orders.ship(world, order, now=NOW)
    assert (on_shelf(world, "TEE", WAREHOUSE), on_shelf(world, "CAP", WAREHOUSE)) == (4, 1)
    again = ordered_on_tiktok(world, wish(world, "SET", 1))
    tiktok_orders.cancel(world, again, reason="buyer", now=NOW)
    assert (on_shelf(world, "TEE", WAREHOUSE), sku.committed_units) == (4, 0)


def test_cancelling_gives_a_bundle_back_through_its_components() -> None:
    world = shop_with_set()
    order = ordered(world, wish(world, "SET", 2))
    cancel(world, order, restock=True, reason="customer", now=NOW)
    assert units(world, "SET", WAREHOUSE) == {"on_hand": 4, "available": 4}


def test_nobody_writes_to_a_bundle() -> None:
    world = shop_with_set()
    bundle, warehouse = item_id(world, "SET"), location_id(world, WAREHOUSE)
    row = AdjustRow(item_id=bundle, location_id=warehouse, delta_units=1, compare_units=None)
    with pytest.raises(Refused, match="SET is a bundle"):
        writes.adjust(world, state="available", rows=[row], reason="correction", reference_uri=None, now=NOW)
    with pytest.raises(Refused, match="SET is a bundle"):
        adjust_by_hand(world, item_id=bundle, location_id=warehouse, units=1, now=NOW)
    with pytest.raises(Refused, match="receive its components"):
        receive_goods(world, item_id=bundle, location_id=warehouse, units=1, now=NOW)


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([Line(sku="SET", units=1)], "NESTED_PARENT_PRODUCT_VARIANT"),
        ([Line(sku="TEE", units=0)], "INVALID_QUANTITY"),
        ([Line(sku="TEE", units=1), Line(sku="TEE", units=2)], "DUPLICATE_PRODUCT_VARIANT_RELATIONSHIP"),
        ([Line(sku="TEE", units=1)] * 31, "EXCEEDED_PRODUCT_VARIANT_RELATIONSHIP_LIMIT"),
    ],
)
def test_shopify_takes_only_sensible_components(parts: list[Line], code: str) -> None:
    world = shop_with_set()
    with pytest.raises(Refused) as refusal:
        add_item(world, AddItem(sku="NEST", components=parts), now=NOW)
    assert refusal.value.code == code
    assert not world.catalog.has_sku("NEST")


def test_a_bundle_follows_its_components_when_they_are_counted_stocked_or_exchanged() -> None:
    world = shop_with_set()
    listen(world, "inventory_levels/update")
    change_item(world, ChangeItem(sku="CAP", tracked=False), now=NOW)
    assert units(world, "SET", WAREHOUSE)["available"] == 5  # ten tees: caps set no limit any more
    change_item(world, ChangeItem(sku="CAP", tracked=True), now=NOW)
    assert units(world, "SET", WAREHOUSE)["available"] == 4
    disconnect(world, item_id(world, "CAP"), location_id(world, WAREHOUSE), NOW)
    assert "available" not in units(world, "SET", WAREHOUSE)
    connect(world, item_id(world, "CAP"), location_id(world, WAREHOUSE), NOW)
    change_item(world, ChangeItem(sku="SET", components=[Line(sku="TEE", units=3)]), now=NOW)
    assert units(world, "SET", WAREHOUSE)["available"] == 3
    assert "inventory_levels/update" in topics(world)


def test_a_bundle_and_its_own_component_are_ordered_one_by_one() -> None:
    world = shop_with_set()
    with pytest.raises(Refused, match="TEE is asked for by itself and in SET"):
        place_online(world, lines=[wish(world, "SET"), wish(world, "TEE")], now=NOW)
