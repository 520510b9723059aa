"""Selling: what a rule lets one channel sell, and why it is that number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

ONLINE_STORE = "online_store"
OWN_CHANNELS = (ONLINE_STORE, "shopify_pos")
"""Shopify's own channels: they sell every item under its own id, and what they show are the levels it keeps."""

UNPLACED, UNSEEN = "unplaced orders", "unseen orders"
"""What terms are called that orders take away of which it is not known from where they will."""

AVAILABLE, BUNDLES = "available", "bundles"
"""What terms are called that say what there is at one location."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SellingRule:
    """What a channel may sell from: the pool of locations, less a buffer kept back from it.

    An empty `locations` means that the channel sells nothing; which locations count is decided before. `enforced_in`
    are locations where the buffer is put aside, because the channel sells the platform's own levels and is told no
    number; None for a channel that is told its number, which keeps the buffer back by itself. `said_by` is who set the
    buffer, in words.
    """

    channel: str
    locations: tuple[str, ...]
    buffer_units: int = 0
    enforced_in: tuple[str, ...] | None = None
    said_by: str = "its rule"

    def __post_init__(self) -> None:
        if self.buffer_units < 0:
            raise ValueError(f"channel {self.channel}: buffer_units must be 0 or more, got {self.buffer_units}")


class PoolLevel(NamedTuple):
    """What is known of one item at one location of the pool.

    `observed_units` is None where nobody has looked. `untold_units` is what our foreign movements will still change
    there once the platform is told; only its negative part counts, because an unconfirmed raise is no stock. A level
    that is not `active` keeps its units and sells none of them; what it is short still counts. `aside_units` stand
    there too, put aside by us for a channel's buffer, and are in none of the other numbers.
    """

    location: str
    name: str
    books_units: int
    observed_units: int | None
    untold_units: int
    active: bool = True
    aside_units: int = 0


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
        if not level.active:
            return f"shopify stocks it there no more: {_usable(level)} stand there, none is sold until it does"
        if level.observed_units is None:
            return f"books {level.books_units}, nobody has looked there yet"
        because = f"the smaller of books {level.books_units} and shopify's {level.observed_units}"
        if level.untold_units < 0:
            because += f" less {-level.untold_units} it has not confirmed yet"
        return because


class Lock(NamedTuple):
    """Units that `channel` keeps for a promotion: it cannot be told less, so others leave them alone.

    `shared` are the locations from which both sell. `besides` ends the sentence.
    """

    channel: str
    units: int
    why: str
    shared: frozenset[str]
    besides: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """What a channel may sell, and the terms that sum to it."""

    units: int
    terms: tuple[Term, ...]


def available_to_sell(
    rule: SellingRule,
    pool: Sequence[PoolLevel],
    unplaced_units: int,
    unseen_units: int,
    *,
    sells_below_zero: bool = False,
    locks: Sequence[Lock] = (),
) -> Explanation:
    """Return what `rule` lets its channel sell of one item, never below zero, term by term.

    Locations add up, negatives included. `unplaced_units` belong to orders whose location is not known yet,
    `unseen_units` to orders that the channel holds but that have not reached us; both lower the number. Where the
    channel `sells_below_zero`, the number is still what there is to sell, and a term says that it sells more. What
    other channels have locked of the same units is left to them.
    """
    pool = [level for level in pool if level.location in rule.locations]
    terms = [_location_term(level) for level in pool]
    if unplaced_units:
        terms.append(Term(UNPLACED, None, -unplaced_units, "ordered, and no location is known yet"))
    if unseen_units:
        terms.append(Term(UNSEEN, None, -unseen_units, f"{rule.channel} holds them, we do not know them yet"))
    terms += _buffer_terms(rule, [level for level in pool if level.aside_units])
    terms += [_lock_term(rule.channel, lock, terms) for lock in locks]
    total = sum(term.units for term in terms)
    if total < 0:
        terms.append(Term("floor", None, -total, f"a channel can be told no less than 0, and it is {-total} short"))
    if sells_below_zero:
        terms.append(Term("sells below zero", None, 0, f"{rule.channel} goes on selling it when nothing is left"))
    return Explanation(units=max(0, total), terms=tuple(terms))


def _lock_term(channel: str, lock: Lock, terms: Sequence[Term]) -> Term:
    if lock.channel == channel:
        return Term("locked", None, 0, f"{lock.units} are kept for {lock.why}: {channel} cannot be told less")
    there = sum(
        max(0, term.units) for term in terms if isinstance(term.given, PoolLevel) and term.given.location in lock.shared
    )
    because = f"{lock.channel} keeps them for {lock.why} and cannot be told less{lock.besides}"
    return Term("locked", None, -min(lock.units, there), because)


def spread(explanation: Explanation, kept_in: Sequence[str]) -> dict[str, int] | None:
    """Return the units of a number by the locations where a channel keeps one each; None where nobody can say.

    What lowers the number as a whole is taken from where most stands. What stands elsewhere counts at the first.
    """
    there = {term.given.location: term.units for term in explanation.terms if isinstance(term.given, PoolLevel)}
    if not there or not kept_in:
        return None
    return fitted({place: max(0, there.get(place, 0)) for place in kept_in}, explanation.units)


def fitted(there: Mapping[str, int], units: int) -> dict[str, int]:
    """Return units by location that sum to `units`: taken from where most stands, or added at the first."""
    told = dict(there)
    over = sum(told.values()) - units
    for place in sorted(told, key=lambda place: -told[place]):
        share = max(0, min(over, told[place]))
        told[place] -= share
        over -= share
    if over < 0 and told:
        told[next(iter(told))] -= over
    return told


def usable_units(books_units: int, observed_units: int | None, untold_units: int) -> int:
    """Return what may be counted on at one location: the smaller of the books and the observation.

    The observation is taken less our lowering writes that the platform has not confirmed; raises do not count.
    """
    if observed_units is None:
        return books_units
    return min(books_units, observed_units + untold_units if untold_units < 0 else observed_units)


def _buffer_terms(rule: SellingRule, aside: Sequence[PoolLevel]) -> list[Term]:
    """Return what a buffer keeps back, and what is put aside for one: that is in no location's number any more."""
    if not rule.enforced_in:
        terms = [
            Term(
                "put aside",
                level.name,
                0,
                f"{level.aside_units} more stand there in safety_stock, hidden from everybody",
            )
            for level in aside
        ]
        kept_units = rule.buffer_units
        because = f"kept back from {rule.channel} by {rule.said_by}"
        if rule.enforced_in is not None:
            because += "; shopify does not know of it and sells these units too"
    else:
        terms = [
            Term("put aside", level.name, 0, f"{level.aside_units} of the buffer stand there in safety_stock, unsold")
            for level in aside
        ]
        kept_units = max(0, rule.buffer_units - sum(level.aside_units for level in aside))
        because = f"of {rule.channel}'s buffer of {rule.buffer_units} so many are not put aside: shopify may sell them"
    return [*terms, Term("buffer", None, -kept_units, because)] if kept_units else terms


def _location_term(level: PoolLevel) -> Term:
    units = _usable(level)
    if not level.active:
        return Term("not stocked", level.name, min(0, units), level)
    return Term(AVAILABLE, level.name, units, level)


def _usable(level: PoolLevel) -> int:
    return usable_units(level.books_units, level.observed_units, level.untold_units)
