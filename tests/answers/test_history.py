"""What happened, what differs, what waits, what needs a person."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from onhand.answers import (
    NotKnown,
    as_json,
    delivery,
    drift,
    drifts,
    find_writing_channel,
    health,
    inbox,
    lanes,
    offers,
    problems,
    shadow,
    timeline,
)
from onhand.domain.drift import Drift
from onhand.domain.stock import State
from onhand.intake.process import POSITION
from onhand.log import Seal, SqliteLog
from onhand.ports.channel import Problem
from onhand.ports.delivery import Delivery
from onhand.store import Store
from tests.answers.shop import BOSTON, SHOP, WAREHOUSE, happen, later, opened_shop, seen, sold


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_shop(tmp_path / "onhand.db") as opened:
        yield opened


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    opened = SqliteLog(tmp_path / "onhand-log.db", Seal([Seal.generate_key()]))
    yield opened
    opened.close()


def told(number: int, at: datetime) -> Delivery:
    return Delivery(
        shop=SHOP,
        channel="shopify",
        topic="orders/create",
        delivery_id=f"d-{number}",
        event_id=None,
        triggered_at=None,
        received_at=at,
        body=b'{"id": %d}' % number,
    )


def test_the_timeline_tells_movements_and_observations_newest_first(store: Store) -> None:
    happen(store, [sold("shopify/order/7", "1", BOSTON, 2, at=later(5))], later(6))
    with store.writing() as session:
        session.of(SHOP).observations.put(seen("1", BOSTON, 3, later(7)), later(8))
    with store.reading() as session:
        rows = as_json(timeline(session.of(SHOP), SHOP, "TEE", 2))
    observation, movement = rows
    assert (observation["kind"], observation["location"], observation["seen"]) == (
        "observation",
        "Boston",
        {"available": 3},
    )
    assert (movement["kind"], movement["cause"], movement["units"]) == ("movement", "shopify/order/7", 2)
    assert movement["source"] == {"location": "Boston", "state": "available"}
    assert movement["target"] == {"location": "Boston", "state": "committed"}
    assert (movement["happened_at"], movement["recorded_at"]) == ("2026-11-23T08:05:00Z", "2026-11-23T08:06:00Z")


def test_the_inbox_counts_what_came_and_what_became_of_it(store: Store, log: SqliteLog) -> None:
    deliveries = [told(number, later(number)) for number in (1, 2, 3)]
    log.append(deliveries)
    log.append(deliveries[:1])
    log.count_rejected(4)
    first, second, third = log.read(0, 10)
    with store.writing() as session:
        books = session.of(SHOP)
        books.deliveries.finish(first.position, first.delivery, "done", "1 movement", later(10))
        books.deliveries.finish(second.position, second.delivery, "parked", "line 3: no number", later(10))
        session.move_position(POSITION, second.position)
    with store.reading() as session:
        answer = inbox(session, log, SHOP)
        parked = inbox(session, log, SHOP, "parked")
        shown = delivery(session, log, SHOP, second.position)
        waiting = delivery(session, log, SHOP, third.position)
        with pytest.raises(NotKnown, match="no delivery at position 99"):
            delivery(session, log, SHOP, 99)
        with pytest.raises(NotKnown, match="there is no status 'lost'"):
            inbox(session, log, SHOP, "lost")
    assert (answer.accepted, answer.done, answer.waiting, answer.parked) == (3, 1, 1, 1)
    assert (answer.duplicates, answer.rejected) == (1, 4)
    assert [row.status for row in answer.deliveries] == ["waiting", "parked", "done"]
    assert [row.note for row in parked.deliveries] == ["line 3: no number"]
    assert (shown.delivery.note, shown.body) == ("line 3: no number", '{"id": 2}')
    assert (waiting.delivery.status, waiting.delivery.note) == ("waiting", None)


def test_a_drift_is_told_with_both_numbers_and_what_they_differ_by(store: Store) -> None:
    found = Drift(observation=seen("1", BOSTON, 3, later(5)), books_units={State.AVAILABLE: 5})
    with store.writing() as session:
        number = session.of(SHOP).drifts.open(found, "theft", 0.5, ["two readings agree"], later(6))
    with store.reading() as session:
        books = session.of(SHOP)
        (row,) = as_json(drifts(books, SHOP))
        assert as_json(drift(books, SHOP, number)) == row
        assert drifts(books, SHOP, "closed") == []
        with pytest.raises(NotKnown, match="no drift 99"):
            drift(books, SHOP, 99)
        with pytest.raises(NotKnown, match="there is no status 'gone'"):
            drifts(books, SHOP, "gone")
    assert {name: row[name] for name in ("id", "shop", "sku", "item", "location", "source")} == {
        "id": number,
        "shop": SHOP,
        "sku": "TEE",
        "item": "1",
        "location": "Boston",
        "source": "shopify",
    }
    assert (row["books_units"], row["observed_units"], row["units"]) == (5, 3, -2)
    assert (row["cause"], row["confidence"], row["evidence"]) == ("theft", 0.5, ["two readings agree"])
    assert (row["status"], row["opened_at"], row["value_at_risk"]) == ("open", "2026-11-23T08:06:00Z", None)


def test_offers_tell_what_waits_before_what_was_told(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.offers.told("tiktok_shop", "t-1", 8, later(1))
        books.offers.park("tiktok_shop", "t-2", "12052055: quantity out of range")
    with store.reading() as session:
        books = session.of(SHOP)
        rows = offers(books, SHOP)
        assert offers(books, SHOP, "tiktok_shop", "told") == [row for row in rows if row.status == "told"]
    assert [(row.listing, row.status, row.units, row.told_units) for row in rows] == [
        ("t-2", "parked", 0, None),
        ("t-1", "told", 8, 8),
    ]
    assert rows[0].reason == "12052055: quantity out of range"


def test_the_shadow_tells_what_would_be_written_and_why_it_waits(store: Store) -> None:
    happen(store, [sold("tiktok_shop/order/9", "1", WAREHOUSE, 3, at=later(2), origin="tiktok_shop")], later(2))
    with store.reading() as session:
        writes = shadow(session.of(SHOP), SHOP)
    tellings = {(write.state, write.units) for write in writes if write.kind == "telling"}
    assert tellings == {("available", -3), ("reserved", 3)}
    units = {write.listing: write.units for write in writes if write.kind == "offer"}
    assert units == {"t-1": 5, "t-2": 0}
    assert all("shadow" in write.waits_because for write in writes)


def test_a_lane_says_why_nothing_is_written(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.channels.arm("tiktok_shop", armed=True)
        books.channels.pause("tiktok_shop", paused=True)
    with store.reading() as session:
        platform, tiktok = lanes(session.of(SHOP))
    assert (platform.name, platform.armed, platform.open) == ("shopify", False, False)
    assert (tiktok.name, tiktok.armed, tiktok.paused, tiktok.open) == ("tiktok_shop", True, True, False)
    assert "onhand offers resume tiktok_shop" in tiktok.closed_because
    assert (tiktok.listings, tiktok.untold) == (2, 2)


def test_a_channel_of_shopify_is_not_armed_by_itself(store: Store) -> None:
    with store.reading() as session:
        books = session.of(SHOP)
        assert find_writing_channel(books, "tiktok_shop") == "tiktok_shop"
        with pytest.raises(NotKnown, match="arm shopify"):
            find_writing_channel(books, "online_store")
        with pytest.raises(NotKnown, match="it writes to shopify, tiktok_shop"):
            find_writing_channel(books, "amazon")


def test_health_counts_what_agrees_and_what_needs_a_person(store: Store, log: SqliteLog) -> None:
    log.append([told(1, later(1))])
    with store.writing() as session:
        books = session.of(SHOP)
        keys = books.observations.to_compare(100)
        books.observations.agree(keys[:4], later(1))
        books.observations.gap(keys[4:5], later(1))
        books.problems.raise_(Problem("unmatched listing", "t-9", "no SKU", "give it one"), later(1))
    with store.reading() as session:
        answer = health(session, log, SHOP, later(2))
        assert [row.key for row in problems(session.of(SHOP), SHOP)] == ["t-9"]
    assert (answer.stock_points, answer.agreeing, answer.gaps) == (5, 4, 1)
    assert (answer.problems, answer.drifts, answer.parked, answer.needs_you) == (1, 0, 0, 1)
    assert (answer.accepted, answer.waiting) == (1, 1)
    assert [lane.name for lane in answer.channels] == ["shopify", "tiktok_shop"]
    assert as_json(answer)["last_audit_at"] is None
    assert answer.silent_topics == ()


def test_health_names_a_topic_that_is_silent_for_longer_than_it_ever_was(store: Store, log: SqliteLog) -> None:
    with store.writing() as session:
        session.of(SHOP).arrivals.note("shopify", "orders/create", [later(60 * hour) for hour in range(40)])
    with store.reading() as session:
        assert health(session, log, SHOP, later(60 * 40)).silent_topics == ()
        assert health(session, log, SHOP, later(60 * 42)).silent_topics == ("orders/create",)


def test_an_answer_that_has_no_form_as_json_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no form as JSON"):
        as_json({"x": object()})
