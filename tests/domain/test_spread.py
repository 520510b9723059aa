"""A number by location: what lowers the whole is taken from where most stands, and the parts always sum to it."""

from hypothesis import given
from hypothesis import strategies as st

from onhand.domain.selling import PoolLevel, SellingRule, available_to_sell, fitted, spread

UNITS = st.integers(-20, 60)


def sum_of(levels: dict[str, int], *, buffer_units: int = 0, unplaced_units: int = 0) -> dict[str, int] | None:
    rule = SellingRule(channel="tiktok_shop", locations=tuple(levels), buffer_units=buffer_units)
    pool = [PoolLevel(place, place, units, None, 0) for place, units in levels.items()]
    return spread(available_to_sell(rule, pool, unplaced_units, 0), ("A", "B"))


def test_a_buffer_is_kept_where_most_stands() -> None:
    assert sum_of({"A": 3, "B": 9}, buffer_units=2) == {"A": 3, "B": 7}


def test_a_location_that_is_short_takes_from_the_other() -> None:
    assert sum_of({"A": -2, "B": 9}) == {"A": 0, "B": 7}


def test_what_stands_elsewhere_counts_at_the_first() -> None:
    assert sum_of({"A": 3, "B": 1, "C": 4}) == {"A": 7, "B": 1}


def test_without_locations_there_is_nothing_to_spread() -> None:
    rule = SellingRule(channel="tiktok_shop", locations=())
    assert spread(available_to_sell(rule, [], 0, 0), ("A",)) is None


@given(st.dictionaries(st.sampled_from("ABC"), UNITS, min_size=1), st.integers(0, 30), st.integers(0, 30))
def test_the_parts_are_never_below_zero_and_sum_to_the_number(
    levels: dict[str, int], buffer_units: int, unplaced_units: int
) -> None:
    rule = SellingRule(channel="tiktok_shop", locations=tuple(levels), buffer_units=buffer_units)
    pool = [PoolLevel(place, place, units, None, 0) for place, units in levels.items()]
    explained = available_to_sell(rule, pool, unplaced_units, 0)
    told = spread(explained, ("A", "B"))
    assert told is not None
    assert sum(told.values()) == explained.units
    assert min(told.values()) >= 0
    assert sum(fitted(told, 99).values()) == 99
