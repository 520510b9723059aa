"""Booking what third parties say: a count is kept to be compared, a change is booked, an advice asks for its order."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from onhand.domain.catalog import match_key
from onhand.domain.notices import Change, NoticeRow, Told, movement_of, shrinkage, units_of
from onhand.domain.stock import LevelKey, Movement
from onhand.intake.booked import key_of
from onhand.ports.channel import Ask, Problem, Wanted
from onhand.ports.errors import UnreadableDelivery
from onhand.store import Books
from onhand.store.counted import NewCount, Version

UNKNOWN_ROWS: Final = "rows of a third party that mean nothing here"
HELD: Final = "count held back"
"""Kinds of problems: the first is one a source and place, the second one a count."""

AHEAD: Final = timedelta(minutes=15)
"""How far a third party's clock may be ahead of ours: what is dated later is a wrong zone or a wrong clock."""

PLATFORM: Final = "shopify"
_EXAMPLES: Final = 5


class _Placed(NamedTuple):
    """The rows of a notice with the items they mean; `trouble` says why each of the others means none.

    Items `in_doubt` are in the notice, and nobody knows what it says of them.
    """

    rows: Sequence[tuple[str, NoticeRow]]
    trouble: Sequence[str]
    in_doubt: frozenset[str]


def book_notice(books: Books, told: Told, now: datetime) -> str:
    """Book one notice and return a line for the log. Needs a transaction. Raises UnreadableDelivery."""
    notice = told.notice
    if notice.kind == "advice":
        return _ask_for_orders(books, told, now)
    location = books.catalog.location_by_name(told.place)
    if location is None:
        known = ", ".join(row.name for row in books.catalog.locations()) or "none: run `onhand sync`"
        raise UnreadableDelivery(
            f"{notice.cause}: the shop has no location {told.place!r}; it has {known}. Name the right one in `places` "
            f"of [[threepl]] {notice.source}, then replay this delivery"
        )
    if notice.as_of > now + AHEAD:
        raise UnreadableDelivery(
            f"{notice.cause} is true at {notice.as_of:%Y-%m-%d %H:%M:%S} UTC, now it is {now:%Y-%m-%d %H:%M:%S}: "
            f"nothing of it is used; `timezone` of [[threepl]] {notice.source} says what its times mean"
        )
    placed = _place(books, told, location.location)
    _tell_of_rows(books, told, placed, now)
    if notice.kind == "delta":
        return _book_changes(books, told, placed, location.location, now)
    return _keep_counts(books, told, placed, location.location, now)


def _place(books: Books, told: Told, location: str) -> _Placed:
    """Return which item each row means. Nothing is guessed: a SKU that is doubled on either side means none."""
    rows = told.notice.rows
    keys = {row.row: match_key(row.sku) for row in rows}
    times = Counter(key for key in keys.values() if key is not None) if told.notice.kind == "snapshot" else Counter()
    found: dict[str, list[str]] = {}
    for item in books.catalog.items_by_skus({key for key in keys.values() if key is not None}):
        if item.counted:
            found.setdefault(match_key(item.sku) or "", []).append(item.item)
    stocked = books.ledger.known(LevelKey(item, location) for items in found.values() for item in items)
    placed: list[tuple[str, NoticeRow]] = []
    trouble: list[str] = []
    doubt: set[str] = set()
    for row in rows:
        items = found.get(keys[row.row] or "", [])
        if times[keys[row.row] or ""] > 1:
            trouble.append(f"{row.name} stands in {times[keys[row.row] or '']} rows")
            doubt.update(items)
        elif len(items) != 1:
            trouble.append(f"{row.name} is the SKU of {len(items) or 'no'} counted item{'s' * (len(items) > 1)}")
            doubt.update(items)
        elif LevelKey(items[0], location) not in stocked:
            if (row.on_hand_units or row.available_units or row.delta_units or 0) != 0:
                trouble.append(f"{row.name} was never stocked there in Shopify")
        elif told.notice.kind == "snapshot" and units_of(row, told.measure) is None:
            trouble.append(f"{row.name} does not say {told.measure}")
            doubt.update(items)
        else:
            placed.append((items[0], row))
    return _Placed(placed, trouble, frozenset(doubt))


def _tell_of_rows(books: Books, told: Told, placed: _Placed, now: datetime) -> None:
    notice = told.notice
    key = f"{notice.source}@{told.place}"
    if not placed.trouble:
        if notice.complete:
            books.problems.settle(UNKNOWN_ROWS, key, now)
        return
    named = dict.fromkeys(placed.trouble)
    more = f"; and {len(named) - _EXAMPLES} more" if len(named) > _EXAMPLES else ""
    message = f"{notice.cause} for {told.place}: {'; '.join(list(named)[:_EXAMPLES])}{more}; the other rows are used"
    next_step = "give each item one SKU, the same on both sides, and stock it at the location in Shopify"
    books.problems.raise_(Problem(UNKNOWN_ROWS, key, message, next_step), now)


