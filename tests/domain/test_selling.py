"""What a channel may sell: lower at once, raise when confirmed, and every term of the number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onhand.domain.selling import PoolLevel, SellingRule, available_to_sell

RULE = SellingRule(channel="tiktok_shop", locations=("1", "2"), buffer_units=2)
counts = st.integers(-50, 50)
levels = st.builds(
    PoolLevel, st.sampled_from("123"), st.just("Boston"), counts, st.one_of(st.none(), counts), counts, st.booleans()
)


def level(books: int, observed: int | None = None, untold: int = 0, location: str = "1") -> PoolLevel:
    return PoolLevel(location, "Boston", books, observed, untold)


def units(*pool: PoolLevel, unplaced: int = 0, unseen: int = 0) -> int:
    return available_to_sell(RULE, pool, unplaced, unseen).units


def test_a_sale_that_only_the_books_know_lowers_at_once() -> None:
    assert units(level(books=7, observed=9)) == 5


def test_a_drop_that_only_the_platform_shows_lowers_at_once() -> None:
    assert units(level(books=9, observed=7)) == 5


def test_a_lowering_that_the_platform_has_not_confirmed_counts_already() -> None:
    assert units(level(books=9, observed=9, untold=-3)) == 4


def test_a_raise_that_the_platform_has_not_confirmed_does_not_count() -> None:
    assert units(level(books=9, observed=6, untold=3)) == 4


def test_a_shortage_at_one_location_lowers_the_whole_pool() -> None:
    assert units(level(books=-3), level(books=10, location="2")) == 5


def test_locations_outside_the_pool_do_not_count() -> None:
    assert units(level(books=5), level(books=100, location="9")) == 3


def test_units_of_orders_without_a_location_lower_every_pool() -> None:
    assert units(level(books=9), unplaced=2, unseen=1) == 4


def test_a_channel_is_never_told_less_than_zero_and_the_floor_is_a_term() -> None:
    explanation = available_to_sell(RULE, [level(books=-4)], 0, 0)
    assert explanation.units == 0
    assert explanation.terms[-1].what == "floor"
    assert explanation.terms[-1].units == 6


def test_a_negative_buffer_is_refused() -> None:
    with pytest.raises(ValueError, match="channel tiktok_shop: buffer_units must be 0 or more, got -1"):
        SellingRule(channel="tiktok_shop", locations=(), buffer_units=-1)


@given(st.lists(levels, max_size=5), st.integers(0, 9), st.integers(0, 9))
def test_the_terms_always_sum_to_the_number(pool: list[PoolLevel], unplaced: int, unseen: int) -> None:
    explanation = available_to_sell(RULE, pool, unplaced, unseen)
    assert sum(term.units for term in explanation.terms) == explanation.units
    assert explanation.units >= 0
    assert all(term.because for term in explanation.terms)


@given(st.lists(levels, max_size=4), counts)
def test_seeing_less_never_raises_the_number(pool: list[PoolLevel], seen: int) -> None:
    blind = [entry._replace(observed_units=None) for entry in pool]
    looked = [entry._replace(observed_units=seen) for entry in pool]
    assert units(*looked) <= units(*blind)


def test_units_on_a_level_that_is_stocked_no_more_are_not_sold_and_said_to_be_there() -> None:
    asleep = level(books=9, observed=8, location="2")._replace(active=False)
    explanation = available_to_sell(RULE, [level(books=5), asleep], 0, 0)
    assert explanation.units == 3
    (term,) = [term for term in explanation.terms if term.what == "not stocked"]
    assert (term.units, term.because) == (
        0,
        "shopify stocks it there no more: 8 stand there, none is sold until it does",
    )


def test_what_a_level_is_short_counts_though_it_is_stocked_no_more() -> None:
    assert units(level(books=9), level(books=-3, location="2")._replace(active=False)) == 4


def test_a_channel_that_sells_below_zero_says_so_and_shows_what_there_is() -> None:
    explanation = available_to_sell(RULE, [level(books=5)], 0, 0, sells_below_zero=True)
    assert explanation.units == 3
    assert explanation.terms[-1].because == "tiktok_shop goes on selling it when nothing is left"
