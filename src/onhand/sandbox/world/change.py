"""The one place where Shopify's levels change: apply, then queue what Shopify would tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from onhand.sandbox.world.catalog import Item, Refused
from onhand.sandbox.world.levels import Level
from onhand.sandbox.world.outbox import Act
from onhand.sandbox.world.payloads import product_payload
from onhand.sandbox.world.world import World


def listing_key(item_id: int, location_id: int) -> tuple[str, int, int]:
    """Return the key of a Shopify level in the log of confirmations."""
    return ("shopify", item_id, location_id)


def level_at(world: World, item_id: int, location_id: int, now: datetime) -> Level:
    """Return a level that can hold units: connected first when the item was never stocked there."""
    level = world.levels.get(item_id, location_id)
    if level is None:
        return connect(world, item_id, location_id, now)
    return level


def connect(world: World, item_id: int, location_id: int, now: datetime) -> Level:
    """Stock an item at a location and tell inventory_levels/connect; a known level becomes active again."""
    level = world.levels.connect(item_id, location_id, now)
    act = world.outbox.act(now)
    world.outbox.queue_level("inventory_levels/connect", (item_id, location_id), act)
    follow_bundles(world, item_id, location_id, act)
    return level


def disconnect(world: World, item_id: int, location_id: int, now: datetime) -> Level | None:
    """Make a level inactive, keeping its units (Admin API 2026-04 and later); None when there is none."""
    level = world.levels.get(item_id, location_id)
    if level is None or not level.active:
        return None
    level.active = False
    level.updated_at = max(level.updated_at, now.replace(microsecond=0))
    world.outbox.queue(
        "inventory_levels/disconnect",
        lambda: {"inventory_item_id": item_id, "location_id": location_id},
        world.outbox.act(now),
    )
    follow_bundles(world, item_id, location_id, world.outbox.act(now))
    return level


def shift(world: World, level: Level, deltas: Mapping[str, int], act: Act) -> None:
    """Add units to states of a level; a change of available is told as inventory_levels/update.

    Whether Shopify tells a change that leaves available as it was is not documented: `WorldSettings` decides.
    """
    item = world.catalog.known[level.item_id]
    if item.bundle:
        raise Refused("NON_MUTABLE_INVENTORY_ITEM", f"{item.sku} is a bundle: only its components have units")
    if not item.tracked:
        return
    moved = {state: units for state, units in deltas.items() if units != 0}
    if not moved:
        return
    level.add(moved, act.at)
    if "available" in moved or not world.settings.level_webhook_needs_available:
        world.outbox.queue_level("inventory_levels/update", (level.item_id, level.location_id), act)
    if "available" in moved and world.settings.stock_changes_products:
        world.outbox.queue("products/update", lambda: product_payload(item, _everywhere(world, item)), act)
    follow_bundles(world, level.item_id, level.location_id, act)


def _everywhere(world: World, item: Item) -> int:
    return sum(level.available for level in world.levels.of_item(item.inventory_item_id) if level.active)


def follow_bundles(world: World, item_id: int, location_id: int, act: Act) -> None:
    """Let the levels of bundles follow a component at a location; a change is told like any other."""
    for bundle in world.catalog.bundles_of(item_id):
        level = world.levels.get(bundle.inventory_item_id, location_id)
        made = _made(world, bundle, location_id)
        if level is not None and level.available != made:
            level.add({"available": made - level.available}, act.at)
            world.outbox.queue_level("inventory_levels/update", (level.item_id, location_id), act)


def _made(world: World, bundle: Item, location_id: int) -> int:
    """Return how many bundles the components at a location make; those that nobody counts set no limit."""
    enough: list[int] = []
    for part in bundle.parts:
        level = world.levels.get(part.item_id, location_id)
        if world.catalog.known[part.item_id].tracked:
            here = 0 if level is None or not level.active else max(0, level.available)
            enough.append(here // part.units)
    return min(enough, default=0)
