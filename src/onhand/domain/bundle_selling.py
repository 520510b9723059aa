"""Selling bundles: how often components make one, location by location, and why it is that number."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from onhand.domain.selling import BUNDLES, UNPLACED, UNSEEN, Explanation, PoolLevel, Term


class Part(NamedTuple):
    """A component of a bundle: `units` of it go into each. `available` is what may be sold of it, None: no limit."""

    name: str
    units: int
    available: Explanation | None


class _Counted(NamedTuple):
    """A component that sets a limit: what there is of it by location, and what orders take from nobody knows where."""

    name: str
    each: int
    available: Explanation
    there: Mapping[str, int]
    elsewhere_units: int

    @property
    def enough_for(self) -> int:
        """How many bundles what may be sold of it in all is enough for."""
        return self.available.units // self.each


def bundles_to_sell(parts: Sequence[Part]) -> Explanation:
    """Return how many bundles their components make, term by term: all of a bundle leaves from one location.

    Locations add up; one that lacks a component makes none, whatever stands elsewhere. Orders whose location is not
    known take from where it hurts most. No component is sold beyond what may be sold of it alone, so that buffers and
    shortages count as they do there. A bundle of which nobody says what it is made of sells nothing.

    Shopify computes the level of a bundle a location as well (2026-10; the sandbox's world does the same).
    """
    counted = [_counted(part, part.available) for part in parts if part.available is not None]
    if not counted:
        because = "none of its components is counted" if parts else "the platform does not say what it is made of"
        return Explanation(units=0, terms=(Term("components", None, 0, because),))
    places = _places(parts)
    bundles_of = {place: _made(counted, place, all_taken=False) for place in places}
    terms = [_made_there(counted, place, name, bundles_of[place]) for place, name in places.items()]
    made = sum(bundles_of.values())
    lost = _lost(counted, bundles_of)
    if lost:
        because = "so many lack a component wherever orders take it from whose location is not known yet"
        terms.append(Term(UNPLACED, None, -lost, because))
    scarcest = min(counted, key=lambda row: row.enough_for)
    over = max(0, made - lost - scarcest.enough_for)
    terms.append(Term("component", None, -over, _because(scarcest)))
    terms += [Term("component", None, 0, _because(row)) for row in counted if row is not scarcest]
    uncounted = [part.name for part in parts if part.available is None]
    terms += [Term("component", None, 0, f"{name}: nobody counts it, so it sets no limit") for name in uncounted]
    return Explanation(units=made - lost - over, terms=tuple(terms))


def _counted(part: Part, available: Explanation) -> _Counted:
    levels = [(term.given, term.units) for term in available.terms if isinstance(term.given, PoolLevel)]
    return _Counted(
        name=part.name,
        each=part.units,
        available=available,
        there={level.location: units for level, units in levels},
        elsewhere_units=-sum(term.units for term in available.terms if term.what in {UNPLACED, UNSEEN}),
    )


def _places(parts: Sequence[Part]) -> dict[str, str]:
    """Return the name of every location at which there is a level of a component."""
    levels = [term.given for part in parts if part.available is not None for term in part.available.terms]
    return {level.location: level.name for level in levels if isinstance(level, PoolLevel)}


def _made(counted: Sequence[_Counted], place: str, *, all_taken: bool) -> int:
    """Return what a location makes, of components without a level there nothing; or once orders took all from there."""
    left = [(row.there.get(place, 0) - (row.elsewhere_units if all_taken else 0), row.each) for row in counted]
    return max(0, min(units // each for units, each in left))


def _made_there(counted: Sequence[_Counted], place: str, name: str, made: int) -> Term:
    what = ", ".join(f"{row.name} {row.there.get(place, 0)} ({row.each} each)" for row in counted)
    return Term(BUNDLES, name, made, f"{what}: all of a bundle leaves from one location")


def _lost(counted: Sequence[_Counted], bundles_of: Mapping[str, int]) -> int:
    """Return how many bundles cannot be made any more, at worst, for what orders take from nobody knows where.

    Two bounds, of which the lower holds: each component is taken where that costs most bundles, all of these different
    ones; or all of it is taken at every location.
    """
    one_by_one = sum(_lost_for(row, bundles_of) for row in counted)
    everywhere = sum(bundles_of.values()) - sum(_made(counted, place, all_taken=True) for place in bundles_of)
    return min(one_by_one, everywhere)


def _lost_for(row: _Counted, bundles_of: Mapping[str, int]) -> int:
    """Return how many bundles the units of one component can cost: first where the fewest are left over."""
    costs: list[int] = []
    for place, made in bundles_of.items():
        if made:
            spare_units = row.there[place] - made * row.each
            costs += [spare_units + 1, *[row.each] * min(made - 1, row.elsewhere_units)]
    left, lost = row.elsewhere_units, 0
    for cost in sorted(costs):
        if cost > left:
            break
        left -= cost
        lost += 1
    return lost


def _because(row: _Counted) -> str:
    terms = ", ".join(f"{term.location or term.what} {term.units}" for term in row.available.terms if term.units)
    terms = terms or "; ".join(term.because for term in row.available.terms)
    made_of = f" ({terms})" if terms else ""
    return (
        f"{row.name}: {row.available.units} may be sold{made_of}, {row.each} go into each: enough for {row.enough_for}"
    )
