"""Each form of a sensor's message is read as what it says, and what is wrong with it is named by row and field."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from onhand.channels.foot_traffic.csv_file import read_csv
from onhand.channels.foot_traffic.framed import Framed, Hours, Sensors
from onhand.channels.foot_traffic.standard import read_standard
from onhand.channels.foot_traffic.vendors import read_axis, read_butlr
from onhand.domain.traffic import DoorCount, Mode
from onhand.ports.errors import UnreadableDelivery

EXAMPLES = Path(__file__).parents[3] / "docs" / "foot-traffic"
NEW_YORK = ZoneInfo("America/New_York")
SENSORS = Sensors(
    name="axis",
    places={"store-1": "Boston", "store-2": "Chicago"},
    zone=NEW_YORK,
    zones={"store-2": ZoneInfo("America/Chicago")},
    staff=frozenset({"dock", "door-1/back"}),
)
CAME = datetime(2026, 11, 23, 17, tzinfo=UTC)
FRAMED = Framed(sensors=SENSORS, message_id="m-1", received_at=CAME)
AT_STORE_1 = Framed(sensors=SENSORS, message_id="m-1", received_at=CAME, place="store-1")


def example(name: str) -> bytes:
    return (EXAMPLES / name).read_bytes()


def standard(framed: Framed = FRAMED, **changed: Any) -> DoorCount:
    row = json.loads(example("interval.json")) | changed
    (count,) = read_standard(
        json.dumps({key: value for key, value in row.items() if value is not ...}).encode(), framed
    )
    return count


def refusal(**changed: Any) -> str:
    with pytest.raises(UnreadableDelivery) as refused:
        standard(**changed)
    return str(refused.value)


def test_an_interval_is_read_with_its_door_and_its_place() -> None:
    count = standard()
    assert (count.place, count.door, count.staff, count.zone) == (
        "Boston", "00408CAC512B/entrance-south", False, NEW_YORK,
    )  # fmt: skip
    reading = count.reading
    assert (reading.mode, reading.in_people, reading.out_people, reading.covered_ppm) == (
        Mode.INTERVAL, 42, 38, 1_000_000,
    )  # fmt: skip
    assert (reading.begin, reading.end - reading.begin) == (
        datetime(2026, 11, 23, 14, tzinfo=UTC),
        timedelta(minutes=15),
    )


def test_counters_gaps_and_parts_are_read_as_what_they_are() -> None:
    daily, endless, gap, part = (count.reading for count in read_standard(example("cumulative.json"), FRAMED))
    assert (daily.mode, daily.daily, daily.begin) == (Mode.CUMULATIVE, True, daily.end)
    assert (endless.daily, endless.most) == (False, 65_535)
    assert (gap.in_people, gap.out_people, gap.covered_ppm) == (None, None, 0)
    assert (part.in_people, part.covered_ppm) == (7, 600_000)


def test_a_time_without_a_zone_is_the_places_own() -> None:
    assert standard(location="store-2", start="2026-11-23T09:00", end="2026-11-23T09:15").reading.begin.hour == 15
    assert standard(start="2026-11-23T09:00", end="2026-11-23T09:15").reading.begin.hour == 14


@pytest.mark.parametrize(("minute", "hour"), [(40, 5), (100, 6)])
def test_in_the_hour_that_clocks_show_twice_the_time_near_its_coming_is_meant(minute: int, hour: int) -> None:
    came = datetime(2026, 11, 1, 5, tzinfo=UTC) + timedelta(minutes=minute)
    framed = Framed(sensors=SENSORS, message_id="m", received_at=came)
    count = standard(framed, start="2026-11-01T01:15", end="2026-11-01T01:30")
    assert count.reading.begin == datetime(2026, 11, 1, hour, 15, tzinfo=UTC)


def test_doors_of_the_staff_are_known_by_sensor_or_by_zone() -> None:
    assert standard(sensor="dock").staff
    assert standard(sensor="door-1", zone="back").staff
    assert not standard(sensor="door-1", zone="front").staff


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"schema": "traffic.v9"}, "schema: must be traffic.v1, got 'traffic.v9'"),
        ({"sensor": ...}, "sensor: is missing: doors add up"),
        ({"location": "store-9"}, "location: is 'store-9', places known are store-1, store-2"),
        ({"location": ...}, "location: is None, places known are store-1, store-2"),
        ({"start": ...}, "start: is missing: people are counted at a time"),
        ({"end": "2026-11-23T08:00:00-05:00"}, "end: must be after start by 26 hours at most"),
        ({"end": "yesterday"}, "end: must be a time such as"),
        ({"in": -1}, "in: -1 people are fewer than none"),
        ({"in": 1.5}, "in: must be a whole number, got 1.5"),
        ({"in": None, "out": None}, "in: is missing, and out too; a gap has quality.status missing"),
        ({"counter": {"mode": "guess"}}, "counter.mode: must be interval, cumulative or passing, got 'guess'"),
        ({"counter": {"mode": "cumulative", "reset": "weekly"}}, "counter.reset: must be daily or never, got 'weekly'"),
        ({"counter": {"mode": "cumulative", "max": 0}}, "counter.max: must be 1 or more, got 0"),
        ({"quality": {"status": "fine"}}, "quality.status: must be ok, partial or missing, got 'fine'"),
        ({"quality": {"status": "partial"}}, "quality.coverage: is missing"),
        ({"quality": {"coverage": 2}}, "quality.coverage: must be a number from 0 to 1, got 2"),
        ({"counts": []}, "counts: has no row"),
        ({"counts": [{"sensor": 1.5}]}, "row 1, sensor: must be text, got 1.5"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(changed: dict[str, Any], said: str) -> None:
    told = refusal(**changed)
    assert said in told
    assert told.startswith("message m-1 of axis: nothing of it is used: ")


def test_a_body_may_not_speak_for_another_place_or_sensor_than_its_address() -> None:
    framed = Framed(sensors=SENSORS, message_id="m", received_at=CAME, place="store-2", sensor="door-7")
    with pytest.raises(UnreadableDelivery, match="location: is 'store-1', and the address says 'store-2'") as refused:
        standard(framed)
    assert "sensor: is '00408CAC512B', and the topic says 'door-7'" in str(refused.value)


def test_axis_counts_since_midnight_in_local_time() -> None:
    (count,) = read_axis(example("axis-live-sum.json"), AT_STORE_1)
    assert (count.door, count.place) == ("00408CAC512B", "Boston")
    assert (count.reading.mode, count.reading.daily) == (Mode.CUMULATIVE, True)
    assert count.reading.end == datetime(2026, 11, 23, 16, 27, 56, tzinfo=UTC)
    assert (count.reading.in_people, count.reading.out_people) == (12, 318)


def test_each_passing_that_butlr_tells_is_one_of_its_own() -> None:
    (count,) = read_butlr(example("butlr.json"), AT_STORE_1)
    assert (count.door, count.reading.mode, count.reading.mark) == ("sensor-9", Mode.PASSING, "evt-4711")
    other = json.dumps({"id": "e", "type": "OCCUPANCY", "data": {"count": 3}}).encode()
    assert read_butlr(other, AT_STORE_1) == []


def test_an_hourly_file_is_read_row_by_row_and_an_empty_row_is_a_gap() -> None:
    found = read_csv(example("hours.csv"), Hours(), AT_STORE_1)
    assert [(row.door, row.reading.in_people, row.reading.begin.hour) for row in found] == [
        ("12", 41, 14), ("12", 57, 15), ("14", 13, 14),
    ]  # fmt: skip
    assert all(row.reading.end - row.reading.begin == timedelta(hours=1) for row in found)


def test_the_hour_that_a_file_has_twice_when_clocks_are_set_back_is_two_hours() -> None:
    lines = ["ValueDateTime,ValueIn,ValueOut,CounterId"]
    lines += [f"2026-11-01 {hour:02}:00:00,{people},0,12" for hour, people in ((0, 1), (1, 2), (1, 3), (2, 4))]
    found = read_csv("\n".join(lines).encode(), Hours(), AT_STORE_1)
    assert [row.reading.begin.hour for row in found] == [4, 5, 6, 7]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2026-03-08 02:00:00,1,1,12", "row 2, time: there was no 02:00 on 2026-03-08 there"),
        ("2026-11-23 09:00:00,1,1", "row 2: has 3 cells, the heading has 4"),
        ("soon,1,1,12", "row 2, time: must be a time such as"),
        ("2026-11-23 09:00:00,-4,1,12", "row 2, in: -4 people are fewer than none"),
        ("2026-11-23 09:00:00,4,1,", "row 2, sensor: is missing"),
        ("2026-11-23 09:00:00,4,1,12\n2026-11-23 09:00:00,4,1,12", "row 3, time: stands there twice for sensor 12"),
    ],
)
def test_a_file_says_which_row_and_field_is_wrong(row: str, said: str) -> None:
    with pytest.raises(UnreadableDelivery) as refused:
        read_csv(f"ValueDateTime,ValueIn,ValueOut,CounterId\n{row}\n".encode(), Hours(), AT_STORE_1)
    assert said in str(refused.value)


def test_a_file_without_the_columns_that_are_needed_says_how_to_name_them() -> None:
    with pytest.raises(UnreadableDelivery, match="row 1: has no column 'Kommen' for in: `columns` says"):
        read_csv(example("hours.csv"), Hours(columns={"in": "Kommen"}), AT_STORE_1)
