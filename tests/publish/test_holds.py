"""The last unit goes to one asker; what is held is taken off every channel, and given back when its time is over."""

import pytest

from onhand.domain.bundles import Bundle, Component
from onhand.domain.catalog import Item
from onhand.domain.holds import ORIGIN, Hold, HoldStatus, HoldWish
from onhand.domain.stock import KEPT_STATES, Bin, LevelKey, State
from onhand.intake.tracking import empty_item
from onhand.publish.holds import (
    Granted,
    HoldEnded,
    KeyTaken,
    NoSuchHold,
    Short,
    confirm,
    hold_all,
    lapse,
    lapse_and_recalculate,
    release,
)
from onhand.publish.recalculate import explain
from onhand.store import Books, Store
from tests.answers.shop import BOSTON, SHOP, WAREHOUSE, later, seen


def wish(
    key: str, item: str = "1", units: int = 1, *, location: str | None = None, channel: str | None = None
) -> HoldWish:
    """Return a wish for ten minutes; of a channel where no location is given."""
    channel = channel or (None if location else "online_store")
    return HoldWish(key, f"{key}: {units} of {item}", item, units, 600, channel, location, "till 7")


def held(books: Books, one: HoldWish, minute: float = 1) -> Hold:
    """Hold what is wished for, which must be there."""
    (answer,) = hold_all(books, [one], later(minute))
    assert isinstance(answer, Granted)
    return answer.hold


def sells(books: Books, channel: str, item: str = "1") -> int:
    return explain(books, item, channel).units


def standing(books: Books, location: str, state: State, item: str = "1") -> int:
    return books.ledger.levels([item]).get((item, Bin(location, state)), 0)


