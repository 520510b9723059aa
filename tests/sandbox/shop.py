"""A small shop for tests: a warehouse, two stores, and items with a known stock."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from onhand.sandbox.world import tiktok_orders
from onhand.sandbox.world.moving import stock
from onhand.sandbox.world.orders import Order
from onhand.sandbox.world.selling import TurnedAway, place_online, sell_at_till
from onhand.sandbox.world.tiktok import TikTokOrder
from onhand.sandbox.world.wishes import Wish
from onhand.sandbox.world.world import World, WorldSettings, empty_world

NOW = datetime(2026, 11, 23, 9, 0, 0, 250_000, tzinfo=UTC)
WAREHOUSE, BOSTON, PORTLAND = "Warehouse", "Boston", "Portland"


def make_shop(units: dict[str, tuple[int, int, int]] | None = None, *, listed: int | None = None) -> World:
    """Return a shop whose items have the given units at the warehouse, in Boston and in Portland.

    Warehouse and Boston serve the Online Store, Boston and Portland have tills; TikTok Shop sells from the warehouse
    and shows `listed` units of every item, None what stands there.
    """
    world = empty_world(settings=WorldSettings(), rng=random.Random(1), now=NOW)
    for name, online, till in ((WAREHOUSE, True, False), (BOSTON, True, True), (PORTLAND, False, True)):
        world.catalog.add_location(name=name, fulfils_online_orders=online, has_till=till, now=NOW)
    places = list(world.catalog.locations.values())
    tiktok_orders.open_warehouse(world, location_id=places[0].id)
    for sku, counts in (units or {"TEE": (10, 5, 3), "CAP": (4, 0, 2)}).items():
        item = world.catalog.add_item(sku=sku, title=sku.title(), price_cents=1_950, now=NOW)
        for place, count in zip(places, counts, strict=True):
            stock(world, item_id=item.inventory_item_id, location_id=place.id, units=count, now=NOW)
        tiktok_orders.list_item(world, item, units=counts[0] if listed is None else listed, now=NOW)
    return world


def item_id(world: World, sku: str) -> int:
    """Return the id of the item that is called `sku`."""
    return world.catalog.item_of_sku(sku).inventory_item_id


def location_id(world: World, name: str) -> int:
    """Return the id of the location that is called `name`."""
    return world.catalog.location_of_name(name).id


def units(world: World, sku: str, location: str) -> dict[str, int]:
    """Return a level's states that are not zero, with on_hand always among them."""
    level = world.levels.get(item_id(world, sku), location_id(world, location))
    assert level is not None
    states = ("available", "committed", "reserved", "damaged", "safety_stock", "quality_control", "incoming")
    return {"on_hand": level.on_hand} | {state: level.units(state) for state in states if level.units(state)}


def on_shelf(world: World, sku: str, location: str) -> int:
    """Return the units that really stand there."""
    return world.shelf.place(item_id(world, sku), location_id(world, location)).units


def wish(world: World, sku: str, count: int = 1) -> Wish:
    """Return a wish for units of a SKU."""
    return Wish(item_id=item_id(world, sku), units=count)


def ordered(world: World, *wishes: Wish, now: datetime = NOW) -> Order:
    """Place an online order that is not turned away."""
    order = place_online(world, lines=wishes, now=now)
    assert not isinstance(order, TurnedAway)
    return order


def sold(world: World, location: str, *wishes: Wish, now: datetime = NOW) -> Order:
    """Sell at a till to a shopper who is not turned away."""
    order = sell_at_till(world, location_id=location_id(world, location), lines=wishes, now=now)
    assert not isinstance(order, TurnedAway)
    return order


def ordered_on_tiktok(world: World, *wishes: Wish, now: datetime = NOW) -> TikTokOrder:
    """Place a TikTok Shop order that is not turned away."""
    order = tiktok_orders.place(world, lines=wishes, now=now)
    assert not isinstance(order, TurnedAway)
    return order


def topics(world: World) -> list[str]:
    """Take what waits to be sent and return its topics."""
    return [delivery.topic for delivery in world.outbox.take()]


def listen(world: World, *wanted: str) -> None:
    """Subscribe to Shopify topics, at an address where nobody listens."""
    for topic in wanted:
        world.outbox.subscribe(topic=topic, uri="http://127.0.0.1:9/", api_version="2026-10", now=NOW)
