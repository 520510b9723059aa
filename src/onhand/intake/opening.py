"""Opening: the first reading of everything becomes opening balances, each with its cut time."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import TypeVar

from onhand.domain.catalog import Item
from onhand.domain.drift import Drift, Observation, adopt
from onhand.domain.stock import KEPT_STATES, Bin, LevelKey, State, pair_off
from onhand.intake.doubts import follow_doubts
from onhand.intake.identity import check_bundles
from onhand.intake.locations import take_locations
from onhand.intake.lookup import Lookup
from onhand.intake.tracking import PLATFORM, empty_item
from onhand.intake.trapped import check_trapped_levels
from onhand.ports.channel import Ask, Census, SeenLevel, Wanted
from onhand.store import Books, Store
from onhand.store.times import to_us

CHUNK = 2_000
"""Rows a transaction: a first reading of a million levels must not hold the writer for minutes."""

REASON = "opening balance"

_Row = TypeVar("_Row")


def take_over_catalog(store: Store, shop: str, census: Census, lookup: Lookup, now: datetime) -> None:
    """Keep what a census says of items, locations and listings."""
    lookup.learn(census.listings, {}, census.locations, census.items)
    with store.writing() as session:
        books = session.of(shop)
        take_locations(books, census.locations, now)
        follow_doubts(books, census.contradictions, books.doubts.all(), census.reading, now)
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
    new = [item.item for item in items if item.item not in before and not item.counted]
    for item in sorted(books.observations.met(new)) if new else []:
        empty_item(books, item, "not counted", now)  # its webhooks came before anybody knew that it is not counted
    books.catalog.put_items([item for item in items if item.item not in turned], now)
    _ask(books, sorted(turned), "it is counted now and was not, or the other way round", now)


def _ask(books: Books, items: Iterable[str], because: str, now: datetime) -> None:
    books.asks.add(PLATFORM, [Ask(Wanted.ITEM, item, because) for item in items], now)


_ABSENT = "a whole reading does not show it any more"


def open_levels(
    books: Books, source: str, levels: Sequence[SeenLevel], reading: int, now: datetime, *, opens: bool
) -> tuple[int, int]:
    """Take in one batch of levels, and with `opens` open those that nothing has moved yet. Needs a transaction.

    In a shop that is at work nothing is opened here: a return or a transfer may have made a level that is new, so it is
    judged like any other gap, and opened when nothing else explains it.


    Return how many are counted, and how many of those were opened. A level that has moved already is not opened: what
    it lacks is a drift like any other, and the audit judges it.
    """
    uncounted = books.catalog.uncounted({row.item for row in levels})
    if uncounted:
        levels = [row._replace(units=None) if row.item in uncounted else row for row in levels]
    fresh = books.census_levels.stage(levels, source, opens=opens)
    counted = books.census_levels.keep(source, reading, now)
    books.ledger.append_new((row for level in fresh for row in opening_rows(level, source)), now)
    check_trapped_levels(books, levels, now)
    return counted, len(fresh)


def reopen(books: Books, keys: Iterable[LevelKey], now: datetime) -> None:
    """Open levels anew with what was read of them last. Nothing may be booked there but their openings."""
    newest = books.observations.newest(sorted(keys))
    units = books.ledger.levels(sorted({key.item for key in newest}))
    for key, seen in newest.items():
        if key.item in books.catalog.uncounted({key.item}):
            continue
        observation = Observation(
            source=PLATFORM,
            item=key.item,
            location=key.location,
            units={state: much for state, much in seen.units.items() if state in KEPT_STATES},
            observed_at=seen.observed_at,
        )
        stood = {state: units.get((key.item, Bin(key.location, state)), 0) for state in KEPT_STATES}
        drift = Drift(observation=observation, books_units=stood)
        cause = f"opening/{key.item}@{key.location}/{seen.reading}"
        books.ledger.append(adopt(drift, cause, against=State.SUPPLIER, reason=REASON), now)
        books.ledger.set_cut(key, seen.observed_at)


def opening_rows(level: SeenLevel, source: str) -> Iterator[tuple[str | int, ...]]:
    """Yield the movements from the supplier that bring an empty level to what was seen, as the ledger's columns."""
    item, place = level.item, level.location
    cause, observed_us = f"opening/{item}@{place}", to_us(level.observed_at)
    for number, (source_state, target_state, units) in enumerate(opening_flows(level.units or ()), start=1):
        id_ = f"{cause}/{number}"
        yield id_, item, place, source_state, place, target_state, units, cause, source, REASON, observed_us


@lru_cache(maxsize=1 << 16)  # few levels hold numbers that no other level holds
def opening_flows(units: tuple[int | None, ...]) -> tuple[tuple[str, str, int], ...]:
    """Return what flows between the states of a level, and from the supplier, so that an empty one holds `units`.

    `units` are in the order of KEPT_STATES. Negative units of a state take from the others, as in any adoption.
    """
    gaps = {("", Bin("", state)): much for state, much in zip(KEPT_STATES, units, strict=True) if much}
    balance = sum(gaps.values())
    if balance:
        gaps["", Bin("", State.SUPPLIER)] = -balance
    return tuple((row.source.state.value, row.target.state.value, row.units) for row in pair_off(gaps))


def _chunks(rows: Iterable[_Row], size: int = CHUNK) -> Iterator[list[_Row]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk
