"""Units move; they never appear or vanish."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onhand.domain.stock import Bin, Movement, State, Transfer, difference, fold, on_hand, pair_off

T0 = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
bins = st.builds(Bin, st.sampled_from(["Boston", "Warehouse"]), st.sampled_from(State))


@st.composite
def movements(draw: st.DrawFn) -> Movement:
    source = draw(bins)
    target = draw(bins.filter(lambda bin_: bin_ != source))
    return Movement(
        id="m",
        item=draw(st.sampled_from(["TEE", "CAP"])),
        source=source,
        target=target,
        units=draw(st.integers(1, 9)),
        cause="c",
        origin="shopify",
        reason="r",
        occurred_at=T0,
    )


@given(st.lists(movements()))
def test_all_bins_of_an_item_sum_to_zero(history: list[Movement]) -> None:
    levels = fold(history)
    assert sum(units for (item, _), units in levels.items() if item == "TEE") == 0


@given(st.lists(movements()), st.lists(movements()))
def test_folding_in_two_parts_is_folding_at_once(first: list[Movement], second: list[Movement]) -> None:
    assert fold(second, start=fold(first)) == fold([*second, *first])


@given(st.lists(movements()), st.lists(movements()))
def test_pairing_off_a_difference_carries_it_out(now: list[Movement], wanted: list[Movement]) -> None:
    gaps = difference(fold(wanted), fold(now))
    carried: dict[tuple[str, Bin], int] = {}
    for item, source, target, units in pair_off(gaps):
        assert units > 0
        carried[item, source] = carried.get((item, source), 0) - units
        carried[item, target] = carried.get((item, target), 0) + units
    assert {key: units for key, units in carried.items() if units} == gaps


def test_goods_that_change_their_state_stay_at_their_location() -> None:
    shelf, hold = Bin("Boston", State.AVAILABLE), Bin("Boston", State.COMMITTED)
    far, far_hold = Bin("Warehouse", State.AVAILABLE), Bin("Warehouse", State.COMMITTED)
    gaps = {("TEE", shelf): -1, ("TEE", far_hold): 2, ("TEE", hold): 1, ("TEE", far): -2}
    assert pair_off(gaps) == [Transfer("TEE", shelf, hold, 1), Transfer("TEE", far, far_hold, 2)]


def test_gaps_that_do_not_sum_to_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="must sum to 0, they sum to 3"):
        pair_off({("TEE", Bin("Boston", State.AVAILABLE)): 3})


@pytest.mark.parametrize("units", [0, -4])
def test_a_movement_of_no_units_or_fewer_is_refused(units: int) -> None:
    shelf, customer = Bin("Boston", State.AVAILABLE), Bin("Boston", State.CUSTOMER)
    with pytest.raises(ValueError, match=f"units must be positive, got {units}"):
        Movement(
            id="m", item="TEE", source=shelf, target=customer, units=units, cause="c", origin="shopify",
            reason="sold", occurred_at=T0,
        )  # fmt: skip


def test_on_hand_leaves_out_what_has_not_arrived() -> None:
    assert on_hand({State.AVAILABLE: 5, State.COMMITTED: 2, State.DAMAGED: 1, State.INCOMING: 40}) == 8
