"""Changing what a merchant sells and where: items and locations, told as Shopify tells them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from onhand.sandbox.world.catalog import Item, Location
from onhand.sandbox.world.payloads import item_payload, location_payload, product_payload
from onhand.sandbox.world.selling import shown_online
from onhand.sandbox.world.world import World


def add_item(world: World, *, sku: str, title: str, price_cents: int, now: datetime) -> Item:
    """Add a product with one variant and tell products/create and inventory_items/create."""
    item = world.catalog.add_item(sku=sku, title=title, price_cents=price_cents, now=now)
    _tell_item(world, item, "create", now)
    return item


def change_item(
    world: World, item: Item, *, now: datetime, sku: str | None = None, tracked: bool | None = None
) -> Item:
    """Change an item's SKU or whether it is tracked (None: leave it) and tell the two update topics."""
    changed = replace(
        item,
        sku=item.sku if sku is None else sku,
        tracked=item.tracked if tracked is None else tracked,
    )
    changed = world.catalog.replace_item(changed, now=now)
    _tell_item(world, changed, "update", now)
    return changed


def add_location(world: World, *, name: str, fulfils_online_orders: bool, has_till: bool, now: datetime) -> Location:
    """Add a location and tell locations/create."""
    location = world.catalog.add_location(
        name=name, fulfils_online_orders=fulfils_online_orders, has_till=has_till, now=now
    )
    world.outbox.queue("locations/create", lambda: location_payload(location), world.outbox.act(now))
    return location


def switch_location(world: World, location: Location, *, active: bool, now: datetime) -> Location:
    """Activate or deactivate a location; its levels keep their units (Admin API 2026-04 and later)."""
    changed = world.catalog.replace_location(replace(location, active=active), now=now)
    act = world.outbox.act(now)
    for topic in ("locations/activate" if active else "locations/deactivate", "locations/update"):
        world.outbox.queue(topic, lambda: location_payload(changed), act)
    return changed


def edit_location(world: World, edited: Location, *, now: datetime) -> Location:
    """Put an edited location (its name, whether it fulfils online orders) in place and tell locations/update."""
    changed = world.catalog.replace_location(edited, now=now)
    world.outbox.queue("locations/update", lambda: location_payload(changed), world.outbox.act(now))
    return changed


def set_delivery(world: World, location: Location, *, ships: bool, picks_up: bool, now: datetime) -> Location:
    """Change how goods reach shoppers from a location. Shopify has no webhook for it (topics of 2026-10)."""
    return world.catalog.replace_location(replace(location, ships=ships, picks_up=picks_up), now=now)


def _tell_item(world: World, item: Item, verb: str, now: datetime) -> None:
    act = world.outbox.act(now)
    world.outbox.queue(f"inventory_items/{verb}", lambda: item_payload(item), act)
    units = shown_online(world, item.inventory_item_id)
    world.outbox.queue(f"products/{verb}", lambda: product_payload(item, units), act)
