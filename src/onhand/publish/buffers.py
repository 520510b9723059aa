"""Buffers of the Online Store that Shopify enforces: units of ours stand in safety_stock where no till sells.

They follow the buffer and what stands there, and go back to the last one. They are booked like any other movement,
under a cause of their own, so that Shopify is told of them by the one planner.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from onhand.domain.buffers import Place, share_out, way_back
from onhand.domain.selling import PoolLevel, SellingRule, usable_units
from onhand.domain.stock import Bin, LevelKey, Movement, State
from onhand.publish.guard import teller_gate
from onhand.store import Books

PLATFORM = "shopify"
ORIGIN = "onhand"
"""Who moves these units: nobody but us knows of it, so that the platform is told."""


class Returned(NamedTuple):
    """Our share at a level: units that went back on sale, and units that somebody had moved away before."""

    key: LevelKey
    returned_units: int
    gone_units: int


def follow(books: Books, items: Collection[str], now: datetime) -> int:
    """Put aside, or give back, what the buffer asks for of some items; return at how many levels. Needs a transaction.

    Nothing is moved while the platform may not be told: units would be missing on every channel and stay on sale there.
    """
    rule = next((rule for rule in books.channels.rules() if rule.enforced_in), None)
    if rule is None or not items or not teller_gate(books, PLATFORM).open:
        return 0
    known = books.catalog.items_of(items)
    standing = books.ledger.levels(items)
    moved: list[Movement] = []
    kept: dict[LevelKey, int] = {}
    for item, pool in books.pools.of(sorted(items)).items():
        levels = [level for level in pool if level.active and (level.aside_units or level.location in _places(rule))]
        ours = {
            level.location: _still_ours(level, standing.get((item, _safety(level.location)), 0)) for level in levels
        }
        kept |= {LevelKey(item, level.location): ours[level.location] for level in levels if level.aside_units}
        keeps_back = item in known and known[item].counted and not known[item].sells_below_zero
        wanted = _wanted(rule, levels, ours, rule.buffer_units if keeps_back else 0)
        for location, units in wanted.items():
            if units != ours[location]:
                key = LevelKey(item, location)
                moved.append(_movement(books, key, units - ours[location], now))
                kept[key] = units
    books.aside.put(kept)
    books.ledger.append(moved, now)
    return len(moved)


def release(books: Books, now: datetime) -> list[Returned]:
    """Give all units back that we have put aside, and return what became of our share. Needs a transaction.

    Given back is what stands in safety_stock as the platform showed it last, at most our share, whatever else was moved
    there. Read the levels before.
    """
    aside = books.aside.all()
    seen = books.observations.newest(aside, PLATFORM)
    owed = books.owed.units(aside)
    booked = books.ledger.levels({key.item for key in aside})
    returned: list[Returned] = []
    for key, ours in aside.items():
        standing = booked.get((key.item, _safety(key.location)), 0)
        if key in seen and State.SAFETY_STOCK in seen[key].units:
            standing = seen[key].units[State.SAFETY_STOCK] + owed.get(key, {}).get(State.SAFETY_STOCK, 0)
        back = way_back(ours, standing)
        returned.append(Returned(key, back.returned_units, back.gone_units))
    moved = [_movement(books, row.key, -row.returned_units, now) for row in returned if row.returned_units]
    books.ledger.append(moved, now)
    books.aside.put(dict.fromkeys(aside, 0))
    return returned


def _places(rule: SellingRule) -> tuple[str, ...]:
    return rule.enforced_in or ()


def _still_ours(level: PoolLevel, standing_units: int) -> int:
    """Return our share as far as it is still there: what somebody took out of safety_stock is nobody's any more."""
    return way_back(level.aside_units, standing_units).returned_units


def _wanted(
    rule: SellingRule, levels: Collection[PoolLevel], ours: Mapping[str, int], buffer_units: int
) -> dict[str, int]:
    """Return our share by location; where nothing is enforced any more it is nothing."""
    inside = share_out(buffer_units, list(_as_places(levels, ours, rule, enforced=True)))
    return inside | share_out(0, list(_as_places(levels, ours, rule, enforced=False)))


def _as_places(
    levels: Collection[PoolLevel], ours: Mapping[str, int], rule: SellingRule, *, enforced: bool
) -> Iterator[Place]:
    for level in levels:
        if (level.location in _places(rule)) is enforced:
            free = usable_units(level.books_units, level.observed_units, level.untold_units)
            yield Place(level.location, free, ours[level.location])


def _movement(books: Books, key: LevelKey, units: int, now: datetime) -> Movement:
    """Return the movement that puts units aside, or gives them back where they are negative."""
    here, aside = Bin(key.location, State.AVAILABLE), _safety(key.location)
    cause = f"buffer/{key.location}"
    return Movement(
        id=f"{cause}/{books.count('buffer movements')}",
        item=key.item,
        source=here if units > 0 else aside,
        target=aside if units > 0 else here,
        units=abs(units),
        cause=cause,
        origin=ORIGIN,
        reason="put aside for the Online Store" if units > 0 else "given back",
        occurred_at=now,
    )


def _safety(location: str) -> Bin:
    return Bin(location, State.SAFETY_STOCK)
