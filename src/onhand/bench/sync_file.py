"""A bulk operation's file of a large shop: the lines of the census document, as Shopify writes them.

Made by hand because the sandbox keeps a whole world behind every line and takes minutes for a million of them. A test
holds these lines to those that the sandbox writes.
"""

import random
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

FIRST_ITEM: Final = 45_063_000_000_000
FIRST_VARIANT: Final = 43_012_000_000_000
FIRST_LOCATION: Final = 97_163_000_000
FIRST_LEVEL: Final = 120_443_000_000
CURRENCY: Final = "USD"

_ITEM = (
    b'{"id":"gid://shopify/InventoryItem/%d","sku":"TEE-%07d","tracked":true,'
    b'"unitCost":{"amount":"%d.%02d","currencyCode":"USD"}}\n'
)
_VARIANT = (
    b'{"id":"gid://shopify/ProductVariant/%d","displayName":"Organic cotton tee %d - Black / M","price":"%d.00",'
    b'"inventoryPolicy":"DENY","requiresComponents":false,"__parentId":"gid://shopify/InventoryItem/%d"}\n'
)
_LEVEL = (
    b'{"id":"gid://shopify/InventoryLevel/%d?inventory_item_id=%d","isActive":true,"updatedAt":"2026-11-%02dT07:14:38Z",'
    b'"location":{"id":"gid://shopify/Location/%d"},"quantities":['
    b'{"name":"available","quantity":%d},{"name":"committed","quantity":%d},{"name":"reserved","quantity":%d},'
    b'{"name":"damaged","quantity":%d},{"name":"quality_control","quantity":0},{"name":"safety_stock","quantity":0},'
    b'{"name":"incoming","quantity":%d},{"name":"on_hand","quantity":%d}],'
    b'"__parentId":"gid://shopify/InventoryItem/%d"}\n'
)


class SyncFile(NamedTuple):
    """What a file holds: Shopify counts every line as an object, and the items as roots."""

    objects: int
    roots: int
    file_bytes: int
    units: int


def write_sync_file(path: Path, items: int, locations: int, seed: int = 1) -> SyncFile:
    """Write the file of a shop with every item at every location, and return what it holds."""
    chance = random.Random(seed)
    objects = units = 0
    with path.open("wb", buffering=1 << 20) as out:
        for number in range(items):
            objects += 2 + locations
            units += _write_item(out, number, locations, chance)
    return SyncFile(objects, items, path.stat().st_size, units)


def _write_item(out: BinaryIO, number: int, locations: int, chance: random.Random) -> int:
    """Write an item, its variant and its levels; return the units that are available. Few states hold anything."""
    item = FIRST_ITEM + 7 * number
    out.write(_ITEM % (item, number, 4 + number % 20, number % 100))
    out.write(_VARIANT % (FIRST_VARIANT + 3 * number, number, 19 + number % 30, item))
    units = 0
    for place in range(locations):
        available = chance.randrange(-1, 200) if chance.random() < 0.9 else 0
        committed = chance.randrange(4) if chance.random() < 0.2 else 0
        reserved = int(chance.random() < 0.01)
        damaged = int(chance.random() < 0.02)
        incoming = 24 if chance.random() < 0.05 else 0
        units += available
        out.write(
            _LEVEL
            % (
                FIRST_LEVEL + place,
                item,
                1 + (number + place) % 20,
                FIRST_LOCATION + place,
                available,
                committed,
                reserved,
                damaged,
                incoming,
                available + committed + reserved + damaged,
                item,
            )
        )
    return units
