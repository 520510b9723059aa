"""What is offered: a row for everything that a channel with a rule may sell."""

from collections.abc import Iterable
from datetime import datetime

from onhand.domain.catalog import Item
from onhand.domain.selling import OWN_CHANNELS
from onhand.store import Books


def offer(books: Books, now: datetime, items: Iterable[str] | None = None) -> None:
    """Make the rows that are missing, of `items` or (None) of everything in the catalog. Needs a transaction.

    What nobody counts is not offered: a number for it would be invented.
    """
    known = books.catalog.items() if items is None else list(books.catalog.items_of(items).values())
    sold = limited(books, known)
    for rule in books.channels.rules():
        if rule.channel in OWN_CHANNELS:
            books.offers.ensure([(rule.channel, item, item) for item in sorted(sold)], now)
        else:
            rows = books.catalog.listings(rule.channel) if items is None else books.catalog.listings_for(sold)
            named = [(row.listing, row.item) for row in rows if row.channel == rule.channel]
            books.offers.ensure([(rule.channel, listing, item) for listing, item in named if item in sold], now)


def limited(books: Books, items: Iterable[Item]) -> set[str]:
    """Return those items of which only so many can be sold: the counted ones, and bundles with a counted component.

    A bundle of which nobody says what it is made of is among them: it sells nothing until somebody does.
    """
    items = list(items)
    components = books.bundles.components([item.item for item in items if item.bundle])
    parts = books.catalog.items_of({part.item for row in components.values() for part in row})
    uncounted = {item for item, known in parts.items() if not known.tracked}
    return {
        item.item
        for item in items
        if item.counted
        or (
            item.bundle
            and not (components.get(item.item) and all(part.item in uncounted for part in components[item.item]))
        )
    }
