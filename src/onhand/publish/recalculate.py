"""Recalculating: whatever touched an item, what every channel may sell of it is computed again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from onhand.domain.selling import Explanation, PoolLevel, SellingRule, available_to_sell
from onhand.domain.stock import Bin, LevelKey, State
from onhand.ports.errors import OnhandError
from onhand.store import Books

BATCH = 500
"""Offers a transaction: short enough not to hold up the worker."""


class NoSuchOffer(OnhandError):
    """Nobody sells this item on that channel."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pools:
    """What `available_to_sell` needs of some items, read in one go."""

    levels: Mapping[str, list[PoolLevel]]
    unplaced_units: Mapping[str, int]


def recalculate(books: Books, now: datetime, limit: int = BATCH) -> int:
    """Compute up to `limit` stale offers and return how many there were. Needs a transaction."""
    stale = books.offers.stale(limit)
    if not stale:
        return 0
    rules = {rule.channel: rule for rule in books.channels.rules()}
    pools = read_pools(books, sorted({row.item for row in stale}), _locations(rules.values()))
    computed = [
        (row.channel, row.listing, _explain(pools, rules[row.channel], row.item, row.unseen_units).units)
        for row in stale
        if row.channel in rules
    ]
    books.offers.compute(computed, now)
    return len(stale)


def explain(books: Books, item: str, channel: str) -> Explanation:
    """Return what `channel` may sell of `item` now, term by term. Raises NoSuchOffer."""
    rule = next((rule for rule in books.channels.rules() if rule.channel == channel), None)
    rows = [row for row in books.offers.rows(channel=channel, items=[item]) if row.item == item]
    if rule is None or not rows:
        known = ", ".join(sorted(rule.channel for rule in books.channels.rules())) or "none yet"
        raise NoSuchOffer(f"item {item} is not sold on {channel}; channels with rules: {known}")
    pools = read_pools(books, [item], rule.locations)
    return _explain(pools, rule, item, rows[0].unseen_units)


def read_pools(books: Books, items: Sequence[str], locations: Iterable[str]) -> Pools:
    """Read books, observations and what the platform was not told, of some items at some locations."""
    names = {location.location: location.name for location in books.catalog.locations()}
    keys = [LevelKey(item, location) for item in items for location in locations]
    levels = books.ledger.levels(items)
    observed = books.observations.newest(keys)
    owed = books.owed.units(keys)
    pools: dict[str, list[PoolLevel]] = {item: [] for item in items}
    for key in keys:
        item, location = key
        books_units = levels.get((item, Bin(location, State.AVAILABLE)), 0)
        seen = observed.get(key)
        seen_units = seen.units.get(State.AVAILABLE) if seen else None
        untold = owed.get(key)
        if books_units or seen_units is not None or untold:
            untold_units = untold.get(State.AVAILABLE, 0) if untold else 0
            pools[item].append(
                PoolLevel(location, names.get(location, location), books_units, seen_units, untold_units)
            )
    return Pools(levels=pools, unplaced_units=books.pictures.unplaced_units(items))


def _explain(pools: Pools, rule: SellingRule, item: str, unseen_units: int) -> Explanation:
    return available_to_sell(rule, pools.levels[item], pools.unplaced_units.get(item, 0), unseen_units)


def _locations(rules: Iterable[SellingRule]) -> list[str]:
    return sorted({location for rule in rules for location in rule.locations})
