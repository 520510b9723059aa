"""A gap gets the name of what most likely made it, with what speaks for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onhand.domain import causes
from onhand.domain.causes import Effect, Known, find_unclaimed, name_causes
from onhand.domain.stock import KEPT_STATES, State

A, C, R, D, I = State.AVAILABLE, State.COMMITTED, State.RESERVED, State.DAMAGED, State.INCOMING  # noqa: E741
APP = Effect("shopify/order/9", "Marketplace Connector", {A: -2, C: 2})


@pytest.mark.parametrize(
    ("gap", "known", "name"),
    [
        ({A: 2, C: -2}, Known(unclaimed=(APP,)), causes.UNCLAIMED),
        ({A: -2, C: 2}, Known(location_active=False), causes.UNPAID),
        ({A: -2, C: 2}, Known(), causes.SHIFTED),
        ({A: -2, R: 2}, Known(), causes.DRAFT),
        ({A: 2, R: -2}, Known(), causes.DRAFT_ENDED),
        ({A: 4}, Known(was_stocked=False), causes.NEW_HERE),
        ({A: -1, D: 1}, Known(), causes.SHIFTED),
        ({I: 5}, Known(), causes.UNDER_WAY),
        ({A: 4}, Known(), causes.RECEIVED),
        ({A: -4}, Known(), causes.REMOVED),
        ({A: -4}, Known(ever_agreed=False), causes.REMOVED),
        ({}, Known(), causes.UNKNOWN),
    ],
)
def test_a_gap_is_named_by_what_fits_it_best(gap: dict[State, int], known: Known, name: str) -> None:
    assert name_causes(gap, known)[0].name == name


def test_the_evidence_says_what_the_books_hold_where_the_platform_has_no_level() -> None:
    named = {cause.name: cause.evidence for cause in name_causes({A: -4, D: -1}, Known(is_stocked=False))}
    assert named[causes.NOT_STOCKED] == (
        "the platform has no such level, and the books hold 4 available, 1 damaged there",
    )


def test_the_evidence_names_the_order_and_its_app() -> None:
    best = name_causes({A: 2, C: -2}, Known(unclaimed=(APP,)))[0]
    assert best.confidence == pytest.approx(0.9)
    assert best.evidence == ("shopify/order/9 was created by Marketplace Connector; the level shows nothing of it",)


def test_the_evidence_calls_the_order_as_people_do() -> None:
    best = name_causes({A: 2, C: -2}, Known(unclaimed=(APP._replace(name="#1009"),)))[0]
    assert best.evidence == ("#1009 was created by Marketplace Connector; the level shows nothing of it",)


def test_an_order_that_claimed_nothing_is_found_by_the_exact_gap_it_leaves() -> None:
    other = Effect("shopify/order/8", "Marketplace Connector", {A: -3, C: 3})
    assert find_unclaimed({A: 2, C: -2}, [other, APP]) == [APP]
    assert find_unclaimed({A: 5, C: -5}, [other, APP]) == [other, APP]
    assert find_unclaimed({A: 1, C: -1}, [other, APP]) == []
    assert find_unclaimed({A: 2}, [Effect("shopify/order/7", "Importer", {A: -2})]) != []


gaps = st.dictionaries(st.sampled_from(KEPT_STATES), st.integers(-9, 9).filter(bool))


@given(gaps, st.booleans(), st.booleans(), st.booleans())
def test_every_gap_has_a_cause_and_the_surest_comes_first(
    gap: dict[State, int], active: bool, stocked: bool, agreed: bool
) -> None:
    found = name_causes(gap, Known(location_active=active, was_stocked=stocked, ever_agreed=agreed))
    assert found
    assert [row.confidence for row in found] == sorted((row.confidence for row in found), reverse=True)
    assert all(0 < row.confidence < 1 for row in found)


@given(st.lists(gaps.filter(bool), min_size=1, max_size=4), st.integers(1, 4))
def test_the_newest_orders_together_are_always_found(effects: list[dict[State, int]], count: int) -> None:
    known = [Effect(str(index), "app", units) for index, units in enumerate(effects)]
    total: dict[State, int] = {}
    for effect in known[:count]:
        for state, units in effect.units.items():
            total[state] = total.get(state, 0) - units
    found = find_unclaimed(total, known)
    assert found
    undone: dict[State, int] = {}
    for effect in found:
        for state, units in effect.units.items():
            undone[state] = undone.get(state, 0) - units
    assert {s: u for s, u in undone.items() if u} == {s: u for s, u in total.items() if u}
