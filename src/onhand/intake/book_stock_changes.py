"""What a marketplace tells of its own listings: an echo of ours, or a reason to look. It is no movement."""

from datetime import datetime, timedelta

from onhand.ports.channel import Ask, StockChange, Wanted
from onhand.store import Books
from onhand.store.offers import OfferState

CLOCKS = timedelta(minutes=1)
"""How far a channel's clock may be from ours: a look counts as later only beyond that."""


def book_stock_change(books: Books, channel: str, change: StockChange, now: datetime) -> str:
    """Return a line for the log; have the listing looked at, unless the change is ours or was looked at since.

    What comes by webhook may be hours old, so it never says what is shown now: only a look does.
    """
    offer = _offer(books, channel, change.listing)
    said = f"listing {change.listing}: {', '.join(change.sources) or 'no reason given'} ({change.delta_units:+d})"
    if offer is None:
        return f"{said}, which no item stands behind"
    if change.by_app and change.shown.available_units in _told(books, channel, offer):
        return f"{said}: it shows what it was told"
    if change.changed_at is not None and offer.shown_at is not None and change.changed_at < offer.shown_at - CLOCKS:
        return f"{said}: it was looked at since"
    shows = f"shows {change.shown.available_units}" + (
        f", {change.shown.locked_units} of them locked" if change.shown.locked_units else ""
    )
    who = "another app set it" if change.by_app else said
    books.asks.add(channel, [Ask(Wanted.LISTING, change.listing, f"{who}: {shows}")], now)
    return f"{who}, {shows}: looked at"


def _offer(books: Books, channel: str, listing: str) -> OfferState | None:
    known = books.catalog.listings_of(channel, [listing]).get(listing)
    if known is None or known.item is None:
        return None
    rows = books.offers.rows(channel=channel, items=[known.item])
    return next((row for row in rows if row.listing == listing), None)


def _told(books: Books, channel: str, offer: OfferState) -> set[int | None]:
    """Return the numbers that we have told a listing last, or are telling it now."""
    under_way = {
        row.units["units"]
        for intent in books.intents.unsettled(channel)
        for row in intent.rows
        if row.listing == offer.listing
    }
    return {offer.told_units, *under_way}
