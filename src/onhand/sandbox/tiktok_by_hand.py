"""What people and promotions do to listings of TikTok Shop, as the control asks for it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from onhand.sandbox.control_asks import Ask
from onhand.sandbox.orders_by_hand import Row
from onhand.sandbox.world import tiktok_returns, tiktok_stock
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.tiktok import Promotion, ReturnType, Sku, TikTokReturn
from onhand.sandbox.world.tiktok_returns import Step
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


class AskBack(Ask, frozen=True):
    """Let the buyer of an order ask for a return of `units` that have left (None: all), or for money only."""

    order: str
    units: int | None = None
    type: ReturnType = "RETURN_AND_REFUND"


class ReturnStep(Ask, frozen=True):
    """Take a return of TikTok Shop one step further."""

    return_: str = msgspec.field(name="return")
    step: Step


def ask_back(world: World, ask: AskBack, now: datetime) -> Row:
    """Open a return."""
    order = world.tiktok.orders.get(ask.order)
    if order is None:
        raise Refused("unknown_order", f"TikTok Shop has no order {ask.order}")
    held = {line_id for one in tiktok_returns.of_order(world, order.id) for line_id in one.line_ids}
    left = [line.id for line in order.lines if line.shipped_at is not None and line.id not in held]
    lines = left if ask.units is None else left[: ask.units]
    return _return_row(tiktok_returns.ask_back(world, order, line_ids=lines, type_=ask.type, now=now))


def step_return(world: World, ask: ReturnStep, now: datetime) -> Row:
    """Let seller, buyer or TikTok Shop do something about a return."""
    opened = world.tiktok.returns.get(ask.return_)
    if opened is None:
        raise Refused("unknown_return", f"TikTok Shop has no return {ask.return_}")
    tiktok_returns.step(world, opened, ask.step, now=now)
    return _return_row(opened)


def _return_row(opened: TikTokReturn) -> Row:
    return {"id": opened.id, "order": opened.order_id, "status": opened.status, "units": len(opened.line_ids)}


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
