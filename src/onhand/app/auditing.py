"""Auditing one shop: read every platform, compare with the books, judge what differs, keep the proof."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from time import monotonic
from typing import NamedTuple

from onhand.app.results import Audited, AuditedSource
from onhand.app.steps import Steps
from onhand.app.syncing import LOOK_SIZE, Rewire, read_listings, read_platform
from onhand.app.writing_back import settle_written_back
from onhand.audit.compare import compare_levels, write_down
from onhand.audit.judge import BATCH
from onhand.config import SHOPIFY
from onhand.domain.catalog import Listing
from onhand.domain.stock import LevelKey
from onhand.intake.book_orders import CONTRADICTED
from onhand.intake.book_transfers import LOST
from onhand.intake.missing_twins import file_missing_twins
from onhand.ports.channel import Problem, Sells
from onhand.ports.clock import Clock
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, ConfigError, IncompleteReading
from onhand.publish.answered import forget_refusals
from onhand.publish.offers import show
from onhand.store import Books, Store

NOT_AUDITED = "audit not possible"
"""The kind of problem: books and platforms could not be compared as a whole."""

_AGAIN = "mend what the message names, or wait: it is tried again with the next audit; `onhand audit` tries now"

CHUNK = 1_000
"""Levels compared in one transaction."""


class Tally(NamedTuple):
    """What the comparisons of one platform came to."""

    equal: int
    in_flight: int
    drifts: int
    doubted: int = 0
    """Levels that did not add up in any reading: nobody can compare them."""

    @property
    def checked(self) -> int:
        """Every number that was compared."""
        return self.equal + self.in_flight + self.drifts


def audit_shop(
    steps: Steps, store: Store, clock: Clock, rewire: Rewire, *, fix: bool, sku: str | None, location: str | None
) -> Audited:
    """Return the parity of one shop. Raises ChannelUnavailable, ChannelRefused, IncompleteReading.

    What cannot be audited is a problem until an audit succeeds; what was read before stays as it was. With `sku` or
    `location` (a name) only those levels are compared, and they are read one by one instead of in bulk.
    With `fix` drifts that nothing explains are adopted; without it they are only filed.
    """
    began, started_at = monotonic(), clock.now()
    try:
        tallies = _tally(steps, store, clock, rewire, fix=fix, sku=sku, location=location)
    except (ChannelUnavailable, ChannelRefused, IncompleteReading) as trouble:
        with store.writing() as session:
            problem = Problem(NOT_AUDITED, steps.shop, f"{steps.shop} could not be audited: {trouble}", _AGAIN)
            session.of(steps.shop).problems.raise_(problem, clock.now())
        raise
    audited = Audited(
        checked=sum(tally.checked for tally in tallies.values()),
        equal=sum(tally.equal for tally in tallies.values()),
        in_flight=sum(tally.in_flight for tally in tallies.values()),
        drifts=sum(tally.drifts for tally in tallies.values()),
        complete=not any(tally.doubted for tally in tallies.values()),
        sources=tuple(AuditedSource(name, row.checked, complete=not row.doubted) for name, row in tallies.items()),
        seconds=round(monotonic() - began, 3),
    )
    with store.writing() as session:
        books = session.of(steps.shop)
        books.audits.record(started_at, audited.seconds, asdict(audited))
        if sku is None and location is None:
            books.problems.settle(NOT_AUDITED, steps.shop, clock.now())
            settle_written_back(books, clock.now())
            forget_refusals(books, clock.now())
            file_missing_twins(books, clock.now())
            for kind in (CONTRADICTED, LOST):
                for fact in books.problems.keys(kind):
                    books.problems.settle(kind, fact, clock.now())
    return audited


def _tally(
    steps: Steps, store: Store, clock: Clock, rewire: Rewire, *, fix: bool, sku: str | None, location: str | None
) -> dict[str, Tally]:
    """Compare every platform, or only some levels of it; return what that came to by platform."""
    steps.drain_log()
    steps.catch_up()  # or an order that was missed and a hand that undid its units would look like agreement
    if sku is None and location is None:
        tallies = {SHOPIFY: _audit_everything(steps, store, clock, rewire, fix=fix)}
        for seller in steps.parts.sellers:
            read_listings(steps, store, clock, seller)
    else:
        keys = _wanted_levels(steps, store, sku, location)
        steps.read_levels(keys)
        tallies = {SHOPIFY: _audit_levels(steps, store, clock, keys, fix=fix)}
    for seller in steps.parts.sellers:
        tallies[seller.name] = _audit_listings(steps, store, clock, seller, sku)
    return tallies


def _audit_everything(steps: Steps, store: Store, clock: Clock, rewire: Rewire, *, fix: bool) -> Tally:
    """Read everything, keep it, and judge the gaps; only these stay in memory.

    What the books hold at levels that no reading has ever shown is a gap as well: they are read one by one, since the
    whole reading may be older than they are, and one that is not there shows nothing.
    """
    read = read_platform(steps, store, clock, rewire)
    with store.reading() as session:
        unseen = session.of(steps.shop).observations.unseen(SHOPIFY)
    if not steps.read_levels(unseen):
        raise ChannelUnavailable(f"{len(unseen)} levels that nothing was ever shown of could not be read")
    left = _judge(steps, [*read.gaps, *unseen, *read.doubted], fix=fix)
    doubted = _still_doubted(steps, store, read.doubted)
    compared = read.levels + len(unseen) + len(read.doubted) - len(doubted)
    return _tallied(compared, read.in_flight, [key for key in left if key not in doubted], len(doubted))


def _audit_levels(steps: Steps, store: Store, clock: Clock, keys: Sequence[LevelKey], *, fix: bool) -> Tally:
    """Compare levels that were just read, and judge the gaps."""
    gaps: list[LevelKey] = []
    in_flight = 0
    doubted = _still_doubted(steps, store, keys)
    keys = [key for key in keys if key not in doubted]
    for start in range(0, len(keys), CHUNK):
        with store.writing() as session:
            books = session.of(steps.shop)
            compared = compare_levels(books, keys[start : start + CHUNK])
            write_down(books, compared, clock.now())
        gaps += compared.drifts
        in_flight += len(compared.flying)
    return _tallied(len(keys), in_flight, _judge(steps, gaps, fix=fix), len(doubted))


def _judge(steps: Steps, gaps: Sequence[LevelKey], *, fix: bool) -> list[LevelKey]:
    return [
        key
        for start in range(0, len(gaps), BATCH)
        for key in steps.judge(gaps[start : start + BATCH], grace_s=0.0, adopt=fix)
    ]


def _tallied(compared: int, in_flight: int, left: Sequence[LevelKey], doubted: int) -> Tally:
    return Tally(compared - in_flight - len(left), in_flight, len(left), doubted)


def _still_doubted(steps: Steps, store: Store, keys: Collection[LevelKey]) -> set[LevelKey]:
    with store.reading() as session:
        return {*session.of(steps.shop).doubts.all()}.intersection(keys)


def _wanted_levels(steps: Steps, store: Store, sku: str | None, location: str | None) -> list[LevelKey]:
    """Return the levels that a SKU and a location's name select. Raises ConfigError where they select none."""
    with store.reading() as session:
        books = session.of(steps.shop)
        names = {row.location: row.name for row in books.catalog.locations()}
        items = {row.item for row in books.catalog.item_by_sku(sku)} if sku is not None else None
        keys = [
            key
            for key in books.catalog.level_ids()
            if (items is None or key.item in items) and (location is None or names.get(key.location) == location)
        ]
    if not keys:
        raise ConfigError(f"nothing to audit for SKU {sku!r} at location {location!r}: see `onhand levels` for names")
    return sorted(keys)


