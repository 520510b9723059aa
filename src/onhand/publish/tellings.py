"""Tellings: a platform that keeps levels itself is told of the movements that did not come from it.

What is owed to a level is its foreign movements less the confirmed tellings.
"""

from collections.abc import Mapping, Sequence

from onhand.domain.stock import LevelKey, State
from onhand.ports.level_writes import Telling
from onhand.store import Books

LOST_COMPARES = 2
"""After so many lost compares a lowering delta goes without one: deltas commute, and waiting oversells."""


def tellings_of(books: Books, keys: Sequence[LevelKey]) -> list[Telling]:
    """Return what pays all that is owed to some levels; levels that are owed nothing are left out."""
    owed, expected = books.owed.units(keys), books.expected(keys)
    lost = books.intents.lost_compares(keys)
    return [
        Telling(key.item, key.location, owed[key], _compare(owed[key], expected[key], lost.get(key, 0)))
        for key in keys
        if key in owed
    ]


def _compare(owed: Mapping[State, int], expected: Mapping[State, int], lost: int) -> dict[State, int] | None:
    """Return what the platform should show now of the states that are owed; None goes without comparing."""
    if owed.get(State.AVAILABLE, 0) < 0 and lost >= LOST_COMPARES:
        return None
    return {state: expected.get(state, 0) for state in owed}
