"""The one place where Shopify's levels change: apply, then queue what Shopify would tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from onhand.sandbox.world.levels import Level
from onhand.sandbox.world.outbox import Act
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
    world.outbox.queue_level("inventory_levels/connect", (item_id, location_id), world.outbox.act(now))
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
    return level


def shift(world: World, level: Level, deltas: Mapping[str, int], act: Act) -> None:
    """Add units to states of a level; a change of available is told as inventory_levels/update.

    Whether Shopify tells a change that leaves available as it was is not documented: `WorldSettings` decides.
    """
    item = world.catalog.items[level.item_id]
    if not item.tracked:
        return
    moved = {state: units for state, units in deltas.items() if units != 0}
    if not moved:
        return
    level.add(moved, act.at)
    if "available" in moved or not world.settings.level_webhook_needs_available:
        world.outbox.queue_level("inventory_levels/update", (level.item_id, level.location_id), act)
