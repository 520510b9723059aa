"""What a draft reserves lowers every pool until a level shows where, and ends with its time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from onhand.domain.openings import Opened
from onhand.domain.pictures import Version
from onhand.domain.reservations import (
    HIDDEN,
    LEAVING,
    DraftPicture,
    ReservedLine,
    Unplaced,
    end_reservation,
    find_releases,
    find_reservations,
    is_reservation,
    place_reservation,
    settle_reservation,
)
from onhand.domain.stock import Bin, LevelKey, Levels, State, fold

T0 = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
HERE = LevelKey("TEE", "WH")


def draft(units: int, *, until: datetime | None = T0 + HOUR, is_open: bool = True) -> DraftPicture:
    """Return a draft that asks for units of TEE."""
    return DraftPicture(
        cause="shopify/draft/7",
        origin="shopify",
        version=Version(at=T0, reading=1),
        drafted_at=T0,
        reserved_until=until,
        open=is_open,
        lines=(ReservedLine("TEE", units),),
    )


def test_a_reservation_without_a_place_is_unplaced_and_moves_nothing() -> None:
    settled = settle_reservation(draft(3), {}, Opened(), 0, T0)
    assert (settled.movements, settled.unplaced_units) == ((), {"TEE": 3})


def test_a_draft_that_reserves_nothing_any_more_claims_nothing() -> None:
    for gone in (draft(3, until=None), draft(3, is_open=False), draft(3, until=T0)):
        assert settle_reservation(gone, {}, Opened(), 0, T0).unplaced_units == {}


def test_a_level_shows_where_a_draft_reserves_and_its_end_books_it_back() -> None:
    gap = {State.AVAILABLE: -3, State.RESERVED: 3}
    (found,) = find_reservations(gap, [Unplaced("shopify/draft/7", 3)])
    booked = fold([place_reservation(found, HERE, "shopify", 0, T0)])
    assert booked == {("TEE", Bin("WH", State.AVAILABLE)): -3, ("TEE", Bin("WH", State.RESERVED)): 3}
    assert settle_reservation(draft(3), booked, Opened(), 1, T0).unplaced_units == {}
    ended = settle_reservation(draft(3), booked, Opened(), 1, T0 + 2 * HOUR)
    (movement,) = ended.movements
    assert (movement.reason, movement.occurred_at) == ("reservation ended", T0 + HOUR)
    assert fold(ended.movements, start=booked) == {}


def test_a_gap_of_available_alone_shows_no_reservation() -> None:
    assert find_reservations({State.AVAILABLE: -3}, [Unplaced("shopify/draft/7", 3)]) == []


def test_the_draft_that_fits_is_taken_before_a_larger_one() -> None:
    gap = {State.AVAILABLE: -2, State.RESERVED: 2}
    waiting = [Unplaced("shopify/draft/7", 5), Unplaced("shopify/draft/8", 2)]
    assert find_reservations(gap, waiting) == [Unplaced("shopify/draft/8", 2)]


def test_a_draft_older_than_the_opening_of_its_levels_is_in_their_opening_balances() -> None:
    opened = {HERE: T0 + HOUR}
    assert settle_reservation(draft(3), {}, Opened(cuts=opened), 0, T0).unplaced_units == {}
    some = {**opened, LevelKey("TEE", "BOS"): T0 - HOUR}
    assert settle_reservation(draft(3), {}, Opened(cuts=some), 0, T0).unplaced_units == {"TEE": 3}


def test_a_reservation_that_the_opening_held_is_given_back_once() -> None:
    reserved = ("TEE", Bin("WH", State.RESERVED))
    opened = Opened(cuts={HERE: T0 + HOUR}, held={reserved: 3}, known_at={"TEE": T0 + HOUR})
    ended = settle_reservation(draft(3), {}, opened, 0, T0 + 2 * HOUR)
    booked = fold(ended.movements)
    assert booked == {("TEE", Bin("WH", State.AVAILABLE)): 3, reserved: -3}
    assert settle_reservation(draft(3), booked, opened, 1, T0 + 3 * HOUR).movements == ()


def test_only_a_drafts_cause_is_a_reservations() -> None:
    assert [is_reservation(cause) for cause in ("shopify/draft/7", "shopify/order/7", "draft")] == [True, False, False]


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 5)), max_size=4, unique_by=lambda row: row[0]),
    st.integers(-9, 9),
    st.integers(-9, 9),
)
def test_no_more_is_placed_than_a_level_shows_or_drafts_reserve(
    waiting: list[tuple[str, int]], available: int, reserved: int
) -> None:
    rows = [Unplaced(f"shopify/draft/{name}", units) for name, units in waiting]
    found = find_reservations({State.AVAILABLE: available, State.RESERVED: reserved}, rows)
    shown = max(0, reserved)
    assert sum(row.units for row in found) == min(shown, sum(row.units for row in rows))
    assert all(row.units <= dict(rows)[row.cause] for row in found)


@given(st.dictionaries(st.sampled_from(["WH", "BOS"]), st.integers(1, 6)), st.integers(0, 9), st.booleans())
def test_what_is_placed_and_unplaced_is_what_the_draft_reserves(
    placed: dict[str, int], wanted: int, is_open: bool
) -> None:
    booked = {("TEE", Bin(at, State.RESERVED)): units for at, units in placed.items()}
    booked |= {("TEE", Bin(at, State.AVAILABLE)): -units for at, units in placed.items()}
    settled = settle_reservation(draft(wanted, is_open=is_open), booked, Opened(), len(placed), T0)
    after = fold(settled.movements, start=booked)
    held = sum(units for (_, bin_), units in after.items() if bin_.state is State.RESERVED)
    assert held + sum(settled.unplaced_units.values()) == (wanted if is_open else 0)


OPENED = Opened(cuts={HERE: T0 + HOUR / 2})


def known(held: Levels) -> Opened:
    return Opened(cuts=OPENED.cuts, held=held, known_at={"TEE": T0})


def test_what_an_opening_holds_of_a_draft_is_given_back_where_a_level_shows_it() -> None:
    before = settle_reservation(draft(3), {}, OPENED, 0, T0 + HOUR / 2)
    assert (before.held, before.unplaced_units) == ({("TEE", HIDDEN): 3}, {})
    ended = settle_reservation(draft(3), {}, known(before.held), 0, T0 + 2 * HOUR)
    assert (ended.held, ended.movements, ended.unplaced_units) == ({("TEE", LEAVING): 3}, (), {})
    (found,) = find_releases({State.AVAILABLE: 3, State.RESERVED: -3}, [Unplaced("shopify/draft/7", 3)])
    back = end_reservation(found, HERE, "shopify", 0, T0 + HOUR)
    assert fold([back]) == {("TEE", Bin("WH", State.AVAILABLE)): 3, ("TEE", Bin("WH", State.RESERVED)): -3}
    shown = known({("TEE", Bin("WH", State.RESERVED)): 3, ("TEE", Bin("WH", State.AVAILABLE)): -3})
    assert settle_reservation(draft(3, is_open=False), fold([back]), shown, 1, T0 + 2 * HOUR).movements == ()


def test_an_older_draft_that_asks_for_more_later_reserves_the_rest_where_a_level_shows_it() -> None:
    more = settle_reservation(draft(5), {}, known({("TEE", HIDDEN): 3}), 0, T0)
    assert (more.held, more.unplaced_units) == ({("TEE", HIDDEN): 3}, {"TEE": 2})
    less = settle_reservation(draft(1), {}, known({("TEE", HIDDEN): 3}), 0, T0)
    assert (less.held, less.unplaced_units) == ({("TEE", HIDDEN): 1, ("TEE", LEAVING): 2}, {})


@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 9))
def test_nothing_of_what_an_opening_holds_of_a_draft_is_lost_from_sight(hidden: int, leaving: int, wanted: int) -> None:
    settled = settle_reservation(draft(wanted), {}, known({("TEE", HIDDEN): hidden, ("TEE", LEAVING): leaving}), 0, T0)
    after = settled.held.get(("TEE", HIDDEN), 0), settled.held.get(("TEE", LEAVING), 0)
    assert sum(after) == hidden + leaving
    assert after[0] + settled.unplaced_units.get("TEE", 0) == wanted
