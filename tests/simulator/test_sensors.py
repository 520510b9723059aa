"""Sensors in seasons: what they write down, a broker that gives again, and a verdict that sees what is wrong."""

import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from onhand.domain.visitors import TrafficBin
from onhand.ports.errors import ChannelUnavailable
from onhand.sandbox.door_counter import DoorCounter
from onhand.sandbox.world.catalog import Refused
from onhand.simulator.broker import PublishedMessages
from onhand.simulator.visitors import differing, known_of

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTES = timedelta(minutes=1)


def rows_of(body: bytes) -> list[dict[str, object]]:
    return list(msgspec.json.decode(body)["counts"])


def bins_of(*came: int | None, **more: int) -> list[TrafficBin]:
    """Return a whole bin a quarter from nine o'clock on; None is a gap."""
    return [
        TrafficBin(
            start=AT + number * 15 * MINUTES,
            in_people=people,
            out_people=None if people is None else 0,
            doors=1,
            covered_ppm=0 if people is None else more.get("covered_ppm", 1_000_000),
            spread=False,
            at_least=False,
        )
        for number, people in enumerate(came)
    ]


def counter_at_door(came: int = 3) -> DoorCounter:
    """Return a counter that was read at nine and at half past, with all its people in the first quarter."""
    counter = DoorCounter("Boston", "north", "cumulative", AT)
    counter.let_pass(came, 0, AT + MINUTES)
    counter.write_down(AT + 30 * MINUTES)
    return counter


def test_an_interval_never_reaches_over_a_quarter_and_a_blind_time_has_no_numbers() -> None:
    counter = DoorCounter("Boston", "south", "interval", AT)
    counter.let_pass(2, 1, AT + 14 * MINUTES)
    counter.stand_in_the_way(AT + 20 * MINUTES)
    counter.let_pass(5, 5, AT + 21 * MINUTES)
    counter.stand_in_the_way(AT + 25 * MINUTES)
    told = rows_of(counter.write_down(AT + 29 * MINUTES).body)
    assert [row.get("in") for row in told] == [2, 0, None, 0]
    assert told[2]["quality"] == {"status": "missing"}
    assert [row["end"] for row in told] == [(AT + minutes * MINUTES).isoformat() for minutes in (15, 20, 25, 29)]


def test_a_file_has_whole_quarters_only_and_the_one_in_which_it_began_is_a_gap() -> None:
    counter = DoorCounter("Boston", "side", "csv", AT + MINUTES)
    counter.let_pass(4, 4, AT + 16 * MINUTES)
    assert counter.write_down(AT + 44 * MINUTES).body.decode().splitlines()[1:] == [
        f"{AT.isoformat()},,,side,Boston",
        f"{(AT + 15 * MINUTES).isoformat()},4,4,side,Boston",
    ]
    with pytest.raises(Refused, match="has counted nothing"):
        counter.write_down(AT + 44 * MINUTES)


def test_a_counter_without_power_forgets_what_it_has_not_told_and_begins_at_nothing() -> None:
    counter = counter_at_door(came=3)
    counter.let_pass(2, 0, AT + 40 * MINUTES)
    counter.restart(AT + 50 * MINUTES)
    counter.let_pass(1, 0, AT + 51 * MINUTES)
    told = rows_of(counter.write_down(AT + 55 * MINUTES).body)
    assert [row["in"] for row in told] == [0, 1]
    with pytest.raises(Refused, match="one number a moment"):
        counter.restart(AT + 55 * MINUTES)


def test_what_is_known_to_the_person_holds_and_one_more_or_less_does_not() -> None:
    known = known_of(counter_at_door(), {counter_at_door().records[0].body})
    assert list(differing(bins_of(3, 0), known, ["north"])) == []
    assert "known 3 to 3" in "".join(differing(bins_of(4, 0), known, ["north"]))
    assert "known 3 to 3" in "".join(differing(bins_of(2, 0), known, ["north"]))


def test_a_gap_that_is_shown_as_nobody_and_a_count_that_is_shown_as_a_gap_do_not_hold() -> None:
    counter = counter_at_door()
    known = known_of(counter, {counter.records[0].body})
    assert "0 counts are known" in "".join(differing(bins_of(3, 0, 0), known, ["north"]))
    assert "None in are shown" in "".join(differing(bins_of(3, None), known, ["north"]))
    assert list(differing(bins_of(None), known_of(counter, set()), ["north"])) == []


def test_a_quarter_of_which_half_was_counted_must_not_be_called_whole() -> None:
    known = known_of(counter_at_door(), {counter_at_door().records[0].body})
    cut = [known[0]._replace(end=known[0].begin + 7 * MINUTES)]
    assert "must be partial" in "".join(differing(bins_of(3), cut, ["north"]))
    assert list(differing(bins_of(3, covered_ppm=466_666), cut, ["north"])) == []


def test_a_fall_that_shows_tells_of_those_who_came_since_and_one_that_does_not_of_no_more_than_came() -> None:
    counter = counter_at_door(came=3)
    counter.restart(AT + 40 * MINUTES)
    counter.let_pass(2, 0, AT + 41 * MINUTES)
    counter.write_down(AT + 44 * MINUTES)
    bodies = {record.body for record in counter.records}
    fallen = next(row for row in known_of(counter, bodies) if row.restarted)
    assert (fallen.begin, fallen.came) == (AT + 30 * MINUTES, (0, 0))
    counter.restart(AT + 50 * MINUTES)
    counter.let_pass(9, 0, AT + 51 * MINUTES)
    lost, last = counter.write_down(AT + 52 * MINUTES), counter.write_down(AT + 53 * MINUTES)
    assert lost.samples[0].came == 0
    unseen = known_of(counter, bodies | {last.body})[-1]
    assert (unseen.came, unseen.restarted) == ((0, 9), False)


def test_a_broker_gives_again_what_nobody_acknowledged_and_to_a_new_connection_only() -> None:
    away: list[bool] = []
    messages = PublishedMessages(random.Random(1), lambda: bool(away))
    messages.publish("Boston", "north", b"1")
    first, second = messages.connect(), messages.connect()
    (given,) = first.fetch(0.5)
    assert first.fetch(0.5) == []
    assert second.fetch(0.5) == [given]
    second.acknowledge([given])
    assert messages.connect().fetch(0.5) == []
    assert messages.acknowledged == {b"1"}
    away.append(True)
    with pytest.raises(ChannelUnavailable):
        first.fetch(0.5)
    assert not first.is_listening
