"""A merchant's world: the platforms' books beside what physically is, without HTTP, clock or global chance."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime

from onhand.sandbox.world.adjustments import AdjustmentGroup
from onhand.sandbox.world.catalog import Catalog, Ids
from onhand.sandbox.world.confirmations import Confirmations
from onhand.sandbox.world.drafts import Draft
from onhand.sandbox.world.levels import Levels
from onhand.sandbox.world.orders import OrderBook
from onhand.sandbox.world.outbox import Outbox
from onhand.sandbox.world.shelf import Shelf
from onhand.sandbox.world.tiktok import TikTokShop
from onhand.sandbox.world.torn import Tear
from onhand.sandbox.world.transfers import Transfer
from onhand.sandbox.world.wishes import OfflineSale
from onhand.sandbox.world.woocommerce import WooShop


@dataclass(frozen=True, kw_only=True)
class WorldSettings:
    """How the platforms of this world behave where their documentation leaves it open.

    `level_webhook_needs_available` False sends inventory_levels/update for changes of any state, too.
    `stock_changes_products` True tells products/update whenever available changes, as Shopify's staff say it does: off,
    because it doubles what is sent and says nothing that a level does not.
    `drops_repeats` True leaves out a webhook whose body equals the last one of its subscription, as Shopify may.
    `refund_of_return_restocks` says whether the refund of a return names what was restocked as RETURN once more.
    `counting_again_commits` False leaves committed as it rested when an item is tracked again, whatever waits.
    `stale_row_fails_call` False lets a write carry out the rows whose comparison holds, and refuse only the stale ones.
    """

    shop: str = "tees.myshopify.com"
    currency: str = "USD"
    level_webhook_needs_available: bool = True
    stock_changes_products: bool = False
    drops_repeats: bool = False
    refund_of_return_restocks: bool = True
    counting_again_commits: bool = True
    stale_row_fails_call: bool = True
    tiktok_auto_restock: bool = True
    tiktok_least_units: int = 0
    tiktok_warehouses: int = 1


@dataclass(kw_only=True)
class TurnedAwayCount:
    """Shoppers who left without what they wanted; lost units are those that stood there free all the while."""

    shoppers: int = 0
    wanted_units: int = 0
    lost_units: int = 0


@dataclass(kw_only=True)
class World:
    """One merchant: catalog, Shopify's levels and orders, TikTok Shop, the shelf, and what is to be told."""

    settings: WorldSettings
    rng: random.Random
    started_at: datetime
    ids: Ids
    catalog: Catalog
    levels: Levels
    orders: OrderBook
    tiktok: TikTokShop
    woocommerce: WooShop
    shelf: Shelf
    outbox: Outbox
    confirmations: Confirmations
    transfers: dict[int, Transfer] = field(default_factory=dict)
    drafts: dict[int, Draft] = field(default_factory=dict)
    offline_sales: list[OfflineSale] = field(default_factory=list)
    adjustment_groups: dict[int, AdjustmentGroup] = field(default_factory=dict)
    turned_away: dict[str, TurnedAwayCount] = field(default_factory=dict)
    torn: dict[tuple[int, int], Tear] = field(default_factory=dict)


def empty_world(*, settings: WorldSettings, rng: random.Random, now: datetime) -> World:
    """Return a world with a shop that has no items and no locations yet; all chance comes from `rng`."""
    ids = Ids()
    outbox = Outbox(ids, rng, drops_repeats=settings.drops_repeats)
    woocommerce = WooShop()
    outbox.on_hook_answered = woocommerce.hook_answered
    return World(
        settings=settings,
        rng=rng,
        started_at=now,
        ids=ids,
        catalog=Catalog(ids),
        levels=Levels(ids),
        orders=OrderBook(),
        tiktok=TikTokShop(shop_id=str(rng.randrange(7_490_000_000_000_000_000, 7_500_000_000_000_000_000))),
        shelf=Shelf(),
        outbox=outbox,
        woocommerce=woocommerce,
        confirmations=Confirmations(),
    )
