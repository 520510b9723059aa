"""What a fact did before a level was opened is in the opening; what it did later is booked, whatever its own age."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from onhand.domain.openings import Opened
from onhand.domain.orders import Added, OrderLine, OrderPicture, Placed, Shipped
from onhand.domain.pictures import Version
from onhand.domain.settling import Settlement, settle, without_shipped_before
from onhand.domain.stock import Bin, LevelKey, Levels, State, fold

T0 = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
BOSTON, WAREHOUSE = LevelKey("TEE", "Boston"), LevelKey("TEE", "Warehouse")


def minute(number: int) -> datetime:
    return T0 + timedelta(minutes=number)


def order(changed: int, *placed: Placed, units: int = 2, shipped: Sequence[Shipped] = ()) -> OrderPicture:
    return OrderPicture(
        cause="shopify/order/1",
        origin="shopify",
        version=Version(at=minute(changed), reading=1),
        placed_at=T0,
        lines=(OrderLine("L1", "TEE", units),),
        placed=placed,
        shipped=tuple(shipped),
    )


def at(location: str, **units: int) -> dict[tuple[str, Bin], int]:
    return {("TEE", Bin(location, State(state))): count for state, count in units.items()}


class Books:
    """The books of one order, and the openings of its levels."""

    def __init__(self, cuts: dict[LevelKey, datetime]) -> None:
        self.opened = Opened(cuts=cuts)
        self.booked: Levels = {}
        self.count = 0

    def see(self, picture: OrderPicture) -> Settlement:
        settlement = settle(picture, self.booked, self.opened, self.count)
        self.booked = fold(settlement.movements, start=self.booked)
        self.count += len(settlement.movements)
        known_at = {line.item: picture.version.at for line in picture.lines}
        self.opened = replace(self.opened, held=settlement.held, known_at=known_at)
        return settlement


def test_an_order_that_was_seen_before_it_was_moved_moves_its_commitment_between_the_levels() -> None:
    books = Books({BOSTON: minute(10), WAREHOUSE: minute(10)})
    books.see(order(3, Placed("L1", "Boston", 2)))
    assert books.booked == {}
    (back, forth) = books.see(order(20, Placed("L1", "Warehouse", 2))).movements
    assert books.booked == at("Boston", available=2, committed=-2) | at("Warehouse", available=-2, committed=2)
    assert {back.occurred_at, forth.occurred_at} == {minute(20)}
    books.see(order(30, shipped=[Shipped("L1", "Warehouse", 2, minute(30))]))
    assert books.booked == at("Boston", available=2, committed=-2) | at("Warehouse", available=-2, customer=2)


def test_units_added_after_the_opening_are_ordered_and_those_added_before_are_not() -> None:
    older = replace(order(20, Placed("L1", "Boston", 3), units=3), added=(Added("L1", 2, minute(20)),))
    books = Books({BOSTON: minute(10)})
    books.see(older)
    assert books.booked == at("Boston", available=-2, committed=2)
    books = Books({BOSTON: minute(20)})
    books.see(replace(older, version=Version(at=minute(25), reading=1)))
    assert books.booked == {}


def test_added_units_that_were_shipped_before_the_opening_are_in_it_and_the_rest_is_not() -> None:
    picture = order(30, Placed("L1", "Boston", 1), units=2, shipped=[Shipped("L1", "Boston", 1, minute(5))])
    books = Books({BOSTON: minute(10)})
    books.see(replace(picture, added=(Added("L1", 1, minute(30)),)))
    assert books.booked == at("Boston", available=-1, committed=1)


def test_each_level_goes_by_its_own_opening() -> None:
    books = Books({BOSTON: minute(10), WAREHOUSE: minute(40)})
    books.see(order(3, Placed("L1", "Boston", 2)))
    books.see(order(20, Placed("L1", "Warehouse", 2)))
    assert books.booked == at("Boston", available=2, committed=-2)
    books.see(order(50, shipped=[Shipped("L1", "Warehouse", 2, minute(50))]))
    assert books.booked == at("Boston", available=2, committed=-2) | at("Warehouse", committed=-2, customer=2)


def test_a_location_that_came_later_gets_what_is_moved_there() -> None:
    books = Books({BOSTON: minute(-10)})
    books.see(order(3, Placed("L1", "Boston", 2)))
    books.opened = replace(books.opened, cuts={BOSTON: minute(-10), WAREHOUSE: minute(15)})
    books.see(order(20, Placed("L1", "Warehouse", 2)))
    assert books.booked == at("Warehouse", available=-2, committed=2)


def test_an_item_that_is_counted_anew_forgets_what_was_known_of_its_orders() -> None:
    books = Books({BOSTON: minute(-10)})
    books.see(order(3, Placed("L1", "Boston", 2)))
    books.opened = Opened(cuts={BOSTON: minute(15)}, held=books.opened.held, anew=frozenset({"TEE"}))
    books.booked = {}
    books.see(order(20, Placed("L1", "Boston", 1), shipped=[Shipped("L1", "Boston", 1, minute(20))]))
    assert books.booked == at("Boston", committed=-1, customer=1)


def test_what_had_left_before_a_foreign_order_was_known_is_not_reserved_and_the_rest_is() -> None:
    shipped = [Shipped("L1", "Boston", 1, minute(5)), Shipped("L1", "Boston", 1, minute(20))]
    picture = replace(order(20, Placed("L1", "Boston", 1), units=3, shipped=shipped), hold=State.RESERVED)
    left = without_shipped_before(picture, {BOSTON: minute(10)})
    assert left.lines == (OrderLine("L1", "TEE", 2),)
    booked = fold(settle(left, {}, Opened(), 0).movements)
    assert booked == at("Boston", available=-2, reserved=1, customer=1)


@st.composite
def lives(draw: st.DrawFn) -> list[OrderPicture]:
    """An order that waits, is moved, shipped in part and added to: every picture with the times that tell of it."""
    place, added, shipped = "Boston", [], []
    waiting, units = 2, 2
    pictures = [order(0, Placed("L1", place, 2))]
    for number in range(1, draw(st.integers(1, 6)) + 1):
        now = number * 10
        match draw(st.sampled_from(["move", "ship", "add"])):
            case "move":
                place = draw(st.sampled_from(["Boston", "Warehouse"]))
            case "ship" if waiting:
                shipped.append(Shipped("L1", place, 1, minute(now)))
                waiting -= 1
            case _:
                added.append(Added("L1", 1, minute(now)))
                waiting, units = waiting + 1, units + 1
        rows = [Placed("L1", place, waiting)] if waiting else []
        picture = order(now, *rows, units=units, shipped=shipped)
        pictures.append(replace(picture, added=tuple(added)))
    return pictures


@given(lives(), st.integers(0, 70), st.integers(0, 70), st.data())
def test_opening_and_bookings_together_are_what_the_order_did(
    life: list[OrderPicture], boston: int, warehouse: int, data: st.DataObject
) -> None:
    cuts = {BOSTON: minute(boston), WAREHOUSE: minute(warehouse)}
    books = Books(cuts)
    first = max(number for number, one in enumerate(life) if one.version.at <= min(cuts.values()))
    for number, picture in enumerate(life[first:]):
        # The newest picture before the first opening was read, and so is the last; what lies between may be lost,
        # but not two changes on both sides of an opening.
        lost_until = life[first + number + 1].version.at if number + 1 < len(life) - first else None
        may_be_lost = (
            number
            and lost_until is not None
            and not any(picture.version.at <= cut < lost_until for cut in cuts.values())
        )
        if not may_be_lost or data.draw(st.booleans()):
            books.see(picture)
    done = fold(settle(life[-1], {}, Opened(), 0).movements)
    seen = {
        key: books.booked.get(key, 0) + books.opened.held.get(key, 0) for key in {*books.booked, *books.opened.held}
    }
    assert {key: units for key, units in seen.items() if units} == done
    for key, cut in cuts.items():
        shown = [one for one in life if one.version.at <= cut][-1]
        then = fold(settle(shown, {}, Opened(), 0).movements)
        held = {one: units for one, units in books.opened.held.items() if one[1].location == key.location}
        assert held == {one: units for one, units in then.items() if one[1].location == key.location}
