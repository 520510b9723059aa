"""Causes: why books and platform may differ at a level, with the evidence for it and how sure that is.

Every rule here reads a gap by state together with what else is known of the level. None of them proves anything: a
confidence of 0.9 says that nothing else known to us moves the same states in the same way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from onhand.domain.stock import State

UNCLAIMED = "an app created this order without claiming stock"
UNPAID = "an unpaid order was cancelled at a deactivated location: nothing was restocked"
DRAFT = "a draft order reserved these units"
DRAFT_ENDED = "a draft order reserves these units no longer"
NOT_STOCKED = "the item is not stocked there: nothing that orders have done there counts"
NEW_HERE = "goods were put where this item was never stocked"
TRACKED = "the item was not counted before"
SHIFTED = "units changed their state inside the level"
UNDER_WAY = "goods are under way, or arrived, by a document that onhand does not know"
RECEIVED = "goods were received or found without a document"
REMOVED = "goods were taken out, lost or corrected without a document"
UNKNOWN = "changed at the platform without an order"


class Cause(NamedTuple):
    """A candidate: what may have happened, what speaks for it, and how sure that is (0 to 1)."""

    name: str
    confidence: float
    evidence: tuple[str, ...]


class Effect(NamedTuple):
    """What one fact has done to a level's states according to the books.

    `made_by` is the app behind an order, `name` what people call it; None where nobody said.
    """

    cause: str
    made_by: str
    units: Mapping[State, int]
    name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is known of a level beside its gap.

    `was_stocked` is False where nothing was ever booked there, `is_stocked` where the platform has no such level.
    `ever_agreed` is False where books and platform have not agreed once. `unclaimed` are orders of apps whose whole
    effect is what the platform does not show.
    """

    location_active: bool = True
    was_stocked: bool = True
    is_stocked: bool = True
    ever_agreed: bool = True
    unclaimed: Sequence[Effect] = ()


def name_causes(gap: Mapping[State, int], known: Known) -> list[Cause]:
    """Return the candidates for a gap (platform minus books, by state), the surest first; never none."""
    found = [cause for rule in _RULES if (cause := rule(gap, known)) is not None]
    return sorted(found, key=lambda cause: -cause.confidence) or [Cause(UNKNOWN, 0.2, ())]


def find_unclaimed(gap: Mapping[State, int], effects: Sequence[Effect]) -> list[Effect]:
    """Return the orders of apps that together explain a gap exactly: the platform shows as if they were not there.

    `effects` come newest first. One order that fits is taken before several, and several only in a row: the newest.
    """
    for effect in effects:
        if _undoes(gap, [effect]):
            return [effect]
    for count in range(2, len(effects) + 1):
        if _undoes(gap, effects[:count]):
            return list(effects[:count])
    return []


def _undoes(gap: Mapping[State, int], effects: Sequence[Effect]) -> bool:
    total: dict[State, int] = {}
    for effect in effects:
        for state, units in effect.units.items():
            total[state] = total.get(state, 0) - units
    return {state: units for state, units in total.items() if units} == {
        state: units for state, units in gap.items() if units
    }


def _unclaimed(_gap: Mapping[State, int], known: Known) -> Cause | None:
    if not known.unclaimed:
        return None
    said = tuple(
        f"{one.name or one.cause} was created by {one.made_by}; the level shows nothing of it"
        for one in known.unclaimed
    )
    return Cause(UNCLAIMED, 0.9 if len(said) == 1 else 0.8, said)


def _unpaid(gap: Mapping[State, int], known: Known) -> Cause | None:
    units = gap.get(State.COMMITTED, 0)
    if known.location_active or units <= 0 or gap.get(State.AVAILABLE, 0) != -units:
        return None
    return Cause(UNPAID, 0.9, (f"the location is deactivated and {units} units are still committed there",))


def _draft(gap: Mapping[State, int], _known: Known) -> Cause | None:
    units = gap.get(State.RESERVED, 0)
    if not units or gap.get(State.AVAILABLE, 0) != -units:
        return None
    return Cause(DRAFT if units > 0 else DRAFT_ENDED, 0.6, (f"{abs(units)} units went between available and reserved",))


def _not_stocked(gap: Mapping[State, int], known: Known) -> Cause | None:
    if known.is_stocked:
        return None
    booked = ", ".join(f"{-units} {state}" for state, units in sorted(gap.items()))
    return Cause(NOT_STOCKED, 0.8, (f"the platform has no such level, and the books hold {booked} there",))


def _new_here(gap: Mapping[State, int], known: Known) -> Cause | None:
    if known.was_stocked or gap.get(State.AVAILABLE, 0) <= 0:
        return None
    return Cause(NEW_HERE, 0.7, ("nothing was ever booked at this level",))


def _tracked(gap: Mapping[State, int], known: Known) -> Cause | None:
    if known.ever_agreed or not known.was_stocked or not gap:
        return None
    return Cause(TRACKED, 0.3, ("books and platform have never agreed on this level",))


def _shifted(gap: Mapping[State, int], _known: Known) -> Cause | None:
    inside = [state for state in gap if state is not State.INCOMING]
    left_units = sum(gap[state] for state in inside)
    if len(inside) < 2 or left_units != 0:
        return None
    orders = State.COMMITTED in inside
    way = ", ".join(f"{state} {gap[state]:+d}" for state in sorted(inside))
    return Cause(SHIFTED, 0.4 if orders else 0.5, (f"on hand is the same: {way}",))


def _under_way(gap: Mapping[State, int], _known: Known) -> Cause | None:
    units = gap.get(State.INCOMING, 0)
    return Cause(UNDER_WAY, 0.6, (f"incoming differs by {units:+d}",)) if units else None


def _undocumented(gap: Mapping[State, int], _known: Known) -> Cause | None:
    units = sum(count for state, count in gap.items() if state is not State.INCOMING)
    if not units:
        return None
    return Cause(RECEIVED if units > 0 else REMOVED, 0.4, (f"on hand differs by {units:+d}, and no document says why",))


_RULES = (_unclaimed, _not_stocked, _unpaid, _draft, _new_here, _tracked, _shifted, _under_way, _undocumented)
