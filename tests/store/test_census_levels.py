"""A census taken in by the batch ends in the same rows as one taken in level by level."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any

import apsw
import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from onhand.audit.compare import compare_census_levels, compare_levels, compare_touched, write_down
from onhand.domain.drift import Drift, Observation, adopt
from onhand.domain.stock import KEPT_STATES, LevelKey, State
from onhand.intake.opening import REASON, open_levels
from onhand.ports.channel import SeenLevel
from onhand.store import Books, Intent, IntentRow, Session, Store, open_store
from tests.store.goods import BOSTON, CAP, TEE, WAREHOUSE, at, move, sale, seen
from tests.support.postgres import PostgresServer

Event = tuple[Any, ...]

keys = st.builds(LevelKey, st.sampled_from([TEE, CAP, "item-hat"]), st.sampled_from([BOSTON, WAREHOUSE]))
amounts = st.one_of(st.just(0), st.integers(-3, 9), st.none())
# Mostly one shelf with one state changed, or not shown: what differs in a single state is what is easily missed.
SHELF = (4, 2, 0, 1, 0, 0, 3)


def shelf(place: int, units: int | None) -> tuple[int | None, ...]:
    """Return the shelf with other units in one state; in none where the place is behind the last."""
    return tuple(units if state == place else kept for state, kept in enumerate(SHELF))


shelves = st.builds(shelf, st.integers(0, len(KEPT_STATES)), st.sampled_from([None, 0, 5]))
some_units = st.one_of(shelves, shelves, st.tuples(*[amounts] * len(KEPT_STATES)), st.none())
levels = st.builds(
    lambda key, level_id, active, units, seconds: SeenLevel(
        key.item, key.location, level_id, active, units, at(seconds)
    ),
    keys,
    st.sampled_from(["level/1", "level/2"]),
    st.booleans(),
    some_units,
    st.integers(0, 30),
)
censuses = st.lists(levels, max_size=6, unique_by=lambda level: level[:2])
events = st.one_of(
    st.tuples(st.just("census"), censuses, st.integers(1, 4)),
    st.tuples(st.just("sold"), keys, st.sampled_from(["shopify", "tiktok_shop"])),
    st.tuples(st.just("sent"), st.sampled_from([TEE, CAP])),
    st.tuples(st.just("told"), keys, st.integers(-1, 9), st.integers(0, 30)),
    st.tuples(st.just("drift"), keys),
    st.tuples(st.just("telling"), keys),
    st.tuples(st.just("offered"), st.sampled_from([TEE, CAP])),
    st.tuples(st.just("compared")),
)


def in_batches(books: Books, batch: Sequence[SeenLevel], reading: int, second: int) -> None:
    """Take a batch in as a census does."""
    open_levels(books, "shopify", batch, reading, at(second), opens=True)
    compare_census_levels(books, at(second))


def level_by_level(books: Books, batch: Sequence[SeenLevel], reading: int, second: int) -> None:
    """Take a batch in with what every other observation is taken in with."""
    compared: list[LevelKey] = []
    for level in sorted(batch, key=lambda row: row[:2]):
        key = LevelKey(level.item, level.location)
        books.catalog.put_level_ids({key: level.level_id}, at(second), set() if level.active else {key})
        if level.units is None:
            continue
        shown = {state: units for state, units in zip(KEPT_STATES, level.units, strict=True) if units is not None}
        observation = Observation(
            source="shopify", item=key.item, location=key.location, units=shown, observed_at=level.observed_at,
            reading=reading,
        )  # fmt: skip
        if key not in books.ledger.touched([key]) and key not in books.ledger.cuts([key.item]):
            books.ledger.set_cut(key, level.observed_at)
            drift = Drift(observation=observation, books_units={})
            cause = f"opening/{key.item}@{key.location}"
            books.ledger.append(adopt(drift, cause, against=State.SUPPLIER, reason=REASON), at(second))
        books.observations.put(observation, at(second))
        compared.append(key)
    write_down(books, compare_levels(books, compared), at(second))
    books.observations.compared(compared)


TakeIn = Callable[[Books, Sequence[SeenLevel], int, int], None]


def play(session: Session, shop: str, story: Sequence[Event], take_in: TakeIn) -> None:
    """Let everything of a story happen in one shop."""
    books = session.of(shop)
    for second, event in enumerate(story, start=100):
        match event:
            case "census", arrived, size:
                for start in range(0, len(arrived), size):
                    take_in(books, arrived[start : start + size], second, second)
            case "sold", key, origin:
                sold = sale(f"sale/{second}", item=key.item, location=key.location, origin=origin)
                books.ledger.append([sold], at(second))
            case "sent", item:
                move_ = move(f"sent/{second}", State.SUPPLIER, State.CUSTOMER, item=item, to_location=WAREHOUSE)
                books.ledger.append([move_], at(second))
            case "told", key, units, seconds:
                books.observations.put(seen(units, seconds, key=key), at(second))
            case "drift", key:
                drift = Drift(observation=seen(3, 1, key=key), books_units={})
                books.drifts.open(drift, "nobody knows", 0.5, [], at(second))
            case "telling", key:
                row = IntentRow(None, key.item, key.location, {"available": -1, "reserved": 1})
                telling = Intent(
                    key=f"tell/{second}", channel="shopify", kind="telling", body=b"{}", rows=(row,),
                    planned_at=at(second), compares=True,
                )  # fmt: skip
                books.intents.plan(telling)
                books.intents.mark_sent(telling.key, at(second))
            case "offered", item:
                books.offers.ensure([("tiktok_shop", f"listing/{item}", item)], at(second))
            case _:
                while compare_touched(books, at(second)):
                    pass


TABLES = {
    "movements": "sequence, id, item, source_location, source_state, target_location, target_state, units, cause, "
    "origin, reason, occurred_at, recorded_at",
    "levels": "item, location, state, units",
    "held": "origin, item, units",
    "owed": "item, location, state, units, touched_at",
    "openings": "item, location, cut_at",
    "observed": "item, location, source, available, committed, reserved, damaged, quality_control, safety_stock, "
    "incoming, observed_at, reading, recorded_at, agreed_at, gap_since",
    "observations": "item, sequence, location, source, available, committed, reserved, damaged, quality_control, "
    "safety_stock, incoming, observed_at, reading, recorded_at",
    "comparisons": "item, location",
    "touched": "item, touched_at",
    "level_ids": "item, location, level_id, active, since_at",
    "drifts": "id, item, location, status, opened_at, closed_at, note",
}


def rows_of(address: str, shop: str) -> dict[str, list[Any]]:
    """Return every row that either way may write, without the shop and the hashes, which carry its name."""
    selects = {
        name: f"SELECT {columns} FROM {name} WHERE shop = (SELECT shop FROM shops WHERE name = '{shop}')"
        for name, columns in TABLES.items()
    }
    if address.startswith("postgresql"):
        with psycopg.connect(address) as postgres:
            found = {name: postgres.execute(select.encode()).fetchall() for name, select in selects.items()}
    else:
        connection = apsw.Connection(address)
        found = {name: connection.execute(select).fetchall() for name, select in selects.items()}
        connection.close()
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kept(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer
) -> Iterator[tuple[Store, str]]:
    """A store and its address, for all examples: every example has shops of its own."""
    sqlite = request.param == "sqlite"
    address = str(tmp_path_factory.mktemp("census_levels") / "onhand.db") if sqlite else postgres.fresh_database()
    store = open_store(address)
    yield store, address
    store.close()
    if not sqlite:
        postgres.drop_database(address)


numbers = count()


ONE_STATE_AFTER_THE_OTHER: list[Event] = [
    ("census", [SeenLevel(TEE, BOSTON, "level/1", True, shelf(place, units), at(second))], 1)
    for second, (place, units) in enumerate((place, units) for place in range(7) for units in (9, None, 0, -1))
]


@example(story=ONE_STATE_AFTER_THE_OTHER)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(story=st.lists(events, min_size=1, max_size=8))
def test_levels_taken_in_by_the_batch_leave_the_rows_that_one_by_one_would(
    kept: tuple[Store, str], story: list[Event]
) -> None:
    store, address = kept
    number = next(numbers)
    shops = {f"{number}-batches": in_batches, f"{number}-single": level_by_level}
    for shop, take_in in shops.items():
        with store.writing() as session:
            session.add_shop(shop, at(0))
            play(session, shop, story, take_in)
    batches, single = (rows_of(address, shop) for shop in shops)
    assert batches == single
    with store.reading() as session:
        for shop in shops:
            assert session.of(shop).ledger.verify([]).problems == []


def _fail_after(deed: Callable[[], None]) -> None:
    deed()
    raise ZeroDivisionError


def test_a_batch_that_fails_leaves_nothing_and_can_be_taken_in_again(kept: tuple[Store, str]) -> None:
    store, address = kept
    arrived = [SeenLevel(TEE, BOSTON, "level/1", True, (5, 0, 0, 0, 0, 0, 0), at(1))]
    shop = "fails.myshopify.com"
    with store.writing() as session:
        session.add_shop(shop, at(0))
    with pytest.raises(ZeroDivisionError), store.writing() as session:
        _fail_after(lambda: in_batches(session.of(shop), arrived, 1, 10))
    assert {name: len(rows) for name, rows in rows_of(address, shop).items()} == dict.fromkeys(TABLES, 0)
    for second in (11, 12):
        with store.writing() as session:
            in_batches(session.of(shop), arrived, second, second)
    assert len(rows_of(address, shop)["movements"]) == 1
    assert len(rows_of(address, shop)["openings"]) == 1
