"""A catalog that changes: items and locations come, are renamed, and fall asleep; Shopify tells each."""

from __future__ import annotations

import pytest

from onhand.sandbox.catalog_by_hand import add_item, add_location, change_item, change_location
from onhand.sandbox.control_asks import AddItem, AddLocation, ChangeItem, ChangeLocation
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.change import connect, disconnect
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
    ordered,
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
