"""Reservations: units that a draft order keeps aside until a time, and that the platform does not say where.

Its units are unplaced (they lower every pool) until a level shows that they went from available to reserved there;
from then on they are booked under the draft's name, and what ends the reservation books them back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from onhand.domain.openings import Cuts
from onhand.domain.pictures import Version
from onhand.domain.settling import Settlement
from onhand.domain.stock import Bin, LevelKey, Levels, Movement, State


class ReservedLine(NamedTuple):
    """Units of an item that a draft asks for."""

    item: str
    units: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftPicture:
    """A draft order as its channel showed it.

    `name` is what people call it. `reserved_until` None: it reserves nothing. `open` is False once it has become an
    order, or was deleted.
    """

    cause: str
    origin: str
    version: Version
    drafted_at: datetime
    reserved_until: datetime | None
    open: bool
    lines: tuple[ReservedLine, ...] = ()
    name: str | None = None

    def reserves(self, as_of: datetime) -> bool:
        """Tell whether the draft still keeps units aside at a time."""
        return self.open and self.reserved_until is not None and as_of < self.reserved_until


class Unplaced(NamedTuple):
    """Units of an item that a draft reserves at a location nobody has named."""

    cause: str
    units: int


def is_reservation(cause: str) -> bool:
    """Tell whether a cause, as `shopify/draft/1001`, is a draft's."""
    return cause.split("/")[1:2] == ["draft"]


def settle_reservation(
    picture: DraftPicture, booked: Levels, cuts: Cuts, booked_count: int, as_of: datetime
) -> Settlement:
    """Return what gives back units that are reserved no longer, and those that still have no location.

    `booked` is the fold of the `booked_count` movements under the draft's name. A draft that is older than the opening
    of all its item's levels is in their opening balances: it has no unplaced units.
    """
    wanted: dict[str, int] = {}
    if picture.reserves(as_of):
        for line in picture.lines:
            wanted[line.item] = wanted.get(line.item, 0) + line.units
    movements: list[Movement] = []
    kept: dict[str, int] = {}
    for (item, bin_), units in sorted(booked.items()):
        if bin_.state is not State.RESERVED:
            continue
        stay = min(units, wanted.get(item, 0) - kept.get(item, 0))
        kept[item] = kept.get(item, 0) + stay
        if units > stay:
            at = min(as_of, picture.reserved_until or as_of)
            number = booked_count + len(movements) + 1
            back = Bin(bin_.location, State.AVAILABLE)
            movements.append(_movement(picture, number, (item, bin_, back), units - stay, at))
    opened = {item: [at for key, at in cuts.items() if key.item == item] for item in wanted}
    unplaced = {
        item: units - kept.get(item, 0)
        for item, units in wanted.items()
        if not (opened[item] and all(picture.drafted_at <= at for at in opened[item]))
    }
    return Settlement(
        movements=tuple(movements), unplaced_units={item: units for item, units in unplaced.items() if units > 0}
    )


def find_reservations(gaps: Mapping[State, int], unplaced: Iterable[Unplaced]) -> list[Unplaced]:
    """Return which unplaced units a level's gap shows: what went from available to reserved there.

    A gap that shows only available can show nothing of it: somebody must read the level whole.
    """
    shifted = min(gaps.get(State.RESERVED, 0), -gaps.get(State.AVAILABLE, 0))
    found: list[Unplaced] = []
    # A draft that fits into the shift whole is the likelier one, the largest of them first.
    for row in sorted(unplaced, key=lambda one: (one.units > shifted, -one.units, one.cause)):
        units = min(shifted, row.units)
        if units > 0:
            found.append(Unplaced(row.cause, units))
            shifted -= units
    return found


def place_reservation(found: Unplaced, key: LevelKey, origin: str, booked_count: int, at: datetime) -> Movement:
    """Return the movement that books units under a draft's name where a level has shown them."""
    return Movement(
        id=f"{found.cause}/{booked_count + 1}",
        item=key.item,
        source=Bin(key.location, State.AVAILABLE),
        target=Bin(key.location, State.RESERVED),
        units=found.units,
        cause=found.cause,
        origin=origin,
        reason="reserved for a draft order",
        occurred_at=at,
    )


def _movement(
    picture: DraftPicture, number: int, way: tuple[str, Bin, Bin], units: int, occurred_at: datetime
) -> Movement:
    item, source, target = way
    return Movement(
        id=f"{picture.cause}/{number}",
        item=item,
        source=source,
        target=target,
        units=units,
        cause=picture.cause,
        origin=picture.origin,
        reason="reservation ended",
        occurred_at=occurred_at,
    )
