"""Drift: observed minus books, what in-flight tellings explain, and what adopting it moves."""

from collections.abc import Mapping
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from onhand.domain.drift import Drift, Observation, adopt, compare, overlap, split_claims
from onhand.domain.stock import KEPT_STATES, Bin, State, fold, on_hand

T0 = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
by_state = st.dictionaries(st.sampled_from(KEPT_STATES), st.integers(-20, 20), min_size=1)


def seen(units: Mapping[State, int]) -> Observation:
    return Observation(source="shopify", item="TEE", location="WH-1", units=units, observed_at=T0)


def test_equal_counts_are_no_drift() -> None:
    assert compare(seen({State.AVAILABLE: 5}), {State.AVAILABLE: 5, State.COMMITTED: 2}) is None


def test_what_is_on_its_way_explains_a_gap_of_exactly_that_size() -> None:
    told = {State.AVAILABLE: -2, State.RESERVED: 2}
    assert compare(seen({State.AVAILABLE: 3}), {State.AVAILABLE: 5}, told) is None
    assert compare(seen({State.AVAILABLE: 4}), {State.AVAILABLE: 5}, told) is not None


def test_a_drift_says_both_numbers_and_which_way() -> None:
    drift = compare(seen({State.AVAILABLE: 9}), {State.AVAILABLE: 12})
    assert str(drift) == "drift for TEE at WH-1: books expect 12 available, shopify shows 9 (3 too few)"


def test_units_that_only_changed_their_state_are_not_unexplained() -> None:
    drift = Drift(
        observation=seen({State.AVAILABLE: 3, State.DAMAGED: 2}),
        books_units={State.AVAILABLE: 5, State.DAMAGED: 0},
    )
    (movement,) = adopt(drift, "adoption/1")
    assert (movement.source.state, movement.target.state, movement.units) == (
        State.AVAILABLE,
        State.DAMAGED,
        2,
    )


@given(by_state, by_state)
def test_after_adopting_the_books_agree_with_what_was_seen(units: dict[State, int], books: dict[State, int]) -> None:
    drift = Drift(observation=seen(units), books_units=books)
    start = {("TEE", Bin("WH-1", state)): count for state, count in books.items()}
    after = fold(adopt(drift, "adoption/1"), start=start)
    assert all(after.get(("TEE", Bin("WH-1", state)), 0) == count for state, count in units.items())


def test_only_movements_in_the_same_direction_explain_an_adoption() -> None:
    adopted = {State.AVAILABLE: -3, State.COMMITTED: 2}
    assert overlap(adopted, {State.AVAILABLE: -1, State.COMMITTED: 5}) == {
        State.AVAILABLE: -1,
        State.COMMITTED: 2,
    }
    assert overlap(adopted, {State.AVAILABLE: 1}) == {}


@given(st.fixed_dictionaries(dict.fromkeys(KEPT_STATES, st.integers(-20, 20))), by_state)
def test_what_orders_have_brought_about_moves_nothing_on_hand_and_the_rest_is_the_rest(
    units: dict[State, int], books: dict[State, int]
) -> None:
    drift = Drift(observation=seen(units), books_units=books)
    claims, rest = split_claims(drift)
    assert on_hand(claims.units) == 0
    assert claims.units.get(State.COMMITTED, 0) == drift.units.get(State.COMMITTED, 0)
    assert State.COMMITTED not in rest.units
    assert set(claims.units) <= {State.COMMITTED, State.AVAILABLE}
    both = {state: claims.units.get(state, 0) + rest.units.get(state, 0) for state in units}
    assert {state: much for state, much in both.items() if much} == drift.units
