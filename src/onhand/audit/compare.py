"""Comparing: an observation against the books, level by level, whenever either of them was touched."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from onhand.audit.counts import compare_counts
from onhand.audit.placing import forget_placed, move_reservations, place_reservations
from onhand.domain.drift import Drift, Observation, compare
from onhand.domain.reservations import is_reservation
from onhand.domain.stock import LevelKey, State
from onhand.ports.channel import Ask, Wanted
from onhand.store import Books, Observed

SOURCE = "shopify"
"""The platform that keeps levels itself, and is compared with."""

AGREES_AGAIN = "books and platform agree again"

BATCH = 500
"""Levels a transaction."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """What a comparison of some levels came to. `flying` are gaps that what was sent and not confirmed explains."""

    equal: list[LevelKey] = field(default_factory=list)
    flying: list[LevelKey] = field(default_factory=list)
    drifts: dict[LevelKey, Drift] = field(default_factory=dict)


def compare_touched(books: Books, now: datetime, limit: int = BATCH) -> int:
    """Compare levels that a movement or an observation touched; return how many. Needs a transaction.

    Agreement is written down with its time, a gap with the time since when it stands. Nothing is judged here.
    """
    keys = books.observations.to_compare(limit)
    if not keys:
        return 0
    write_down(books, compare_and_place(books, keys, now), now)
    compare_counts(books, keys, now)
    ask_for_unseen(books, keys, now)
    books.observations.compared(keys)
    return len(keys)


def ask_for_unseen(books: Books, keys: Sequence[LevelKey], now: datetime) -> None:
    """Ask for levels that hold something by the books and were never shown: one that is not there shows nothing."""
    because = "the books hold units where nothing was ever shown"
    unseen = books.observations.unseen(SOURCE, keys)
    books.asks.add(SOURCE, [Ask(Wanted.LEVEL, f"{key.item}@{key.location}", because) for key in unseen], now)


def compare_census_levels(books: Books, now: datetime) -> Compared:
    """Compare the batch of levels that has just been taken in, as far as they do not plainly agree; write it down.

    What agrees is not in the answer: of a million levels nearly all do. Needs the transaction that took them in.
    """
    unsettled = books.census_levels.settle(SOURCE, now)
    for key in books.census_levels.settled_with_drifts():
        books.drifts.close_level(key, "closed", now, AGREES_AGAIN)
    compared = compare_and_place(books, unsettled, now)
    write_down(books, compared, now)
    return compared


def compare_and_place(books: Books, keys: Sequence[LevelKey], now: datetime) -> Compared:
    """Compare levels; where one shows what a draft reserves, book that there and compare again."""
    compared = compare_levels(books, keys)
    if place_reservations(books, compared.drifts, now):
        compared = compare_levels(books, keys)
    if _move_reservations(books, compared, now):
        compared = compare_levels(books, keys)
    _forget_placed(books, {key.item for key in compared.equal}, now)
    return compared


def _move_reservations(books: Books, compared: Compared, now: datetime) -> bool:
    """Look at the other levels of items of which another number is reserved, and move what drafts reserve there."""
    shifted = {key.item for key, drift in compared.drifts.items() if drift.units.get(State.RESERVED)}
    others = [key for item in sorted(shifted) for key in books.catalog.levels_of(item) if key not in compared.drifts]
    return move_reservations(books, {**compared.drifts, **compare_levels(books, others).drifts}, now)


def forget_unshown(books: Books, now: datetime) -> None:
    """Forget what drafts asked to reserve and no level shows, once every level was read. Needs a transaction."""
    _forget_placed(books, {item for cause, item, _ in books.pictures.unplaced() if is_reservation(cause)}, now)


def _forget_placed(books: Books, items: Collection[str], now: datetime) -> None:
    forget_placed(books, items, lambda levels: not compare_levels(books, levels).drifts, now)


def write_down(books: Books, compared: Compared, now: datetime) -> None:
    """Keep which levels agree and which have a gap since when; a gap that closed closes its drift."""
    agreeing = [*compared.equal]
    if agreeing:
        books.observations.agree(agreeing, now)
        for key in books.drifts.open_keys(agreeing):
            books.drifts.close_level(key, "closed", now, AGREES_AGAIN)
    if compared.drifts:
        books.observations.gap(list(compared.drifts), now)


def compare_levels(books: Books, keys: Sequence[LevelKey]) -> Compared:
    """Compare the newest observation of each level with what the platform should show by the books."""
    compared = Compared()
    observed = books.observations.newest(keys)
    expected = books.expected(keys)
    in_flight = books.intents.in_flight(keys)
    for key in keys:
        seen = observed.get(key)
        if seen is None:
            continue
        observation = _observation(key, seen)
        flying = in_flight.get(key, {})
        drift = compare(observation, expected[key], flying)
        if drift is not None:
            compared.drifts[key] = drift
        elif flying and any(observation.units[state] != expected[key].get(state, 0) for state in observation.units):
            compared.flying.append(key)
        else:
            compared.equal.append(key)
    return compared


def _observation(key: LevelKey, seen: Observed) -> Observation:
    return Observation(
        source=SOURCE,
        item=key.item,
        location=key.location,
        units=seen.units,
        observed_at=seen.observed_at,
        reading=seen.reading,
    )
