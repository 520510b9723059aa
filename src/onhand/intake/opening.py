"""Opening: the first reading of everything becomes opening balances, each with its cut time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import NamedTuple, TypeVar

from onhand.domain.catalog import Item
from onhand.domain.drift import Drift, Observation, adopt
from onhand.domain.stock import KEPT_STATES, LevelKey, Movement, State
from onhand.intake.identity import check_bundles
from onhand.intake.locations import take_locations
from onhand.intake.lookup import Lookup
from onhand.intake.tracking import PLATFORM
from onhand.intake.trapped import check_trapped
from onhand.ports.channel import Ask, Census, Wanted
from onhand.store import Books, Store

CHUNK = 2_000
"""Rows a transaction: a first reading of a million levels must not hold the writer for minutes."""

_Row = TypeVar("_Row")


class TakenOver(NamedTuple):
    """Levels of a census that were counted, and those of them that got an opening balance."""

    levels: int
    opened: int


def take_over_catalog(store: Store, shop: str, census: Census, lookup: Lookup, now: datetime) -> None:
    """Keep what a census says of items, locations and listings."""
    lookup.learn(census.listings, {}, census.locations, census.items)
    with store.writing() as session:
        books = session.of(shop)
        take_locations(books, census.locations, now)
        for problem in census.problems:
            books.problems.raise_(problem, now)
    for items in _chunks(census.items):
        with store.writing() as session:
            _take_over_items(session.of(shop), items, now)
    for bundles in _chunks(census.bundles):
        with store.writing() as session:
            session.of(shop).bundles.put(bundles, now)
    with store.writing() as session:
        books = session.of(shop)
        check_bundles(books, [item for item in census.items if item.bundle], census.bundles, now)
        shown = {item.item for item in census.items}
        _ask(books, [item.item for item in books.catalog.items() if item.item not in shown], _ABSENT, now)
    for listings in _chunks(census.listings):
        with store.writing() as session:
            session.of(shop).catalog.put_listings(listings, now)


def _take_over_items(books: Books, items: Sequence[Item], now: datetime) -> None:
    """Keep items, but for those that are counted now and were not, or the other way round.

    These are read one by one with their levels, which is what they begin with or end with.
    """
    before = books.catalog.items_of(item.item for item in items)
    turned = {item.item for item in items if item.item in before and before[item.item].counted is not item.counted}
    books.catalog.put_items([item for item in items if item.item not in turned], now)
    _ask(books, sorted(turned), "it is counted now and was not, or the other way round", now)


def _ask(books: Books, items: Iterable[str], because: str, now: datetime) -> None:
    books.asks.add(PLATFORM, [Ask(Wanted.ITEM, item, because) for item in items], now)


_ABSENT = "a whole reading does not show it any more"


def take_over_levels(store: Store, shop: str, source: str, census: Census, now: datetime, *, opens: bool) -> TakenOver:
    """Keep the levels of a census, a batch a transaction; with `opens`, open those that nothing has moved yet.

    In a shop that is at work nothing is opened here: a return or a transfer may have made a level that is new, so it
    is judged like any other gap, and opened when nothing else explains it.
    """
    levels = opened = 0
    for batch in census.levels:
        observations = [
            Observation(
                source=source,
                item=row.item,
                location=row.location,
                units={state: units for state, units in zip(KEPT_STATES, row.units, strict=True) if units is not None},
                observed_at=row.observed_at,
                reading=census.reading,
            )
            for row in batch
            if row.units is not None
        ]
        with store.writing() as session:
            session.of(shop).catalog.put_level_ids(
                {LevelKey(row.item, row.location): row.level_id for row in batch},
                now,
                {LevelKey(row.item, row.location) for row in batch if not row.active},
            )
        if opens:
            opened += open_levels(store, shop, observations, now)
        else:
            with store.writing() as session:
                session.of(shop).observations.put_all(observations, now)
        with store.writing() as session:
            check_trapped(session.of(shop), {LevelKey(row.item, row.location) for row in batch}, now)
        levels += len(observations)
    return TakenOver(levels, opened)


def open_levels(store: Store, shop: str, observations: Sequence[Observation], now: datetime) -> int:
    """Keep what was observed, and open the levels that nothing has moved yet; return how many were opened.

    A level that has moved already is not opened: what it lacks is a drift like any other, and the audit judges it.
    """
    opened = 0
    for chunk in _chunks(observations):
        with store.writing() as session:
            books = session.of(shop)
            uncounted = books.catalog.uncounted({seen.item for seen in chunk})
            counted = [seen for seen in chunk if seen.item not in uncounted]
            known = books.ledger.touched([seen.key for seen in counted])
            cuts = books.ledger.cuts(sorted({seen.item for seen in counted}))
            fresh = [seen for seen in counted if seen.key not in known and seen.key not in cuts]
            books.ledger.set_cuts({seen.key: seen.observed_at for seen in fresh})
            books.ledger.append([movement for seen in fresh for movement in opening_movements(seen)], now)
            books.observations.put_all(counted, now)
            opened += len(fresh)
    return opened


def opening_movements(seen: Observation) -> tuple[Movement, ...]:
    """Return the movements from the supplier that bring an empty level to what was observed, state by state."""
    kept = {state: units for state, units in seen.units.items() if state in KEPT_STATES}
    drift = Drift(observation=replace(seen, units=kept), books_units={})
    cause = f"opening/{seen.item}@{seen.location}"
    return adopt(drift, cause, against=State.SUPPLIER, reason="opening balance")


def _chunks(rows: Iterable[_Row], size: int = CHUNK) -> Iterator[list[_Row]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk
