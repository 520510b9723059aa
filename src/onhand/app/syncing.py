"""Syncing: the first full reading of a shop, and any later one."""

import gc
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from onhand.app.opening import look_before, open_around
from onhand.app.results import Synced
from onhand.app.steps import Steps
from onhand.audit.compare import compare_census_levels, forget_unshown
from onhand.config import SHOPIFY
from onhand.domain.catalog import Listing
from onhand.domain.stock import LevelKey
from onhand.intake.identity import check_every_sku, match_listings
from onhand.intake.offered import offer
from onhand.intake.opening import open_levels, take_over_catalog
from onhand.ports.channel import Ask, Census, Observes, Sells
from onhand.ports.clock import Clock
from onhand.publish.offers import show, try_again
from onhand.store import Books, Store

LOOK_SIZE = 500
"""Listings looked at in one call when everything is looked at; TikTok Shop takes 600 (202309, inventory/search)."""

ROUNDS = 1_000
"""Rounds of recalculating or comparing after a reading: a million items' worth, and bounded all the same."""

_USUALLY = gc.get_threshold()
_SELDOM = (50_000, 10, 10)
"""After how many new objects the collector looks, by generation: some batches of rows."""

Rewire = Callable[[], None]
"""Resolves names of locations again, once the catalog knows them."""


def sync_shop(steps: Steps, store: Store, clock: Clock, rewire: Rewire) -> Synced:
    """Read catalog, locations and levels of a shop, open what is new, match listings, and make offers.

    Raises ChannelUnavailable, ChannelRefused, IncompleteReading; what was read before stays.
    """
    began = monotonic()
    read = read_platform(steps, store, clock, rewire)
    if read.doubted:  # most are read right the second time, and opened then
        steps.judge(read.doubted, grace_s=0.0, adopt=False)
    listings = 0
    for seller in steps.parts.sellers:
        with store.reading() as session:
            is_new = session.of(steps.shop).channels.get(seller.name).cursor_at is None
        found = read_listings(steps, store, clock, seller)
        if is_new:
            _ask_for_unfinished(steps, store, clock, seller)
        _look_at(steps, store, clock, seller, found)
        listings += len(found)
    with _little_to_collect():
        for bring_up_to_date in (steps.recalculate, steps.compare):
            for _ in range(ROUNDS):
                if not bring_up_to_date():
                    break
    with store.reading() as session:
        problems = len(session.of(steps.shop).problems.open())
    return Synced(
        items=read.items,
        locations=read.locations,
        levels=read.levels,
        listings=listings,
        opened=read.opened,
        problems=problems,
        seconds=round(monotonic() - began, 3),
    )


@dataclass(kw_only=True, slots=True)
class PlatformRead:
    """What a whole reading of the platform came to: `gaps` are levels that differ from the books.

    `doubted` are levels that did not add up: they are among no number.
    """

    items: int
    locations: int
    levels: int = 0
    opened: int = 0
    in_flight: int = 0
    gaps: list[LevelKey] = field(default_factory=list)
    doubted: list[LevelKey] = field(default_factory=list)


def read_platform(steps: Steps, store: Store, clock: Clock, rewire: Rewire) -> PlatformRead:
    """Read everything of the platform that keeps levels, take it over, and compare it with the books.

    A batch a transaction: deliveries are booked in between, and whoever ends in the middle can simply do it again,
    because what was opened is known to be.
    """
    parts, shop = steps.parts, steps.shop
    with store.reading() as session:
        is_new = session.of(shop).channels.get(SHOPIFY).cursor_at is None
    looked_at, before = clock.now(), look_before(steps, store) if is_new else {}
    looked_for = clock.now() - looked_at
    with _little_to_collect(), closing(_take_census(steps, store, parts.shopify)) as census:
        take_over_catalog(store, shop, census, parts.lookup, clock.now())
        read = PlatformRead(items=len(census.items), locations=len(census.locations))
        read.doubted += [row.key for row in census.contradictions]
        with _little_to_collect():
            for batch in census.levels:
                with store.writing() as session:
                    books, now = session.of(shop), clock.now()
                    counted, opened = open_levels(books, SHOPIFY, batch, census.reading, now, opens=is_new)
                    compared = compare_census_levels(books, now)
                read.levels += counted
                read.opened += opened
                read.in_flight += len(compared.flying)
                read.gaps += compared.drifts
            rewire()
        if is_new:
            open_around(steps, store, clock, before, census.read_at)
        with store.writing() as session:
            books = session.of(shop)
            _start_cursor(books, SHOPIFY, census.read_at - looked_for)
            forget_unshown(books, clock.now())
            offer(books, clock.now())
            check_every_sku(books, clock.now())
    if is_new:
        steps.catch_up_with(parts.shopify)
    return read


def read_listings(steps: Steps, store: Store, clock: Clock, seller: Sells) -> list[Listing]:
    """Read a seller's listings, match them with items by SKU, and return those that have one.

    Listings that the channel refused get another try: whoever asked for this may have mended them.
    """
    observer = next(channel for channel in steps.parts.observers if channel.name == seller.name)
    with closing(_take_census(steps, store, observer)) as census, store.writing() as session:
        books = session.of(steps.shop)
        match_listings(books, census.listings, clock.now())
        for problem in census.problems:
            books.problems.raise_(problem, clock.now())
        _start_cursor(books, seller.name, census.read_at)
        offer(books, clock.now())
        listings = [row for row in books.catalog.listings(seller.name) if row.item is not None]
        try_again(books, seller.name, clock.now())
    steps.parts.lookup.learn(listings, {})
    return listings


def _take_census(steps: Steps, store: Store, channel: Observes) -> Census:
    """Read everything of a channel, stamped with a reading number of its own."""
    with store.writing() as session:
        reading = session.of(steps.shop).asks.next_reading()
    return channel.take_census(reading, steps.parts.lookup)


@contextmanager
def _little_to_collect() -> Iterator[None]:
    """Let the collector look seldom, and not at what is in memory now: that stays, and rows make no cycles.

    Otherwise it goes through a whole catalog again and again, a fifth of a first sync's time. Several may be in here at
    once: whoever leaves first has the others' work looked through as usual.
    """
    gc.freeze()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*_USUALLY)
        gc.unfreeze()


def _start_cursor(books: Books, channel: str, at: datetime) -> None:
    """Let sweeps begin where the first reading began."""
    if books.channels.get(channel).cursor_at is None:
        books.channels.move_cursor(channel, at)


def _ask_for_unfinished(steps: Steps, store: Store, clock: Clock, seller: Sells) -> None:
    """Have a seller's open orders read, however old: their units stand among what may be sold until they are booked."""
    observer = next(channel for channel in steps.parts.observers if channel.name == seller.name)
    because = "it was open when the shop was read for the first time"
    asks = [Ask(row.wanted, row.key, because) for row in observer.unfinished()]
    with store.writing() as session:
        session.of(steps.shop).asks.add(seller.name, asks, clock.now())


def _look_at(steps: Steps, store: Store, clock: Clock, seller: Sells, listings: list[Listing]) -> None:
    """Take over what a channel shows for its listings: that is what it counts as told."""
    for start in range(0, len(listings), LOOK_SIZE):
        batch = listings[start : start + LOOK_SIZE]
        shown = seller.read_shown(batch)
        with store.writing() as session:
            books = session.of(steps.shop)
            for listing in batch:
                if listing.listing in shown:
                    show(books, listing, shown[listing.listing], clock.now())
