"""Bins, movements and the law of conservation: units move, they never appear or vanish."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """What a unit in a bin is free for.

    The first seven are Shopify's inventory states (Admin API 2026-10, `InventoryQuantity.name`). The last three
    stand for the world outside a location, so that for every item all bins sum to zero.
    """

    AVAILABLE = "available"
    COMMITTED = "committed"
    RESERVED = "reserved"
    DAMAGED = "damaged"
    QUALITY_CONTROL = "quality_control"
    SAFETY_STOCK = "safety_stock"
    INCOMING = "incoming"
    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    UNEXPLAINED = "unexplained"


KEPT_STATES = (
    State.AVAILABLE,
    State.COMMITTED,
    State.RESERVED,
    State.DAMAGED,
    State.QUALITY_CONTROL,
    State.SAFETY_STOCK,
    State.INCOMING,
)
"""The states a level can be in; the others are outside the location."""

ON_HAND_STATES = KEPT_STATES[:-1]
"""On hand is their sum: everything that is physically there, so all but incoming."""


class Bin(NamedTuple):
    """Where units stand: a state at a location."""

    location: str
    state: State


class LevelKey(NamedTuple):
    """One item at one location, whatever the state."""

    item: str
    location: str


Levels = Mapping[tuple[str, Bin], int]
"""Units by (item, bin). A bin that is not in it holds nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """Units of one item that went from the `source` bin to the `target` bin; never edited.

    `cause` names the fact that moved them (an order, an adoption), `origin` the channel that knows of the fact
    already and therefore need not be told. `occurred_at` is the time at the source.
    """

    id: str
    item: str
    source: Bin
    target: Bin
    units: int
    cause: str
    origin: str
    reason: str
    occurred_at: datetime

    def __post_init__(self) -> None:
        if self.units <= 0:
            raise ValueError(f"movement {self.id}: units must be positive, got {self.units}")
        if self.source == self.target:
            raise ValueError(f"movement {self.id}: source and target are both {self.source}")


def fold(movements: Iterable[Movement], start: Levels | None = None) -> dict[tuple[str, Bin], int]:
    """Return the units in every bin after `movements`, on top of `start`.

    Addition commutes, so the order of arrival does not matter. Empty bins are dropped: two ledgers that hold the
    same stock compare equal.
    """
    levels: Counter[tuple[str, Bin]] = Counter(start or {})
    for movement in movements:
        levels[movement.item, movement.source] -= movement.units
        levels[movement.item, movement.target] += movement.units
    return {key: units for key, units in levels.items() if units != 0}


def difference(wanted: Levels, booked: Levels) -> dict[tuple[str, Bin], int]:
    """Return what must still flow into every bin so that `booked` becomes `wanted`; negative flows out."""
    gaps = {key: wanted.get(key, 0) - booked.get(key, 0) for key in {*wanted, *booked}}
    return {key: units for key, units in gaps.items() if units != 0}


class Transfer(NamedTuple):
    """A movement before it has a name: units of an item from one bin to another."""

    item: str
    source: Bin
    target: Bin
    units: int


def pair_off(gaps: Levels) -> list[Transfer]:
    """Return transfers that carry out `gaps`, which must sum to zero for every item.

    Bins of one location are paired first: goods rarely leave a location to change their state. The result is the
    same for equal gaps, however they are ordered. Raises ValueError when an item's gaps do not sum to zero.
    """
    by_item: dict[str, list[tuple[Bin, int]]] = defaultdict(list)
    for (item, bin_), units in gaps.items():
        by_item[item].append((bin_, units))
    transfers: list[Transfer] = []
    for item in sorted(by_item):
        rows = by_item[item]
        total = sum(units for _, units in rows)
        if total != 0:
            raise ValueError(f"gaps of {item} must sum to 0, they sum to {total}: {dict(rows)}")
        if len(rows) == 2:  # the common case, a sale: nothing to search for
            (first, units), (second, _) = rows
            pair = (first, second) if units < 0 else (second, first)
            transfers.append(Transfer(item, *pair, abs(units)))
        else:
            transfers.extend(_pair_item(item, rows))
    return transfers


def _pair_item(item: str, rows: list[tuple[Bin, int]]) -> list[Transfer]:
    givers = {bin_: -units for bin_, units in sorted(rows) if units < 0}
    takers = {bin_: units for bin_, units in sorted(rows) if units > 0}
    pairs = [(source, target) for source in givers for target in takers]
    transfers: list[Transfer] = []
    for source, target in sorted(pairs, key=lambda pair: pair[0].location != pair[1].location):
        units = min(givers[source], takers[target])
        if units:
            givers[source] -= units
            takers[target] -= units
            transfers.append(Transfer(item, source, target, units))
    return transfers


def on_hand(units_by_state: Mapping[State, int]) -> int:
    """Return the units physically at a location: all kept states but incoming.

    Source: Shopify help, inventory states (on_hand comprises available, committed, reserved, damaged,
    safety_stock, quality_control).
    """
    return sum(units_by_state.get(state, 0) for state in ON_HAND_STATES)
