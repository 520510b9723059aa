"""The books of one shop: channels, places and labels that need a person."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from onhand.answers import lanes
from onhand.cli.checks.check import Check, fail, ok, warn
from onhand.config import Config
from onhand.domain.catalog import match_key
from onhand.domain.stock import State
from onhand.store import Books

SHOWN = 5
"""How many names a line shows; more help nobody."""


def check_books(books: Books, config: Config, shop: str, now: datetime) -> Iterator[Check]:
    """Look at what a shop's books say about channels, locations, SKUs, problems and audits."""
    yield from _check_channels(books, shop)
    yield from _check_locations(books, config, shop)
    yield from _check_skus(books, shop)
    yield from _check_waiting(books, shop)
    yield _check_audit(books, config, shop, now)


def _check_channels(books: Books, shop: str) -> Iterator[Check]:
    for lane in lanes(books):
        name = f"{lane.name} of {shop}"
        if lane.open:
            yield ok(name, f"armed: {lane.listings} listings, {lane.untold} to be told, {lane.underway} underway")
        else:
            yield warn(name, lane.closed_because, f"`onhand shadow` shows the {lane.untold} writes that wait")
        if lane.imported == "unknown" and lane.name != "shopify":
            yield warn(
                name,
                "nobody has said whether another app brings its orders into Shopify, so Shopify is not told of them",
                'write orders_imported_to_shopify = "yes" or "no" in its [[channel]]',
            )
        if lane.parked:
            mend = "`onhand offers ls --status parked` says why; mend it and run `onhand sync`"
            yield warn(name, f"{lane.parked} listings are parked: the channel refused them", mend)
        if lane.unknown:
            yield warn(
                name,
                f"{lane.unknown} writes have an unknown outcome",
                "they settle by reading back; if they stay, look at the platform's status page",
            )


def _check_locations(books: Books, config: Config, shop: str) -> Iterator[Check]:
    locations = books.catalog.locations()
    names = {location.name for location in locations}
    if not locations:
        yield warn(f"locations of {shop}", "nothing is known of this shop yet", "run `onhand sync`")
        return
    wanted = {name for channel in config.channels_of(shop) for name in channel.locations or ()}
    wanted |= {location.name for location in config.locations_of(shop)}
    for name in sorted(wanted - names):
        yield fail(
            f"location {name}",
            f"is configured, and {shop} has none of that name; it has {', '.join(sorted(names))}",
            "write it as Shopify does, or run `onhand sync` if it is new",
        )
    idle = {location.location: location.name for location in locations if not location.fulfils_online}
    holding: Counter[str] = Counter()
    for (_, bin_), units in books.ledger.all_levels().items():
        if bin_.location in idle and bin_.state is State.AVAILABLE and units > 0:
            holding[idle[bin_.location]] += units
    for name, units in holding.most_common(SHOWN):
        yield warn(
            f"location {name}",
            f"holds {units} available units and fulfils no online orders: the Online Store cannot sell them",
            "let it fulfil online orders in Shopify's settings if it should",
        )
    if not holding and wanted <= names:
        yield ok(f"locations of {shop}", f"{len(locations)}, and no stock lies where it cannot be sold online")


def _check_skus(books: Books, shop: str) -> Iterator[Check]:
    items = [item for item in books.catalog.items() if item.tracked]
    keys = Counter(match_key(item.sku) for item in items)
    empty = keys.pop(None, 0)
    double = sorted(key for key, times in keys.items() if key is not None and times > 1)
    if empty:
        mend = "give them a SKU in Shopify: without one no other channel can be matched"
        yield warn(f"SKUs of {shop}", f"{empty} of {len(items)} items have none", mend)
    if double:
        yield warn(
            f"SKUs of {shop}",
            f"{len(double)} are carried by several items: {', '.join(double[:SHOWN])}",
            "give each item its own: a doubled SKU is never matched",
        )
    if not empty and not double:
        yield ok(f"SKUs of {shop}", f"{len(items)} items, each with a SKU of its own")


def _check_waiting(books: Books, shop: str) -> Iterator[Check]:
    parked = books.deliveries.counts()["parked"]
    if parked:
        mend = "`onhand inbox ls --status parked` says why; `onhand inbox replay POSITION` books one again"
        yield warn(f"deliveries of {shop}", f"{parked} are parked", mend)
    for problem in books.problems.open()[:SHOWN]:
        yield warn(f"{problem.kind}: {problem.key}", problem.message, problem.next_step)
    if len(books.problems.open()) > SHOWN:
        yield warn(f"problems of {shop}", f"{len(books.problems.open())} in all", "`onhand problems ls` shows them")
    failing = [row for row in books.asks.waiting() if row.attempts > 0]
    if failing:
        yield warn(
            f"readings of {shop}",
            f"{len(failing)} have failed so far, such as {failing[0].ask.wanted} {failing[0].ask.key}",
            "they are tried again; see whether the platform answers",
        )


def _check_audit(books: Books, config: Config, shop: str, now: datetime) -> Check:
    name, mend = f"audit of {shop}", "run `onhand audit`, or let `onhand serve` run"
    audit = books.audits.latest()
    if audit is None:
        return warn(name, "there was none yet: nothing proves that the counts agree", mend)
    age_s = (now - audit.started_at).total_seconds()
    why = f"the newest is {age_s / 60:.0f} minutes old"
    return warn(name, why, mend) if age_s > 2 * config.audit.every_s else ok(name, why)
