"""What is offered: a row for everything that a channel with a rule may sell."""

from collections.abc import Iterable
from datetime import datetime

from onhand.store import Books

SOLD_BY_ITEM = ("online_store", "shopify_pos")
"""Shopify's own channels sell every tracked item under its own id; other channels sell what they have listed."""


def offer(books: Books, now: datetime, items: Iterable[str] | None = None) -> None:
    """Make the rows that are missing, of `items` or (None) of everything in the catalog. Needs a transaction."""
    wanted = None if items is None else set(items)
    tracked = [item.item for item in books.catalog.items() if item.tracked and (wanted is None or item.item in wanted)]
    for rule in books.channels.rules():
        if rule.channel in SOLD_BY_ITEM:
            books.offers.ensure([(rule.channel, item, item) for item in tracked], now)
        elif wanted is None:
            listings = [(row.listing, row.item) for row in books.catalog.listings(rule.channel)]
            books.offers.ensure([(rule.channel, listing, item) for listing, item in listings if item is not None], now)