def _audit_listings(steps: Steps, store: Store, clock: Clock, seller: Sells, sku: str | None) -> Tally:
    """Look at every listing of a channel and compare what it shows with what it may sell.

    A channel in shadow is not compared: it was never told. What differs from what we believed was told is a drift;
    what we know to be untold is in flight. Either way the publisher closes the gap, because a look is kept.
    """
    with store.reading() as session:
        books = session.of(steps.shop)
        if not books.channels.get(seller.name).armed:
            return Tally(0, 0, 0)
        items = {row.item for row in books.catalog.item_by_sku(sku)} if sku is not None else None
        listings = [
            row
            for row in books.catalog.listings(seller.name)
            if row.item is not None and (items is None or row.item in items)
        ]
    tallies = [
        _look_at(steps, store, clock, seller, listings[start : start + LOOK_SIZE])
        for start in range(0, len(listings), LOOK_SIZE)
    ]
    return Tally(*(sum(parts) for parts in zip(*tallies, strict=True))) if tallies else Tally(0, 0, 0)


def _look_at(steps: Steps, store: Store, clock: Clock, seller: Sells, listings: Sequence[Listing]) -> Tally:
    shown = seller.read_shown(listings)
    equal = in_flight = drifts = 0
    with store.writing() as session:
        books = session.of(steps.shop)
        pending = _pending(books, seller.name)
        offers = {row.listing: row for row in books.offers.rows(channel=seller.name)}
        for listing in listings:
            offer, seen = offers.get(listing.listing), shown.get(listing.listing)
            if offer is None or listing.item is None:
                continue
            wanted = max(seller.capabilities.bounded(offer.units or 0), offer.locked_units)
            if seen is not None and seen.available_units == wanted and not offer.stale:
                equal += 1
            elif offer.stale or wanted != offer.told_units or listing.listing in pending:
                in_flight += 1
            else:
                drifts += 1
            if seen is not None and listing.listing not in pending:
                show(books, listing, seen, clock.now())
    return Tally(equal, in_flight, drifts)


def _pending(books: Books, channel: str) -> set[str]:
    return {listing for name, listing in books.intents.open_keys("offer") if name == channel}
