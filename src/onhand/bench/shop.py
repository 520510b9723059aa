"""A shop for benches: a store and a log in a folder, a catalog, opening balances, and the channels that sell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from onhand.channels.shopify import ShopifyChannel, ShopifySettings
from onhand.domain.catalog import Item, Listing, Location
from onhand.domain.selling import SellingRule
from onhand.intake.lookup import Lookup
from onhand.intake.opening import open_levels
from onhand.intake.process import Sender
from onhand.log import Seal, SqliteLog
from onhand.ports.channel import SeenLevel
from onhand.store import Store, open_store

SHOP = "bench.myshopify.com"
LOCATIONS = ("101", "102", "103")
OPENING = (100_000, 0, 0, 0, 0, 0, 0)
"""Units by state, in the order of KEPT_STATES."""


@dataclass(frozen=True, kw_only=True)
class BenchShop:
    """Everything a bench needs to book orders. `variants` are Shopify's variant ids, one an item."""

    name: str
    store: Store
    log: SqliteLog
    shopify: ShopifyChannel
    senders: Mapping[tuple[str, str], Sender]
    variants: Sequence[int]
    locations: Sequence[str]

    def close(self) -> None:
        """Close the files."""
        self.log.close()
        self.store.close()


def build_bench_shop(folder: Path, items: int, http: httpx.Client) -> BenchShop:
    """Return a shop of `items` items at three locations, with an Online Store, tills and TikTok Shop selling them."""
    now = datetime.now(UTC)
    store, log = open_store(str(folder / "onhand.db")), SqliteLog(folder / "log.db", Seal([Seal.generate_key()]))
    settings = ShopifySettings(shop=SHOP, client_id="bench", client_secrets=(Seal.generate_key(),))
    shopify = ShopifyChannel(settings, http)
    ids = [str(1_000_000 + number) for number in range(items)]
    variants = [2_000_000 + number for number in range(items)]
    listings = [
        Listing(channel="shopify", listing=str(variant), item=item, sku=f"SKU-{variant}")
        for item, variant in zip(ids, variants, strict=True)
    ]
    with store.writing() as session:
        session.add_shop(SHOP, now)
        books = session.of(SHOP)
        books.catalog.put_locations(
            [Location(location=place, name=place, active=True, fulfils_online=True) for place in LOCATIONS], now
        )
        books.catalog.put_items(
            [Item(item=item, sku=f"SKU-{variant}", title="Tee") for item, variant in zip(ids, variants, strict=True)],
            now,
        )
        books.catalog.put_listings(listings, now)
        books.channels.set_rules(
            [
                SellingRule(channel="online_store", locations=LOCATIONS),
                SellingRule(channel="shopify_pos", locations=LOCATIONS),
                SellingRule(channel="tiktok_shop", locations=LOCATIONS[:1], buffer_units=2),
            ],
            now,
        )
        channels = ("online_store", "shopify_pos", "tiktok_shop")
        books.offers.ensure([(channel, item, item) for channel in channels for item in ids], now)
    opened = [
        SeenLevel(item, place, f"level/{item}@{place}", True, OPENING, OPENED_AT) for item in ids for place in LOCATIONS
    ]
    with store.writing() as session:
        open_levels(session.of(SHOP), "shopify", opened, 1, now, opens=True)
    lookup = Lookup()
    lookup.learn(listings, {})
    return BenchShop(
        name=SHOP,
        store=store,
        log=log,
        shopify=shopify,
        senders={(SHOP, "shopify"): Sender(channel=shopify, lookup=lookup)},
        variants=variants,
        locations=LOCATIONS,
    )


OPENED_AT = datetime(2020, 1, 1, tzinfo=UTC)
"""Before any sale of a bench, so that none counts as opened with."""
