"""Doubts: a level that does not add up is read again before anybody is told, and adopted only once a reading does.

Shopify help, "Inventory states": on hand comprises every state but incoming. A level that was read in the middle of a
change may show half of it; one that goes on contradicting itself is for a person.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

from onhand.domain.stock import LevelKey
from onhand.intake.tracking import PLATFORM
from onhand.ports.channel import Ask, Contradiction, Problem, Report, Wanted
from onhand.store import Books
from onhand.store.doubts import Doubt

DOES_NOT_ADD_UP = "level does not add up"
"""The kind of problem that a level is which has contradicted itself in every reading; its key is `item@location`."""

TRY_AGAIN_S: Final = (2.0, 10.0, 60.0, 300.0)
"""How long a level rests after the first, second, … reading in which it did not add up; then it is a problem."""

_BECAUSE = "its states do not sum to what it has on hand"


def doubted_of(books: Books, items: Collection[str], names: Collection[str]) -> list[LevelKey]:
    """Return the doubted levels of some items, and those named `item@location`."""
    return [key for key in books.doubts.all() if key.item in items or name_of(key) in names]


def follow_doubts(
    books: Books,
    contradictions: Iterable[Contradiction],
    answered: Collection[LevelKey],
    reading: int,
    now: datetime,
) -> None:
    """Ask again for levels that do not add up, and settle those of `answered` that do. Needs a transaction.

    Call it when the asks that a reading has answered are struck off. Of `answered` only doubted levels need be named.
    """
    kept = books.doubts.all()
    odd = {row.key: row for row in contradictions}
    right = [key for key in answered if key in kept and key not in odd and kept[key].reading < reading]
    books.doubts.forget(right)
    for key in right:
        books.problems.settle(DOES_NOT_ADD_UP, name_of(key), now)
    waiting = books.catalog.uncounted({key.item for key in right}) if right else set()
    because = "its levels add up, and it may be counted from now on"
    books.asks.add(PLATFORM, [Ask(Wanted.ITEM, item, because) for item in sorted(waiting)], now)
    for key, row in odd.items():
        before = kept.get(key)
        if before is None or before.reading < reading:
            books.doubts.put(doubt := _doubt(row, before, reading, now))
            _look_later(books, doubt, now)


def look_again(books: Books, report: Report, now: datetime) -> None:
    """Ask for levels that stand as a problem and have moved, as a webhook says. Needs a transaction."""
    moved = {seen.key for seen in report.observations if not seen.reading}
    standing = [key for key, doubt in books.doubts.all().items() if doubt.due_at is None and key in moved]
    books.asks.add(PLATFORM, [Ask(Wanted.LEVEL, name_of(key), _BECAUSE) for key in standing], now)


def name_of(key: LevelKey) -> str:
    """Return what a level is called in asks and problems."""
    return f"{key.item}@{key.location}"


def _doubt(row: Contradiction, before: Doubt | None, reading: int, now: datetime) -> Doubt:
    tries, due_at, since_at = _next_try(before, now)
    return Doubt(
        key=row.key,
        told_units=row.told_units,
        summed_units=row.summed_units,
        since_at=since_at,
        due_at=due_at,
        tries=tries,
        reading=reading,
    )


def _look_later(books: Books, doubt: Doubt, now: datetime) -> None:
    """Have a level read when its next try is due; tell a person where there is none."""
    if doubt.due_at is None:
        books.problems.raise_(_problem(books, doubt), now)
    else:
        ask = Ask(Wanted.LEVEL, name_of(doubt.key), _BECAUSE)
        books.asks.add(PLATFORM, [ask], now, (doubt.due_at - now).total_seconds())


def _next_try(before: Doubt | None, now: datetime) -> tuple[int, datetime | None, datetime]:
    """Return how often it was tried, when it is tried next, and since when it is in doubt.

    A reading that nobody had to wait for, an audit's or a judgement's, is no try: a level that is changed over and over
    in one second would be a problem at once.
    """
    if before is None:
        return 1, now + timedelta(seconds=TRY_AGAIN_S[0]), now
    if before.due_at is None or now < before.due_at:
        return before.tries, before.due_at, before.since_at
    if before.tries < len(TRY_AGAIN_S):
        return before.tries + 1, now + timedelta(seconds=TRY_AGAIN_S[before.tries]), before.since_at
    return before.tries + 1, None, before.since_at


def _problem(books: Books, doubt: Doubt) -> Problem:
    item = books.catalog.items_of([doubt.key.item]).get(doubt.key.item)
    names = {location.location: location.name for location in books.catalog.locations()}
    place, sku = names.get(doubt.key.location, doubt.key.location), item.sku if item is not None else None
    message = (
        f"{sku or f'item {doubt.key.item}'} at {place}: shopify says {doubt.told_units} on hand, its states sum to "
        f"{doubt.summed_units}, in {doubt.tries} readings since {doubt.since_at:%Y-%m-%d %H:%M} UTC; none was booked"
    )
    which = f"--sku '{sku}' --location '{place}'" if sku else f"--location '{place}'"
    next_step = (
        f"set what is there in Shopify's inventory, then `onhand audit {which}` reads it at once; if it stays, Shopify "
        "has a state that onhand does not know, and onhand must be updated"
    )
    return Problem(DOES_NOT_ADD_UP, name_of(doubt.key), message, next_step)
