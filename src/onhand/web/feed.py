"""What changed in a shop since a moment: one poller a shop, however many pages look on."""

import asyncio
import contextlib
import functools
import hashlib
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

import msgspec

from onhand.answers import as_json
from onhand.store import Books
from onhand.web.desk import Desk
from onhand.web.grid import Columns, Row, read_columns, read_rows
from onhand.web.status import read_status

_LOG = logging.getLogger(__name__)

POLL_S = 0.25
STATUS_S = 1.0
# A poll that took long is followed by a rest of so many times as long: looking on never takes over the machine.
REST = 4
# Past so many changed items reading the grid anew is cheaper for everybody than naming them.
MOST_ITEMS = 2000
# Times are written a moment before their transaction commits; what committed late is read again.
OVERLAP = timedelta(seconds=5)
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
    """Rows that changed since a cursor, and the cursor to go on from. `rows` None: too many, or other columns."""

    cursor: Cursor
    rows: list[Row] | None


def mark_columns(columns: Columns) -> str:
    """Return a short mark that differs when the columns do."""
    return hashlib.sha256(repr(columns).encode()).hexdigest()[:8]


def cursor_now(books: Books, columns: Columns, now: datetime) -> Cursor:
    """Return the cursor of these books, read at `now`."""
    return Cursor(books.ledger.head()[0], now, mark_columns(columns))


def read_changes(books: Books, after: Cursor, now: datetime) -> Changes:
    """Return what changed behind `after`. A row may come that did not change; none that did is left out."""
    columns = read_columns(books)
    cursor = cursor_now(books, columns, now)
    if cursor.columns != after.columns or cursor.sequence < after.sequence:
        return Changes(cursor, None)
    moved = books.ledger.moved_after(after.sequence, MOST_ITEMS + 1)
    touched = books.offers.changed_since(after.offers_at - OVERLAP, MOST_ITEMS + 1)
    keys = {item for _, item in moved} | set(touched)
    if len(moved) > MOST_ITEMS or len(keys) > MOST_ITEMS:
        return Changes(cursor, None)
    items = [item for item in map(books.catalog.item, sorted(keys)) if item is not None]
    return Changes(cursor, read_rows(books, columns, items))


def as_rows_event(rows: Iterable[Row], cursor: Cursor, now: datetime) -> Event:
    """Return the event that carries rows."""
    return Event("rows", msgspec.json.encode({"as_of": now, "rows": list(rows)}), cursor)


class Feed:
    """The changes of one shop. Polls while somebody follows, and rests otherwise."""

    def __init__(self, desk: Desk, shop: str) -> None:
        self._desk, self._shop = desk, shop
        self._events: deque[tuple[int, Event]] = deque(maxlen=KEPT_EVENTS)
        self._last = 0
        self._news = asyncio.Condition()
        self._followers = 0
        self._work: asyncio.Task[None] | None = None
        self._closed = False
        self._sent: dict[str, Row] = {}

    async def follow(self, after: Cursor | None) -> AsyncGenerator[Event, None]:
        """Yield what changed behind `after`, then everything as it comes. None: from now on."""
        self._followers += 1
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._run())
            self._work.add_done_callback(self._on_end)
        work = self._work
        try:
            seen = self._last
            yield await self._desk.run(self._read_status)
            if after is not None:
                yield await self._catch_up(after)
            while not self._closed:
                await self._wait(seen, work)
                fresh = [(number, event) for number, event in self._events if number > seen]
                if not fresh:
                    return  # the page asks again, and work starts anew
                if fresh[0][0] > seen + 1:  # too slow for what is kept: the page reads everything anew
                    yield Event("reset", b"{}", None)
                seen = fresh[-1][0]
                for _, event in fresh:
                    yield event
        finally:
            self._followers -= 1

    async def _wait(self, seen: int, work: asyncio.Task[None]) -> None:
        async with self._news:
            await self._news.wait_for(lambda: self._closed or work.done() or self._last > seen)

    async def close(self) -> None:
        """End every stream: the server is going away."""
        self._closed = True
        async with self._news:
            self._news.notify_all()

    async def _run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._poll())
                group.create_task(self._tick())
        finally:
            async with self._news:
                self._news.notify_all()

    def _on_end(self, work: asyncio.Task[None]) -> None:
        trouble = None if work.cancelled() else work.exception()
        if trouble is not None:
            _LOG.error("the live stream of %s broke off and starts again when asked: %r", self._shop, trouble)

    async def _poll(self) -> None:
        cursor = await self._desk.run(self._start)
        while self._wanted():
            began = time.monotonic()
            look = functools.partial(self._look, cursor)
            event, cursor = await self._desk.run(look)
            if event is not None:
                await self._tell(event)
            await asyncio.sleep(max(POLL_S, REST * (time.monotonic() - began)))

    async def _tick(self) -> None:
        while self._wanted():
            began = time.monotonic()
            await self._tell(await self._desk.run(self._read_status))
            await asyncio.sleep(max(STATUS_S, REST * (time.monotonic() - began)))

    def _wanted(self) -> bool:
        return self._followers > 0 and not self._closed

    async def _tell(self, event: Event) -> None:
        self._last += 1
        self._events.append((self._last, event))
        async with self._news:
            self._news.notify_all()

    async def _catch_up(self, after: Cursor) -> Event:
        changes, now = await self._desk.run(lambda: self._read(after))
        if changes.rows is None:
            return Event("reset", b"{}", None)
        return as_rows_event(changes.rows, changes.cursor, now)

    # ---- in a thread

    def _start(self) -> Cursor:
        now = self._desk.clock.now()
        with self._desk.books(self._shop) as books:
            return cursor_now(books, read_columns(books), now)

    def _read(self, after: Cursor) -> tuple[Changes, datetime]:
        now = self._desk.clock.now()
        with self._desk.books(self._shop) as books:
            return read_changes(books, after, now), now

    def _look(self, after: Cursor) -> tuple[Event | None, Cursor]:
        changes, now = self._read(after)
        if changes.rows is None:
            self._sent.clear()
            return Event("reset", b"{}", None), changes.cursor
        fresh = [row for row in changes.rows if self._sent.get(row.item) != row]
        self._sent.update((row.item, row) for row in fresh)
        return as_rows_event(fresh, changes.cursor, now) if fresh else None, changes.cursor

    def _read_status(self) -> Event:
        status, _ = read_status(self._desk, self._shop)
        return Event("status", msgspec.json.encode(as_json(status)), None)


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
