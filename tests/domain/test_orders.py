"""Orders are settled into movements: each life of an order, and the laws that hold for all of them."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from onhand.domain.openings import Opened
from onhand.domain.orders import (
    Gone,
    NotPutBack,
    OrderLine,
    OrderPicture,
    Placed,
    Refunded,
    Restock,
    Shipped,
    Unshipped,
)
from onhand.domain.pictures import Seen, Version, judge
from onhand.domain.settling import not_put_back, settle
from onhand.domain.stock import Bin, LevelKey, Levels, Movement, State, fold

T0 = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


def minute(number: int) -> datetime:
    return T0 + timedelta(minutes=number)


def order(
    version: int,
    *,
    units: int = 2,
    placed: Sequence[Placed] = (),
    shipped: Sequence[Shipped] = (),
    refunded: Sequence[Refunded] = (),
    hold: State = State.COMMITTED,
) -> OrderPicture:
    return OrderPicture(
        cause="shopify/order/1",
        origin="shopify",
        version=Version(at=minute(version), reading=1),
        placed_at=T0,
        lines=(OrderLine("L1", "TEE", units),),
        placed=tuple(placed),
        shipped=tuple(shipped),
        refunded=tuple(refunded),
        hold=hold,
    )


def books_after(*pictures: OrderPicture) -> dict[tuple[str, Bin], int]:
    movements: list[Movement] = []
    for picture in pictures:
        movements += settle(picture, fold(movements), Opened(), len(movements)).movements
    return fold(movements)


def at(location: str, **units: int) -> dict[tuple[str, Bin], int]:
    return {("TEE", Bin(location, State(state))): count for state, count in units.items()}


def test_units_written_off_leave_each_location_that_was_to_ship_them() -> None:
    placed = order(1, placed=[Placed("L1", "Warehouse", 1), Placed("L1", "Boston", 1)])
    off = order(2, refunded=[Refunded("L1", None, 2, Restock.NONE, minute(2))])
    gone = replace(off, gone=(Gone("L1", "Warehouse", 1), Gone("L1", "Boston", 1)))
    assert books_after(placed, gone) == (
        at("Warehouse", available=-1, customer=1) | at("Boston", available=-1, customer=1)
    )


def test_a_unit_that_was_cancelled_is_not_written_off_for_a_refund_of_one_that_the_customer_keeps() -> None:
    sold = order(1, units=3, placed=[Placed("L1", "Boston", 2)], shipped=[Shipped("L1", "Boston", 1, minute(1))])
    refunds = [
        Refunded("L1", "Boston", 1, Restock.CANCEL, minute(2)),
        Refunded("L1", None, 1, Restock.NONE, minute(3)),  # money only: the shipped one stays where it is
    ]
    after = replace(
        sold, version=Version(at=minute(3), reading=2), placed=(Placed("L1", "Boston", 1),), refunded=tuple(refunds)
    )
    assert books_after(sold, after) == at("Boston", available=-2, committed=1, customer=1)


def test_units_written_off_before_the_rest_was_moved_left_the_place_before() -> None:
    moved = replace(
        order(2, units=3, placed=[Placed("L1", "Boston", 1)], refunded=[Refunded("L1", None, 2, Restock.NONE, T0)]),
        gone=(Gone("L1", "Warehouse", 2),),
    )
    assert books_after(moved) == at("Warehouse", available=-2, customer=2) | at("Boston", available=-1, committed=1)


def test_where_units_were_that_are_gone_is_believed_only_when_it_adds_up() -> None:
    off = order(2, placed=[Placed("L1", "Boston", 0)], refunded=[Refunded("L1", None, 2, Restock.NONE, minute(2))])
    too_many = replace(off, gone=(Gone("L1", "Warehouse", 5),))
    assert books_after(too_many) == at("Boston", available=-2, customer=2)


def test_a_sale_that_reached_the_channel_hours_late_occurred_at_the_till_and_counts_when_it_was_placed() -> None:
    sale = replace(order(1, shipped=[Shipped("L1", "Boston", 2, T0)]), sold_at=minute(-300))
    between = {LevelKey("TEE", "Boston"): minute(-100)}
    settlement = settle(sale, {}, Opened(cuts=between), 0)
    (movement,) = settlement.movements
    assert movement.occurred_at == minute(-300)
    assert settlement.counted_at == {movement.id: T0}
    assert settle(sale, {}, Opened(cuts={LevelKey("TEE", "Boston"): T0}), 0).movements == ()


def test_a_shipment_taken_back_counts_only_where_the_opening_lies_between() -> None:
    back = replace(
        order(9, placed=[Placed("L1", "Boston", 2)]), unshipped=(Unshipped("L1", "Boston", 2, minute(2), minute(8)),)
    )
    assert books_after(back) == at("Boston", available=-2, committed=2)
    cut = {LevelKey("TEE", "Boston"): minute(5)}
    assert fold(settle(back, {}, Opened(cuts=cut), 0).movements) == at("Boston", customer=-2, committed=2)
    assert settle(back, {}, Opened(cuts={LevelKey("TEE", "Boston"): minute(8)}), 0).movements == ()


def test_a_till_sale_takes_units_from_the_shelf_to_the_customer() -> None:
    sale = order(1, shipped=[Shipped("L1", "Boston", 2, T0)])
    (movement,) = settle(sale, {}, Opened(), 0).movements
    assert movement.reason == "sold"
    assert fold([movement]) == at("Boston", available=-2, customer=2)


def test_an_online_order_commits_where_it_will_ship_from() -> None:
    assert books_after(order(1, placed=[Placed("L1", "Boston", 2)])) == at("Boston", available=-2, committed=2)


def test_a_partial_fulfilment_ships_what_left_and_keeps_the_rest_committed() -> None:
    before = order(1, placed=[Placed("L1", "Boston", 2)])
    after = order(2, placed=[Placed("L1", "Boston", 1)], shipped=[Shipped("L1", "Boston", 1, minute(2))])
    assert books_after(before, after) == at("Boston", available=-2, committed=1, customer=1)


def test_cancelling_with_restock_frees_the_units_and_without_takes_them_out_of_the_books() -> None:
    before = order(1, placed=[Placed("L1", "Boston", 2)])
    gone = Placed("L1", "Boston", 0)
    with_restock = order(2, placed=[gone], refunded=[Refunded("L1", "Boston", 2, Restock.CANCEL, minute(2))])
    without = order(2, placed=[gone], refunded=[Refunded("L1", None, 2, Restock.NONE, minute(2))])
    assert books_after(before, with_restock) == {}
    assert books_after(before, without) == at("Boston", available=-2, customer=2)


def test_a_return_is_put_back_where_it_was_given_back() -> None:
    sold = order(1, shipped=[Shipped("L1", "Boston", 2, T0)])
    returned = replace(
        sold,
        version=Version(at=minute(2), reading=2),
        refunded=(Refunded("L1", "New York", 1, Restock.RETURN, minute(2)),),
    )
    assert books_after(sold, returned) == {
        **at("Boston", available=-2, customer=2),
        **at("New York", available=1, customer=-1),
    }


def test_what_a_refund_put_back_nowhere_is_told_by_whether_it_had_left() -> None:
    none = Refunded("L1", None, 3, Restock.NONE, minute(3))
    half = order(3, units=4, shipped=[Shipped("L1", "Boston", 1, minute(2))], placed=[Placed("L1", "Boston", 1)])
    assert not_put_back(replace(half, refunded=(none,))) == [
        NotPutBack("L1", "TEE", 1, left=True, refunded_at=minute(3)),
        NotPutBack("L1", "TEE", 2, left=False, refunded_at=minute(3)),
    ]
    assert not_put_back(half) == []
    cancelled = Refunded("L1", None, 2, Restock.CANCEL, minute(3))
    assert not_put_back(replace(half, refunded=(cancelled,))) == []


def test_a_refund_of_shipped_goods_without_restock_moves_nothing() -> None:
    sold = order(1, shipped=[Shipped("L1", "Boston", 2, T0)])
    refunded = replace(sold, refunded=(Refunded("L1", None, 2, Restock.NONE, minute(2)),))
    assert books_after(sold, refunded) == books_after(sold)


def test_an_edit_that_adds_commits_more_and_one_that_removes_frees() -> None:
    before = order(1, placed=[Placed("L1", "Boston", 2)])
    added = order(2, units=5, placed=[Placed("L1", "Boston", 5)])
    removed = order(
        3,
        units=5,
        placed=[Placed("L1", "Boston", 1)],
        refunded=[Refunded("L1", "Boston", 4, Restock.CANCEL, minute(3))],
    )
    assert books_after(before, added) == at("Boston", available=-5, committed=5)
    assert books_after(before, added, removed) == at("Boston", available=-1, committed=1)


def test_moving_an_order_to_another_location_moves_its_commitment() -> None:
    before = order(1, placed=[Placed("L1", "Boston", 2)])
    after = order(2, placed=[Placed("L1", "Warehouse", 2)])
    assert books_after(before, after) == at("Warehouse", available=-2, committed=2)


def test_an_order_from_elsewhere_is_reserved_because_apps_cannot_commit() -> None:
    picture = order(1, placed=[Placed("L1", "Warehouse", 2)], hold=State.RESERVED)
    assert books_after(picture) == at("Warehouse", available=-2, reserved=2)


def test_units_without_a_location_are_unplaced_until_the_channel_says_where() -> None:
    unknown = order(1, placed=[Placed("L1", None, 2)])
    settlement = settle(unknown, {}, Opened(), 0)
    assert settlement.movements == ()
    assert settlement.unplaced_units == {"TEE": 2}


def test_an_open_unit_whose_location_is_not_told_stays_where_the_books_hold_it() -> None:
    known = order(1, placed=[Placed("L1", "Boston", 2)])
    told = order(2, placed=[Placed("L1", None, 1)], shipped=[Shipped("L1", "Boston", 1, minute(2))])
    assert books_after(known, told) == at("Boston", available=-2, committed=1, customer=1)
    assert settle(told, fold(settle(known, {}, Opened(), 0).movements), Opened(), 1).unplaced_units == {}


def test_what_happened_before_the_opening_balance_was_read_is_in_it() -> None:
    picture = order(9, placed=[Placed("L1", "Boston", 1)], shipped=[Shipped("L1", "Boston", 1, minute(5))])
    after_placing = {LevelKey("TEE", "Boston"): minute(1)}
    after_all = {LevelKey("TEE", "Boston"): minute(5)}
    assert fold(settle(picture, {}, Opened(cuts=after_placing), 0).movements) == at("Boston", committed=-1, customer=1)
    assert settle(picture, {}, Opened(cuts=after_all), 0).movements == ()


@st.composite
def pictures(draw: st.DrawFn) -> OrderPicture:
    """An order as a channel may show it: any split of its units between open, shipped, refunded and gone."""
    locations = st.sampled_from(["Boston", "New York", "Warehouse"])
    lines, placed, shipped, refunded = [], [], [], []
    for number, item in enumerate(draw(st.lists(st.sampled_from(["TEE", "CAP"]), min_size=1, max_size=3))):
        line = f"L{number}"
        parts = draw(st.lists(st.integers(0, 4), min_size=3, max_size=3))
        lines.append(OrderLine(line, item, sum(parts)))
        placed.append(Placed(line, draw(st.one_of(st.none(), locations)), parts[0]))
        if parts[1]:
            shipped.append(Shipped(line, draw(locations), parts[1], minute(draw(st.integers(0, 30)))))
        for restock in draw(st.lists(st.sampled_from(Restock), max_size=3)):
            where = draw(st.one_of(st.none(), locations))
            refunded.append(Refunded(line, where, draw(st.integers(1, 4)), restock, minute(draw(st.integers(0, 30)))))
    return OrderPicture(
        cause="shopify/order/1",
        origin="shopify",
        version=Version(at=minute(draw(st.integers(0, 5))), reading=draw(st.integers(0, 3))),
        placed_at=T0,
        lines=tuple(lines),
        placed=tuple(placed),
        shipped=tuple(shipped),
        refunded=tuple(refunded),
    )


cuts = st.dictionaries(
    st.builds(LevelKey, st.sampled_from(["TEE", "CAP"]), st.sampled_from(["Boston", "Warehouse"])),
    st.integers(-1, 40).map(minute),
)


@given(pictures(), cuts)
def test_for_every_item_all_bins_sum_to_zero(picture: OrderPicture, cuts: dict[LevelKey, datetime]) -> None:
    levels = fold(settle(picture, {}, Opened(cuts=cuts), 0).movements)
    for item in {item for item, _ in levels}:
        assert sum(units for (other, _), units in levels.items() if other == item) == 0


@given(pictures(), cuts)
def test_a_repeat_moves_nothing(picture: OrderPicture, cuts: dict[LevelKey, datetime]) -> None:
    first = settle(picture, {}, Opened(cuts=cuts), 0).movements
    assert settle(picture, fold(first), Opened(cuts=cuts), len(first)).movements == ()


def whole(picture: OrderPicture) -> OrderPicture:
    """The picture as a reading shows it: every location is known."""
    return replace(picture, placed=tuple(row._replace(location=row.location or "Boston") for row in picture.placed))


@given(pictures(), pictures(), cuts)
def test_what_was_booked_before_does_not_change_where_we_end(
    before: OrderPicture, after: OrderPicture, cuts: dict[LevelKey, datetime]
) -> None:
    after = whole(after)
    first = settle(before, {}, Opened(cuts=cuts), 0).movements
    then = settle(after, fold(first), Opened(cuts=cuts), len(first)).movements
    assert fold([*first, *then]) == fold(settle(after, {}, Opened(cuts=cuts), 0).movements)


def book_as_intake_does(pictures: Sequence[OrderPicture]) -> Levels:
    """Book pictures in the order given, as intake does: what is not news moves nothing."""
    movements: list[Movement] = []
    seen: Seen | None = None
    for picture in pictures:
        digest = repr((picture.lines, picture.placed, picture.shipped, picture.refunded))
        if judge(seen, picture.version, digest) == "newer":
            movements += settle(picture, fold(movements), Opened(), len(movements)).movements
            told = digest if picture.version.reading == 0 else None
            seen = Seen(version=picture.version, digest=digest, told_digest=told)
    return fold(movements)


@given(st.lists(pictures().map(whole), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_any_order_and_any_repeats_of_the_same_pictures_end_in_the_same_books(
    life: list[OrderPicture], chance: random.Random
) -> None:
    life = [
        replace(picture, version=Version(at=minute(number), reading=number + 1)) for number, picture in enumerate(life)
    ]
    shuffled = [*life, *chance.choices(life, k=len(life))]
    chance.shuffle(shuffled)
    assert book_as_intake_does(shuffled) == book_as_intake_does(life)
