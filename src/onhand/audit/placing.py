"""Placing: units that a draft reserves are booked where a level has shown them. Needs a transaction."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from onhand.domain.drift import Drift
from onhand.domain.reservations import (
    HIDDEN,
    LEAVING,
    Unplaced,
    end_reservation,
    find_releases,
    find_reservations,
    is_reservation,
    place_reservation,
)
from onhand.domain.stock import Bin, LevelKey, State, fold
from onhand.store import Books


def place_reservations(books: Books, drifts: Mapping[LevelKey, Drift], now: datetime) -> list[LevelKey]:
    """Book what drafts reserve, or do no more, at levels that show it; return those levels: they agree better then."""
    placed: list[LevelKey] = []
    for key, drift in drifts.items():
        if drift.units.get(State.RESERVED, 0) < 0 and _release(books, key, drift, now):
            placed.append(key)
        if drift.units.get(State.RESERVED, 0) <= 0:
            continue
        if _make_up(books, key, drift, now) or _place(books, key, drift, now):
            placed.append(key)
    return placed


def _place(books: Books, key: LevelKey, drift: Drift, now: datetime) -> bool:
    """Book what waits for a location where a level shows it; return whether any did."""
    waiting = {cause: units for cause, units in books.pictures.unplaced_of(key.item).items() if is_reservation(cause)}
    shown = find_reservations(drift.units, [Unplaced(*row) for row in waiting.items()])
    for found in shown:
        _book(books, found, key, drift, now)
        left = {**books.pictures.unplaced_by_item(found.cause)}
        left[key.item] = waiting[found.cause] - found.units
        books.pictures.set_unplaced(found.cause, left, now)
    return bool(shown)


def _make_up(books: Books, key: LevelKey, drift: Drift, now: datetime) -> bool:
    """Book what drafts have given back at a level without ever having reserved it there; return whether any had.

    They reserved it elsewhere, or another draft's units were taken for theirs: the level shows now that it was so.
    """
    given = [Unplaced(row.cause, -row.units) for row in _standing(books, key) if row.units < 0]
    shown = find_reservations(drift.units, given)
    for found in shown:
        _book(books, found, key, drift, now)
    return bool(shown)


def _book(books: Books, found: Unplaced, key: LevelKey, drift: Drift, now: datetime) -> None:
    count, seen = len(books.ledger.caused_by(found.cause)), drift.observation
    books.ledger.append([place_reservation(found, key, seen.source, count, seen.observed_at)], now)


def move_reservations(books: Books, drifts: Mapping[LevelKey, Drift], now: datetime) -> bool:
    """Book what a draft reserves at another level of its item, where the one has lost it and the other shows it."""
    gained = {key: units for key, drift in drifts.items() if (units := drift.units.get(State.RESERVED, 0)) > 0}
    moved = False
    for left, drift in drifts.items():
        lost = -drift.units.get(State.RESERVED, 0)
        for shown in [key for key in gained if key.item == left.item]:
            standing = [row for row in _standing(books, left) if row.units > 0] if lost > 0 else []
            for found in find_reservations({State.RESERVED: min(lost, gained[shown])}, standing):
                count, seen = len(books.ledger.caused_by(found.cause)), drifts[shown].observation
                movements = [
                    end_reservation(found, left, seen.source, count, seen.observed_at),
                    place_reservation(found, shown, seen.source, count + 1, seen.observed_at),
                ]
                books.ledger.append(movements, now)
                lost, gained[shown], moved = lost - found.units, gained[shown] - found.units, True
    return moved


def place_hidden(books: Books, drifts: Mapping[LevelKey, Drift], now: datetime) -> bool:
    """Book what an opening seemed to hold of a draft at levels that show it, and that nothing else explains.

    A draft may ask to reserve and get nothing, where no location ships: what another one reserves is then taken for its
    own, and of the other there seems to be nothing left to find. It comes out when the first one ends.
    """
    placed = False
    for key, drift in drifts.items():
        hidden = [Unplaced(cause, units) for _, cause, units in books.openings.somewhere([key.item], HIDDEN.state)]
        for found in find_reservations(drift.units, hidden):
            _book(books, found, key, drift, now)
            books.openings.shift(found.cause, key.item, {HIDDEN: -found.units})
            placed = True
    return placed


def withdraw_reservations(books: Books, drifts: Mapping[LevelKey, Drift], now: datetime) -> bool:
    """Book back what drafts reserve at levels that show it no more, and that nothing else explains; look for it anew.

    A draft that was changed may ask on and get nothing, where no location ships: only its levels show that.
    """
    withdrawn = False
    for key, drift in drifts.items():
        lost = {State.RESERVED: -drift.units.get(State.RESERVED, 0)}
        standing = [row for row in _standing(books, key) if row.units > 0] if lost[State.RESERVED] > 0 else []
        for found in find_reservations(lost, standing):
            count, seen = len(books.ledger.caused_by(found.cause)), drift.observation
            books.ledger.append([end_reservation(found, key, seen.source, count, seen.observed_at)], now)
            waiting = books.pictures.unplaced_by_item(found.cause)
            left = {**waiting, key.item: waiting.get(key.item, 0) + found.units}
            books.pictures.set_unplaced(found.cause, left, now)
            withdrawn = True
    return withdrawn


def _standing(books: Books, key: LevelKey) -> list[Unplaced]:
    """Return what drafts have booked as reserved at a level; less than nothing where they gave back more."""
    reserved = key.item, Bin(key.location, State.RESERVED)
    return [
        Unplaced(cause, fold(books.ledger.caused_by(cause)).get(reserved, 0))
        for cause in books.pictures.reservations_of([key.item])
    ]


def _release(books: Books, key: LevelKey, drift: Drift, now: datetime) -> bool:
    """Book back what ended reservations have left of a level's opening, as far as it shows; return whether any did."""
    leaving = books.openings.somewhere([key.item], LEAVING.state)
    released = find_releases(drift.units, [Unplaced(cause, units) for _, cause, units in leaving])
    for found in released:
        count, seen = len(books.ledger.caused_by(found.cause)), drift.observation
        books.ledger.append([end_reservation(found, key, seen.source, count, seen.observed_at)], now)
        books.openings.show_release(found.cause, key, found.units)
    return bool(released)


