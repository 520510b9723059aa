"""What a person at the control says about the catalog: new items and locations, and changes of those there are."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from onhand.sandbox.control_asks import AddItem, AddLocation, ChangeItem, ChangeLocation
from onhand.sandbox.orders_by_hand import Row
from onhand.sandbox.world import assortment, moving, tiktok_orders
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.world import World


def add_item(world: World, ask: AddItem, *, now: datetime) -> Row:
    """Add an item, stock it and list it as asked; what arrives is told as a receipt is."""
    if world.catalog.has_sku(ask.sku):
        raise Refused("sku_taken", f"an item is called {ask.sku!r} already; choose another SKU")
    place = None if ask.location is None else world.catalog.location_of_name(ask.location)
    item = assortment.add_item(
        world, sku=ask.sku, title=ask.title or ask.sku.title(), price_cents=ask.price_cents, now=now
    )
    if place is not None and ask.units:
        moving.receive_goods(world, item_id=item.inventory_item_id, location_id=place.id, units=ask.units, now=now)
    if ask.listed:
        tiktok_orders.list_item(world, item, units=ask.units, now=now)
    return {"sku": item.sku, "inventory_item_id": item.inventory_item_id, "variant_id": item.variant_id}


def change_item(world: World, ask: ChangeItem, *, now: datetime) -> Row:
    """Change an item's SKU or whether it is tracked."""
    item = world.catalog.item_of_sku(ask.sku)
    if ask.new_sku is not None and world.catalog.has_sku(ask.new_sku):
        raise Refused("sku_taken", f"an item is called {ask.new_sku!r} already; choose another SKU")
    changed = assortment.change_item(world, item, sku=ask.new_sku, tracked=ask.tracked, now=now)
    return {"sku": changed.sku, "tracked": changed.tracked, "inventory_item_id": changed.inventory_item_id}


def add_location(world: World, ask: AddLocation, *, now: datetime) -> Row:
    """Open a location under a name that no other has."""
    if world.catalog.has_location_name(ask.name):
        raise Refused("name_taken", f"a location is called {ask.name!r} already; choose another name")
    made = assortment.add_location(
        world, name=ask.name, fulfils_online_orders=ask.fulfils_online_orders, has_till=ask.has_till, now=now
    )
    return {"location": made.name, "id": made.id}


def change_location(world: World, ask: ChangeLocation, *, now: datetime) -> Row:
    """Rename a location, activate or deactivate it, change whether and how web orders may leave it."""
    location = world.catalog.location_of_name(ask.location)
    if ask.new_name is not None:
        if world.catalog.has_location_name(ask.new_name):
            raise Refused("name_taken", f"a location is called {ask.new_name!r} already; choose another name")
        location = assortment.edit_location(world, replace(location, name=ask.new_name), now=now)
    if ask.fulfils_online_orders is not None:
        edited = replace(location, fulfils_online_orders=ask.fulfils_online_orders)
        location = assortment.edit_location(world, edited, now=now)
    if ask.ships is not None or ask.picks_up is not None:
        ships = location.ships if ask.ships is None else ask.ships
        picks_up = location.picks_up if ask.picks_up is None else ask.picks_up
        location = assortment.set_delivery(world, location, ships=ships, picks_up=picks_up, now=now)
    if ask.active is not None:
        location = assortment.switch_location(world, location, active=ask.active, now=now)
    return {"location": location.name, "id": location.id, "active": location.active, "online": location.serves_online}
