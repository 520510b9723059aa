"""Judging: only a gap that was read twice, with nothing in flight and nothing unplaced, is left for adopting."""

from datetime import timedelta

import pytest

from onhand.audit import judge
from onhand.audit.compare import compare_levels, write_down
from onhand.domain.causes import RECEIVED
from onhand.domain.drift import Observation
from onhand.domain.stock import LevelKey, State
from onhand.heal.adopt import adopt_drift
from onhand.ports.channel import Unknown
from onhand.publish import answered, levels
from onhand.store import Books, Store
from tests.answers.shop import BOSTON, SHOP, WAREHOUSE, later, seen, sold
from tests.publish.channels import shopify_channel

TEE, TEE_AT_BOSTON = LevelKey("1", WAREHOUSE), LevelKey("1", BOSTON)


def read(books: Books, available: int, minute: float, *, reading: int, key: LevelKey = TEE) -> None:
    """Keep what a reading of a level has shown."""
    observation = Observation(
        source="shopify",
        item=key.item,
        location=key.location,
        units={State.AVAILABLE: available},
        observed_at=later(minute),
        reading=reading,
    )
    books.observations.put(observation, later(minute))


def gap(books: Books, minute: float, key: LevelKey = TEE) -> None:
    """Let a level show 6 more than the books, and compare it."""
    known = books.expected([key])[key].get(State.AVAILABLE, 0)
    books.observations.put(seen(key.item, key.location, known + 6, later(minute)), later(minute))
    write_down(books, compare_levels(books, [key]), later(minute))


def first_look(books: Books, available: int = 16) -> judge.Judgement:
    gap(books, 1)
    begun = judge.begin(books, [TEE], later(2))
    read(books, available, 3, reading=1)
    return judge.after_first_look(books, begun, later(3))


def test_a_gap_is_due_when_it_has_stood_for_the_grace_and_the_oldest_comes_first(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        gap(books, 1)
        gap(books, 2, TEE_AT_BOSTON)
        assert judge.due(books, later(1), grace_s=60) is None
        due = judge.due(books, later(2.5), grace_s=60)
        assert due is not None
        assert due.keys == (TEE,)
        due = judge.due(books, later(9), grace_s=60)
        assert due is not None
        assert due.keys == (TEE, TEE_AT_BOSTON)


def test_what_rests_makes_room_for_the_gaps_behind_it(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        gap(books, 1)
        gap(books, 2, TEE_AT_BOSTON)
        due = judge.due(books, later(9), grace_s=60, resting={TEE}, limit=1)
        assert due is not None
        assert due.keys == (TEE_AT_BOSTON,)
        assert judge.due(books, later(9), grace_s=60, resting={TEE, TEE_AT_BOSTON}) is None


def test_orders_are_read_again_since_the_last_time_that_all_of_them_agreed(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        write_down(books, compare_levels(books, [TEE, TEE_AT_BOSTON]), later(1))
        read(books, 5, 4, reading=1, key=TEE_AT_BOSTON)
        write_down(books, compare_levels(books, [TEE_AT_BOSTON]), later(4))
        gap(books, 5)
        assert judge.begin(books, [TEE, TEE_AT_BOSTON], later(6)).since == later(0)
        assert judge.begin(books, [TEE_AT_BOSTON], later(6)).since == later(4)
        assert judge.begin(books, [], later(6)).since == later(6)


def test_a_gap_that_two_readings_show_alike_is_left_for_adopting(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        looked = first_look(books)
        read(books, 16, 4, reading=2)
        drift = judge.verdict(books, looked, later(5))[TEE]
        assert drift.units == {State.AVAILABLE: 6}


def test_a_gap_that_the_first_reading_closes_is_no_gap(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        looked = first_look(books, available=10)
        assert looked.keys == ()
        assert books.observations.gaps(later(99), 10) == []


@pytest.mark.parametrize("second", [10, 15, 17])
def test_a_gap_that_changes_between_the_readings_waits(store: Store, second: int) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        looked = first_look(books)
        read(books, second, 4, reading=2)
        assert judge.verdict(books, looked, later(5)) == {}


def test_a_gap_that_an_order_read_in_between_explains_waits(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        gap(books, 1)
        begun = judge.begin(books, [TEE], later(2))
        read(books, 8, 3, reading=1)
        looked = judge.after_first_look(books, begun, later(3))
        books.ledger.append([sold("shopify/order/1", "1", WAREHOUSE, 2, at=later(1))], later(4))
        read(books, 8, 4, reading=2)
        assert judge.verdict(books, looked, later(5)) == {}


def test_while_units_of_the_item_have_no_location_nothing_is_adopted(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        looked = first_look(books)
        read(books, 16, 4, reading=2)
        books.pictures.set_unplaced("shopify/order/1", {"1": 1}, later(4))
        assert judge.verdict(books, looked, later(5)) == {}
        books.pictures.set_unplaced("shopify/order/1", {}, later(6))
        assert set(judge.verdict(books, looked, later(7))) == {TEE}


def test_while_a_telling_of_the_level_is_open_nothing_is_adopted(store: Store) -> None:
    with store.writing() as session, shopify_channel() as shopify:
        books = session.of(SHOP)
        looked = first_look(books)
        read(books, 16, 4, reading=2)
        books.channels.arm("shopify", armed=True)
        books.channels.set_imported("tiktok_shop", "no")
        books.ledger.append(
            [sold("tiktok_shop/order/1", "1", WAREHOUSE, 1, at=later(1), origin="tiktok_shop")], later(4)
        )
        (intent,) = levels.plan(books, shopify, 10, later(4), run="run-1")
        answered.conclude(books, intent, Unknown("no answer"), later(4))
        assert judge.verdict(books, looked, later(5)) == {}


def test_what_was_told_later_than_it_was_read_has_not_been_looked_at(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        looked = first_look(books)
        books.observations.put(seen("1", WAREHOUSE, 16, later(8)), later(4))
        assert judge.verdict(books, looked, later(5)) == {}
        read(books, 16, 9, reading=2)
        assert set(judge.verdict(books, looked, later(9))) == {TEE}


def test_an_adoption_books_the_gap_and_files_it_with_its_proof(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        looked = first_look(books)
        read(books, 16, 4, reading=2)
        drift = judge.verdict(books, looked, later(5))[TEE]
        cause = adopt_drift(books, drift, ["read twice"], later(5))
        assert compare_levels(books, [TEE]).equal == [TEE]
        (movement,) = books.ledger.caused_by(cause)
        assert (movement.units, movement.source.state, movement.origin) == (6, State.UNEXPLAINED, "shopify")
        (filed,) = books.drifts.rows("adopted")
        assert (filed.units, filed.evidence[0], filed.note) == (6, "read twice", cause)
        assert (filed.cause, filed.confidence) == (RECEIVED, 0.4)
        (left,) = books.drifts.open_adoptions([TEE])
        assert left.units == {State.AVAILABLE: 6}
        assert books.owed.count() == 0  # the platform shows it already
        assert later(5) - timedelta(minutes=1) == drift.observation.observed_at
