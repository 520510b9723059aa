"""traffic: who came, quarter by quarter, to people and to programs."""

from datetime import UTC, datetime, timedelta

import pytest

from onhand.domain.traffic import DoorCount, Mode, Reading, TrafficTold
from onhand.intake.book_traffic import book_traffic
from onhand.store import Store
from tests.answers.shop import SHOP
from tests.cli.conftest import Ask

pytestmark = pytest.mark.usefixtures("folder")

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
ASKED = ("traffic", "Boston", "--since", "2026-11-20T09:00Z", "--until", "2026-11-20T10:00Z")


def count(store: Store, minute: int, people: int, length: int = 15) -> None:
    begin = NINE + timedelta(minutes=minute)
    end = begin + timedelta(minutes=length)
    reading = Reading(mode=Mode.INTERVAL, begin=begin, end=end, in_people=people, out_people=0)
    row = DoorCount(place="Boston", door="front", staff=False, zone=UTC, reading=reading)
    with store.writing() as session:
        book_traffic(session.of(SHOP), TrafficTold(source="axis", cause="m", counts=(row,)), end)


def test_every_quarter_is_a_row_and_what_nobody_counted_is_null(ask: Ask, store: Store) -> None:
    count(store, 0, 4)
    count(store, 30, 0)
    rows = ask(*ASKED, "--json").document
    assert [(row["in_people"], row["status"]) for row in rows] == [
        (4, "ok"), (None, "missing"), (0, "ok"), (None, "missing"),
    ]  # fmt: skip
    assert rows[0] == {
        "shop": SHOP,
        "location": "Boston",
        "start": "2026-11-20T09:00:00Z",
        "end": "2026-11-20T09:15:00Z",
        "in_people": 4,
        "out_people": 0,
        "status": "ok",
        "coverage": 1.0,
        "doors": 1,
        "spread": False,
    }


def test_people_read_a_table_with_its_sum(ask: Ask, store: Store) -> None:
    count(store, 0, 9, 45)
    out = ask(*ASKED).out
    assert "ok, spread" in out
    assert "9 came in and 0 went out; 1 of 4 quarters are missing" in out


def test_a_location_without_sensors_says_how_they_are_connected(ask: Ask, store: Store) -> None:
    assert "docs/foot-traffic.md" in ask("traffic", "Boston").out
    assert ask("traffic", "Bostn").code == 2
    assert ask("traffic", "Boston", "--since", "yesterday").code == 2
    assert ask("traffic", "Boston", "--since", "2020-01-01").code == 2
