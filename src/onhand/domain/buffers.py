"""Buffers that the platform enforces: units are put aside where no till sells, and found again to the last one."""

from collections.abc import Sequence
from typing import NamedTuple


class Place(NamedTuple):
    """One item at one location without a till: units that may be sold there, and those that we have put aside."""

    location: str
    free_units: int
    aside_units: int


class WayBack(NamedTuple):
    """What becomes of units that we put aside: those that go back on sale, and those that are not there any more."""

    returned_units: int
    gone_units: int


def share_out(buffer_units: int, places: Sequence[Place]) -> dict[str, int]:
    """Return how many units of an item should be put aside at each place, so that together they make up a buffer.

    Never more than stand there, so that nothing is driven below zero: where there is too little, all of it is put
    aside, and a place that is short gets its units back. What is aside already stays as far as it can; more is taken
    where the most is left, and given back where the most is aside.
    """
    most = {place.location: max(0, place.free_units + place.aside_units) for place in places}
    aside = {place.location: min(place.aside_units, most[place.location]) for place in places}
    missing = min(buffer_units, sum(most.values())) - sum(aside.values())
    for location in sorted(most, key=lambda each: aside[each] - most[each] if missing > 0 else -aside[each]):
        moved = min(missing, most[location] - aside[location]) if missing > 0 else max(missing, -aside[location])
        aside[location] += moved
        missing -= moved
    return aside


def way_back(aside_units: int, standing_units: int) -> WayBack:
    """Return what can go back of `aside_units` when `standing_units` stand in that state, whoever put them there."""
    returned = min(aside_units, max(0, standing_units))
    return WayBack(returned, aside_units - returned)
