"""Sweeping: what changed at a channel and did not reach us is found by asking, and then read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from onhand.domain.pictures import Version
from onhand.ports.channel import NOT_CONNECTED, Ask, Changed, Observes, Wanted
from onhand.ports.errors import ChannelRefused, ChannelUnavailable
from onhand.ports.standing import KnowsItsStanding
from onhand.store import Books

OVERLAP_S = 600.0
"""How far a sweep reaches back behind the last one: search indexes follow late, and update times move (TikTok Shop
202309, orders/search; Shopify advises overlapping `updated_at` windows)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """Facts to be asked for from a time on, by the channel's clock; `began_at` is by ours.

    Facts that changed since `doubted_since` and have moved one of the `doubted` items are also asked for where they may
    have changed twice within the second that is known of; without any item that is not looked into.
    """

    channel: str
    since: datetime
    began_at: datetime
    doubted: tuple[str, ...] = ()
    doubted_since: datetime | None = None


def plan(books: Books, channel: Observes, now: datetime, overlap_s: float = OVERLAP_S) -> Sweep:
    """Return the next sweep of a channel: from the newest change that was found, or from the opening, with an overlap.

    Both are times of the channel's. Ours may have been wrong when the last one began, and everything until then lost.
    """
    cursor = books.channels.get(channel.name).cursor_at or now
    return Sweep(channel=channel.name, since=cursor - timedelta(seconds=overlap_s), began_at=now)


def look(channel: Observes, sweep: Sweep) -> list[Changed] | ChannelUnavailable | ChannelRefused:
    """Ask the channel what changed. No transaction may be open."""
    try:
        return list(channel.changed(sweep.since))
    except (ChannelUnavailable, ChannelRefused) as trouble:
        return trouble


def note_standing(books: Books, channel: Observes, now: datetime) -> None:
    """Write down that a channel that was asked is connected, and what it knows of its connection. Needs a transaction.

    Not with what is read: where nothing is to be read for a while, a person would be told of what was mended long ago.
    """
    books.problems.settle(NOT_CONNECTED, channel.name, now)
    if isinstance(channel, KnowsItsStanding):
        standing = channel.standing()
        for problem in standing.problems:
            books.problems.raise_(problem, now)
        for kind, key in standing.settled:
            books.problems.settle(kind, key, now)


def conclude(books: Books, sweep: Sweep, changed: list[Changed], now: datetime) -> int:
    """Ask for what is, or may be, newer at the channel than here; return how much is. Needs a transaction."""
    known = books.pictures.versions([row.cause for row in changed])
    unsure = [row for row in changed if row.changed_at is None]
    news = [row for row in changed if row.changed_at is not None and _is_newer(row.changed_at, known.get(row.cause))]
    asks = [Ask(row.wanted, row.key, "a sweep found it newer than we knew") for row in news]
    asks += [Ask(row.wanted, row.key, "a sweep found it, and it keeps no time of its changes") for row in unsure]
    asks += _open_transfers(books, sweep, changed)
    asks += _doubted(books, sweep, changed, known)
    if asks:
        books.asks.add(sweep.channel, asks, now)
        books.count("missed_pictures", len(news))
    _move_cursor(books, sweep, changed, now)
    return len(news)


def _move_cursor(books: Books, sweep: Sweep, changed: Sequence[Changed], now: datetime) -> None:
    """Let the next sweep begin with the newest change that was found, less the time that this one took.

    What one kind of facts has told by its end, another may have been asked for when it began.
    """
    cursor_at = books.channels.get(sweep.channel).cursor_at
    newest_at = max((row.changed_at for row in changed if row.changed_at is not None), default=None)
    if cursor_at is None:
        books.channels.move_cursor(sweep.channel, sweep.began_at)
    elif newest_at is not None:
        books.channels.move_cursor(sweep.channel, max(cursor_at, newest_at - (now - sweep.began_at)))


def _open_transfers(books: Books, sweep: Sweep, changed: Sequence[Changed]) -> list[Ask]:
    """Return asks for transfers that are open here and not listed: their end came, and nobody told us."""
    listed = {row.cause for row in changed}
    prefix = f"{sweep.channel}/transfer/"
    missing = [cause for cause in books.pictures.still_open(prefix) if cause not in listed]
    because = "it is open here, and no longer there"
    return [Ask(Wanted.TRANSFER, cause.removeprefix(prefix), because) for cause in missing]


def _doubted(books: Books, sweep: Sweep, changed: Sequence[Changed], known: Mapping[str, Version]) -> list[Ask]:
    """Return asks for facts whose newest picture is of the right second and may yet not be the last one of it.

    A channel's times have whole seconds: of two changes in one, the second leaves no trace but the fact itself.
    """
    since = sweep.doubted_since
    if since is None or not sweep.doubted:
        return []
    rows = {
        row.cause: row
        for row in changed
        if row.changed_at is not None
        and row.changed_at >= since
        and not _is_newer(row.changed_at, known.get(row.cause))
    }
    because = "it may have changed twice within one second"
    return [Ask(rows[cause].wanted, rows[cause].key, because) for cause in books.pictures.doubtful(rows, sweep.doubted)]


def _is_newer(changed_at: datetime, known: Version | None) -> bool:
    return known is None or known.at < changed_at
