"""Tracking: what becomes of Shopify's numbers when somebody switches counting off, and on again.

Shopify documents only that the quantities of an untracked item mean nothing. In this world they rest as they are [I];
when counting begins again, what open orders wait for is committed anew, or stays as it rested (`WorldSettings`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from onhand.sandbox.world.catalog import Item
from onhand.sandbox.world.change import level_at
from onhand.sandbox.world.orders import FulfillmentOrder, FulfillmentOrderLine, Order
from onhand.sandbox.world.shelf import OrderRef
from onhand.sandbox.world.world import World


def stop_counting(world: World, item: Item) -> None:
    """Nobody is promised units of an item any more that nobody counts."""
    for order, part, line in _waiting(world, item):
        ref = OrderRef("shopify", order.id)
        place = world.shelf.place(item.inventory_item_id, part.location_id)
        if ref in place.promises:
            promised = min(line.remaining_units, place.promises[ref].open_units)
            world.shelf.release(ref, item.inventory_item_id, part.location_id, promised)


def begin_counting(world: World, item: Item, now: datetime) -> None:
    """Commit what open orders wait for, and promise it to their shoppers."""
    committed: dict[int, int] = {}
    for order, part, line in _waiting(world, item):
        order_line = order.line(line.line_id)
        if order_line is not None and order_line.claims_stock:
            committed[part.location_id] = committed.get(part.location_id, 0) + line.remaining_units
        ref, units = OrderRef("shopify", order.id), line.remaining_units
        world.shelf.promise(ref, item.inventory_item_id, part.location_id, units, "counted again")
    for location_id in committed:
        level_at(world, item.inventory_item_id, location_id, now)
    if not world.settings.counting_again_commits:
        return
    for level in world.levels.of_item(item.inventory_item_id):
        level.add({"committed": committed.get(level.location_id, 0) - level.committed}, now)


def _waiting(world: World, item: Item) -> Iterator[tuple[Order, FulfillmentOrder, FulfillmentOrderLine]]:
    for order in world.orders:
        for part in order.fulfillment_orders:
            for line in part.lines:
                if line.item_id == item.inventory_item_id and line.remaining_units:
                    yield order, part, line
