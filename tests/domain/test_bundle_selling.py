"""What a channel may sell of a bundle: all of it leaves from one location, and nothing is promised twice."""

from collections.abc import Sequence
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from onhand.domain.bundle_selling import Part, bundles_to_sell
from onhand.domain.selling import Explanation, PoolLevel, SellingRule, available_to_sell

BUFFERED = SellingRule(channel="tiktok_shop", locations=("1", "2", "3"), buffer_units=2)
PLAIN = SellingRule(channel="tiktok_shop", locations=("1", "2", "3"))
NAMES = {"1": "Boston", "2": "Warehouse", "3": "Portland"}


def part(name: str, each: int, *there: int, unplaced: int = 0, rule: SellingRule = PLAIN) -> Part:
    """A component of which so many units stand at Boston, the warehouse, Portland."""
    pool = [PoolLevel(place, NAMES[place], units, None, 0) for place, units in zip(NAMES, there, strict=False)]
    return Part(name, each, available_to_sell(rule, pool, unplaced, 0))


def said(explanation: Explanation) -> list[tuple[str | None, int, str]]:
    return [(term.location, term.units, term.because) for term in explanation.terms]


def test_components_that_stand_at_different_locations_make_no_bundle() -> None:
    explanation = bundles_to_sell([part("TEE", 1, 5, 0), part("CAP", 1, 0, 5)])
    assert explanation.units == 0
    assert said(explanation)[0] == (
        "Boston",
        0,
        "TEE 5 (1 each), CAP 0 (1 each): all of a bundle leaves from one location",
    )


def test_locations_add_up_and_each_is_limited_by_what_is_scarcest_there() -> None:
    explanation = bundles_to_sell([part("TEE", 2, 9, 4), part("CAP", 1, 3, 8), Part("BOX", 1, None)])
    assert explanation.units == 5
    assert said(explanation) == [
        ("Boston", 3, "TEE 9 (2 each), CAP 3 (1 each): all of a bundle leaves from one location"),
        ("Warehouse", 2, "TEE 4 (2 each), CAP 8 (1 each): all of a bundle leaves from one location"),
        (None, 0, "TEE: 13 may be sold (Boston 9, Warehouse 4), 2 go into each: enough for 6"),
        (None, 0, "CAP: 11 may be sold (Boston 3, Warehouse 8), 1 go into each: enough for 11"),
        (None, 0, "BOX: nobody counts it, so it sets no limit"),
    ]


def test_a_buffer_is_kept_back_of_each_component_and_may_be_kept_where_no_bundle_is_made() -> None:
    apart = [part("TEE", 1, 5, 2, rule=BUFFERED), part("CAP", 1, 5, rule=BUFFERED)]
    assert bundles_to_sell(apart).units == 3
    assert bundles_to_sell([apart[0], part("CAP", 1, 7, rule=BUFFERED)]).units == 5


def test_a_shortage_elsewhere_lowers_the_bundle_as_it_lowers_the_component() -> None:
    assert bundles_to_sell([part("TEE", 1, 5, -3), part("CAP", 1, 9, 9)]).units == 2


def test_orders_without_a_location_may_take_from_the_one_that_makes_bundles() -> None:
    explanation = bundles_to_sell([part("TEE", 2, 10, 10, unplaced=3), part("CAP", 1, 5)])
    assert explanation.units == 3
    assert [term.units for term in explanation.terms if term.what == "unplaced orders"] == [-2]


def test_a_bundle_that_nobody_can_count_is_not_sold() -> None:
    assert bundles_to_sell([]).units == 0
    assert bundles_to_sell([]).terms[0].because == "the platform does not say what it is made of"
    assert bundles_to_sell([Part("BOX", 1, None)]).units == 0


amounts = st.integers(-3, 12)
components = st.lists(
    st.tuples(st.integers(1, 4), st.lists(amounts, min_size=2, max_size=2), st.integers(0, 3)), min_size=1, max_size=3
)


@given(components)
def test_no_bundle_is_promised_that_cannot_be_made_wherever_orders_take_their_units(
    rows: list[tuple[int, list[int], int]],
) -> None:
    parts = [part(f"PART-{number}", each, *there, unplaced=taken) for number, (each, there, taken) in enumerate(rows)]
    explanation = bundles_to_sell(parts)
    assert sum(term.units for term in explanation.terms) == explanation.units
    assert all(term.because for term in explanation.terms)
    ways = product(*(range(taken + 1) for _, _, taken in rows))
    assert explanation.units <= max(0, min(_made(rows, way) for way in ways))
    assert all(explanation.units * one.units <= one.available.units for one in parts if one.available is not None)


def _made(rows: Sequence[tuple[int, list[int], int]], at_boston: Sequence[int]) -> int:
    """Return the bundles that are left when orders take so many of each component at Boston, the others elsewhere."""
    left = [
        (each, [there[0] - here, there[1] - (taken - here)])
        for (each, there, taken), here in zip(rows, at_boston, strict=True)
    ]
    return sum(max(0, min(there[place] // each for each, there in left)) for place in (0, 1))
