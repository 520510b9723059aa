"""Recalculating: whatever touched an item, what every channel may sell of it is computed again."""

from datetime import datetime

from onhand.domain.selling import Explanation, available_to_sell
from onhand.ports.errors import OnhandError
from onhand.store import Books

BATCH = 2_000
"""Offers a transaction: many share its flush, and it still ends within 100 ms."""


class NoSuchOffer(OnhandError):
    """Nobody sells this item on that channel."""


def recalculate(books: Books, now: datetime, limit: int = BATCH) -> int:
    """Compute about `limit` stale offers and return how many there were. Needs a transaction.

    Offers of a channel that has no rule any more are removed: it sells nothing.
    """
    stale = books.offers.stale(limit)
    if not stale:
        return 0
    rules = {rule.channel: rule for rule in books.channels.rules()}
    for row in stale:
        if row.channel not in rules:
            books.offers.remove(row.channel, [row.listing])
    items = sorted({row.item for row in stale})
    pools, unplaced = books.pools.of(items), books.pictures.unplaced_units(items)
    computed = [
        (
            row.channel,
            row.listing,
            available_to_sell(rules[row.channel], pools[row.item], unplaced.get(row.item, 0), row.unseen_units).units,
        )
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
    names = {location.location: location.name for location in books.catalog.locations()}
    pool = [level._replace(name=names.get(level.location, level.location)) for level in books.pools.of([item])[item]]
    unplaced_units = books.pictures.unplaced_units([item]).get(item, 0)
    return available_to_sell(rule, pool, unplaced_units, rows[0].unseen_units)
