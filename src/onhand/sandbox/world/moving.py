"""Goods that come and vanish, and hands in the admin that only change numbers."""

from __future__ import annotations

from datetime import datetime

from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.change import level_at, listing_key, shift
from onhand.sandbox.world.levels import ON_HAND_STATES
from onhand.sandbox.world.world import World


def stock(world: World, *, item_id: int, location_id: int, units: int, now: datetime) -> None:
    """Put a first stock at a location, true on the shelf and in Shopify's books; nobody is told."""
    level = world.levels.connect(item_id, location_id, now)
    level.add({"available": units}, now)
    if units:
        world.shelf.put(item_id, location_id, units)


def receive_goods(world: World, *, item_id: int, location_id: int, units: int, now: datetime) -> None:
    """Receive goods from a supplier: they stand there and are available; Shopify tells only the level."""
    _positive("receive", units)
    if world.catalog.known[item_id].bundle:
        raise Refused("bundle_parent", f"{world.catalog.known[item_id].sku} is a bundle: receive its components")
    world.shelf.put(item_id, location_id, units)
    _raise_available(world, item_id, location_id, units, now)


def adjust_by_hand(
    world: World, *, item_id: int, location_id: int, units: int, now: datetime, state: str = "available"
) -> None:
    """Change a number in the admin by `units` (signed); nothing on the shelf changes."""
    if state not in ON_HAND_STATES:
        raise Refused("bad_state", f"state {state!r} cannot be adjusted; one of {', '.join(ON_HAND_STATES)} can")
    if units == 0:
        raise Refused("bad_units", "adjust by 0 units changes nothing")
    level = level_at(world, item_id, location_id, now)
    shift(world, level, {state: units}, world.outbox.act(now))
    if state == "available" and units > 0:
        world.confirmations.raised(listing_key(item_id, location_id), units)


def move_by_hand(
    world: World, *, item_id: int, location_id: int, from_state: str, to_state: str, units: int, now: datetime
) -> None:
    """Move units between two states of one level in the admin, as when somebody finds them damaged."""
    _positive("move", units)
    for state in (from_state, to_state):
        if state not in ON_HAND_STATES:
            raise Refused("bad_state", f"state {state!r} is not one of {', '.join(ON_HAND_STATES)}")
    level = level_at(world, item_id, location_id, now)
    shift(world, level, {from_state: -units, to_state: units}, world.outbox.act(now))
    if to_state == "available":
        world.confirmations.raised(listing_key(item_id, location_id), units)


def steal(world: World, *, item_id: int, location_id: int, units: int) -> None:
    """Let units vanish from the shelf; no platform learns of it. Raises Refused when fewer stand there."""
    _positive("steal", units)
    there = world.shelf.place(item_id, location_id).units
    if there < units:
        sku, at = world.catalog.known[item_id].sku, world.catalog.locations[location_id].name
        raise Refused("not_on_shelf", f"cannot steal {units} of {sku} from {at}: {there} stand there")
    world.shelf.take(item_id, location_id, units, "stolen")
    world.shelf.stolen_units += units


def hand_over(world: World, *, item_id: int, location_id: int, units: int) -> int:
    """Let a till that no platform knows hand units to a shopper, as many as stand there; return how many."""
    _positive("hand over", units)
    there = min(units, world.shelf.place(item_id, location_id).units)
    if there:
        world.shelf.take(item_id, location_id, there, "sold at a further till")
    world.shelf.handed_over_units += there
    return there


def _raise_available(world: World, item_id: int, location_id: int, units: int, now: datetime) -> None:
    level = level_at(world, item_id, location_id, now)
    shift(world, level, {"available": units}, world.outbox.act(now))
    world.confirmations.raised(listing_key(item_id, location_id), units)


def _positive(verb: str, units: int) -> None:
    if units < 1:
        raise Refused("bad_units", f"cannot {verb} {units} units; at least 1 is needed")
