"""A level below zero is told with what took it there and who goes without: whoever came last."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onhand.domain.shortages import Claim, explain_shortage, who_waits
from onhand.domain.stock import Bin, Movement, State

T0 = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
SHELF, HELD = Bin("Boston", State.AVAILABLE), Bin("Boston", State.COMMITTED)
CUSTOMER = Bin("Boston", State.CUSTOMER)


def moved(cause: str, units: int, minute: int, *, target: Bin = HELD) -> Movement:
    """Return units that left the shelf; fewer than none came back to it."""
    source, target = (SHELF, target) if units > 0 else (target, SHELF)
    return Movement(
        id=f"{cause}/{minute}",
        item="TEE",
        source=source,
        target=target,
        units=abs(units),
        cause=cause,
        origin="shopify",
        reason="ordered",
        occurred_at=T0 + timedelta(minutes=minute),
    )


def newest_first(*movements: Movement) -> list[Movement]:
    return list(reversed(movements))


def test_the_order_that_crossed_zero_is_blamed_for_what_was_not_there() -> None:
    history = newest_first(moved("opening", -3, 0), moved("#1", 2, 1), moved("#2", 4, 2))
    short = explain_shortage(SHELF, -3, history, [Claim("#2", "shopify", 4, None), Claim("#1", "shopify", 2, None)])
    assert short.since == T0 + timedelta(minutes=2)
    assert [(claim.cause, claim.units) for claim in short.takers] == [("#2", 3)]
    assert [(claim.cause, claim.units) for claim in short.waiting] == [("#2", 3)]
    assert short.gone_units == 0


def test_an_order_that_was_cancelled_since_is_not_blamed() -> None:
    history = newest_first(moved("#1", 1, 1), moved("#2", 2, 2), moved("#1", -1, 3))
    short = explain_shortage(SHELF, -2, history, [Claim("#2", "shopify", 2, None)])
    assert [(claim.cause, claim.units) for claim in short.takers] == [("#2", 2)]


def test_what_was_carried_out_of_the_shop_waits_for_nothing() -> None:
    history = newest_first(moved("#1", 1, 1, target=CUSTOMER), moved("#2", 1, 2))
    short = explain_shortage(SHELF, -2, history, [Claim("#2", "shopify", 1, None)])
    assert (short.gone_units, [claim.cause for claim in short.waiting]) == (1, ["#2"])


def test_movements_elsewhere_are_not_read_as_this_shelfs() -> None:
    elsewhere = Movement(
        id="x/1",
        item="TEE",
        source=Bin("Warehouse", State.AVAILABLE),
        target=Bin("Warehouse", State.COMMITTED),
        units=9,
        cause="x",
        origin="shopify",
        reason="ordered",
        occurred_at=T0,
    )
    short = explain_shortage(SHELF, -1, [elsewhere, moved("#1", 1, 1)], [])
    assert [claim.cause for claim in short.takers] == ["#1"]


def test_a_history_that_was_not_read_far_enough_leaves_open_since_when() -> None:
    assert explain_shortage(SHELF, -5, [moved("#9", 1, 9)], []).since is None


def test_a_shelf_that_has_some_is_no_shortage() -> None:
    with pytest.raises(ValueError, match="nothing is missing"):
        explain_shortage(SHELF, 0, [], [])


changes = st.lists(st.tuples(st.sampled_from(["#1", "#2", "#3", "#4"]), st.integers(-3, 3).filter(bool)), max_size=12)


@given(changes)
def test_who_took_it_below_zero_took_at_least_what_is_missing(story: Sequence[tuple[str, int]]) -> None:
    movements = [moved(cause, units, minute) for minute, (cause, units) in enumerate(story)]
    available = -sum(units for _, units in story)
    if available >= 0:
        return
    short = explain_shortage(SHELF, available, newest_first(*movements), [])
    assert sum(claim.units for claim in short.takers) >= short.units == -available
    assert all(claim.units > 0 for claim in short.takers)


@given(st.integers(0, 20), st.lists(st.integers(1, 6), max_size=6))
def test_nobody_waits_for_more_than_is_missing_or_than_was_claimed(missing: int, units: list[int]) -> None:
    claims = [Claim(f"#{number}", "shopify", held, None) for number, held in enumerate(units)]
    waiting = who_waits(missing, claims)
    assert sum(claim.units for claim in waiting) == min(missing, sum(units))
    assert all(claim.units <= claims[number].units for number, claim in enumerate(waiting))
