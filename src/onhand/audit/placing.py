"""Placing: units that a draft reserves are booked where a level has shown them. Needs a transaction."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from onhand.domain.drift import Drift
from onhand.domain.reservations import Unplaced, find_reservations, is_reservation, place_reservation
from onhand.domain.stock import LevelKey, State
from onhand.store import Books


def place_reservations(books: Books, drifts: Mapping[LevelKey, Drift], now: datetime) -> list[LevelKey]:
    """Book what drafts reserve at levels that show it; return those levels, which agree better from then on."""
    placed: list[LevelKey] = []
    for key, drift in drifts.items():
        if drift.units.get(State.RESERVED, 0) <= 0:
            continue
        waiting = {
            cause: units for cause, units in books.pictures.unplaced_of(key.item).items() if is_reservation(cause)
        }
        for found in find_reservations(drift.units, [Unplaced(*row) for row in waiting.items()]):
            count = len(books.ledger.caused_by(found.cause))
            seen = drift.observation
            books.ledger.append([place_reservation(found, key, seen.source, count, seen.observed_at)], now)
            left = {**books.pictures.unplaced_by_item(found.cause)}
            left[key.item] = waiting[found.cause] - found.units
            books.pictures.set_unplaced(found.cause, left, now)
            placed.append(key)
    return placed


def forget_placed(
    books: Books, items: Collection[str], agreeing: Callable[[list[LevelKey]], bool], now: datetime
) -> None:
    """Forget unplaced units of drafts where every level of the item was read after the draft, and agrees.

    Then they are in the books already, in an opening balance that is younger than the draft, or nothing is reserved:
    no location could.
    """
    for item in books.pictures.unplaced_units(items):
        keys = books.catalog.levels_of(item)
        newest = books.observations.newest(keys)
        for cause in [cause for cause in books.pictures.unplaced_of(item) if is_reservation(cause)]:
            seen = books.pictures.seen(cause)
            read = 0 if seen is None else seen.version.reading
            if newest and all(row.reading > read for row in newest.values()) and agreeing(keys):
                left = {**books.pictures.unplaced_by_item(cause), item: 0}
                books.pictures.set_unplaced(cause, left, now)
