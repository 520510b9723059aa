"""Reservations: units that a draft order keeps aside until a time, and that the platform does not say where.

Its units are unplaced (they lower every pool) until a level shows that they went from available to reserved there;
from then on they are booked under the draft's name, and what ends the reservation books them back. What a draft had
reserved before its levels were opened lies in one of their openings: a level shows which when the reservation ends.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from onhand.domain.openings import Opened
from onhand.domain.pictures import Version
from onhand.domain.settling import Settlement
from onhand.domain.stock import Bin, LevelKey, Levels, Movement, State

HIDDEN, LEAVING = Bin("", State.RESERVED), Bin("", State.AVAILABLE)
"""Units that the openings hold of a draft at a location nobody has named, and those of them whose reservation has ended
while no level has shown where."""


class ReservedLine(NamedTuple):
    """Units of an item that a draft asks for."""

    item: str
    units: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftPicture:
    """A draft order as its channel showed it.

    `name` is what people call it. `reserved_until` None: it reserves nothing. `open` is False once it has become an
    order, or was deleted. `read_at` is the channel's own time when it showed this; None where it did not say.
    """

    cause: str
    origin: str
    version: Version
    drafted_at: datetime
    reserved_until: datetime | None
    open: bool
    lines: tuple[ReservedLine, ...] = ()
    name: str | None = None
    read_at: datetime | None = None

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
    picture: DraftPicture, booked: Levels, opened: Opened, booked_count: int, as_of: datetime
) -> Settlement:
    """Return what gives back units that are reserved no longer, and those that still have no location.

    `booked` is the fold of the `booked_count` movements under the draft's name. A draft that is older than the opening
    of all its item's levels is in their opening balances: it has no unplaced units, but for those it came to ask for
    since it was known.
    """
    wanted: Counter[str] = Counter()
    if picture.reserves(as_of):
        for line in picture.lines:
            wanted[line.item] += line.units
    known = {key: units for key, units in opened.held.items() if key[0] in opened.known_at}
    held = Counter({key: units for key, units in known.items() if key[1].location})
    standing = Counter(booked)
    standing.update(held)
    movements: list[Movement] = []
    kept: Counter[str] = Counter()
    for (item, bin_), units in sorted(standing.items()):
        if bin_.state is not State.RESERVED or units <= 0:
            continue
        stay = min(units, wanted[item] - kept[item])
        kept[item] += stay
        if units > stay:
            at = min(as_of, picture.reserved_until or as_of)
            key = LevelKey(item, bin_.location)
            found = Unplaced(picture.cause, units - stay)
            count = booked_count + len(movements)
            movements.append(end_reservation(found, key, picture.origin, count, at))
    unplaced: dict[str, int] = {}
    for item in sorted({*wanted, *(item for item, _ in known)}):
        hidden, leaving, missing = _unseen(picture, item, wanted[item] - kept[item], opened)
        held[item, HIDDEN], held[item, LEAVING] = hidden, leaving
        if missing:
            unplaced[item] = missing
    return Settlement(
        movements=tuple(movements),
        held={key: units for key, units in held.items() if units},
        unplaced_units=unplaced,
    )


def _unseen(picture: DraftPicture, item: str, wanted: int, opened: Opened) -> tuple[int, int, int]:
    """Return units that the openings hold somewhere, those that leave them, and those that are to be found."""
    hidden, leaving = opened.held.get((item, HIDDEN), 0), opened.held.get((item, LEAVING), 0)
    if item not in opened.known_at:
        cuts = [cut for key, cut in opened.cuts.items() if key.item == item]
        is_older = bool(cuts) and all(picture.drafted_at <= cut for cut in cuts)
        return (wanted, 0, 0) if is_older else (0, 0, wanted)
    if wanted < hidden:
        return wanted, leaving + hidden - wanted, 0
    again = min(leaving, wanted - hidden)
    return hidden + again, leaving - again, wanted - hidden - again


def find_reservations(gaps: Mapping[State, int], unplaced: Iterable[Unplaced]) -> list[Unplaced]:
    """Return which unplaced units a level's gap shows: what is reserved there beyond the books.

    No hand reserves anything, and one may have changed available meanwhile: that is not asked. A gap that shows only
    available can show nothing of it: somebody must read the level whole.
    """
    shifted = gaps.get(State.RESERVED, 0)
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


def find_releases(gaps: Mapping[State, int], leaving: Iterable[Unplaced]) -> list[Unplaced]:
    """Return which units of ended reservations a level's gap shows: what went from reserved to available there."""
    return find_reservations({state: -units for state, units in gaps.items()}, leaving)


def end_reservation(found: Unplaced, key: LevelKey, origin: str, booked_count: int, at: datetime) -> Movement:
    """Return the movement that books units back where a draft had reserved them."""
    placed = place_reservation(found, key, origin, booked_count, at)
    return replace(placed, source=placed.target, target=placed.source, reason="reservation ended")
