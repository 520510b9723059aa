"""Holds: units that a further till or site keeps aside for one of its shoppers, for a while.

A hold that is confirmed is a sale; one that is released, or not confirmed in time, gives its units back. Until
then they stand in state reserved, like those of an order from elsewhere.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from onhand.domain.selling import AVAILABLE, BUNDLES, Explanation, Term
from onhand.domain.stock import Bin, Movement, State

ORIGIN = "holds"
"""Who moves units of holds: no platform knows of it, so that each is told."""

USUAL_S = 600
NAMED_ONE_BY_ONE = 20
"""So many holds an explanation names; of the others it says how many there are."""

LONGEST_S = 86_400
"""A hold is for a shopper who decides now: what lasts longer than a day is an order."""

MOST_UNITS = 1_000_000_000


class HoldStatus(StrEnum):
    """What became of a hold; only the first one keeps units."""

    HELD = "held"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    EXPIRED = "expired"


class Kept(NamedTuple):
    """Units of an item that a hold keeps at a location. Of a bundle's hold they are units of its components."""

    item: str
    location: str
    units: int


class HoldWish(NamedTuple):
    """What somebody asks to have held.

    `key` is the asker's own name of the request, `asked` its words: a key stands for one request for ever. The units
    come from one `location`, or from where the `channel` sells, and then by its rule; exactly one of them is given.
    """

    key: str
    asked: str
    item: str
    units: int
    for_s: int = USUAL_S
    channel: str | None = None
    location: str | None = None
    reference: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """Units that were granted to an asker. `ended_at` is None while it is held.

    It keeps them before `expires_at`, and from then on no more, whether or not anybody has looked at the clock.
    """

    id: int
    wish: HoldWish
    kept: tuple[Kept, ...]
    status: HoldStatus
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None

    @property
    def cause(self) -> str:
        """Its name in the books."""
        return f"{ORIGIN}/hold/{self.id}"

    def is_late(self, now: datetime) -> bool:
        """Tell whether its time is over, and nobody has written that down yet."""
        return self.status is HoldStatus.HELD and now >= self.expires_at

    def as_of(self, now: datetime) -> "Hold":
        """Return the hold as it is at a time, by the clock alone."""
        return replace(self, status=HoldStatus.EXPIRED, ended_at=self.expires_at) if self.is_late(now) else self


def grant(id_: int, wish: HoldWish, kept: Sequence[Kept], now: datetime) -> tuple[Hold, list[Movement]]:
    """Return a new hold, and the movements that keep its units aside."""
    hold = Hold(
        id=id_,
        wish=wish,
        kept=tuple(kept),
        status=HoldStatus.HELD,
        made_at=now,
        expires_at=now + timedelta(seconds=wish.for_s),
    )
    return hold, _movements(hold, 0, (State.AVAILABLE, State.RESERVED), "held", now)


def give_back(hold: Hold, status: HoldStatus, at: datetime) -> tuple[Hold, list[Movement]]:
    """Return the hold as it ended without a sale, and the movements that give its units back."""
    reason = "hold expired" if status is HoldStatus.EXPIRED else "hold released"
    moved = _movements(hold, len(hold.kept), (State.RESERVED, State.AVAILABLE), reason, at)
    return replace(hold, status=status, ended_at=at), moved


def sell(hold: Hold, now: datetime) -> tuple[Hold, list[Movement]]:
    """Return the hold as it was confirmed, and the movements that sell its units."""
    moved = _movements(hold, len(hold.kept), (State.RESERVED, State.CUSTOMER), "hold confirmed", now)
    return replace(hold, status=HoldStatus.CONFIRMED, ended_at=now), moved


def sell_late(hold: Hold, kept: Sequence[Kept], now: datetime) -> tuple[Hold, list[Movement]]:
    """Return an expired hold as it was confirmed all the same, and the movements that sell what was still free."""
    before = 2 * len(hold.kept)
    sold = replace(hold, kept=tuple(kept), status=HoldStatus.CONFIRMED, ended_at=now)
    return sold, _movements(sold, before, (State.AVAILABLE, State.CUSTOMER), "hold confirmed late", now)


def choose_places(explanation: Explanation, locations: Sequence[str], units: int) -> dict[str, int] | None:
    """Return how many units are kept at which location; None where not so many may be sold.

    `explanation` says what there is at each location, by its id. One location that has them all comes before several;
    among several, and among equals, the first of `locations`.
    """
    if explanation.units < units:
        return None
    there = {
        term.location: term.units
        for term in explanation.terms
        if term.location is not None and term.what in (AVAILABLE, BUNDLES) and term.units > 0
    }
    ordered = [location for location in locations if location in there]
    whole = next((location for location in ordered if there[location] >= units), None)
    if whole is not None:
        return {whole: units}
    chosen: dict[str, int] = {}
    for location in ordered:
        share = min(there[location], units - sum(chosen.values()))
        if share:
            chosen[location] = share
    return chosen


def held_terms(holds: Sequence[Hold], item: str, locations: Collection[str], names: Mapping[str, str]) -> list[Term]:
    """Return terms that say who holds units of an item where a channel sells: no location's number has them any more.

    Of a bundle's hold a component has its own units, and the bundle the bundles.
    """
    shares = [(hold, place, units) for hold in holds for place, units in _shares(hold, item) if place in locations]
    terms = [
        Term("held", names.get(place, place), 0, _because(hold, units))
        for hold, place, units in shares[:NAMED_ONE_BY_ONE]
    ]
    others = shares[NAMED_ONE_BY_ONE:]
    if others:
        units = sum(units for _, _, units in others)
        terms.append(Term("held", None, 0, f"{units} more are kept aside by {len(others)} other holds"))
    return terms


def _shares(hold: Hold, item: str) -> list[tuple[str, int]]:
    if hold.wish.item == item and any(kept.item != item for kept in hold.kept):
        return [(hold.kept[0].location, hold.wish.units)]
    return [(kept.location, kept.units) for kept in hold.kept if kept.item == item]


def _because(hold: Hold, units: int) -> str:
    who = f" for {hold.wish.reference}" if hold.wish.reference else ""
    return f"{units} more kept aside{who} by hold {hold.id} until {hold.expires_at:%Y-%m-%d %H:%M:%S} UTC"


def _movements(hold: Hold, before: int, way: tuple[State, State], reason: str, at: datetime) -> list[Movement]:
    """Return one movement for each share; they are numbered behind `before` others of the hold."""
    return [
        Movement(
            id=f"{hold.cause}/{number}",
            item=kept.item,
            source=Bin(kept.location, way[0]),
            target=Bin(kept.location, way[1]),
            units=kept.units,
            cause=hold.cause,
            origin=ORIGIN,
            reason=reason,
            occurred_at=at,
        )
        for number, kept in enumerate(hold.kept, start=before + 1)
    ]
