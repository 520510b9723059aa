"""What changed in a shop since a moment: one poller a shop, however many pages look on."""

import asyncio
import contextlib
import functools
import hashlib
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

import msgspec

from onhand.answers import as_json
from onhand.domain.catalog import Item
from onhand.store import Books
from onhand.web.desk import Desk
from onhand.web.grid import Columns, Row, read_columns, read_rows
from onhand.web.status import read_status

_LOG = logging.getLogger(__name__)

POLL_S = 0.25
STATUS_S = 1.0
# A poll that took long is followed by a rest of so many times as long, within a bound: looking on never takes over
# the machine, and the page never falls far behind.
REST = 4
LONGEST_REST_S = 1.0
# Past so many changed items reading the grid anew is cheaper for everybody than naming them.
MOST_ITEMS = 20_000
# Up to so many items are looked up one by one; for more the whole catalog is read.
FEW_ITEMS = 100
# Rows an event: small enough that a page draws between two of them.
EVENT_ROWS = 1000
# Times are written a moment before their transaction commits: every poll looks back a little, and now and then one
# looks back further than any writer waits for its turn.
OVERLAP = timedelta(seconds=1)
LONG_OVERLAP = timedelta(seconds=10)
SWEEP_S = 5.0
# Events kept for pages that are a little slow; a slower one catches up from the store.
KEPT_EVENTS = 64
# Pages that look on at a time; more than a shop's people open, and few enough to stay quick.
MOST_FOLLOWERS = 64

Name = Literal["rows", "status", "reset"]


class Cursor(NamedTuple):
    """A moment in a shop's story: the ledger's sequence, the time of the newest offers, and a mark of the columns."""

    sequence: int
    offers_at: datetime
    columns: str

    def __str__(self) -> str:
        return f"{self.sequence}.{round(self.offers_at.timestamp() * 1_000_000)}.{self.columns}"


def read_cursor(text: str) -> Cursor | None:
    """Return the cursor in an event's id, or None where it is none of ours: then everything is read anew."""
    parts = text.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in parts[:2]):
        return None
    offers_at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(parts[1]))
    return Cursor(int(parts[0]), offers_at, parts[2])


class Event(NamedTuple):
    """One event of the stream. `data` is JSON; `cursor` is None where it moves nobody on."""

    name: Name
    data: bytes
    cursor: Cursor | None


class Changes(NamedTuple):
    """Rows that changed since a cursor, and the cursor to go on from. `rows` None: too many, or other columns.

    `moved` are the items that movements touched for certain; the others may only look changed.
    """

    cursor: Cursor
    rows: list[Row] | None
    moved: frozenset[str] = frozenset()


def mark_columns(columns: Columns) -> str:
    """Return a short mark that differs when the columns do."""
    return hashlib.sha256(repr(columns).encode()).hexdigest()[:8]


def cursor_now(books: Books, columns: Columns, now: datetime) -> Cursor:
    """Return the cursor of these books, read at `now`."""
    return Cursor(books.ledger.head()[0], now, mark_columns(columns))


def read_changes(books: Books, after: Cursor, now: datetime, overlap: timedelta = LONG_OVERLAP) -> Changes:
    """Return what changed behind `after`. A row may come that did not change; none that did is left out.

    `overlap` is how long before its commit a time may have been written.
    """
    columns = read_columns(books)
    cursor = cursor_now(books, columns, now)
    if cursor.columns != after.columns or cursor.sequence < after.sequence:
        return Changes(cursor, None)
    moved = books.ledger.moved_after(after.sequence, MOST_ITEMS + 1)
    touched = books.offers.changed_since(after.offers_at - overlap, MOST_ITEMS + 1)
    certain = frozenset(item for _, item in moved)
    keys = certain.union(touched)
    if len(moved) > MOST_ITEMS or len(keys) > MOST_ITEMS:
        return Changes(cursor, None)
    return Changes(cursor, read_rows(books, columns, _read_items(books, keys)), certain)


def _read_items(books: Books, keys: frozenset[str]) -> list[Item]:
    if len(keys) > FEW_ITEMS:
        return [item for item in books.catalog.items() if item.item in keys]
    return [item for item in map(books.catalog.item, sorted(keys)) if item is not None]


def as_events(rows: Sequence[Row], cursor: Cursor, now: datetime) -> list[Event]:
    """Return the events that carry rows. Only the last one moves the reader on: a line that breaks earlier repeats."""
    parts = [rows[start : start + EVENT_ROWS] for start in range(0, len(rows), EVENT_ROWS)] or [rows]
    bodies = [msgspec.json.encode({"as_of": now, "rows": part}) for part in parts]
    return [*(Event("rows", body, None) for body in bodies[:-1]), Event("rows", bodies[-1], cursor)]


