"""Shortages: a level that fell below zero, what took it there, and who waits for units that are not there.

Who came last goes without: the newest claims of a level are those that its missing units belong to.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from onhand.domain.stock import Bin, Movement


class Claim(NamedTuple):
    """Units that one fact (an order, a transfer, an adoption) took from a level or holds there.

    `cause` is its name in the books, `origin` who told of it, `at` when it took them; None where nobody said.
    """

    cause: str
    origin: str
    units: int
    at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Shortage:
    """A level below zero. `units` are missing; `gone_units` of them nobody waits for: they have left already.

    `since` is when the level fell below zero, None where that lies further back than was read. `takers` took it there
    and have not given back since, oldest first. `waiting` are the newest claims, as far as units are missing for them.
    """

    units: int
    since: datetime | None
    takers: tuple[Claim, ...]
    waiting: tuple[Claim, ...]

    @property
    def gone_units(self) -> int:
        """Missing units that no open claim accounts for."""
        return self.units - sum(claim.units for claim in self.waiting)


def explain_shortage(
    shelf: Bin, available_units: int, history: Iterable[Movement], holders: Iterable[Claim]
) -> Shortage:
    """Return the shortage of a shelf with fewer than no units available.

    `history` are the item's movements, newest first; no more of it is read than is needed. `holders` are the claims
    that wait at the location, newest first. Raises ValueError where nothing is missing.
    """
    if available_units >= 0:
        raise ValueError(f"{shelf} has {available_units} units available: nothing is missing")
    since, takers = _read_back(shelf, available_units, history)
    return Shortage(
        units=-available_units,
        since=since,
        takers=takers,
        waiting=who_waits(-available_units, holders),
    )


def who_waits(missing_units: int, holders: Iterable[Claim]) -> tuple[Claim, ...]:
    """Return the newest claims with the units that are missing for each. `holders` come newest first."""
    waiting: list[Claim] = []
    for claim in holders:
        share = min(missing_units, claim.units)
        if share <= 0:
            break
        waiting.append(claim._replace(units=share))
        missing_units -= share
    return tuple(waiting)


def _read_back(
    shelf: Bin, available_units: int, history: Iterable[Movement]
) -> tuple[datetime | None, tuple[Claim, ...]]:
    """Go back in time until the shelf was not below zero; return when it fell, and who took what since."""
    balance = available_units
    taken: dict[str, Claim] = {}
    for movement in history:
        if shelf not in (movement.source, movement.target):
            continue
        change = movement.units if movement.target == shelf else -movement.units
        before = balance - change
        # Of the one that crossed zero only what went below it was not there.
        short = -change if before < 0 or change > 0 else -balance
        earlier = taken.get(movement.cause)
        units = short + (earlier.units if earlier is not None else 0)
        taken[movement.cause] = Claim(movement.cause, movement.origin, units, movement.occurred_at)
        balance = before
        if before >= 0:
            return movement.occurred_at, _net(taken)
    return None, _net(taken)


def _net(taken: dict[str, Claim]) -> tuple[Claim, ...]:
    claims = sorted((claim for claim in taken.values() if claim.units > 0), key=_oldest_first)
    return tuple(claims)


def _oldest_first(claim: Claim) -> tuple[bool, float, str]:
    return claim.at is None, claim.at.timestamp() if claim.at is not None else 0.0, claim.cause
