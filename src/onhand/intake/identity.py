"""Identity: which item a SKU, a variant or a listing means, also after items were renamed, removed and made anew.

Nothing is guessed: a SKU that two items carry names neither, and a person is told.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from onhand.domain.bundles import Bundle
from onhand.domain.catalog import Item, Listing, Matching, match_by_sku, match_key
from onhand.domain.selling import OWN_CHANNELS
from onhand.domain.stock import KEPT_STATES
from onhand.intake.offered import limited, offer
from onhand.intake.tracking import PLATFORM, empty_item, follow_tracking, unclear_openings
from onhand.ports.channel import Problem, Report
from onhand.store import Books

DOUBLED, NO_SKU, UNMATCHED = "sku used twice", "items without a sku", "unmatched listing"
UNCOUNTED, MADE_OF_NOTHING, LEFT_OVER = "listing of an item nobody counts", "bundle without components", "units left"
"""Kinds of problems that this module raises and settles."""

_MATCH = "give both sides the same SKU, used once, then run `onhand sync`"
_EXAMPLES = 3


def take_items(books: Books, report: Report, now: datetime) -> list[str]:
    """Keep the items and bundles of a report, and everything that follows from them; return lines for the log."""
    before = books.catalog.items_of(item.item for item in report.items)
    unclear = unclear_openings(report, before)
    taken = [item for item in report.items if item.item not in unclear]
    items = [item.item for item in taken]
    notes = follow_tracking(books, taken, report.observations, now)
    notes += [f"item {item} is counted from when its levels add up" for item in sorted(unclear)]
    books.catalog.put_items(taken, now)
    books.bundles.put(report.bundles, now)
    settle_offers(books, {*items, *books.bundles.made_of(items)}, now)
    keys = {match_key(item.sku) for item in (*before.values(), *taken)}
    check_skus(books, keys, now)
    rematch(books, keys, now)
    check_bundles(books, taken, report.bundles, now)
    for item in items:
        books.problems.settle(LEFT_OVER, item, now)
    return notes


def remove_items(books: Books, items: Iterable[str], now: datetime) -> list[Listing]:
    """Note that items are no more; return the listings that mean another item now.

    Shopify's own channels sell them no more, the others are told 0 until an item carries the SKU of their listing. What
    is left of them in the books stays there, and a person is told. Of one that was removed before anybody had read it
    webhooks have told all the same.
    """
    items = list(items)
    gone = books.catalog.items_of(items)
    books.catalog.drop_items(gone, now)
    for removed in items:  # nobody can look again: a gap that nobody has explained by now would stand for ever
        books.observations.forget(removed)
        books.owed.forget(removed)  # nor can Shopify be told any more
        books.drifts.close_item(removed, now, "the item was removed")
        books.pictures.forget_unplaced(removed)
    if not gone:
        return []
    for channel in OWN_CHANNELS:
        books.offers.remove(channel, gone)
    keys = {match_key(item.sku) for item in gone.values()}
    check_skus(books, keys, now)
    moved = rematch(books, keys, now)
    for item in gone.values():
        _check_left_over(books, item, now)
    return moved


def retire_item(books: Books, item: str, now: datetime) -> int | None:
    """Take what is left of a removed item out of the books; return its units, None for an item that is still there."""
    if item not in books.catalog.removed([item]):
        return None
    units = empty_item(books, item, "retired", now)
    books.problems.settle(LEFT_OVER, item, now)
    return units


def settle_offers(books: Books, items: Collection[str], now: datetime) -> None:
    """Offer those items of which only so many can be sold, and no others."""
    known = books.catalog.items_of(items)
    sold = limited(books, known.values())
    offer(books, now, sold)
    unlimited = known.keys() - sold
    listings = [row for row in books.catalog.listings_for(known) if row.channel != PLATFORM]
    for channel in OWN_CHANNELS:
        books.offers.remove(channel, unlimited)
    for row in listings:
        key = f"{row.channel}/{row.listing}"
        if row.item in unlimited:
            books.offers.remove(row.channel, [row.listing])
            message = f"{row.channel} listing {row.listing} stands for item {row.item} (SKU {row.sku!r}), which nobody "
            message += "counts: it keeps the number it shows, and nothing is told to it"
            next_step = "track the item in Shopify, or look after the number of this listing by hand"
            books.problems.raise_(Problem(UNCOUNTED, key, message, next_step), now)
        else:
            books.problems.settle(UNCOUNTED, key, now)


def check_skus(books: Books, keys: Iterable[str | None], now: datetime) -> None:
    """Say which of these SKUs, given as `match_key` gives them, are used twice; None stands for none at all."""
    keys = set(keys)
    named = {key for key in keys if key is not None}
    carriers: defaultdict[str | None, list[Item]] = defaultdict(list)
    for item in books.catalog.items_by_skus(named):
        carriers[match_key(item.sku)].append(item)
    for key in sorted(named):
        if len(carriers[key]) < 2:
            books.problems.settle(DOUBLED, key, now)
            continue
        which = ", ".join(f"{item.item} ({item.title})" for item in carriers[key])
        message = f"{len(carriers[key])} items carry SKU {key!r}: {which}. They are kept apart by their ids"
        next_step = "give each of them a SKU of its own in Shopify; until then no listing is matched to either"
        books.problems.raise_(Problem(DOUBLED, key, message, next_step), now)
    if None in keys:
        _check_nameless(books, now)


def check_every_sku(books: Books, now: datetime) -> None:
    """Say of every SKU in the catalog whether it is used twice, and how many items have none."""
    check_skus(books, {*books.catalog.doubled_skus(), *books.problems.keys(DOUBLED), None}, now)


def _check_nameless(books: Books, now: datetime) -> None:
    nameless = books.catalog.without_sku()
    if not nameless:
        books.problems.settle(NO_SKU, PLATFORM, now)
        return
    some = ", ".join(f"{item} ({title})" for item, title in nameless[:_EXAMPLES])
    more = f" and {len(nameless) - _EXAMPLES} more" if len(nameless) > _EXAMPLES else ""
    message = f"{len(nameless)} items have no SKU: {some}{more}. They are counted and sold under their ids"
    next_step = "give them SKUs in Shopify: only then can their listings on other channels be matched"
    books.problems.raise_(Problem(NO_SKU, PLATFORM, message, next_step), now)


def check_bundles(books: Books, items: Iterable[Item], bundles: Iterable[Bundle], now: datetime) -> None:
    """Say which of these items are bundles of which nobody knows, or can know, what they are made of."""
    made = {bundle.item: bundle.components for bundle in bundles}
    kept = books.bundles.components(item.item for item in items if item.bundle)
    for item in items:
        parts = made.get(item.item) or kept.get(item.item, ())
        known = books.catalog.items_of(part.item for part in parts)
        nested = sorted(part for part, row in known.items() if row.bundle)
        if not item.bundle or (parts and not nested):
            books.problems.settle(MADE_OF_NOTHING, item.item, now)
            continue
        why = f"its components {', '.join(nested)} are bundles themselves" if nested else "shopify names no components"
        message = f"bundle {item.sku or item.item} ({item.title}) can be sold 0 times: {why}"
        next_step = "open the bundle in the app that made it and give it components that are counted"
        books.problems.raise_(Problem(MADE_OF_NOTHING, item.item, message, next_step), now)


def rematch(books: Books, keys: Iterable[str | None], now: datetime) -> list[Listing]:
    """Match again the listings of other channels with these SKUs; return those that mean another item now."""
    rows = books.catalog.listings_by_skus({key for key in keys if key is not None})
    by_channel: defaultdict[str, list[Listing]] = defaultdict(list)
    for row in rows:
        if row.channel != PLATFORM:
            by_channel[row.channel].append(row)
    return [row for listings in by_channel.values() for row in match_listings(books, listings, now)]


def match_listings(books: Books, listings: Sequence[Listing], now: datetime) -> list[Listing]:
    """Keep listings of one channel; return those that mean another item now.

    A mapping stands as long as its item does. The others are matched by SKU, or become a problem; one whose item was
    removed goes on meaning it, and sells nothing, until another item carries its SKU.
    """
    known = _known_items(books, listings)
    removed = books.catalog.removed(known.values())
    standing = {listing for listing, item in known.items() if item not in removed}
    keys = {key for row in listings if (key := match_key(row.sku))}
    matching = match_by_sku(listings, books.catalog.items_by_skus(keys))
    found = {row.listing: row for row in matching.matched}
    moved = [found[row.listing] for row in listings if row.listing not in standing and row.listing in found]
    kept = [replace(row, item=known.get(row.listing)) for row in listings]
    books.catalog.put_listings([*kept, *moved], now)
    offer(books, now, {row.item for row in moved if row.item is not None})
    _report(books, matching, standing, known, now)
    return moved


def _known_items(books: Books, listings: Sequence[Listing]) -> dict[str, str]:
    if not listings:
        return {}
    known = books.catalog.listings_of(listings[0].channel, [row.listing for row in listings])
    return {listing: row.item for listing, row in known.items() if row.item is not None}


def _report(books: Books, matching: Matching, standing: Collection[str], known: Collection[str], now: datetime) -> None:
    """Raise and settle the problems of listings; those in `standing` need no match, those `known` meant an item."""
    for row in matching.matched:
        books.problems.settle(UNMATCHED, f"{row.channel}/{row.listing}", now)
    for row, why in matching.unmatched:
        key = f"{row.channel}/{row.listing}"
        if row.listing in standing:
            books.problems.settle(UNMATCHED, key, now)
            continue
        gone = "its item was removed from Shopify, so it is told 0; " if row.listing in known else ""
        message = f"{row.channel} listing {row.listing} (SKU {row.sku!r}) is not mapped: {gone}{why}"
        books.problems.raise_(Problem(UNMATCHED, key, message, _MATCH), now)


def _check_left_over(books: Books, item: Item, now: datetime) -> None:
    """Tell a person of units that the books still show of an item that is no more."""
    names = {location.location: location.name for location in books.catalog.locations()}
    levels = books.ledger.levels([item.item])
    left = {bin_: units for (_, bin_), units in sorted(levels.items()) if bin_.state in KEPT_STATES}
    if not left:
        books.problems.settle(LEFT_OVER, item.item, now)
        return
    where = ", ".join(f"{names.get(bin_.location, bin_.location)} {units} {bin_.state}" for bin_, units in left.items())
    worth = item.value_of(sum(left.values()))
    value = f", worth {worth.amount} {worth.currency}" if worth else ""
    heirs = [row.item for row in books.catalog.item_by_sku(item.sku)] if item.sku else []
    heir = f"item {heirs[0]}, which carries SKU {item.sku!r} now" if len(heirs) == 1 else "the item that replaces it"
    message = f"item {item.item} (SKU {item.sku!r}) was removed from Shopify and the books still show {where}{value}"
    next_step = f"count what is there and add it to {heir}; then `onhand retire {item.item}` takes it out of the books"
    books.problems.raise_(Problem(LEFT_OVER, item.item, message, next_step), now)
