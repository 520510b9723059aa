"""Intents are kept before they go out, and closed by what became of them."""

from dataclasses import replace

import pytest

from onhand.domain.stock import LevelKey, State
from onhand.store import Intent, IntentRow, Store
from onhand.store.intents import Status
from tests.store.goods import BOSTON, CAP, CAP_IN_BOSTON, OTHER, SHOP, TEE, TEE_IN_BOSTON, at

OFFER = Intent(
    key="run/1",
    channel="tiktok_shop",
    kind="offer",
    body=b'{"a":\x00\xff}',
    rows=(IntentRow("listing-tee", TEE, None, {"units": 4}), IntentRow("listing-cap", CAP, None, {"units": 0})),
    planned_at=at(1),
)
TELLING = Intent(
    key="tell/1",
    channel="shopify",
    kind="telling",
    body=b"{}",
    rows=(
        IntentRow(None, TEE, BOSTON, {"available": -2, "reserved": 2}),
        IntentRow(None, CAP, BOSTON, {"available": -1}),
    ),
    planned_at=at(2),
    compares=True,
)


def test_an_intent_comes_back_byte_for_byte(store: Store) -> None:
    with store.writing() as session:
        session.of(SHOP).intents.plan(OFFER)
        session.of(SHOP).intents.plan(TELLING)
    with store.reading() as session:
        assert session.of(SHOP).intents.get("run/1") == OFFER
        assert session.of(SHOP).intents.get("tell/1") == TELLING
        assert session.of(SHOP).intents.get("run/2") is None
        assert session.of(OTHER).intents.get("run/1") is None


def test_a_key_cannot_be_planned_twice(store: Store) -> None:
    with store.writing() as session:
        session.of(SHOP).intents.plan(OFFER)
        with pytest.raises(Exception, match=r"(?i)unique"), session.savepoint():
            session.of(SHOP).intents.plan(replace(OFFER, body=b"other"))
        assert session.of(SHOP).intents.get("run/1") == OFFER


def test_sending_counts_the_attempt(store: Store) -> None:
    with store.writing() as session:
        intents = session.of(SHOP).intents
        intents.plan(OFFER)
        intents.mark_sent("run/1", at(5))
        intents.mark_sent("run/1", at(6))
        assert intents.get("run/1") == replace(OFFER, status="sent", attempts=2, sent_at=at(6))


@pytest.mark.parametrize("status", ["applied", "rejected", "stale", "parked"])
def test_a_concluded_intent_covers_nothing_any_more(store: Store, status: Status) -> None:
    with store.writing() as session:
        intents = session.of(SHOP).intents
        intents.plan(OFFER)
        intents.plan(TELLING)
        assert intents.open_keys("offer") == {("tiktok_shop", "listing-tee"), ("tiktok_shop", "listing-cap")}
        assert intents.open_keys("level") == {TEE_IN_BOSTON, CAP_IN_BOSTON}
        intents.conclude("run/1", status, "so it was", at(9))
        assert intents.open_keys("offer") == set()
        assert intents.unsettled() == [TELLING]
        assert intents.get("run/1") == replace(OFFER, status=status, concluded_at=at(9), note="so it was")


@pytest.mark.parametrize("status", ["planned", "unknown"])
def test_an_intent_without_an_outcome_stays_open(store: Store, status: Status) -> None:
    with store.writing() as session:
        intents = session.of(SHOP).intents
        intents.plan(OFFER)
        intents.mark_sent("run/1", at(5))
        intents.conclude("run/1", status, "no answer", at(9))
        assert [intent.key for intent in intents.unsettled("tiktok_shop")] == ["run/1"]
        assert intents.unsettled("shopify") == []
        assert len(intents.open_keys("offer")) == 2
        found = intents.get("run/1")
        assert found is not None
        assert (found.status, found.concluded_at, found.attempts) == (status, None, 1)


def test_nothing_can_become_of_what_was_never_planned(store: Store) -> None:
    with store.writing() as session, pytest.raises(LookupError, match="run/7"):
        session.of(SHOP).intents.conclude("run/7", "applied", "", at(9))


def test_only_what_went_out_is_in_flight(store: Store) -> None:
    second = replace(TELLING, key="tell/2", rows=(IntentRow(None, TEE, BOSTON, {"available": -1, "reserved": -2}),))
    keys = [TEE_IN_BOSTON, CAP_IN_BOSTON, LevelKey("item-x", BOSTON)]
    with store.writing() as session:
        intents = session.of(SHOP).intents
        intents.plan(TELLING)
        intents.plan(second)
        assert intents.in_flight(keys) == {}
        intents.mark_sent("tell/1", at(3))
        assert intents.in_flight([TEE_IN_BOSTON]) == {TEE_IN_BOSTON: {State.AVAILABLE: -2, State.RESERVED: 2}}
        intents.mark_sent("tell/2", at(3))
        intents.conclude("tell/2", "unknown", "no answer", at(4))
        assert intents.in_flight(keys) == {
            TEE_IN_BOSTON: {State.AVAILABLE: -3},
            CAP_IN_BOSTON: {State.AVAILABLE: -1},
        }
        intents.conclude("tell/1", "planned", "throttled", at(4))
        intents.conclude("tell/2", "applied", "", at(5))
        assert intents.in_flight(keys) == {}
        assert session.of(OTHER).intents.in_flight(keys) == {}


def test_lost_comparisons_are_counted_in_a_row_for_the_guilty_levels(store: Store) -> None:
    with store.writing() as session:
        intents = session.of(SHOP).intents

        def lose(key: str, rows: tuple[int, ...]) -> None:
            intents.plan(replace(TELLING, key=key))
            intents.conclude(key, "stale", "it shows another number", at(9), rows=rows)

        lose("tell/1", ())
        lose("tell/2", (0,))
        assert intents.lost_compares([TEE_IN_BOSTON, CAP_IN_BOSTON]) == {TEE_IN_BOSTON: 2, CAP_IN_BOSTON: 1}
        intents.plan(replace(TELLING, key="tell/3"))
        intents.conclude("tell/3", "rejected", "no such item", at(9))
        assert intents.lost_compares([TEE_IN_BOSTON]) == {TEE_IN_BOSTON: 2}
        intents.plan(replace(TELLING, key="tell/4"))
        intents.conclude("tell/4", "applied", "", at(9))
        assert intents.lost_compares([TEE_IN_BOSTON, CAP_IN_BOSTON]) == {}


def test_intents_are_shown_newest_first(store: Store) -> None:
    with store.writing() as session:
        intents = session.of(SHOP).intents
        intents.plan(OFFER)
        intents.plan(TELLING)
        assert [intent.key for intent in intents.recent(9)] == ["tell/1", "run/1"]
        assert [intent.key for intent in intents.recent(1)] == ["tell/1"]


@pytest.mark.parametrize("kind", ["offer", "telling"])
def test_an_intent_must_name_what_it_covers(store: Store, kind: str) -> None:
    intent = replace(OFFER, rows=TELLING.rows) if kind == "offer" else replace(TELLING, rows=OFFER.rows)
    with store.writing() as session, pytest.raises(ValueError, match="must name"):
        session.of(SHOP).intents.plan(intent)
