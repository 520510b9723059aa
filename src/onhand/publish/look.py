"""Looking: what a channel that takes numbers shows for its listings, before a raise and after every write."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from onhand.domain.catalog import Listing
from onhand.ports.channel import Sells, Shown, Wanted
from onhand.ports.errors import ChannelRefused, ChannelUnavailable
from onhand.publish.bounds import still_carried_out
from onhand.publish.offers import settle_unknown, show
from onhand.store import Books

BATCH = 100
"""Listings a look: TikTok Shop takes 600 SKUs, but their answer should still be young when it is booked."""

RETRY_S = 5.0
"""How long to wait after a look that failed and named no time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """Listings to be looked at; `reading` numbers the look: it answers only what was asked before."""

    listings: tuple[Listing, ...]
    unknown_keys: tuple[str, ...]
    reading: int


def plan(books: Books, channel: Sells, now: datetime) -> Look | None:
    """Return the next look, or None when nothing is due. Needs a transaction."""
    due = [ask.key for ask in books.asks.due(channel.name, Wanted.LISTING, BATCH, now)]
    if not due:
        return None
    known = books.catalog.listings_of(channel.name, due)
    return Look(
        listings=tuple(known.values()),
        unknown_keys=tuple(key for key in due if key not in known),
        reading=books.asks.next_reading(),
    )


def look(channel: Sells, errand: Look) -> dict[str, Shown] | ChannelUnavailable | ChannelRefused:
    """Ask the channel. No transaction may be open."""
    try:
        return channel.read_shown(errand.listings)
    except (ChannelUnavailable, ChannelRefused) as trouble:
        return trouble


def conclude(
    books: Books,
    channel: Sells,
    errand: Look,
    answer: dict[str, Shown] | ChannelUnavailable | ChannelRefused,
    now: datetime,
) -> bool:
    """Take over what is shown; return True when the channel holds orders that we do not know. Needs a transaction."""
    keys = [listing.listing for listing in errand.listings]
    if isinstance(answer, ChannelUnavailable | ChannelRefused):
        wait_s = answer.retry_after_s if isinstance(answer, ChannelUnavailable) else None
        books.asks.postpone(channel.name, Wanted.LISTING, keys, now + timedelta(seconds=wait_s or RETRY_S))
        return False
    shown_units = {key: shown.available_units for key, shown in answer.items()}
    waiting = still_carried_out(books, channel, errand.listings, shown_units, now)
    unseen = False
    for listing in errand.listings:
        shown = answer.get(listing.listing)
        if shown is not None and listing.listing not in waiting:
            unseen |= show(books, listing, shown, now) > 0
    seen = [key for key in keys if key not in waiting]
    books.asks.answered(channel.name, Wanted.LISTING, [*seen, *errand.unknown_keys], errand.reading)
    books.asks.postpone(channel.name, Wanted.LISTING, sorted(waiting), now + timedelta(seconds=RETRY_S))
    settle_unknown(books, channel.name, now)
    return unseen
