"""A catalog that changes: items and locations come, are renamed, and fall asleep; Shopify tells each."""

from __future__ import annotations

import msgspec
import pytest

from onhand.sandbox.catalog_by_hand import (
    add_item,
    add_location,
    change_item,
    change_location,
    remove_item,
    stock_item,
)
from onhand.sandbox.control_asks import AddItem, AddLocation, ChangeItem, ChangeLocation, RemoveItem, StockItem
from onhand.sandbox.world import tiktok_orders
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.change import connect, disconnect
from onhand.sandbox.world.fulfilling import fulfil
from onhand.sandbox.world.payloads import level_payload
from onhand.sandbox.world.undoing import cancel
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
    topics,
    units,
    wish,
)


def test_a_new_item_is_told_stocked_and_listed() -> None:
    world = make_shop()
    listen(world, "products/create", "inventory_items/create", "inventory_levels/connect", "inventory_levels/update")
    add_item(world, AddItem(sku="HÜT-☃", location=WAREHOUSE, units=6, listed=True), now=NOW)
    assert units(world, "HÜT-☃", WAREHOUSE) == {"on_hand": 6, "available": 6}
    assert world.tiktok.skus[world.tiktok.sku_of_item[item_id(world, "HÜT-☃")]].available_units == 6
    assert topics(world) == [
        "inventory_items/create",
        "products/create",
        "inventory_levels/connect",
        "inventory_levels/update",
    ]
    with pytest.raises(Refused, match="an item is called 'TEE' already"):
        add_item(world, AddItem(sku="TEE"), now=NOW)


def test_an_item_that_is_not_tracked_has_no_quantity_to_tell() -> None:
    world = make_shop()
    listen(world, "inventory_items/update", "products/update")
    change_item(world, ChangeItem(sku="TEE", new_sku="TEE-2", tracked=False), now=NOW)
    assert topics(world) == ["inventory_items/update", "products/update"]
    payload = level_payload(world, item_id(world, "TEE-2"), location_id(world, BOSTON))
    assert payload is not None
    assert payload["available"] is None
    with pytest.raises(Refused, match="no item has SKU 'TEE'"):
        item_id(world, "TEE")


def test_locations_open_and_are_renamed_and_told() -> None:
    world = make_shop()
    listen(world, "locations/create", "locations/update")
    add_location(world, AddLocation(name="Attic"), now=NOW)
    change_location(world, ChangeLocation(location="Attic", new_name="Loft"), now=NOW)
    assert topics(world) == ["locations/create", "locations/update"]
    with pytest.raises(Refused, match="no location is called 'Attic'"):
        location_id(world, "Attic")
    with pytest.raises(Refused, match="a location is called 'Boston' already"):
        change_location(world, ChangeLocation(location="Loft", new_name=BOSTON), now=NOW)


def test_a_location_that_sleeps_keeps_its_units_and_gets_no_orders() -> None:
    world = make_shop({"TEE": (2, 9, 0)})
    listen(world, "locations/deactivate")
    order = ordered(world, wish(world, "TEE", 2))
    change_location(world, ChangeLocation(location=WAREHOUSE, active=False), now=NOW)
    assert topics(world) == ["locations/deactivate"]
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 2, "committed": 2}
    assert ordered(world, wish(world, "TEE")).fulfillment_orders[0].location_id == location_id(world, BOSTON)
    with pytest.raises(Refused, match="Warehouse is deactivated, nothing can be restocked"):
        cancel(world, order, restock=True, reason="customer", now=NOW)
    order.financial_status = "pending"
    cancel(world, order, restock=True, reason="customer", now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 2, "committed": 2}


def test_an_inactive_level_keeps_its_units_and_wakes_up_with_them() -> None:
    world = make_shop()
    listen(world, "inventory_levels/connect", "inventory_levels/disconnect")
    tee, warehouse = item_id(world, "TEE"), location_id(world, WAREHOUSE)
    disconnect(world, tee, warehouse, NOW)
    assert disconnect(world, tee, warehouse, NOW) is None
    assert ordered(world, wish(world, "TEE")).fulfillment_orders[0].location_id == location_id(world, BOSTON)
    connect(world, tee, warehouse, NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 10}
    assert topics(world) == ["inventory_levels/disconnect", "inventory_levels/connect"]


