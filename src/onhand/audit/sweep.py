"""Sweeping: orders that changed at a channel and did not reach us are found by asking, and then read."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from onhand.ports.channel import Ask, Changed, Observes, Wanted
from onhand.ports.errors import ChannelRefused, ChannelUnavailable
from onhand.store import Books

OVERLAP_S = 600.0
"""How far a sweep reaches back behind the last one: search indexes follow late, and update times move (TikTok Shop
202309, orders/search; Shopify advises overlapping `updated_at` windows)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """Orders to be asked for from a time on. `began_at` becomes the next sweep's starting point."""

    channel: str
    since: datetime
    began_at: datetime


def plan(books: Books, channel: Observes, now: datetime, overlap_s: float = OVERLAP_S) -> Sweep:
    """Return the next sweep of a channel: from the last one's beginning, or from the opening, with an overlap."""
    cursor = books.channels.get(channel.name).cursor_at or now
    return Sweep(channel=channel.name, since=cursor - timedelta(seconds=overlap_s), began_at=now)


def look(channel: Observes, sweep: Sweep) -> list[Changed] | ChannelUnavailable | ChannelRefused:
    """Ask the channel which orders changed. No transaction may be open."""
    try:
        return list(channel.orders_changed(sweep.since))
    except (ChannelUnavailable, ChannelRefused) as trouble:
        return trouble


def conclude(books: Books, sweep: Sweep, changed: list[Changed], now: datetime) -> int:
    """Ask for the orders that are newer at the channel than here; return how many. Needs a transaction."""
    known = books.pictures.versions([row.cause for row in changed])
    news = [row for row in changed if row.cause not in known or known[row.cause].at < row.changed_at]
    if news:
        asks = [Ask(Wanted.ORDER, row.order, "a sweep found it newer than we knew") for row in news]
        books.asks.add(sweep.channel, asks, now)
        books.count("missed_pictures", len(news))
    books.channels.move_cursor(sweep.channel, sweep.began_at)
    return len(news)
