"""Selling: what a rule lets one channel sell, and why it is that number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, kw_only=True, slots=True)
class SellingRule:
    """What a channel may sell from: the pool of locations, less a buffer kept back from it.

    An empty `locations` means that the channel sells nothing; which locations count is decided before.
    """

    channel: str
    locations: tuple[str, ...]
    buffer_units: int = 0

    def __post_init__(self) -> None:
        if self.buffer_units < 0:
            raise ValueError(f"channel {self.channel}: buffer_units must be 0 or more, got {self.buffer_units}")


class PoolLevel(NamedTuple):
    """What is known of one item at one location of the pool.

    `observed_units` is None where nobody has looked. `untold_units` is what our foreign movements will still change
    there once the platform is told; only its negative part counts, because an unconfirmed raise is no stock.
    """

    location: str
    name: str
    books_units: int
    observed_units: int | None
    untold_units: int


class Term(NamedTuple):
    """One addend of a number. `location` is None where it concerns the whole pool.

    `given` is what the addend rests on; its sentence is made only when somebody asks.
    """

    what: str
    location: str | None
    units: int
    given: PoolLevel | str

    @property
    def because(self) -> str:
        """The reason for this addend, in words."""
        if isinstance(self.given, str):
            return self.given
        level = self.given
        if level.observed_units is None:
            return f"books {level.books_units}, nobody has looked there yet"
        because = f"the smaller of books {level.books_units} and shopify's {level.observed_units}"
        if level.untold_units < 0:
            because += f" less {-level.untold_units} it has not confirmed yet"
        return because


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """What a channel may sell, and the terms that sum to it."""

    units: int
    terms: tuple[Term, ...]


def available_to_sell(
    rule: SellingRule, pool: Sequence[PoolLevel], unplaced_units: int, unseen_units: int
) -> Explanation:
    """Return what `rule` lets its channel sell of one item, never below zero, term by term.

    Locations add up, negatives included. `unplaced_units` belong to orders whose location is not known yet,
    `unseen_units` to orders that the channel holds but that have not reached us; both lower the number.
    """
    terms = [_location_term(level) for level in pool if level.location in rule.locations]
    if unplaced_units:
        terms.append(Term("unplaced orders", None, -unplaced_units, "ordered, and no location is known yet"))
    if unseen_units:
        terms.append(Term("unseen orders", None, -unseen_units, f"{rule.channel} holds them, we do not know them yet"))
    if rule.buffer_units:
        terms.append(Term("buffer", None, -rule.buffer_units, f"kept back from {rule.channel} by its rule"))
    total = sum(term.units for term in terms)
    if total < 0:
        terms.append(Term("floor", None, -total, f"a channel can be told no less than 0, and it is {-total} short"))
    return Explanation(units=max(0, total), terms=tuple(terms))


def usable_units(books_units: int, observed_units: int | None, untold_units: int) -> int:
    """Return what may be counted on at one location: the smaller of the books and the observation.

    The observation is taken less our lowering writes that the platform has not confirmed; raises do not count.
    """
    if observed_units is None:
        return books_units
    return min(books_units, observed_units + min(0, untold_units))


def _location_term(level: PoolLevel) -> Term:
    units = usable_units(level.books_units, level.observed_units, level.untold_units)
    return Term("available", level.name, units, level)
