"""A shop to play with, grown from a seed: its items, locations, first stock and TikTok Shop listings."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime

from onhand.sandbox.world import woocommerce_orders
from onhand.sandbox.world.moving import stock
from onhand.sandbox.world.tiktok_orders import list_item, open_warehouse
from onhand.sandbox.world.world import World, WorldSettings, empty_world

# One item in five begins with so few units that two channels soon want the last one at once.
SCARCE_EVERY = 5
SCARCE_UNITS_MAX = 3

_LOCATIONS = (
    "Warehouse",
    "Boston",
    "Portland",
    "Providence",
    "Hartford",
    "Albany",
    "Burlington",
    "Concord",
    "Salem",
    "Newport",
)
_GARMENTS = ("TEE", "HOODIE", "CAP", "SOCKS", "JACKET", "SCARF", "TOTE", "SHORTS", "DRESS", "BELT")
_COLOURS = ("BLK", "WHT", "RED", "NVY", "GRN", "SND", "RST", "TEAL")
_SIZES = ("XS", "S", "M", "L", "XL")


@dataclass(frozen=True, kw_only=True)
class ShopPlan:
    """How large a shop to grow.

    The first location is the warehouse: no till, serves the Online Store, and TikTok Shop sells from it, as does a web
    shop on WooCommerce where it lists items. The second
    serves the Online Store beside its till; every further one is a store with a till only.
    """

    seed: int
    items: int = 200
    locations: int = 3
    tiktok_items: int | None = None
    woocommerce_items: int = 0


def location_name(index: int) -> str:
    """Return the name of the location at a place in the list, however long it is."""
    return _LOCATIONS[index] if index < len(_LOCATIONS) else f"Store {index:03d}"


def sku_name(index: int) -> str:
    """Return a SKU for the item at a place in the list; every SKU differs."""
    garment = _GARMENTS[index % len(_GARMENTS)]
    colour = _COLOURS[index // len(_GARMENTS) % len(_COLOURS)]
    size = _SIZES[index // (len(_GARMENTS) * len(_COLOURS)) % len(_SIZES)]
    again = index // (len(_GARMENTS) * len(_COLOURS) * len(_SIZES))
    return f"{garment}-{colour}-{size}" if again == 0 else f"{garment}-{colour}-{size}-{again + 1}"


def is_scarce(index: int) -> bool:
    """Tell whether the item at a place in the list begins with three units or fewer."""
    return index % SCARCE_EVERY == SCARCE_EVERY - 1


def build_shop(plan: ShopPlan, *, settings: WorldSettings, now: datetime) -> World:
    """Grow a shop from a seed; the same plan gives the same shop. Raises ValueError for a plan without goods."""
    if plan.items < 1 or plan.locations < 1:
        raise ValueError(f"a shop needs an item and a location, got {plan.items} and {plan.locations}")
    rng = random.Random(f"shop {plan.seed}")
    world = empty_world(settings=settings, rng=random.Random(f"world {plan.seed}"), now=now)
    for index in range(plan.locations):
        world.catalog.add_location(
            name=location_name(index), fulfils_online_orders=index < 2, has_till=index > 0, now=now
        )
    places = list(world.catalog.locations.values())
    for location in places[: settings.tiktok_warehouses]:
        open_warehouse(world, location_id=location.id)
    if plan.woocommerce_items:
        woocommerce_orders.open_web_shop(world, location_id=places[0].id)
    for index in range(plan.items):
        sku = sku_name(index)
        item = world.catalog.add_item(sku=sku, title=sku.title(), price_cents=rng.randrange(900, 9900, 50), now=now)
        for place, location in enumerate(places):
            units = _first_units(rng, index, place)
            stock(world, item_id=item.inventory_item_id, location_id=location.id, units=units, now=now)
        if plan.tiktok_items is None or index < plan.tiktok_items:
            level = world.levels.get(item.inventory_item_id, places[0].id)
            list_item(world, item, units=0 if level is None else level.available, now=now)
        if index < plan.woocommerce_items:
            level = world.levels.get(item.inventory_item_id, places[0].id)
            woocommerce_orders.list_item(world, item, units=0 if level is None else level.available, now=now)
    return world


def _first_units(rng: random.Random, index: int, place: int) -> int:
    """Scarce units stand in the warehouse only, where the Online Store and TikTok Shop both sell them."""
    if is_scarce(index):
        few = rng.randint(1, SCARCE_UNITS_MAX)
        return few if place == 0 else 0
    return rng.randint(15, 90) if place == 0 else rng.randint(4, 30)
