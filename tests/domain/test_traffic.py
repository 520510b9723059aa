"""People at doors: any order and any repeats of messages give the same quarters of an hour, and nobody is made up."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onhand.domain.traffic import (
    BIN,
    DoorBin,
    Mode,
    Reading,
    bins_of,
    ceil_bin,
    floor_bin,
    midnight,
    reach,
)
from onhand.domain.visitors import Door, TrafficBin, imbalance, sum_doors

NEW_YORK = ZoneInfo("America/New_York")
NINE = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # nine in New York
DAY = (midnight(date(2026, 11, 23), NEW_YORK), midnight(date(2026, 11, 24), NEW_YORK))


def minutes(count: float) -> datetime:
    return NINE + timedelta(minutes=count)


def interval(
    begin: float,
    end: float,
    came: int | None,
    left: int | None = None,
    *,
    covered_ppm: int = 1_000_000,
    revision: int = 0,
) -> Reading:
    return Reading(
        mode=Mode.INTERVAL,
        begin=minutes(begin),
        end=minutes(end),
        in_people=came,
        out_people=left,
        covered_ppm=covered_ppm,
        revision=revision,
    )


def counter(at: float, came: int, left: int | None = None, *, daily: bool = True, most: int | None = None) -> Reading:
    moment = minutes(at)
    return Reading(
        mode=Mode.CUMULATIVE, begin=moment, end=moment, in_people=came, out_people=left, daily=daily, most=most
    )


def came(*readings: Reading) -> dict[float, int | None]:
    """Return who came in, by minutes after nine."""
    found = bins_of(readings, DAY[0], DAY[1], NEW_YORK)
    return {(row.start - NINE).total_seconds() / 60: row.in_people for row in found}


def test_a_quarter_of_an_hour_is_a_bin() -> None:
    (only,) = bins_of([interval(0, 15, 42, 38)], *DAY, NEW_YORK)
    assert (only.start, only.in_people, only.out_people, only.covered_ppm) == (NINE, 42, 38, 1_000_000)
    assert (only.spread, only.at_least) == (False, False)


def test_an_hour_goes_over_its_quarters_as_whole_people_and_says_so() -> None:
    found = bins_of([interval(0, 60, 10)], *DAY, NEW_YORK)
    assert [row.in_people for row in found] == [3, 2, 3, 2]
    assert all(row.spread for row in found)


def test_an_interval_across_a_boundary_is_split_by_time() -> None:
    assert came(interval(10, 20, 9)) == {0: 5, 15: 4}


def test_where_intervals_overlap_the_shorter_is_believed() -> None:
    quarters = [interval(0, 15, 1), interval(15, 30, 2), interval(30, 45, 3)]
    assert came(interval(0, 60, 40), *quarters) == {0: 1, 15: 2, 30: 3, 45: 10}


def test_the_same_interval_told_again_counts_once_and_the_larger_or_newer_word_holds() -> None:
    assert came(interval(0, 15, 4), interval(0, 15, 9)) == {0: 9}
    assert came(interval(0, 15, 9), interval(0, 15, 4, revision=1)) == {0: 4}


def test_what_nobody_counted_is_missing_and_what_was_counted_as_nobody_is_zero() -> None:
    assert came(interval(0, 15, 0), interval(30, 45, 3)) == {0: 0, 30: 3}
    assert came(interval(0, 15, None, covered_ppm=0)) == {}


def test_a_door_counted_half_of_the_time_says_so() -> None:
    (only,) = bins_of([interval(0, 15, 5, covered_ppm=500_000)], *DAY, NEW_YORK)
    assert (only.in_people, only.covered_ppm) == (5, 500_000)


def test_a_counter_since_midnight_is_told_by_its_differences() -> None:
    assert came(counter(0, 12), counter(15, 20), counter(30, 20))[15] == 0
    assert sum(people or 0 for people in came(counter(0, 12), counter(15, 20)).values()) == 20


def test_after_midnight_a_counter_begins_anew_and_nobody_knows_who_came_since_the_last_look() -> None:
    late, early = counter(14 * 60, 300), counter(15 * 60 + 30, 4)  # eleven at night, half past midnight
    found = bins_of([late, early], DAY[1], DAY[1] + timedelta(days=1), NEW_YORK)
    assert [(row.start - DAY[1], row.in_people) for row in found] == [(timedelta(), 2), (BIN, 2)]
    assert minutes(14 * 60 + 15) not in {row.start for row in bins_of([late, early], *DAY, NEW_YORK)}


def test_at_midnight_itself_a_counter_that_holds_people_was_not_reset_yet() -> None:
    last = counter(15 * 60, 310)
    assert came(counter(14 * 60 + 45, 300), last)[14 * 60 + 45] == 10


def test_a_counter_that_was_restarted_says_at_least() -> None:
    found = bins_of([counter(0, 50, daily=False), counter(15, 3, daily=False)], *DAY, NEW_YORK)
    assert [(row.in_people, row.at_least) for row in found] == [(3, True)]


def test_a_counter_that_came_to_its_end_goes_on_from_nothing() -> None:
    full = [counter(0, 65530, daily=False, most=65535), counter(15, 4, daily=False, most=65535)]
    found = bins_of(full, *DAY, NEW_YORK)
    assert [(row.in_people, row.at_least) for row in found] == [(10, False)]


def test_the_first_look_at_a_counter_without_a_known_reset_says_nothing() -> None:
    assert came(counter(0, 5000, daily=False)) == {}


def test_two_looks_more_than_a_day_apart_say_nothing_about_a_quarter() -> None:
    assert came(counter(-27 * 60, 10, daily=False), counter(0, 500, daily=False)) == {}


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 11, 23), 24)])
def test_a_day_on_which_clocks_are_set_is_as_long_as_it_is(day: date, hours: int) -> None:
    begin, end = midnight(day, NEW_YORK), midnight(day + timedelta(days=1), NEW_YORK)
    last = end - timedelta(minutes=5)
    reading = Reading(mode=Mode.CUMULATIVE, begin=last, end=last, in_people=400, out_people=None, daily=True)
    found = bins_of([reading], begin, end, NEW_YORK)
    assert len(found) == hours * 4
    assert sum(row.in_people or 0 for row in found) == 400


def test_passings_are_added_up_and_a_quarter_without_any_is_missing() -> None:
    passed = [
        Reading(mode=Mode.PASSING, begin=minutes(at), end=minutes(at), in_people=1, out_people=0, mark=mark)
        for at, mark in ((1, "a"), (1, "b"), (1, "b"), (31, "c"))
    ]
    assert came(*passed) == {0: 2, 30: 1}


def test_doors_are_added_up_and_a_silent_one_makes_it_partial() -> None:
    here = DoorBin(start=NINE, in_people=4, out_people=1, covered_ppm=1_000_000, spread=False, at_least=False)
    doors = [Door("axis", "front", NINE, minutes(60)), Door("axis", "side", NINE, NINE)]
    rows = [("axis", "front", here), ("axis", "side", here), ("axis", "staff", here)]
    both, alone = sum_doors([*rows, ("axis", "front", _at(here, 15))], doors, NINE, minutes(30), timedelta(hours=1))
    assert (both.in_people, both.out_people, both.doors, both.status) == (8, 2, 2, "ok")
    assert (alone.in_people, alone.doors, alone.covered_ppm, alone.status) == (4, 2, 500_000, "partial")


def test_a_time_without_any_count_is_a_row_that_says_missing() -> None:
    first, second = sum_doors([], [], NINE, minutes(30), timedelta())
    assert (first.start, second.start) == (NINE, minutes(15))
    assert (first.in_people, first.status) == (None, "missing")


def test_a_day_that_does_not_balance_is_told_and_a_few_people_are_not() -> None:
    even = _day(came=100, left=92)
    assert imbalance(even) is None
    assert imbalance(_day(came=1000, left=950)) is None
    assert imbalance(_day(came=100, left=60)) == (100, 60)


def _day(came: int, left: int) -> list[TrafficBin]:
    row = DoorBin(start=NINE, in_people=came, out_people=left, covered_ppm=1_000_000, spread=False, at_least=False)
    return sum_doors([("a", "d", row)], [Door("a", "d", NINE, NINE)], NINE, minutes(15), timedelta())


def _at(row: DoorBin, at: float) -> DoorBin:
    return DoorBin(
        start=minutes(at),
        in_people=row.in_people,
        out_people=row.out_people,
        covered_ppm=row.covered_ppm,
        spread=False,
        at_least=False,
    )


PEOPLE = st.one_of(st.none(), st.integers(0, 500))
MOMENTS = st.integers(0, 40 * 60).map(lambda minute: minutes(minute - 600))


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    mode = draw(st.sampled_from(Mode))
    begin = draw(MOMENTS)
    end = begin + timedelta(minutes=draw(st.integers(1, 200))) if mode is Mode.INTERVAL else begin
    return Reading(
        mode=mode,
        begin=begin,
        end=end,
        in_people=draw(PEOPLE),
        out_people=draw(PEOPLE),
        covered_ppm=draw(st.sampled_from([0, 250_000, 1_000_000])) if mode is Mode.INTERVAL else 1_000_000,
        daily=mode is Mode.CUMULATIVE and draw(st.booleans()),
        most=draw(st.sampled_from([None, 999])) if mode is Mode.CUMULATIVE else None,
        revision=draw(st.integers(0, 1)),
        mark=draw(st.sampled_from("ab")) if mode is Mode.PASSING else "",
    )


ALWAYS = (minutes(-3 * 1440), minutes(5 * 1440))


@given(told=st.lists(readings(), max_size=12), data=st.data())
def test_any_order_and_any_repeats_give_the_same_bins(told: list[Reading], data: st.DataObject) -> None:
    again = data.draw(st.permutations([*told, *data.draw(st.lists(st.sampled_from(told or [interval(0, 1, 0)])))]))
    again = [row for row in again if row in told]
    assert bins_of(again, *ALWAYS, NEW_YORK) == bins_of(told, *ALWAYS, NEW_YORK)


@given(told=st.lists(readings(), max_size=12), new=readings())
def test_a_reading_changes_nothing_outside_of_its_reach(told: list[Reading], new: Reading) -> None:
    counters = sorted((row for row in told if row.mode is Mode.CUMULATIVE), key=lambda row: row.end)
    before = next((row for row in reversed(counters) if row.end < new.begin), None)
    after = next((row for row in counters if row.end > new.end), None)
    replaced = [row for row in told if row.key == new.key]
    reaches = [reach(row, before, after, NEW_YORK) for row in (new, *replaced)]
    begin, end = min(begin for begin, _ in reaches), max(end for _, end in reaches)
    assert (floor_bin(begin), ceil_bin(end)) == (begin, end)

    def outside(rows: list[Reading]) -> list[DoorBin]:
        return [row for row in bins_of(rows, *ALWAYS, NEW_YORK) if not begin <= row.start < end]

    assert outside([*told, new]) == outside(told)


@given(told=st.lists(readings(), max_size=12), begin=MOMENTS, length=st.integers(1, 30))
def test_a_part_of_the_time_needs_only_what_overlaps_it_and_a_counter_at_either_side(
    told: list[Reading], begin: datetime, length: int
) -> None:
    begin = floor_bin(begin)
    end = begin + length * BIN
    near = [row for row in told if row.mode is not Mode.CUMULATIVE and row.end >= begin and row.begin <= end]
    counters = [row for row in told if row.mode is Mode.CUMULATIVE]
    last = max((row.end for row in counters if row.end < begin), default=None)
    following = min((row.end for row in counters if row.end > end), default=None)
    near += [row for row in counters if begin <= row.end <= end or row.end in (last, following)]
    whole = [row for row in bins_of(told, *ALWAYS, NEW_YORK) if begin <= row.start < end]
    assert bins_of(near, begin, end, NEW_YORK) == whole


@given(steps=st.lists(st.integers(0, 60), min_size=1, max_size=20), every=st.integers(1, 50))
def test_the_differences_of_a_counter_add_up_to_it(steps: list[int], every: int) -> None:
    seen = 0
    told = []
    for number, step in enumerate(steps):
        seen += step
        told.append(counter(-500 + number * every, seen))
    assert sum(people or 0 for people in came(*told).values()) == seen


@given(people=st.integers(0, 10_000), begin=st.integers(0, 300), length=st.integers(1, 500))
def test_nobody_is_lost_or_made_up_when_an_interval_is_split(people: int, begin: int, length: int) -> None:
    found = came(interval(begin, begin + length, people))
    assert sum(one or 0 for one in found.values()) == people
    assert all(one is not None and one >= 0 for one in found.values())
