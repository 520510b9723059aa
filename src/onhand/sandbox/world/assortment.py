"""Changing what a merchant sells and where: items and locations, told as Shopify tells them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from onhand.sandbox.world.bundling import check_parts, stock_bundle
from onhand.sandbox.world.catalog import Item, Location, Part, Refused
from onhand.sandbox.world.change import follow_bundles
from onhand.sandbox.world.payloads import item_gone_payload, item_payload, location_payload, product_payload
from onhand.sandbox.world.selling import shown_online
from onhand.sandbox.world.tracking import begin_counting, stop_counting
from onhand.sandbox.world.world import World


def add_item(
    world: World,
    *,
    sku: str,
    title: str,
    price_cents: int,
    now: datetime,
    cost_cents: int | None = None,
    parts: tuple[Part, ...] = (),
) -> Item:
    """Add a product with one variant and tell products/create and inventory_items/create; with `parts` it is a bundle.

    A listing of TikTok Shop whose item was deleted is packed with the new item that carries its SKU.
    """
    if parts:
        check_parts(world, parts)
    item = world.catalog.add_item(
        sku=sku, title=title, price_cents=price_cents, now=now, cost_cents=cost_cents, parts=parts
    )
    for listed in world.tiktok.listings():
        if listed.seller_sku == sku and listed.item_id not in world.catalog.items:
            world.tiktok.sku_of_item[item.inventory_item_id] = listed.sku_id
            listed.item_id = item.inventory_item_id
    _tell_item(world, item, "create", now)
    if parts:
        stock_bundle(world, item, now)
    return item


def change_item(world: World, item: Item, *, now: datetime) -> Item:
    """Put a changed item in the place of the one with its id and tell the two update topics."""
    old = world.catalog.items[item.inventory_item_id]
    if item.parts != old.parts:
        check_parts(world, item.parts)
    if old.tracked and not item.tracked:
        stop_counting(world, item)
    changed = world.catalog.replace_item(item, now=now)
    if changed.tracked and not old.tracked:
        begin_counting(world, changed, now)
    _tell_item(world, changed, "update", now)
    if changed.parts:
        stock_bundle(world, changed, now)
    _tell_levels(world, changed, now, told=changed.tracked != old.tracked)
    return changed


def add_variant(world: World, item: Item, *, now: datetime) -> Item:
    """Add a variant that shares an item with those it has (2026-10, InventoryItem.variants) and tell it."""
    variant_ids = (*item.more_variant_ids, world.catalog.new_variant_id())
    return change_item(world, replace(item, more_variant_ids=variant_ids), now=now)


def remove_item(world: World, item: Item, *, now: datetime) -> None:
    """Delete a product with its variants and its inventory item, and tell the two delete topics.

    What stood on its levels is nobody's in Shopify any more; on the shelf it stands where it stood. Orders keep their
    lines without a variant. Raises Refused for a component of a bundle.
    """
    bundles = world.catalog.bundles_of(item.inventory_item_id)
    if bundles:
        raise Refused("part_of_bundle", f"{item.sku} is part of {bundles[0].sku}: change that bundle first")
    stop_counting(world, item)
    world.catalog.remove_item(item, now=now)
    world.levels.forget(item.inventory_item_id)
    for order in world.orders:
        for line in order.lines:
            if line.item_id == item.inventory_item_id:
                line.variant_id = line.product_id = None
    act = world.outbox.act(now)
    world.outbox.queue("inventory_items/delete", lambda: item_gone_payload(item), act)
    world.outbox.queue("products/delete", lambda: {"id": item.product_id}, act)


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


def _tell_levels(world: World, item: Item, now: datetime, *, told: bool) -> None:
    """Tell every level of an item that is counted now and was not, or the other way round; bundles follow."""
    act = world.outbox.act(now)
    for level in world.levels.of_item(item.inventory_item_id):
        if told:
            world.outbox.queue_level("inventory_levels/update", (level.item_id, level.location_id), act)
        follow_bundles(world, level.item_id, level.location_id, act)


def _tell_item(world: World, item: Item, verb: str, now: datetime) -> None:
    act = world.outbox.act(now)
    world.outbox.queue(f"inventory_items/{verb}", lambda: item_payload(item), act)
    units = shown_online(world, item.inventory_item_id)
    world.outbox.queue(f"products/{verb}", lambda: product_payload(item, units), act)
