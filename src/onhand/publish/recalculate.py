"""Recalculating: whatever touched an item, what every channel may sell of it is computed again."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from onhand.domain.bundle_selling import Part, bundles_to_sell
from onhand.domain.bundles import Component
from onhand.domain.holds import held_terms
from onhand.domain.selling import (
    ONLINE_STORE,
    OWN_CHANNELS,
    Explanation,
    Lock,
    SellingRule,
    Term,
    available_to_sell,
    spread,
)
from onhand.ports.errors import OnhandError
from onhand.publish.bounds import note_locked
from onhand.publish.buffers import follow
from onhand.store import Books
from onhand.store.offers import Locked

BATCH = 2_000
"""Offers a transaction: many share its flush, and it still ends within 100 ms."""


class NoSuchOffer(OnhandError):
    """Nobody sells this item on that channel."""


def recalculate(books: Books, now: datetime, limit: int = BATCH) -> int:
    """Compute about `limit` stale offers and return how many there were. Needs a transaction.

    Offers of a channel that has no rule any more are removed: it sells nothing. What a buffer asks to put aside is
    moved first, since it changes what there is to sell.
    """
    stale = books.offers.stale(limit)
    if not stale:
        return 0
    follow(books, {row.item for row in stale if row.channel == ONLINE_STORE}, now)
    sums = Sums(books, {row.item for row in stale})
    for row in stale:
        if row.channel not in sums.rules:
            books.offers.remove(row.channel, [row.listing])
    explained = {
        (row.channel, row.listing): sums.explain(row.channel, row.item) for row in stale if row.channel in sums.rules
    }
    computed = [(*key, explanation.units) for key, explanation in explained.items()]
    books.offers.compute(computed, now)
    kept_in = books.channels.kept_in()
    books.offers.spread(
        [
            (channel, listing, spread(explanation, kept_in[channel]))
            for (channel, listing), explanation in explained.items()
            if channel in kept_in
        ]
    )
    note_locked(books, sums.locked, {(channel, listing): units for channel, listing, units in computed}, now)
    return len(stale)


class Sums:
    """What channels may sell of some items. Everything it takes is read at once, components of bundles included."""

    def __init__(self, books: Books, items: Collection[str]) -> None:
        self.rules = {rule.channel: rule for rule in books.channels.rules()}
        self._components = books.bundles.components(items)
        drawn_on = sorted({*items, *(part.item for parts in self._components.values() for part in parts)})
        self._items = books.catalog.items_of(drawn_on)
        self._removed = books.catalog.removed(drawn_on)
        self._pools = books.pools.of(drawn_on)
        self._unplaced = books.pictures.unplaced_units(drawn_on)
        self._unseen = books.offers.unseen(drawn_on)
        self.locked = books.offers.locked(drawn_on)
        self._buffers = books.item_buffers.of(drawn_on)

    def name_locations(self, names: Mapping[str, str]) -> None:
        """Put people's names of locations into the explanations."""
        for pool in self._pools.values():
            pool[:] = [level._replace(name=names.get(level.location, level.location)) for level in pool]

    def explain(self, channel: str, item: str) -> Explanation:
        """Return what `channel` may sell of one of the items, term by term; it must have a rule."""
        return self.explain_by(self.rules[channel], item)

    def explain_by(self, rule: SellingRule, item: str) -> Explanation:
        """Return what a rule lets be sold of one of the items, term by term.

        A buffer that was set for the item on the rule's channel takes the place of the rule's own.
        """
        known, channel = self._items.get(item), rule.channel
        if known is not None and known.bundle:
            return bundles_to_sell([self._part(rule, part) for part in self._components.get(item, ())])
        if item in self._removed:
            because = "its item is not in the catalog any more"
            return Explanation(units=0, terms=(Term("gone", None, 0, because),))
        return available_to_sell(
            self._with_own_buffer(rule, item),
            self._pools[item],
            self._unplaced.get(item, 0),
            self._unseen.get((channel, item), 0),
            sells_below_zero=channel in OWN_CHANNELS and known is not None and known.sells_below_zero,
            locks=[self._lock(rule, lock) for lock in self.locked.get(item, ())],
        )

    def _lock(self, rule: SellingRule, lock: Locked) -> Lock:
        other = self.rules.get(lock.channel)
        shared = set(rule.locations) & set(other.locations) if other is not None else set()
        own = "" if rule.channel not in OWN_CHANNELS else "; shopify does not know of it and sells these units too"
        return Lock(lock.channel, lock.units, lock.why, frozenset(shared), own)

    def made_of(self, item: str) -> list[Component]:
        """Return what moves when one of an item is sold: itself, or the components of a bundle that are counted."""
        known = self._items.get(item)
        if known is None or not known.bundle:
            return [Component(item, 1)]
        parts = self._components.get(item, ())
        return [part for part in parts if (row := self._items.get(part.item)) is not None and row.counted]

    def take(self, item: str, location: str, units: int) -> None:
        """Count units that were sold or kept aside after everything was read: the platform does not know of it yet."""
        self._pools[item] = [
            level
            if level.location != location
            else level._replace(books_units=level.books_units - units, untold_units=level.untold_units - units)
            for level in self._pools[item]
        ]

    def _with_own_buffer(self, rule: SellingRule, item: str) -> SellingRule:
        own = self._buffers.get((rule.channel, item))
        return rule if own is None else replace(rule, buffer_units=own.buffer_units, said_by=own.said_by)

    def _part(self, rule: SellingRule, component: Component) -> Part:
        """Return a component with what may be sold of it: nothing of one that is gone, or is a bundle itself."""
        known = self._items.get(component.item)
        if known is None:
            gone = Term("gone", None, 0, "it is not in the catalog any more")
            return Part(component.item, component.units, Explanation(units=0, terms=(gone,)))
        name = known.sku or known.title
        if known.bundle:
            nested = Term("nested", None, 0, "a bundle in a bundle cannot be counted, and shopify knows none")
            return Part(name, component.units, Explanation(units=0, terms=(nested,)))
        if not known.tracked:
            return Part(name, component.units, None)
        return Part(name, component.units, self.explain_by(rule, component.item))


def explain(books: Books, item: str, channel: str) -> Explanation:
    """Return what `channel` may sell of `item` now, term by term. Raises NoSuchOffer."""
    sums = Sums(books, {item})
    if channel not in sums.rules or not books.offers.rows(channel=channel, items=[item]):
        known = ", ".join(sorted(sums.rules)) or "none yet"
        raise NoSuchOffer(f"item {item} is not sold on {channel}; channels with rules: {known}")
    names = {location.location: location.name for location in books.catalog.locations()}
    sums.name_locations(names)
    explained = sums.explain(channel, item)
    held = held_terms(books.holds.of_item(item), item, sums.rules[channel].locations, names)
    return replace(explained, terms=(*explained.terms, *held))
