"""Syncing: the first full reading of a shop, and any later one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from time import monotonic

from onhand.app.results import Synced
from onhand.app.steps import Steps
from onhand.config import SHOPIFY, TIKTOK_SHOP
from onhand.domain.catalog import match_by_sku
from onhand.intake.opening import open_levels, take_over_catalog
from onhand.ports.channel import Census, Observes, Problem, Sells
from onhand.ports.clock import Clock
from onhand.publish.offers import show
from onhand.store import Books, Store

LOOK_SIZE = 500
"""Listings looked at in one call when everything is looked at; TikTok Shop takes 600 (202309, inventory/search)."""


def sync_shop(steps: Steps, store: Store, clock: Clock, rewire: Callable[[], None]) -> Synced:
    """Read catalog, locations and levels of a shop, open what is new, match listings, and make offers.

    Raises ChannelUnavailable, ChannelRefused, IncompleteReading; what was read before stays.
    """
    began = monotonic()
    parts, shop = steps.parts, steps.shop
    census = take_census(steps, store, parts.shopify)
    take_over_catalog(store, shop, census, parts.lookup, clock.now())
    opened = open_levels(store, shop, census.observations, clock.now())
    rewire()
    with store.writing() as session:
        books = session.of(shop)
        if books.channels.get(SHOPIFY).cursor_at is None:
            books.channels.move_cursor(SHOPIFY, census.read_at)
        ensure_offers(books, clock.now())
    listings = sum(_sync_seller(steps, store, clock, seller) for seller in parts.sellers)
    while steps.recalculate():
        pass
    while steps.compare():
        pass
    with store.reading() as session:
        problems = len(session.of(shop).problems.open())
    return Synced(
        items=len(census.items),
        locations=len(census.locations),
        levels=len(census.observations),
        listings=listings,
        opened=opened,
        problems=problems,
        seconds=round(monotonic() - began, 3),
    )


def take_census(steps: Steps, store: Store, channel: Observes) -> Census:
    """Read everything of a channel, stamped with a reading number of its own."""
    with store.writing() as session:
        reading = session.of(steps.shop).asks.next_reading()
    return channel.take_census(reading, steps.parts.lookup)


def ensure_offers(books: Books, now: datetime) -> None:
    """Make a row for everything that each channel with a rule may sell: items for Shopify's own, listings elsewhere."""
    items = [item.item for item in books.catalog.items() if item.tracked]
    for rule in books.channels.rules():
        if rule.channel == TIKTOK_SHOP:
            mapped = [row for row in books.catalog.listings(rule.channel) if row.item is not None]
            books.offers.ensure([(rule.channel, row.listing, row.item) for row in mapped if row.item is not None], now)
        else:
            books.offers.ensure([(rule.channel, item, item) for item in items], now)


def _sync_seller(steps: Steps, store: Store, clock: Clock, seller: Sells) -> int:
    """Read a seller's listings, match them with items by SKU, and look at what each shows; return how many."""
    observer = next(channel for channel in steps.parts.observers if channel.name == seller.name)
    census = take_census(steps, store, observer)
    with store.writing() as session:
        books = session.of(steps.shop)
        _match_listings(books, census, clock.now())
        if books.channels.get(seller.name).cursor_at is None:
            books.channels.move_cursor(seller.name, census.read_at)
        ensure_offers(books, clock.now())
        listings = [row for row in books.catalog.listings(seller.name) if row.item is not None]
        steps.parts.lookup.learn(listings, {})
    for start in range(0, len(listings), LOOK_SIZE):
        shown = seller.read_shown(listings[start : start + LOOK_SIZE])
        with store.writing() as session:
            books = session.of(steps.shop)
            for listing in listings[start : start + LOOK_SIZE]:
                if listing.listing in shown and listing.item is not None:
                    show(books, listing, shown[listing.listing], clock.now())
    return len(listings)


def _match_listings(books: Books, census: Census, now: datetime) -> None:
    """Keep listings; a mapping that stands is kept, the others are matched by SKU or become a problem."""
    known = {row.listing: row.item for row in books.catalog.listings() if row.item is not None}
    mapped = [replace(row, item=known[row.listing]) for row in census.listings if row.listing in known]
    matching = match_by_sku([row for row in census.listings if row.listing not in known], books.catalog.items())
    books.catalog.put_listings([*mapped, *matching.matched, *(row for row, _ in matching.unmatched)], now)
    for row, why in matching.unmatched:
        message = f"{row.channel} listing {row.listing} (SKU {row.sku!r}) is not mapped: {why}"
        books.problems.raise_(Problem("unmatched listing", f"{row.channel}/{row.listing}", message, _MATCH), now)
    for problem in census.problems:
        books.problems.raise_(problem, now)


_MATCH = "give both sides the same SKU, used once, then run `onhand sync`"
