"""Comparing: what the platform shows against what it should show by the books, with what is in flight."""

from onhand.audit.compare import compare_and_place, compare_levels, compare_touched, write_down
from onhand.domain.drift import Observation
from onhand.domain.reservations import Unplaced, place_reservation
from onhand.domain.stock import Bin, LevelKey, State
from onhand.ports.channel import Applied, Unknown
from onhand.publish import answered, levels
from onhand.store import Books, Store
from tests.answers.shop import BOSTON, SHOP, WAREHOUSE, later, seen, sold
from tests.publish.channels import shopify_channel

TEE = LevelKey("1", WAREHOUSE)


def shown(units: dict[State, int], minute: float, reading: int = 1) -> Observation:
    return Observation(
        source="shopify", item="1", location=WAREHOUSE, units=units, observed_at=later(minute), reading=reading
    )


def order_from_elsewhere(books: Books, units: int) -> None:
    books.channels.arm("shopify", armed=True)
    books.channels.set_imported("tiktok_shop", "no")
    books.ledger.append(
        [sold("tiktok_shop/order/1", "1", WAREHOUSE, units, at=later(1), origin="tiktok_shop")], later(1)
    )


def test_what_the_books_say_less_what_is_owed_is_what_the_platform_should_show(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        order_from_elsewhere(books, 3)
        assert compare_levels(books, [TEE]).equal == [TEE]  # 10 are shown, and 3 were not told yet
        books.observations.put(shown({State.AVAILABLE: 7, State.RESERVED: 3}, 2), later(2))
        drift = compare_levels(books, [TEE]).drifts[TEE]
        assert drift.units == {State.AVAILABLE: -3, State.RESERVED: 3}


def test_what_was_sent_and_not_confirmed_explains_a_gap_whether_it_was_carried_out_or_not(store: Store) -> None:
    with store.writing() as session, shopify_channel() as shopify:
        books = session.of(SHOP)
        order_from_elsewhere(books, 3)
        (intent,) = levels.plan(books, shopify, 10, later(2), run="run-1")
        answered.conclude(books, intent, Unknown("no answer"), later(2))
        assert compare_levels(books, [TEE]).equal == [TEE]
        books.observations.put(shown({State.AVAILABLE: 7, State.RESERVED: 3}, 3), later(3))
        assert compare_levels(books, [TEE]).flying == [TEE]
        books.observations.put(shown({State.AVAILABLE: 6, State.RESERVED: 3}, 4, 2), later(4))
        assert compare_levels(books, [TEE]).drifts[TEE].units == {State.AVAILABLE: -4, State.RESERVED: 3}
        books.observations.put(shown({State.AVAILABLE: 7, State.RESERVED: 3}, 5, 3), later(5))
        answered.conclude(books, intent, Applied(None, "done"), later(5))
        assert compare_levels(books, [TEE]).equal == [TEE]


def test_states_that_were_not_shown_are_not_compared_and_levels_nobody_saw_are_left_out(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.ledger.append([sold("shopify/order/1", "1", WAREHOUSE, 2, at=later(1))], later(1))
        books.observations.put(seen("1", WAREHOUSE, 8, later(2)), later(2))
        assert compare_levels(books, [TEE]).equal == [TEE]  # committed is 2 in the books, and was never shown
        compared = compare_levels(books, [LevelKey("5", BOSTON)])
        assert (compared.equal, compared.flying, compared.drifts) == ([], [], {})


def test_a_touched_level_is_compared_once_and_its_gap_keeps_the_time_it_began(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        while compare_touched(books, later(0)):
            pass
        books.observations.put(seen("1", WAREHOUSE, 4, later(1)), later(1))
        assert compare_touched(books, later(2)) == 1
        assert compare_touched(books, later(3)) == 0
        books.observations.put(seen("1", WAREHOUSE, 3, later(4)), later(4))
        compare_touched(books, later(5))
        (gap,) = [books.observations.newest([TEE])[TEE].gap_since]
        assert gap == later(2)


def test_a_gap_that_closed_closes_its_drift(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.observations.put(seen("1", WAREHOUSE, 4, later(1)), later(1))
        compared = compare_levels(books, [TEE])
        write_down(books, compared, later(1))
        books.drifts.open(compared.drifts[TEE], "unexplained", 0.5, [], later(2))
        books.observations.put(seen("1", WAREHOUSE, 10, later(3)), later(3))
        write_down(books, compare_levels(books, [TEE]), later(3))
        (drift,) = books.drifts.rows()
        assert (drift.status, drift.note) == ("closed", "books and platform agree again")
        newest = books.observations.newest([TEE])[TEE]
        assert (newest.agreed_at, newest.gap_since) == (later(3), None)


def reserving(books: Books, draft: str, place: str, units: int) -> None:
    """Let a draft's units be booked as reserved at a place where they were shown."""
    placed = place_reservation(Unplaced(f"shopify/draft/{draft}", units), LevelKey("1", place), "shopify", 0, later(1))
    books.ledger.append([placed], later(1))
    show_reserved(books, place, units, minute=2)


def show_reserved(books: Books, place: str, units: int, *, minute: float) -> None:
    """Let Shopify show so many reserved at a place, taken from what was available there."""
    booked = books.ledger.levels(["1"])
    whole = sum(booked.get(("1", Bin(place, state)), 0) for state in (State.AVAILABLE, State.RESERVED))
    observation = Observation(
        source="shopify",
        item="1",
        location=place,
        units={State.AVAILABLE: whole - units, State.RESERVED: units},
        observed_at=later(minute),
        reading=int(minute),
    )
    books.observations.put(observation, later(minute))


def reserved(books: Books, place: str) -> int:
    return books.ledger.levels(["1"]).get(("1", Bin(place, State.RESERVED)), 0)


def test_what_a_draft_reserves_elsewhere_by_now_is_booked_there_and_no_more_than_is_shown(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        reserving(books, "1", WAREHOUSE, 2)
        show_reserved(books, WAREHOUSE, 0, minute=3)
        show_reserved(books, BOSTON, 1, minute=3)
        compared = compare_and_place(books, [TEE, LevelKey("1", BOSTON)], later(3))
        assert (reserved(books, WAREHOUSE), reserved(books, BOSTON)) == (1, 1)
        assert list(compared.drifts) == [TEE]  # one unit is still gone there, and nobody shows where it went


def test_units_that_one_draft_has_just_been_found_to_reserve_are_not_taken_for_those_of_another(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        reserving(books, "1", WAREHOUSE, 1)
        books.pictures.set_unplaced("shopify/draft/2", {"1": 1}, later(2))
        show_reserved(books, WAREHOUSE, 0, minute=3)
        show_reserved(books, BOSTON, 1, minute=3)
        compare_and_place(books, [TEE, LevelKey("1", BOSTON)], later(3))
        assert reserved(books, BOSTON) == 1
        assert books.pictures.unplaced_of("1") == {}
        assert reserved(books, WAREHOUSE) == 1
