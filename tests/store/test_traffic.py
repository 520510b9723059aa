"""Foot traffic in the store: however its messages come, the same quarters of an hour stand there."""

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onhand.domain.catalog import Location
from onhand.domain.traffic import BIN, DoorCount, Mode, Reading, TrafficTold, bins_of
from onhand.intake.book_traffic import book_traffic
from onhand.store import Store
from onhand.store.traffic import DoorKey
from tests.store.goods import BOSTON, OTHER, SHOP

NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
LATER = NOON + timedelta(days=9)


def told(*readings: Reading, door: str = "front", staff: bool = False, source: str = "axis") -> TrafficTold:
    counts = [DoorCount(place="Boston", door=door, staff=staff, zone=ZONE, reading=row) for row in readings]
    return TrafficTold(source=source, cause="a message of axis", counts=tuple(counts))


def interval(minute: int, people: int | None, length: int = 15, covered_ppm: int = 1_000_000) -> Reading:
    begin = NOON + timedelta(minutes=minute)
    return Reading(
        mode=Mode.INTERVAL,
        begin=begin,
        end=begin + timedelta(minutes=length),
        in_people=people,
        out_people=people,
        covered_ppm=covered_ppm,
    )


def counter(minute: int, people: int, *, daily: bool = False) -> Reading:
    at = NOON + timedelta(minutes=minute)
    return Reading(mode=Mode.CUMULATIVE, begin=at, end=at, in_people=people, out_people=None, daily=daily)


def open_location(store: Store) -> None:
    with store.writing() as session:
        for shop in (SHOP, OTHER):
            place = Location(location=BOSTON, name="Boston", active=True, fulfils_online=True)
            session.of(shop).catalog.put_locations([place], NOON)


def book(store: Store, message: TrafficTold) -> str:
    with store.writing() as session:
        return book_traffic(session.of(SHOP), message, LATER)


def people(store: Store, begin: int, end: int, shop: str = SHOP) -> list[int | None]:
    with store.reading() as session:
        times = (NOON + timedelta(minutes=begin), NOON + timedelta(minutes=end))
        return [row.in_people for row in session.of(shop).traffic.at(BOSTON, *times)]


def test_a_quarter_is_read_back_and_what_nobody_counted_is_missing_and_not_zero(store: Store) -> None:
    open_location(store)
    assert "1 of 1 counts" in book(store, told(interval(0, 4)))
    assert "0 of 1 counts" in book(store, told(interval(0, 4)))
    book(store, told(interval(30, 0)))
    assert people(store, 0, 60) == [4, None, 0, None]
    assert people(store, 0, 60, OTHER) == [None] * 4


def test_a_counter_that_comes_late_gives_each_quarter_its_own_people(store: Store) -> None:
    open_location(store)
    book(store, told(counter(0, 100)))
    book(store, told(counter(30, 130)))
    assert people(store, 0, 30) == [15, 15]
    book(store, told(counter(15, 126)))
    assert people(store, 0, 30) == [26, 4]


def test_doors_add_up_and_those_of_the_staff_are_left_out(store: Store) -> None:
    open_location(store)
    for door, staff in (("front", False), ("side", False), ("dock", True)):
        book(store, told(interval(0, 5), door=door, staff=staff))
    assert people(store, 0, 15) == [10]
    with store.writing() as session:
        session.of(SHOP).traffic.set_staff(DoorKey(BOSTON, "axis", "side"), staff=True)
    assert people(store, 0, 15) == [5]


def test_a_part_of_a_quarter_stays_a_part_and_a_silent_door_is_told(store: Store) -> None:
    open_location(store)
    book(store, told(interval(0, 5, covered_ppm=400_000)))
    book(store, told(interval(15, 5)))
    book(store, told(interval(15, 5), door="side"))
    book(store, told(interval(30, 5)))
    with store.reading() as session:
        found = session.of(SHOP).traffic.at(BOSTON, NOON, NOON + 4 * BIN)
    assert [(row.status, row.covered_ppm, row.doors) for row in found] == [
        ("partial", 400_000, 1),
        ("ok", 1_000_000, 2),
        ("partial", 500_000, 2),
        ("missing", 0, 2),
    ]


DOORS = itertools.count()
READINGS = st.one_of(
    st.builds(interval, st.integers(-300, 300), st.integers(0, 90), st.integers(1, 120)),
    st.builds(counter, st.integers(-300, 300), st.integers(0, 900), daily=st.booleans()),
)


@given(messages=st.lists(st.lists(READINGS, min_size=1, max_size=3), max_size=6), data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
def test_messages_in_any_order_and_twice_end_in_the_bins_of_all_of_them(
    store: Store, messages: list[list[Reading]], data: st.DataObject
) -> None:
    open_location(store)
    door = f"door {next(DOORS)}"  # each example has a door of its own: the database stays
    for rows in data.draw(st.permutations([*messages, *messages[:2]])):
        book(store, told(*rows, door=door))
    begin, end = NOON - timedelta(days=2), NOON + timedelta(days=2)
    wanted = {row.start: row for row in bins_of([row for rows in messages for row in rows], begin, end, ZONE)}
    with store.reading() as session:
        traffic = session.of(SHOP).traffic
        known = bins_of(traffic.readings(DoorKey(BOSTON, "axis", door), begin, end), begin, end, ZONE)
        kept = traffic._sql.rows(  # the rows themselves: the answer adds other doors
            "traffic_bins", {**traffic._named(DoorKey(BOSTON, "axis", door)), "begin": 0, "end": 2**62}
        )
    assert {row.start: row for row in known} == wanted
    mine = [(in_people, covered) for _, name, _, in_people, _, covered, _, _ in kept if name == door]
    assert mine == [(row.in_people, row.covered_ppm) for row in wanted.values()]
