"""Returns are settled by difference, and what a disposition and a refund both name is counted once."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from onhand.domain.pictures import Version
from onhand.domain.returns import Restocked, ReturnLine, ReturnPicture, ReturnStatus, settle_return
from onhand.domain.stock import Bin, LevelKey, State, fold

T0 = datetime(2026, 11, 23, 9, tzinfo=UTC)


def back(*rows: tuple[str, str, int], refunded: tuple[tuple[str, str, int], ...] = (), units: int = 9) -> ReturnPicture:
    """Return a return of `units` TEE on line 1 and CAP on line 2, restocked and refunded as the rows say."""
    return ReturnPicture(
        cause="shopify/return/1",
        origin="shopify",
        version=Version(at=T0, reading=1),
        order="shopify/order/1",
        name="#1001-R1",
        status=ReturnStatus.OPEN,
        ordered_at=T0,
        opened_at=T0,
        lines=(ReturnLine("1", "TEE", units), ReturnLine("2", "CAP", units)),
        restocked=tuple(Restocked(line, at, much, T0) for line, at, much in rows),
        refunded=tuple(Restocked(line, at, much, T0) for line, at, much in refunded),
    )


def shelf(picture: ReturnPicture) -> dict[str, int]:
    """Return what a return put on sale, by location."""
    levels = fold(settle_return(picture, {}, {}, 0))
    return {bin_.location: units for (_, bin_), units in levels.items() if bin_.state is State.AVAILABLE}


def test_goods_come_back_where_they_were_restocked() -> None:
    (movement,) = settle_return(back(("1", "BOS", 2)), {}, {}, 0)
    assert (movement.id, movement.item, movement.units, movement.reason) == ("shopify/return/1/1", "TEE", 2, "returned")
    assert (movement.source, movement.target) == (Bin("BOS", State.CUSTOMER), Bin("BOS", State.AVAILABLE))


def test_a_refund_that_names_what_was_restocked_puts_nothing_back_again() -> None:
    assert shelf(back(("1", "BOS", 2), refunded=(("1", "BOS", 2),))) == {"BOS": 2}
    assert shelf(back(("1", "BOS", 2), refunded=(("1", "WH", 2),))) == {"BOS": 2}


def test_a_refund_that_names_more_than_was_disposed_of_puts_the_rest_back() -> None:
    assert shelf(back(("1", "BOS", 2), refunded=(("1", "WH", 3),))) == {"BOS": 2, "WH": 1}
    assert shelf(back(refunded=(("1", "WH", 3),))) == {"WH": 3}


def test_what_was_restocked_before_the_level_was_opened_is_in_its_opening() -> None:
    cuts = {LevelKey("TEE", "BOS"): T0 + timedelta(seconds=1)}
    assert settle_return(back(("1", "BOS", 2), ("1", "WH", 1)), {}, cuts, 0)[0].source.location == "WH"


def test_a_disposition_that_was_taken_back_leaves_the_shelf_again() -> None:
    booked = fold(settle_return(back(("1", "BOS", 2)), {}, {}, 0))
    (movement,) = settle_return(back(("1", "BOS", 1)), booked, {}, 1)
    assert (movement.source.state, movement.target.state, movement.units) == (State.AVAILABLE, State.CUSTOMER, 1)


rows = st.lists(st.tuples(st.sampled_from("12"), st.sampled_from(["WH", "BOS"]), st.integers(1, 4)), max_size=4)


@given(rows, rows, rows, rows)
def test_what_was_booked_before_does_not_change_where_a_return_ends(
    first: list[tuple[str, str, int]],
    first_refunded: list[tuple[str, str, int]],
    last: list[tuple[str, str, int]],
    last_refunded: list[tuple[str, str, int]],
) -> None:
    before, after = back(*first, refunded=tuple(first_refunded)), back(*last, refunded=tuple(last_refunded))
    moved = settle_return(before, {}, {}, 0)
    booked = fold(moved)
    assert fold(settle_return(after, booked, {}, len(moved)), start=booked) == fold(settle_return(after, {}, {}, 0))
    assert settle_return(before, booked, {}, len(moved)) == ()


@given(rows, rows)
def test_no_more_comes_back_than_either_dispositions_or_refunds_name(
    disposed: list[tuple[str, str, int]], refunded: list[tuple[str, str, int]]
) -> None:
    picture = back(*disposed, refunded=tuple(refunded))
    for line in ("1", "2"):
        by_disposition = sum(units for name, _, units in disposed if name == line)
        by_refund = sum(units for name, _, units in refunded if name == line)
        assert picture.restocked_units(line) == max(by_disposition, by_refund)
