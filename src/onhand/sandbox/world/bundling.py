"""Bundles: a parent variant that Shopify takes apart when it is sold. Its levels follow those of its components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from onhand.sandbox.world.catalog import Item, Part, Refused
from onhand.sandbox.world.change import follow_bundles
from onhand.sandbox.world.orders import LineGroup
from onhand.sandbox.world.world import World

# Admin API 2026-10, productVariantRelationshipBulkUpdate.
MOST_PARTS = 30


class Unpacked(NamedTuple):
    """Units by item without bundles, and the group of each item that came out of one."""

    units: dict[int, int]
    groups: dict[int, LineGroup]


def unpack(world: World, units: Mapping[int, int]) -> Unpacked:
    """Take the bundles among wanted units apart (Shopify: LineItem.lineItemGroup names the bundle afterwards).

    Raises Refused for an item that comes both by itself and in a bundle: this world keeps one line an item.
    """
    wanted: dict[int, int] = {}
    groups: dict[int, LineGroup] = {}
    for item_id, count in units.items():
        item = world.catalog.known[item_id]
        if not item.bundle:
            wanted[item_id] = wanted.get(item_id, 0) + count
            continue
        group = LineGroup(
            id=world.ids.next("line_group"),
            variant_id=item.variant_id,
            product_id=item.product_id,
            sku=item.sku,
            title=item.title,
            units=count,
        )
        for part in item.parts:
            wanted[part.item_id] = wanted.get(part.item_id, 0) + part.units * count
            if part.item_id in units or part.item_id in groups:
                sku = world.catalog.known[part.item_id].sku
                raise Refused("mixed_bundle", f"{sku} is asked for by itself and in {item.sku}: order them one by one")
            groups[part.item_id] = group
    return Unpacked(wanted, groups)


def parts_of(world: World, item_id: int) -> tuple[Part, ...]:
    """Return what has to be taken from the shelf for one unit of an item."""
    item = world.catalog.known[item_id]
    return item.parts if item.bundle else (Part(item_id, 1),)


def check_parts(world: World, parts: Sequence[Part]) -> None:
    """Refuse what Shopify does not take as components (ProductVariantRelationshipBulkUpdateUserErrorCode, 2026-10)."""
    if not 1 <= len(parts) <= MOST_PARTS:
        raise Refused("EXCEEDED_PRODUCT_VARIANT_RELATIONSHIP_LIMIT", f"a bundle has 1 to 30 parts, got {len(parts)}")
    if len({part.item_id for part in parts}) < len(parts):
        raise Refused("DUPLICATE_PRODUCT_VARIANT_RELATIONSHIP", "an item stands twice among the parts of a bundle")
    for part in parts:
        item = world.catalog.items.get(part.item_id)
        if item is None:
            raise Refused("PRODUCT_VARIANTS_NOT_FOUND", f"there is no item {part.item_id}")
        if item.bundle:
            raise Refused("NESTED_PARENT_PRODUCT_VARIANT", f"{item.sku} is a bundle and cannot be part of another")
        if part.units < 1:
            raise Refused("INVALID_QUANTITY", f"{part.units} units of {item.sku} cannot be part of a bundle")


def stock_bundle(world: World, bundle: Item, now: datetime) -> None:
    """Give a bundle its levels: everywhere where all of its components are stocked."""
    places = [{level.location_id for level in world.levels.of_item(part.item_id)} for part in bundle.parts]
    act = world.outbox.act(now)
    for location_id in sorted(set.intersection(*places)):
        if world.levels.get(bundle.inventory_item_id, location_id) is None:
            world.levels.connect(bundle.inventory_item_id, location_id, now)
            world.outbox.queue_level("inventory_levels/connect", (bundle.inventory_item_id, location_id), act)
        follow_bundles(world, bundle.parts[0].item_id, location_id, act)