class Feed:
    """The changes of one shop. Polls while somebody follows, and rests otherwise."""

    def __init__(self, desk: Desk, shop: str) -> None:
        self._desk, self._shop = desk, shop
        self._events: deque[tuple[int, Event]] = deque(maxlen=KEPT_EVENTS)
        self._last = 0
        self._news = asyncio.Condition()
        self._followers = 0
        self._work: asyncio.Task[None] | None = None
        self._polling = False
        self._closed = False
        self._ending: asyncio.Task[None] | None = None

    async def follow(self, after: Cursor | None) -> AsyncGenerator[Event, None]:
        """Yield what changed behind `after`, then everything as it comes. None: from now on."""
        self._followers += 1
        if self._work is None:
            self._work = asyncio.create_task(self._run())
            self._work.add_done_callback(self._on_end)
        work = self._work
        try:
            # Only once the poller knows where it begins does reading up to now leave no gap before it.
            await self._wait(lambda: self._over(work) or self._polling)
            seen = self._last
            yield await self._desk.run(self._read_status)
            if after is not None:
                for event in await self._desk.run(lambda: self._catch_up(after)):
                    yield event
            while not self._closed:
                await self._wait(functools.partial(self._has_news, seen, work))
                fresh = [(number, event) for number, event in self._events if number > seen]
                if not fresh:
                    return  # work broke off: the page asks again, and it starts anew
                if fresh[0][0] > seen + 1:  # too slow for what is kept: the page reads everything anew
                    yield Event("reset", b"{}", None)
                seen = fresh[-1][0]
                for _, event in fresh:
                    yield event
        finally:
            self._followers -= 1
            if not self._followers and self._work is not None:
                self._work.cancel()
                self._work = None

    async def close(self) -> None:
        """End every stream: the server is going away."""
        self._closed = True
        await self._tell([])

    def _over(self, work: asyncio.Task[None]) -> bool:
        return self._closed or work.done()

    def _has_news(self, seen: int, work: asyncio.Task[None]) -> bool:
        return self._last > seen or self._over(work)

    async def _wait(self, condition: Callable[[], bool]) -> None:
        async with self._news:
            await self._news.wait_for(condition)

    async def _run(self) -> None:
        self._polling = False
        async with asyncio.TaskGroup() as group:
            group.create_task(self._poll())
            group.create_task(self._tick())

    def _on_end(self, work: asyncio.Task[None]) -> None:
        if self._work is work:
            self._work = None
        trouble = None if work.cancelled() else work.exception()
        if trouble is not None:
            _LOG.error("the live stream of %s broke off and starts again when asked: %r", self._shop, trouble)
            self._ending = asyncio.create_task(self._tell([]))  # kept: a task that nobody holds may vanish

    async def _poll(self) -> None:
        sent: dict[str, Row] = {}
        cursor = await self._desk.run(self._start)
        self._polling = True
        await self._tell([])
        sweep_due = time.monotonic() + SWEEP_S
        while not self._closed:
            began = time.monotonic()
            overlap = OVERLAP
            if began >= sweep_due:
                overlap, sweep_due = LONG_OVERLAP, began + SWEEP_S
            changes, now = await self._desk.run(functools.partial(self._read, cursor, overlap))
            cursor = changes.cursor
            await self._tell(_select(changes, sent, now))
            rest_s = min(LONGEST_REST_S, REST * (time.monotonic() - began))
            await asyncio.sleep(max(POLL_S, rest_s))

    async def _tick(self) -> None:
        while not self._closed:
            began = time.monotonic()
            await self._tell([await self._desk.run(self._read_status)])
            await asyncio.sleep(max(STATUS_S, REST * (time.monotonic() - began)))

    async def _tell(self, events: Iterable[Event]) -> None:
        for event in events:
            self._last += 1
            self._events.append((self._last, event))
        async with self._news:
            self._news.notify_all()

    # ---- in a thread

    def _start(self) -> Cursor:
        now = self._desk.clock.now()
        with self._desk.books(self._shop) as books:
            return cursor_now(books, read_columns(books), now)

    def _read(self, after: Cursor, overlap: timedelta = LONG_OVERLAP) -> tuple[Changes, datetime]:
        now = self._desk.clock.now()
        with self._desk.books(self._shop) as books:
            return read_changes(books, after, now, overlap), now

    def _catch_up(self, after: Cursor) -> list[Event]:
        changes, now = self._read(after)
        if changes.rows is None:
            return [Event("reset", b"{}", None)]
        return as_events(changes.rows, changes.cursor, now)

    def _read_status(self) -> Event:
        status, _ = read_status(self._desk, self._shop)
        return Event("status", msgspec.json.encode(as_json(status)), None)


def _select(changes: Changes, sent: dict[str, Row], now: datetime) -> list[Event]:
    """Return the events for what is really new beside what was sent, and remember it as sent."""
    if changes.rows is None:
        sent.clear()
        return [Event("reset", b"{}", None)]
    fresh = [row for row in changes.rows if row.item in changes.moved or sent.get(row.item) != row]
    sent.update((row.item, row) for row in fresh)
    return as_events(fresh, changes.cursor, now) if fresh else []


class Feeds:
    """The feeds of every shop, made when first followed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._feeds: dict[str, Feed] = {}
        self._followers = 0

    async def follow(self, shop: str, after: Cursor | None) -> AsyncGenerator[Event, None]:
        """Follow the feed of a shop."""
        self._followers += 1
        try:
            async with contextlib.aclosing(self._feeds.setdefault(shop, Feed(self._desk, shop)).follow(after)) as feed:
                async for event in feed:
                    yield event
        finally:
            self._followers -= 1

    @property
    def full(self) -> bool:
        """Whether as many pages look on as one process serves."""
        return self._followers >= MOST_FOLLOWERS

    async def close(self) -> None:
        """End every stream."""
        for feed in self._feeds.values():
            await feed.close()