def _book_changes(books: Books, told: Told, placed: _Placed, location: str, now: datetime) -> str:
    """Book what only the third party can know of. Where Shopify is believed, it writes: one fact, one writer."""
    notice = told.notice
    if told.authority == PLATFORM:
        return f"{notice.cause}: not booked, for {told.place} is counted by {PLATFORM}; a count of it shows the gap"
    movements = [
        movement
        for item, row in placed.rows
        if (row.change is not Change.RECEIPT or told.booked_receipts)
        and (movement := movement_of(notice, row, item, location)) is not None
    ]
    cuts = books.ledger.cuts({movement.item for movement in movements})
    before = {key.item: cut_at for key, cut_at in cuts.items() if key.location == location}
    fresh = [row for row in movements if row.item not in before or row.occurred_at > before[row.item]]
    booked = books.ledger.append(_without_repeats(books, notice.cause, fresh), now)
    return f"{notice.cause}: {booked} of {len(notice.rows)} changes at {told.place} booked"


def _without_repeats(books: Books, cause: str, movements: Sequence[Movement]) -> list[Movement]:
    """Leave out what is booked but for its time: a file that names none is true when it comes, each time it is sent."""
    before = {row.id: row for row in books.ledger.caused_by(cause)}
    return [
        row
        for row in movements
        if row.id not in before or replace(row, occurred_at=before[row.id].occurred_at) != before[row.id]
    ]


def _keep_counts(books: Books, told: Told, placed: _Placed, location: str, now: datetime) -> str:
    """Keep a snapshot to be compared with the books as of its time; a row that is older than the newest is no news."""
    notice = told.notice
    version = Version(notice.as_of, notice.sequence)
    known = books.counts.versions(notice.source, location)
    since = books.counts.sequence_before(notice.as_of)
    counted = {item: units_of(row, told.measure) or 0 for item, row in placed.rows}
    if notice.complete:
        standing = [row for row in _standing(books, told, location, since) if row[0] not in placed.in_doubt]
        held = _hold(books, told, standing, counted, now)
        if held:
            return held
        counted = {**{item: 0 for item, units in standing if units}, **counted}
    news = [
        NewCount(LevelKey(item, location), units, version, notice.cause)
        for item, units in counted.items()
        if _is_newer(version, known.get(item))
    ]
    books.counts.put(notice.source, told.measure, news, since)
    return f"{notice.cause}: {len(news)} counts at {told.place} kept, {len(counted) - len(news)} were no news"


def _standing(books: Books, told: Told, location: str, since: int) -> list[tuple[str, int]]:
    """Return the items that the books held at a location as of a notice, with their units."""
    keys = [LevelKey(row.item, location) for row in books.ledger.standing_at([location])]
    counted = books.catalog.uncounted({key.item for key in keys})
    keys = [key for key in keys if key.item not in counted]
    levels = books.counts.levels(keys)
    at = told.notice.as_of
    return [(key.item, books.counts.held_at(levels, key, told.measure, at, since)) for key in keys]


def _hold(
    books: Books, told: Told, standing: Sequence[tuple[str, int]], counted: dict[str, int], now: datetime
) -> str | None:
    """Hold a count back that would take too much to nothing, unless a person has let it through."""
    notice = told.notice
    shrunk = shrinkage(standing, counted)
    key = f"{notice.source}@{told.place}"
    if shrunk is None or not shrunk.too_much or books.counter(letting_through(told.delivery)):
        books.problems.settle(HELD, key, now)
        return None
    message = f"{notice.cause} for {told.place} at {notice.as_of:%Y-%m-%d %H:%M} UTC: {shrunk}; nothing of it is used"
    next_step = (
        f"look at the file; where it is true, `onhand inbox pass '{told.delivery}'` lets it through, "
        "else the next count that is whole settles this"
    )
    books.problems.raise_(Problem(HELD, key, message, next_step), now)
    return f"held back: {message}"


def letting_through(delivery: str) -> str:
    """Return the name of the counter that lets a held count through."""
    return f"let through {delivery}"


def _is_newer(version: Version, known: Version | None) -> bool:
    if known is None:
        return True
    if version.sequence is not None and known.sequence is not None and version.sequence <= known.sequence:
        return False
    return version.as_of > known.as_of or (version.as_of == known.as_of and version.sequence != known.sequence)


def _ask_for_orders(books: Books, told: Told, now: datetime) -> str:
    """Ask Shopify for the orders of an advice: its fulfilment moves the units, the advice says that it is time."""
    notice = told.notice
    causes = {name: _order_of(books, name) for name in notice.orders}
    asks = [
        Ask(Wanted.ORDER, key_of(cause), f"{notice.source} says that it has shipped it") for cause in _known(causes)
    ]
    books.asks.add(PLATFORM, asks, now)
    return f"{notice.cause}: shipped {', '.join(notice.orders)}; asked for {len(asks)} of them, the others are not open"


def _order_of(books: Books, name: str) -> str | None:
    """Return an open order by the name that it was sent under, with or without the mark in front."""
    cause = books.counts.open_order(name)
    return cause if cause is not None or name.startswith("#") else books.counts.open_order(f"#{name}")


def _known(causes: Mapping[str, str | None]) -> Iterable[str]:
    return [cause for cause in causes.values() if cause is not None and cause.startswith(f"{PLATFORM}/order/")]
