"""What people and promotions do to listings of TikTok Shop, as the control asks for it."""

from __future__ import annotations

from datetime import datetime

from onhand.sandbox.control_asks import Ask
from onhand.sandbox.orders_by_hand import Row
from onhand.sandbox.world import tiktok_stock
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.tiktok import Promotion, Sku
from onhand.sandbox.world.world import World


class LockUnits(Ask, frozen=True):
    """Lock units of a listing for a campaign or a creator; negative lets them go."""

    sku: str
    units: int
    kind: Promotion = "campaign"
    name: str = "Spring"


class SetListing(Ask, frozen=True):
    """Set a listing's stock, or put its product on sale or take it off, in the Seller Center."""

    sku: str
    units: int | None = None
    on_sale: bool | None = None


def lock_units(world: World, ask: LockUnits, now: datetime) -> Row:
    """Lock units, or let them go."""
    sku = _listing(world, ask.sku)
    tiktok_stock.lock(world, sku, kind=ask.kind, name=ask.name, units=ask.units, now=now)
    return {"sku": ask.sku, "available": sku.available_units, "locked": sku.locked_units}


def set_listing(world: World, ask: SetListing, now: datetime) -> Row:
    """Change a listing by hand."""
    sku = _listing(world, ask.sku)
    product = world.tiktok.products[sku.product_id]
    if ask.units is not None:
        tiktok_stock.set_by_hand(world, sku, units=ask.units, now=now)
    if ask.on_sale is not None:
        status = "ACTIVATE" if ask.on_sale else "SELLER_DEACTIVATED"
        tiktok_stock.switch_product(world, product, status=status, now=now)
    return {"sku": ask.sku, "available": sku.available_units, "status": product.status}


def _listing(world: World, name: str) -> Sku:
    item_id = world.catalog.item_of_sku(name).inventory_item_id
    sku_id = world.tiktok.sku_of_item.get(item_id)
    if sku_id is None:
        raise Refused("not_listed", f"TikTok Shop has no listing of {name}")
    return world.tiktok.skus[sku_id]
