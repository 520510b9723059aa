"""Draws that many acts need."""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.wishes import Wish
from onhand.sandbox.world.world import World

Happen = Callable[[datetime], str]
"""Lets one thing happen now and returns a line for the journal. Raises Refused where the platform does not allow it."""


class Act(NamedTuple):
    """One thing that may happen, by the name under which it is counted."""

    name: str
    happen: Happen


def named(*ways: Happen) -> list[Act]:
    """Return acts by the names of what lets them happen: `_sell_at_till` is "sell at till"."""
    return [Act(name_of(way), way) for way in ways]


def name_of(way: Callable[..., str]) -> str:
    """Return the name of an act by that of the method behind it."""
    return way.__name__.strip("_").replace("_", " ")


_Row = TypeVar("_Row")


def one_of(rng: random.Random, rows: Sequence[_Row], missing: str) -> _Row:
    """Return one of the rows; raises Refused("nothing_there") where there is none."""
    if not rows:
        raise Refused("nothing_there", missing)
    return rng.choice(rows)


def some_wishes(rng: random.Random, world: World, most: int = 3) -> list[Wish]:
    """Return a few units of a few items."""
    items = rng.sample(list(world.catalog.items), rng.choice((1, 1, 2, 3)))
    return [Wish(item_id=item, units=rng.choice((1, 1, 1, *range(1, most + 1)))) for item in items]


def some_of(rng: random.Random, units: Mapping[int, int]) -> dict[int, int]:
    """Return some of the units by id, at least one; raises Refused("nothing_there") where there are none."""
    there = [key for key, count in units.items() if count > 0]
    if not there:
        raise Refused("nothing_there", "there are no such units")
    return {key: rng.randint(1, units[key]) for key in rng.sample(there, rng.randint(1, len(there)))}