def test_what_open_orders_wait_for_is_committed_again_when_an_item_is_counted_again() -> None:
    world = make_shop({"TEE": (9, 0, 0)})
    listen(world, "inventory_levels/update")
    before = ordered(world, wish(world, "TEE", 2))
    change_item(world, ChangeItem(sku="TEE", tracked=False), now=NOW)
    during = ordered(world, wish(world, "TEE", 3))
    gone = ordered(world, wish(world, "TEE", 1))
    fulfil(world, gone, lines=None, now=NOW)
    cancel(world, before, restock=True, reason="customer", now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 9, "available": 7, "committed": 2}  # they rest
    topics(world)
    change_item(world, ChangeItem(sku="TEE", tracked=True), now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 7, "committed": 3}
    assert topics(world) == ["inventory_levels/update"] * 3
    fulfil(world, during, lines=None, now=NOW)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 7, "available": 7}
    assert on_shelf(world, "TEE", WAREHOUSE) == 6


def test_an_item_that_is_deleted_is_gone_and_its_orders_name_no_variant_any_more() -> None:
    world = make_shop({"TEE": (9, 0, 0)})
    listen(world, "inventory_items/delete", "products/delete", "products/create")
    order = ordered(world, wish(world, "TEE", 2))
    on_tiktok = ordered_on_tiktok(world, wish(world, "TEE"))
    old = item_id(world, "TEE")
    remove_item(world, RemoveItem(sku="TEE"), now=NOW)
    assert topics(world) == ["inventory_items/delete", "products/delete"]
    assert world.levels.get(old, location_id(world, WAREHOUSE)) is None
    assert order.lines[0].variant_id is None
    fulfil(world, order, lines=None, now=NOW)
    with pytest.raises(Refused, match="no item has SKU 'TEE'"):
        item_id(world, "TEE")
    add_item(world, AddItem(sku="TEE", location=WAREHOUSE, units=4), now=NOW)
    assert item_id(world, "TEE") != old
    assert world.tiktok.skus[on_tiktok.lines[0].sku_id].item_id == item_id(world, "TEE")
    tiktok_orders.ship(world, on_tiktok, now=NOW)
    tiktok_orders.ship(world, ordered_on_tiktok(world, wish(world, "TEE", 2)), now=NOW)
    assert on_shelf(world, "TEE", WAREHOUSE) == 2


def test_two_items_may_carry_one_sku_and_an_item_may_carry_none() -> None:
    world = make_shop()
    first = item_id(world, "TEE")
    second = add_item(world, AddItem(sku="TEE", doubled=True), now=NOW)["inventory_item_id"]
    nameless = add_item(world, AddItem(sku=""), now=NOW)["inventory_item_id"]
    assert item_id(world, "TEE") == first
    assert item_id(world, f"id:{second}") == second
    change_item(world, ChangeItem(sku="TEE", new_sku="TEE-2"), now=NOW)
    assert item_id(world, "TEE") == second
    with pytest.raises(Refused, match="no item has SKU 'id:12'"):
        item_id(world, "id:12")
    assert world.catalog.items[int(str(nameless))].sku == ""


def test_variants_share_an_item_and_shoppers_buy_the_newest() -> None:
    world = make_shop()
    listen(world, "products/update")
    variants = change_item(world, ChangeItem(sku="TEE", another_variant=True), now=NOW)["variant_ids"]
    assert isinstance(variants, list)
    assert len(variants) == 2
    assert ordered(world, wish(world, "TEE")).lines[0].variant_id == variants[1]
    found = world.catalog.item_of_variant(variants[1])
    assert found is not None
    assert found.inventory_item_id == item_id(world, "TEE")


def test_price_cost_and_policy_change_by_hand_and_are_told() -> None:
    world = make_shop({"TEE": (0, 0, 0)})
    listen(world, "products/update", "inventory_items/update")
    change_item(world, ChangeItem(sku="TEE", sells_below_zero=True, price_cents=2_500, cost_cents=900), now=NOW)
    item, product = (msgspec.json.decode(delivery.body or b"") for delivery in world.outbox.take())
    assert item["cost"] == "9.00"
    assert (product["variants"][0]["price"], product["variants"][0]["inventory_policy"]) == ("25.00", "continue")
    ordered(world, wish(world, "TEE", 2))
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 0, "available": -2, "committed": 2}


def test_an_item_is_stocked_at_a_location_and_no_longer_by_hand() -> None:
    world = make_shop()
    asleep = stock_item(world, StockItem(sku="TEE", location=BOSTON, stocked=False), now=NOW)
    assert (asleep["active"], asleep["on_hand"]) == (False, 5)
    with pytest.raises(Refused, match="TEE is not stocked at Boston"):
        stock_item(world, StockItem(sku="TEE", location=BOSTON, stocked=False), now=NOW)
    assert stock_item(world, StockItem(sku="TEE", location=BOSTON), now=NOW)["active"] is True
