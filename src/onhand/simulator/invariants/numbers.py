"""Numbers on their way to the marketplaces: what each listing was told, and what it showed before."""

from collections.abc import Mapping
from typing import Final

import msgspec

from onhand.sandbox.world.world import World

_TIKTOK_SHOP: Final = "/inventory/update"
_WOOCOMMERCE: Final = "/batch"


class Told(msgspec.Struct, frozen=True):
    """One listing that is told a number: the item behind it, where it ships from, what it showed until then."""

    item: str
    location: str
    units: int
    shown_units: int


class _Stock(msgspec.Struct):
    quantity: int


class _Sku(msgspec.Struct):
    id: str
    inventory: list[_Stock]


class _Skus(msgspec.Struct):
    skus: list[_Sku]


class _Product(msgspec.Struct):
    id: int
    stock_quantity: int


class _Products(msgspec.Struct):
    update: list[_Product]


def is_telling(path: str) -> bool:
    """Return whether a call tells numbers to a marketplace."""
    return path.endswith((_TIKTOK_SHOP, _WOOCOMMERCE))


def told(world: World, path: str, content: bytes) -> Mapping[str, Told]:
    """Return what a call tells, by listing, while the platform still shows what it showed before."""
    if path.endswith(_TIKTOK_SHOP):
        warehouse, skus = world.tiktok.warehouse, world.tiktok.skus
        assert warehouse is not None
        at = str(warehouse.location_id)
        return {
            row.id: Told(str(skus[row.id].item_id), at, row.inventory[0].quantity, skus[row.id].available_units)
            for row in msgspec.json.decode(content, type=_Skus).skus
        }
    at, products = str(world.woocommerce.location_id), world.woocommerce.products
    return {
        str(row.id): Told(str(products[row.id].item_id), at, row.stock_quantity, products[row.id].units)
        for row in msgspec.json.decode(content, type=_Products).update
    }
