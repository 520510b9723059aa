"""What a person at the control says about the catalog: new items and locations, and changes of those there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from onhand.sandbox.control_asks import (
    AddItem,
    AddLocation,
    ChangeItem,
    ChangeLocation,
    RemoveItem,
    StockItem,
    TearLevel,
)
from onhand.sandbox.orders_by_hand import Line, Row
from onhand.sandbox.world import assortment, moving, tiktok_orders
from onhand.sandbox.world.catalog import Part, Refused
from onhand.sandbox.world.change import connect, disconnect
from onhand.sandbox.world.torn import Tear
from onhand.sandbox.world.world import World


def add_item(world: World, ask: AddItem, *, now: datetime) -> Row:
    """Add an item, stock it and list it as asked; what arrives is told as a receipt is."""
    _check_sku(world, ask.sku, doubled=ask.doubled)
    place = None if ask.location is None else world.catalog.location_of_name(ask.location)
    item = assortment.add_item(
        world,
        sku=ask.sku,
        title=ask.title or ask.sku.title(),
        price_cents=ask.price_cents,
        cost_cents=ask.cost_cents,
        parts=_parts(world, ask.components),
        now=now,
    )
    if place is not None and ask.units:
        moving.receive_goods(world, item_id=item.inventory_item_id, location_id=place.id, units=ask.units, now=now)
    if ask.listed:
        tiktok_orders.list_item(world, item, units=ask.units, now=now)
    return {"sku": item.sku, "inventory_item_id": item.inventory_item_id, "variant_id": item.variant_id}


def change_item(world: World, ask: ChangeItem, *, now: datetime) -> Row:
    """Change what Shopify says of an item."""
    item = world.catalog.item_of_sku(ask.sku)
    if ask.new_sku is not None:
        _check_sku(world, ask.new_sku, doubled=ask.doubled)
    given = {
        "sku": ask.new_sku,
        "tracked": ask.tracked,
        "sells_below_zero": ask.sells_below_zero,
        "price_cents": ask.price_cents,
        "cost_cents": ask.cost_cents,
        "parts": None if ask.components is None else _parts(world, ask.components),
    }
    wanted: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    changed = assortment.change_item(world, replace(item, **wanted), now=now)
    if ask.another_variant:
        changed = assortment.add_variant(world, changed, now=now)
    return {
        "sku": changed.sku,
        "tracked": changed.tracked,
        "inventory_item_id": changed.inventory_item_id,
        "variant_ids": list(changed.variant_ids),
    }


def remove_item(world: World, ask: RemoveItem, *, now: datetime) -> Row:
    """Delete an item."""
    item = world.catalog.item_of_sku(ask.sku)
    assortment.remove_item(world, item, now=now)
    return {"sku": item.sku, "inventory_item_id": item.inventory_item_id}


def stock_item(world: World, ask: StockItem, *, now: datetime) -> Row:
    """Stock an item at a location, or no longer."""
    item_id = world.catalog.item_of_sku(ask.sku).inventory_item_id
    place = world.catalog.location_of_name(ask.location)
    level = connect(world, item_id, place.id, now) if ask.stocked else disconnect(world, item_id, place.id, now)
    if level is None:
        raise Refused("unknown_level", f"{ask.sku} is not stocked at {place.name}")
    return {"sku": ask.sku, "location": place.name, "active": level.active, "on_hand": level.on_hand}


def tear_level(world: World, ask: TearLevel, *, now: datetime) -> Row:
    """Let a level contradict itself."""
    del now  # it is shown so from now on
    key = world.catalog.item_of_sku(ask.sku).inventory_item_id, world.catalog.location_of_name(ask.location).id
    if ask.units:
        world.torn[key] = Tear(units=ask.units, readings=ask.readings)
    else:
        world.torn.pop(key, None)
    return {"sku": ask.sku, "location": ask.location, "units": ask.units}


def _check_sku(world: World, sku: str, *, doubled: bool) -> None:
    if world.catalog.has_sku(sku) and not doubled:
        raise Refused("sku_taken", f"an item is called {sku!r} already; choose another SKU")


def _parts(world: World, lines: Sequence[Line]) -> tuple[Part, ...]:
    return tuple(Part(world.catalog.item_of_sku(line.sku).inventory_item_id, line.units) for line in lines)


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
