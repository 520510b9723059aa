"""A small shop in which much happens to few items, so that every act meets others."""

import random
from dataclasses import dataclass, replace
from datetime import datetime

from onhand.sandbox.state import Sandbox, Settings, sandbox_around
from onhand.sandbox.world import tiktok_orders, woocommerce_orders
from onhand.sandbox.world.assortment import add_item
from onhand.sandbox.world.catalog import Part
from onhand.sandbox.world.moving import stock
from onhand.sandbox.world.world import World, WorldSettings, empty_world
from onhand.simulator.clock import ManualClock

PLACES = (("Warehouse", True, False), ("Boston", True, True), ("Portland", False, True), ("Attic", False, False))
"""Name, whether it serves the Online Store, whether it has a till. Only some items are stocked in the attic."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Goods:
    """How many items there are, what levels begin with (one of `units`, drawn for each), whether one is a bundle.

    `on_tiktok` lists what is counted on TikTok Shop, whose warehouse is the first place, `on_web` in a web shop on
    WooCommerce that ships from there, too.
    """

    items: int = 8
    units: tuple[int, ...] = (0, 1, 3, 12, 40)
    bundle: bool = False
    on_tiktok: bool = False
    on_web: bool = False


SCARCE = Goods(bundle=True)
"""Nothing and next to nothing are as frequent as plenty."""


def make_sandbox(seed: int, clock: ManualClock, goods: Goods, settings: Settings) -> Sandbox:
    """Grow the shop and everything around it from a seed."""
    world = _grow(random.Random(f"world {seed}"), clock.now(), goods)
    return sandbox_around(world, settings=settings, seed=seed, clock=clock.now)


def _grow(rng: random.Random, now: datetime, goods: Goods) -> World:
    settings = WorldSettings(level_webhook_needs_available=rng.random() < 0.5)
    world = empty_world(settings=settings, rng=rng, now=now)
    for name, online, till in PLACES:
        world.catalog.add_location(name=name, fulfils_online_orders=online, has_till=till, now=now)
    places = list(world.catalog.locations.values())
    for index in range(goods.items):
        item = world.catalog.add_item(
            sku=f"ITEM-{index}",
            title=f"Item {index}",
            price_cents=1_000 + index,
            now=now,
            tracked=index != goods.items - 1,
        )
        for place in places:
            if place.name == PLACES[-1][0] and index % 2:
                continue
            units = rng.choice(goods.units)
            stock(world, item_id=item.inventory_item_id, location_id=place.id, units=units, now=now)
    _list_everything(world, goods, now)
    world.settings = replace(settings, refund_of_return_restocks=rng.random() < 0.5)
    if goods.bundle:
        first, _, third, *_ = world.catalog.items
        add_item(world, sku="SET", title="A set", price_cents=4_000, now=now, parts=(Part(first, 1), Part(third, 2)))
    return world


def _list_everything(world: World, goods: Goods, now: datetime) -> None:
    """Put everything that is counted on sale on the marketplaces there are, from the first place."""
    warehouse = next(iter(world.catalog.locations))
    if goods.on_tiktok:
        tiktok_orders.open_warehouse(world, location_id=warehouse)
    if goods.on_web:
        woocommerce_orders.open_web_shop(world, location_id=warehouse)
    for item in world.catalog:
        level = world.levels.get(item.inventory_item_id, warehouse)
        if not item.tracked or level is None:
            continue
        if goods.on_tiktok:
            tiktok_orders.list_item(world, item, units=level.available, now=now)
        if goods.on_web:
            woocommerce_orders.list_item(world, item, units=level.available, now=now)
