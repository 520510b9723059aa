"""Counts that people enter in the input tab: true as of when their row is first seen, booked, and never twice.

What was counted is kept like a third party's count, so that a sale told late is taken off it, and a person can take it
back. While its row stands a count is done with; a row that goes and comes back is a new count.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from onhand.answers.lookup import find_items, find_location
from onhand.app.sheet_words import Refused, whole_units
from onhand.audit.counts import compare_counts
from onhand.channels.google_sheets import InputRow
from onhand.domain.stock import LevelKey
from onhand.heal.counts import adopt_count
from onhand.publish.guard import teller_gate
from onhand.store import Books
from onhand.store.counted import Count, NewCount, Version

SOURCE: Final = "google_sheets"
SHOPIFY: Final = "shopify"
OURS: Final = (SHOPIFY, "onhand")
"""Where one of these is believed a person may count; a third party counts what it keeps itself."""

SURE: Final = "!"
MUCH_UNITS: Final = 20
"""A count that changes a level by more than this and by more than half is asked about once: a slip of the hand."""

STALE: Final = timedelta(minutes=5)
"""How long a row may have waited for what it lacked: enough to mend a slip, too little to sell much."""

STANDS, GONE = 1, None
"""What `sequence` says of a count: its row is in the tab, or was."""


class CountWish(NamedTuple):
    """What somebody has counted at a level. `sure`: they have been asked about it."""

    key: LevelKey
    units: int
    sure: bool


class Waiting:
    """Rows of counts that could not be taken, and since when. What can be taken only later is no count of then.

    Kept in memory: a process that starts takes what it finds as entered just now.
    """

    def __init__(self) -> None:
        self._since: dict[tuple[str, str, str], datetime] = {}

    def too_long(self, row: InputRow, now: datetime) -> str | None:
        """Return what is said of a row that could be taken now and waits for too long; None where it does not."""
        since = self._since.get(_cells(row))
        if since is None or now - since <= STALE:
            return None
        return (
            f"refused: it was entered at {since:%Y-%m-%d %H:%M} UTC and could not be taken then; count again, delete "
            "the row, and write a new one"
        )

    def note(self, rows: Sequence[InputRow], now: datetime) -> None:
        """Remember the rows that were not taken this time, and no other ones."""
        self._since = {_cells(row): self._since.get(_cells(row), now) for row in rows}


def _cells(row: InputRow) -> tuple[str, str, str]:
    return row.sku, row.location, str(row.counted)


def read_count(books: Books, row: InputRow, authorities: Mapping[str, str]) -> CountWish:
    """Return what a row says was counted. Raises Refused, and NotKnown for a SKU or location that nobody knows.

    `authorities` are who is believed, by location's name; Shopify where none is named.
    """
    if not row.sku or not row.location:
        raise Refused(f"fill in {'Location' if row.sku else 'SKU'}")
    if row.channel:
        raise Refused("a count is of a location, not of a channel; leave Channel blank")
    given = row.counted
    sure = isinstance(given, str) and given.strip().endswith(SURE)
    units = whole_units(given.strip().removesuffix(SURE) if sure and isinstance(given, str) else given, "Counted units")
    items = find_items(books, row.sku)
    if len(items) > 1:
        raise Refused(f"{len(items)} items carry SKU {row.sku!r}; make them differ in Shopify")
    location = find_location(books, row.location)
    if items[0].bundle or not items[0].counted:
        raise Refused(
            f"{row.sku} is {'a bundle: count its components' if items[0].bundle else 'not counted in Shopify'}"
        )
    authority = authorities.get(location.name, SHOPIFY)
    if authority not in OURS:
        raise Refused(f"{authority} is believed at {location.name}; its own counts are taken over there")
    key = LevelKey(items[0].item, location.location)
    if not books.ledger.known([key]):
        raise Refused(f"{row.sku} was never stocked at {location.name}; connect it first: `onhand level connect`")
    return CountWish(key, units, sure)


def standing_verdicts(books: Books, wishes: Collection[CountWish]) -> dict[LevelKey, str]:
    """Return the verdicts of counts that are done with, and let those whose row is gone be forgotten as such.

    Needs a transaction.
    """
    kept = {
        count.key: count for count in books.counts.of(sorted({wish.key for wish in wishes})) if count.source == SOURCE
    }
    standing = books.counts.standing(SOURCE)
    for key in standing - {wish.key for wish in wishes}:
        (gone,) = (count for count in books.counts.of([key]) if count.source == SOURCE)
        _keep(books, gone, GONE, gone.cause)
    return {
        wish.key: _verdict(count)
        for wish in wishes
        if (count := kept.get(wish.key)) is not None and wish.key in standing and count.units == wish.units
    }


def take_counts(books: Books, wishes: Sequence[CountWish], now: datetime) -> dict[LevelKey, str]:
    """Book what was counted, and return the verdict on each. Needs a transaction."""
    since = books.counts.sequence_before(now)
    return {wish.key: _take(books, wish, since, now) for wish in wishes}


def _take(books: Books, wish: CountWish, since: int, now: datetime) -> str:
    held = books.counts.held_at(books.counts.levels([wish.key]), wish.key, "on_hand", now, since)
    change = wish.units - held
    if not wish.sure and abs(change) > MUCH_UNITS and 2 * abs(change) > abs(held):
        return (
            f"refused: the books hold {held}, and {wish.units} were counted; if that is right write {wish.units}{SURE}"
        )
    books.counts.put(SOURCE, "on_hand", [NewCount(wish.key, wish.units, Version(now, STANDS), "the Inputs tab")], since)
    (count,) = (row for row in compare_counts(books, [wish.key], now) if row.source == SOURCE)
    said = f"as the books say since {now:%Y-%m-%d %H:%M} UTC"
    if count.gap_units:
        drift = adopt_count(books, count, ["entered in the Inputs tab of the workbook"], now).drift
        way = teller_gate(books, SHOPIFY)
        waits = "" if way.open else f"; Shopify is told once it may be: {way.reason}"
        said = (
            f"the books held {wish.units - count.gap_units} at {now:%Y-%m-%d %H:%M} UTC, {count.gap_units:+d} are "
            f"booked; `onhand drift undo {drift}` takes that back{waits}"
        )
    (count,) = (row for row in books.counts.of([wish.key]) if row.source == SOURCE)
    _keep(books, count, STANDS, said)
    return _verdict(count, said)


def _keep(books: Books, count: Count, stands: int | None, said: str) -> None:
    news = NewCount(count.key, count.units, Version(count.as_of, stands), said)
    books.counts.put(SOURCE, count.measure, [news], count.since_sequence)


def _verdict(count: Count, said: str | None = None) -> str:
    return f"accepted: {count.units} counted; {said or count.cause}"
