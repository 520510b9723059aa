"""A buffer is put aside where no till sells, never more than is there, and comes back to the last unit."""

from hypothesis import given
from hypothesis import strategies as st

from onhand.domain.buffers import Place, WayBack, share_out, way_back

places = st.lists(
    st.builds(Place, st.sampled_from("ABCDE"), st.integers(-30, 60), st.integers(0, 30)),
    max_size=5,
    unique_by=lambda place: place.location,
)
buffers = st.integers(0, 80)


def after(wanted: dict[str, int], before: list[Place]) -> list[Place]:
    """Return the places once what is wanted has been moved."""
    return [
        Place(place.location, place.free_units + place.aside_units - wanted[place.location], wanted[place.location])
        for place in before
    ]


@given(buffers, places)
def test_the_whole_buffer_is_put_aside_or_all_that_there_is(buffer: int, before: list[Place]) -> None:
    there = sum(max(0, place.free_units + place.aside_units) for place in before)
    assert sum(share_out(buffer, before).values()) == min(buffer, there)


@given(buffers, places)
def test_nothing_is_driven_below_zero(buffer: int, before: list[Place]) -> None:
    for place, moved in zip(before, after(share_out(buffer, before), before), strict=True):
        assert moved.aside_units >= 0
        assert moved.free_units >= min(0, place.free_units + place.aside_units)


@given(buffers, places)
def test_what_is_right_already_is_left_alone(buffer: int, before: list[Place]) -> None:
    wanted = share_out(buffer, before)
    assert share_out(buffer, after(wanted, before)) == wanted


@given(buffers, places)
def test_units_go_one_way_only_where_no_place_is_short(buffer: int, before: list[Place]) -> None:
    calm = [place for place in before if place.free_units >= 0]
    wanted = share_out(buffer, calm)
    changes = [wanted[place.location] - place.aside_units for place in calm]
    assert all(change >= 0 for change in changes) or all(change <= 0 for change in changes)


@given(places)
def test_without_a_buffer_everything_goes_back(before: list[Place]) -> None:
    assert set(share_out(0, before).values()) <= {0}


@given(buffers, places)
def test_putting_aside_and_giving_back_leaves_what_there_was(buffer: int, before: list[Place]) -> None:
    there = {place.location: place.free_units + place.aside_units for place in before}
    back = after(share_out(0, after(share_out(buffer, before), before)), after(share_out(buffer, before), before))
    assert {place.location: place.free_units for place in back} == there


@given(st.integers(0, 50), st.integers(-50, 100))
def test_what_goes_back_and_what_is_gone_are_all_that_was_put_aside(aside: int, standing: int) -> None:
    back = way_back(aside, standing)
    assert back.returned_units + back.gone_units == aside
    assert 0 <= back.returned_units <= max(0, standing)
    assert back.gone_units == 0 or back.returned_units == max(0, standing)


def test_more_is_taken_where_the_most_is_left() -> None:
    assert share_out(5, [Place("A", 3, 0), Place("B", 20, 0)]) == {"A": 0, "B": 5}
    assert share_out(25, [Place("A", 30, 3), Place("B", 20, 0)]) == {"A": 25, "B": 0}


def test_a_place_that_is_short_gets_its_units_back() -> None:
    assert share_out(5, [Place("A", -2, 5)]) == {"A": 3}


def test_of_units_that_somebody_moved_away_only_the_rest_comes_back() -> None:
    assert way_back(5, 9) == WayBack(5, 0)
    assert way_back(5, 2) == WayBack(2, 3)
    assert way_back(5, -1) == WayBack(0, 5)