def test_a_hold_takes_its_units_from_every_channel_at_once(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        assert (sells(books, "online_store"), sells(books, "tiktok_shop")) == (15, 8)
        one = held(books, wish("a", units=4, location=WAREHOUSE))
        assert (sells(books, "online_store"), sells(books, "tiktok_shop")) == (11, 4)
        assert standing(books, WAREHOUSE, State.RESERVED) == 4
        assert one.expires_at == later(11)
        assert lapse_and_recalculate(books, later(2)) > 0
        assert {row.channel: row.units for row in books.offers.rows(items=["1"])} == {
            "online_store": 11,
            "tiktok_shop": 4,
        }


def test_the_last_unit_goes_to_the_first_of_a_thousand(store: Store) -> None:
    with store.writing() as session:
        answers = hold_all(session.of(SHOP), [wish(str(n), "2") for n in range(1_000)], later(1))
    assert isinstance(answers[0], Granted)
    assert all(isinstance(answer, Short) and answer.left.units == 0 for answer in answers[1:])


def test_who_asks_for_too_many_gets_none_and_is_told_what_is_left(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        first, second, third = hold_all(books, [wish("a", units=16), wish("b", units=15), wish("c")], later(1))
        assert isinstance(first, Short)
        assert first.left.units == 15
        assert isinstance(second, Granted)
        assert isinstance(third, Short)
        assert third.left.units == 0


def test_one_location_that_has_them_all_comes_before_two(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        assert [each.location for each in held(books, wish("a", units=6)).kept] == [WAREHOUSE]
        assert [tuple(each) for each in held(books, wish("b", units=8)).kept] == [
            ("1", BOSTON, 5),
            ("1", WAREHOUSE, 3),
        ]
        assert sells(books, "online_store") == 1


def test_the_smaller_of_books_and_observation_may_be_held(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.observations.put(seen("1", BOSTON, 2, later(1)), later(1))
        held(books, wish("a", units=1, location=BOSTON), 2)
        (answer,) = hold_all(books, [wish("b", units=2, location=BOSTON)], later(3))
        assert isinstance(answer, Short)
        assert answer.left.units == 1


def test_of_many_who_ask_at_once_no_more_are_granted_than_shopify_shows(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.observations.put(seen("1", BOSTON, 2, later(1)), later(1))
        answers = hold_all(books, [wish(str(n), location=BOSTON) for n in range(5)], later(2))
        assert [isinstance(answer, Granted) for answer in answers] == [True, True, False, False, False]


def test_a_channels_buffer_is_not_held_on_its_behalf(store: Store) -> None:
    with store.writing() as session:
        (answer,) = hold_all(session.of(SHOP), [wish("a", units=9, channel="tiktok_shop")], later(1))
        assert isinstance(answer, Short)
        assert answer.left.units == 8


def test_the_same_key_is_the_same_hold_and_never_another_request(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        one = held(books, wish("a", "2"))
        (again,) = hold_all(books, [wish("a", "2")], later(2))
        assert again == Granted(one, repeated=True)
        (other,) = hold_all(books, [wish("a", "1")], later(2))
        assert isinstance(other, KeyTaken)
        assert books.counter("holds") == 1


def test_the_same_key_twice_at_once_is_one_hold(store: Store) -> None:
    with store.writing() as session:
        first, second = hold_all(session.of(SHOP), [wish("a", "1"), wish("a", "1")], later(1))
        assert isinstance(first, Granted)
        assert second == Granted(first.hold, repeated=True)


def test_a_confirmed_hold_is_a_sale_that_shopify_is_owed_once(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        one = held(books, wish("a", units=2, location=WAREHOUSE))
        sold = confirm(books, one.id, later(2))
        assert confirm(books, one.id, later(30)) == sold
        assert standing(books, WAREHOUSE, State.RESERVED) == 0
        assert standing(books, WAREHOUSE, State.CUSTOMER) == 2
        assert [sum(owed.values()) for owed in books.owed.units([LevelKey("1", WAREHOUSE)]).values()] == [-2]
        with pytest.raises(HoldEnded):
            release(books, one.id, later(31))


def test_a_released_hold_gives_back_once_and_is_not_confirmed_any_more(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        one = held(books, wish("a", "2"))
        assert sells(books, "online_store", "2") == 0
        ended = release(books, one.id, later(2))
        assert release(books, one.id, later(30)) == ended
        assert sells(books, "online_store", "2") == 1
        assert books.owed.units([LevelKey("2", WAREHOUSE)]) == {}
        with pytest.raises(HoldEnded):
            confirm(books, one.id, later(3))


def test_a_late_hold_counts_for_nobody_even_when_nobody_has_swept(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        late = held(books, wish("a", "2"))
        next_one = held(books, wish("b", "2"), 11)
        assert next_one.id != late.id
        found = books.holds.get(late.id)
        assert found is not None
        assert (found.status, found.ended_at) == (HoldStatus.EXPIRED, later(11))


def test_the_sweep_ends_late_holds_at_the_time_at_which_they_were_late(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        one = held(books, wish("a", "2"))
        assert lapse(books, later(10.9)) == 0
        assert lapse(books, later(60)) == 1
        assert lapse(books, later(61)) == 0
        assert books.ledger.caused_by(one.cause)[-1].occurred_at == later(11)
        assert sells(books, "online_store", "2") == 1


def test_a_late_confirmation_sells_what_is_still_free_and_never_what_another_holds(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        free = confirm(books, held(books, wish("a", "3")).id, later(20))
        assert isinstance(free, Hold)
        assert free.status is HoldStatus.CONFIRMED
        assert confirm(books, free.id, later(21)) == free
        late = held(books, wish("b", "2"), 30)
        held(books, wish("c", "2"), 45)
        answer = confirm(books, late.id, later(46))
        assert isinstance(answer, Short)
        assert answer.left.units == 0
        assert release(books, late.id, later(47)).status is HoldStatus.EXPIRED


def test_a_bundle_is_held_by_its_components(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.catalog.put_items([Item(item="9", sku="SET", title="Set", bundle=True)], later(0))
        books.bundles.put([Bundle("9", (Component("1", 2), Component("2", 1)))], later(0))
        one = held(books, wish("a", "9"))
        assert sorted(tuple(each) for each in one.kept) == [("1", WAREHOUSE, 2), ("2", WAREHOUSE, 1)]
        assert sells(books, "online_store", "2") == 0
        release(books, one.id, later(2))
        assert sells(books, "online_store", "2") == 1


def test_nobody_knows_a_hold_that_was_never_granted(store: Store) -> None:
    with store.writing() as session:
        for ask in (confirm, release):
            with pytest.raises(NoSuchHold):
                ask(session.of(SHOP), 17, later(1))


def test_what_is_held_is_what_the_books_have_reserved_for_holds(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        held(books, wish("a", units=3))
        held(books, wish("b", units=2, location=BOSTON))
        reserved = books.ledger.reserved_by_origin("1")
        assert reserved == {(ORIGIN, BOSTON): 5}
        assert sum(each.units for hold in books.holds.of_item("1") for each in hold.kept) == 5


def test_what_is_held_of_an_item_that_is_not_counted_any_more_ends_with_it(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.catalog.put_items([Item(item="9", sku="SET", title="Set", bundle=True)], later(0))
        books.bundles.put([Bundle("9", (Component("1", 1), Component("2", 1)))], later(0))
        tee, both = held(books, wish("a", "1")), held(books, wish("b", "9"))
        empty_item(books, "1", "not counted any more", later(2))
        assert {hold.status for one in (tee, both) if (hold := books.holds.get(one.id))} == {HoldStatus.RELEASED}
        assert standing(books, WAREHOUSE, State.AVAILABLE, "2") == 1
        assert all(not units for (_, bin_), units in books.ledger.levels(["1"]).items() if bin_.state in KEPT_STATES)
        assert release(books, tee.id, later(3)).status is HoldStatus.RELEASED
        assert books.ledger.reserved_by_origin("2") == {}


def test_a_hold_of_an_item_that_was_removed_ends_and_moves_nothing(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        one = held(books, wish("a", "2"))
        books.catalog.drop_items(["2"], later(1))
        assert lapse(books, later(30)) == 1
        assert len(books.ledger.caused_by(one.cause)) == 1