def forget_placed(
    books: Books, items: Collection[str], agreeing: Callable[[list[LevelKey]], bool], now: datetime
) -> None:
    """Forget unplaced units of drafts where every level of the item was read after the draft, and agrees.

    Then they are in the books already, in an opening balance that is younger than the draft, or nothing is reserved:
    no location could. So it is with units whose reservation has ended, and which no level shows to have come back.
    """
    for item, cause, units in books.openings.somewhere(items, LEAVING.state):
        if _all_read_after(books, item, cause) and agreeing(books.catalog.levels_of(item)):
            books.openings.shift(cause, item, {LEAVING: -units})
    for item in books.pictures.unplaced_units(items):
        for cause in [cause for cause in books.pictures.unplaced_of(item) if is_reservation(cause)]:
            if _all_read_after(books, item, cause) and agreeing(books.catalog.levels_of(item)):
                waiting = books.pictures.unplaced_by_item(cause)
                books.pictures.set_unplaced(cause, {**waiting, item: 0}, now)
                books.openings.shift(cause, item, {HIDDEN: waiting[item]})


def _all_read_after(books: Books, item: str, cause: str) -> bool:
    """Return whether every level of an item was read after a draft was."""
    newest = books.observations.newest(books.catalog.levels_of(item))
    seen = books.pictures.seen(cause)
    read = 0 if seen is None else seen.version.reading
    return bool(newest) and all(row.reading > read for row in newest.values())
