"""Reading back: what the books asked for is read from the channel in batches, and booked like any other picture.

Three steps, because no transaction spans a network call: `plan`, `look`, `conclude`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from onhand.intake.book import book
from onhand.intake.doubts import doubted_of, follow_doubts
from onhand.intake.end_of_use import not_installed, still_installed
from onhand.intake.identity import remove_items
from onhand.intake.locations import take_locations
from onhand.intake.lookup import Lookup
from onhand.intake.tracking import PLATFORM
from onhand.ports.channel import NOT_CONNECTED, Catalog, Observes, Problem, Reading, Wanted
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, NotConnected
from onhand.store import Books

BACKOFF_S = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
"""How long to wait after the first, second, … reading that failed; the last one repeats."""


RECONNECT_LOOK_S = 60.0
"""How often to look whether a shop that must be connected again was."""

NOT_SHOWN_YET = timedelta(minutes=15)
"""How long an order may be told of before the platform shows it, with everything to spare."""

REFUSED = "reading refused"
"""The kind of problem that a channel's refusal is; it is settled by the next reading that succeeds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Errand:
    """Keys of one kind to be read in one go. `reading` numbers it: it answers only what was asked before."""

    channel: str
    wanted: Wanted
    keys: tuple[str, ...]
    reading: int
    attempts: int


def plan(books: Books, channel: Observes, wanted: Wanted, now: datetime) -> Errand | None:
    """Return the next errand of this kind, or None when nothing is due. Needs a transaction."""
    size = channel.batch_size(wanted)
    due = books.asks.due(channel.name, wanted, size, now) if size else []
    if not due:
        return None
    return Errand(
        channel=channel.name,
        wanted=wanted,
        keys=tuple(ask.key for ask in due),
        reading=books.asks.next_reading(),
        attempts=books.asks.attempts(channel.name, wanted, [ask.key for ask in due]),
    )


def look(channel: Observes, errand: Errand, catalog: Catalog) -> Reading | ChannelUnavailable | ChannelRefused:
    """Read from the channel. No transaction may be open."""
    try:
        return channel.read(errand.wanted, errand.keys, errand.reading, catalog)
    except (ChannelUnavailable, ChannelRefused) as trouble:
        return trouble


def conclude(
    books: Books, errand: Errand, answer: Reading | ChannelUnavailable | ChannelRefused, lookup: Lookup, now: datetime
) -> str:
    """Book what was read, or plan to try again; return a line for the log. Needs a transaction."""
    if isinstance(answer, ChannelUnavailable | ChannelRefused):
        return _try_again(books, errand, answer, now)
    lookup.learn(answer.report.listings, answer.report.level_ids, answer.report.locations)
    # Struck off first: what booking asks for anew, such as a look when a reservation ends, has a time of its own.
    books.asks.answered(errand.channel, errand.wanted, errand.keys, errand.reading)
    note = book(books, errand.channel, answer.report, now)
    if errand.wanted is Wanted.ITEM:
        gone = [key for key in answer.missing if not key.startswith("variant:")]
        moved = remove_items(books, gone, now) + books.catalog.listings_for(item.item for item in answer.report.items)
        lookup.learn(moved, {}, items=answer.report.items)
    if errand.wanted is Wanted.ORDER and errand.channel == PLATFORM:
        _forget_unshown(books, answer.missing, now)
    if errand.wanted is Wanted.LOCATIONS:
        take_locations(books, answer.report.locations, now)
    for problem in answer.problems:
        books.problems.raise_(problem, now)
    for kind, key in answer.settled:
        books.problems.settle(kind, key, now)
    if errand.wanted in {Wanted.LEVEL, Wanted.ITEM}:
        items = {item.item for item in answer.report.items} | set(answer.missing)
        read = doubted_of(books, items, errand.keys)
        follow_doubts(books, answer.report.contradictions, read, errand.reading, now)
    books.problems.settle(REFUSED, _problem_key(errand), now)
    books.problems.settle(NOT_CONNECTED, errand.channel, now)
    if errand.wanted is Wanted.RIGHTS and (news := still_installed(books, errand.channel)):
        note = f"{note}; {news}"
    missing = f"; unknown to {errand.channel}: {', '.join(answer.missing)}" if answer.missing else ""
    return f"read {len(errand.keys)} {errand.wanted}: {note}{missing}"


def _forget_unshown(books: Books, orders: Sequence[str], now: datetime) -> None:
    """Let units wait no longer for a location that the platform will not tell: levels say where they went.

    Shopify shows apps without `read_all_orders` orders of sixty days only (Admin API 2026-10, Order), and none that was
    deleted. What was told just now may not be shown yet.
    """
    for order in orders:
        cause = f"{PLATFORM}/order/{order}"
        if books.pictures.unplaced_by_item(cause) and books.pictures.told_before(cause, now - NOT_SHOWN_YET):
            books.pictures.set_unplaced(cause, {}, now)


def _try_again(books: Books, errand: Errand, trouble: ChannelUnavailable | ChannelRefused, now: datetime) -> str:
    wait_s = BACKOFF_S[min(errand.attempts, len(BACKOFF_S) - 1)]
    if isinstance(trouble, ChannelUnavailable) and trouble.retry_after_s is not None:
        wait_s = trouble.retry_after_s
    if isinstance(trouble, NotConnected):
        wait_s = RECONNECT_LOOK_S
        raise_not_connected(books, errand.channel, trouble, now)
    elif isinstance(trouble, ChannelRefused):
        wait_s = max(wait_s, 60.0)
        next_step = "mend what the message names; reading is tried again every few minutes"
        books.problems.raise_(Problem(REFUSED, _problem_key(errand), str(trouble), next_step), now)
    books.asks.postpone(errand.channel, errand.wanted, errand.keys, now + timedelta(seconds=wait_s))
    note = f"could not read {len(errand.keys)} {errand.wanted}: {trouble}; again in {wait_s:.1f} s"
    if isinstance(trouble, NotConnected) and errand.wanted is Wanted.RIGHTS:
        note = "; ".join(filter(None, (note, not_installed(books, errand.channel, errand.reading, now))))
    return note


def raise_not_connected(books: Books, channel: str, trouble: NotConnected, now: datetime) -> None:
    """Tell a person that a shop must be connected again; what waits for it goes on by itself afterwards."""
    next_step = "connect the shop as the message says; reading and writing then go on by themselves"
    books.problems.raise_(Problem(NOT_CONNECTED, channel, str(trouble), next_step), now)


def _problem_key(errand: Errand) -> str:
    return f"{errand.channel}/{errand.wanted}"
