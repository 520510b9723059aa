"""Places: what stands at each location, which channels sell it, and what is trapped where the web cannot reach it."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from onhand.domain.catalog import Item, Location, Money
from onhand.ports.channel import Problem
from onhand.store import Books
from onhand.store.ledger import Standing

TRAPPED = "units out of the online store's reach"
"""The kind of problem that a location is which has units and serves no web order."""

UNSOLD = "location in no channel"
"""The kind of problem that a location is from which no channel sells."""

PAGE = 50_000
"""Bins read at once: a large shop has millions of them."""


class Place(NamedTuple):
    """A location with what stands there. `value` is one amount a currency, of items whose worth is known.

    `channels` sell from it. `why_not_online` is None where the Online Store counts it.
    """

    location: Location
    channels: tuple[str, ...]
    why_not_online: str | None
    available_units: int
    on_hand_units: int
    value: tuple[Money, ...]


def look_at_places(books: Books) -> list[Place]:
    """Return every location of the shop with what stands there. Needs a snapshot."""
    locations = books.catalog.locations()
    heaps = {location.location: _Heap() for location in locations}
    for page in _pages(books):
        items = books.catalog.items_of({row.item for row in page})
        for row in page:
            if row.on_hand_units and row.location in heaps:
                heaps[row.location].add(row, items.get(row.item))
    pools = {rule.channel: rule.locations for rule in books.channels.rules()}
    return [
        Place(
            location=location,
            channels=tuple(sorted(channel for channel, pool in pools.items() if location.location in pool)),
            why_not_online=location.why_not_online(),
            available_units=heaps[location.location].available_units,
            on_hand_units=heaps[location.location].on_hand_units,
            value=heaps[location.location].value(),
        )
        for location in locations
    ]


def file_places(books: Books, places: Iterable[Place], left_out: Collection[str], now: datetime) -> None:
    """Make a problem of units that no web order can reach, and settle it where they can. Needs a transaction.

    `left_out` are names of locations that are not meant to serve the Online Store.
    """
    for place in places:
        location = place.location
        trapped = place.why_not_online is not None and place.on_hand_units > 0 and location.name not in left_out
        if trapped:
            books.problems.raise_(_trapped(place), now)
        else:
            books.problems.settle(TRAPPED, location.location, now)
        if not place.channels and place.on_hand_units > 0 and location.active:
            books.problems.raise_(_unsold(place), now)
        else:
            books.problems.settle(UNSOLD, location.location, now)


def _trapped(place: Place) -> Problem:
    name = place.location.name
    message = f"{name}: {_units(place)} cannot be sold by the Online Store: {place.why_not_online}"
    return Problem(TRAPPED, place.location.location, message, _way_out(place))


def _way_out(place: Place) -> str:
    name = place.location.name
    if not place.location.active:
        return f"activate {name} in Shopify under Settings, Locations, or transfer the units to a location that is open"
    if not place.location.fulfils_online:
        return (
            f"let {name} fulfil online orders (Shopify: Settings, Locations), or write online = false under its "
            "[[location]] if its stock is for the counter"
        )
    return (
        f"give {name} a shipping rate or local pickup (Shopify: Settings, Shipping and delivery); where it delivers "
        'locally, name it in the locations of [[channel]] "online_store", since apps cannot see that'
    )


def _unsold(place: Place) -> Problem:
    name = place.location.name
    message = f"{name}: no channel sells from it, and {_units(place)} stand there"
    return Problem(UNSOLD, place.location.location, message, f"name {name} in the locations of a [[channel]]")


def _units(place: Place) -> str:
    worth = " and ".join(f"{money.amount:,.2f} {money.currency}" for money in place.value)
    return f"{place.on_hand_units} units" + (f" worth {worth}" if worth else "")


def _pages(books: Books) -> Iterator[list[Standing]]:
    """Yield what stands at every level, so many at a time."""
    last = ""
    while page := books.ledger.standing_behind(last, PAGE):
        yield page
        last = page[-1].item


@dataclass(slots=True)
class _Heap:
    """What stands at one location, as it is added up."""

    available_units: int = 0
    on_hand_units: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)

    def add(self, row: Standing, item: Item | None) -> None:
        """Add a level; the worth of an item that is not counted, or not known, is left out."""
        self.available_units += row.available_units
        self.on_hand_units += row.on_hand_units
        worth = item.value_of(row.on_hand_units) if item is not None and item.counted else None
        if worth is not None:
            self.amounts[worth.currency] = self.amounts.get(worth.currency, Decimal(0)) + worth.amount

    def value(self) -> tuple[Money, ...]:
        """Return one amount a currency."""
        return tuple(Money(amount, currency) for currency, amount in sorted(self.amounts.items()))
