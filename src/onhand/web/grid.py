"""The rows of the live grid: for every item its levels by location and its offer on every channel, compactly."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from onhand.domain.catalog import Item, Location
from onhand.domain.selling import OWN_CHANNELS
from onhand.domain.stock import KEPT_STATES, ON_HAND_STATES, State
from onhand.store import Books, OfferState
from onhand.web.names import title_of

_OTHER = (State.DAMAGED, State.QUALITY_CONTROL, State.SAFETY_STOCK)
# More than any shop's open tellings at a time; past it the grid merely leaves a mark out.
_OWED_LEVELS = 20_000


class Columns(NamedTuple):
    """What stands beside the items: locations, then channels that sell."""

    locations: tuple[Location, ...]
    channels: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Return the columns as the page reads them."""
        return {
            "locations": [{"location": place.location, "name": place.name} for place in self.locations],
            "channels": [
                {"channel": name, "title": title_of(name), "is_told": name not in OWN_CHANNELS}
                for name in self.channels
            ],
        }


class LevelCell(msgspec.Struct, array_like=True, frozen=True):
    """Units of one item at one location; `other` is damaged, quality control and safety stock together."""

    available: int
    committed: int
    reserved: int
    other: int


class OfferCell(msgspec.Struct, array_like=True, frozen=True):
    """What one channel may sell, what it was told or shows, and since when that is known.

    The time is in milliseconds since 1970, so that a page tells ages cheaply.
    """

    units: int | None
    told_units: int | None
    told_at_ms: int | None
    stale: bool


class Row(msgspec.Struct, frozen=True):
    """One item. `levels` and `offers` stand in the order of the columns; None: not stocked, not listed.

    `owed` says that Shopify has not been told yet of units that other channels moved.
    """

    item: str
    sku: str
    title: str
    levels: tuple[LevelCell | None, ...]
    offers: tuple[OfferCell | None, ...]
    owed: bool


def read_columns(books: Books) -> Columns:
    """Return the columns of a shop: active locations and those that still hold units, and channels with a rule."""
    places = tuple(
        place
        for place in sorted(books.catalog.locations(), key=lambda place: (place.name, place.location))
        if place.active or _holds_units(books, place.location)
    )
    ruled = {rule.channel for rule in books.channels.rules()}
    own = [channel for channel in OWN_CHANNELS if channel in ruled]
    return Columns(places, (*own, *sorted(ruled - set(own))))


def _holds_units(books: Books, location: str) -> bool:
    levels = books.ledger.all_levels(location=location)
    return any(units for (_, bin_), units in levels.items() if bin_.state in KEPT_STATES)


def read_rows(books: Books, columns: Columns, items: Iterable[Item]) -> list[Row]:
    """Return the rows of some items, as they are at the moment of these books."""
    items = list(items)
    keys = [item.item for item in items]
    levels = _read_levels(books, keys)
    offers = _read_offers(books, keys)
    owed = {key.item for key in books.owed.open(_OWED_LEVELS)}
    return [
        Row(
            item=item.item,
            sku=item.sku or "",
            title=item.title,
            levels=tuple(levels.get((item.item, place.location)) for place in columns.locations),
            offers=tuple(offers.get((item.item, channel)) for channel in columns.channels),
            owed=item.item in owed,
        )
        for item in items
    ]


def _read_levels(books: Books, items: Sequence[str]) -> dict[tuple[str, str], LevelCell]:
    by_level: defaultdict[tuple[str, str], dict[State, int]] = defaultdict(dict)
    for (item, bin_), units in books.ledger.levels(items).items():
        if bin_.state in ON_HAND_STATES:
            by_level[item, bin_.location][bin_.state] = units
    for key in books.ledger.cuts(items):
        by_level.setdefault((key.item, key.location), {})  # stocked there, and nothing left
    return {
        key: LevelCell(
            available=states.get(State.AVAILABLE, 0),
            committed=states.get(State.COMMITTED, 0),
            reserved=states.get(State.RESERVED, 0),
            other=sum(units for state, units in states.items() if state in _OTHER),
        )
        for key, states in by_level.items()
    }


def _read_offers(books: Books, items: Sequence[str]) -> dict[tuple[str, str], OfferCell]:
    """Two listings of one item on one channel are shown as one: both may sell their units, the older telling counts."""
    together: dict[tuple[str, str], OfferCell] = {}
    for row in books.offers.rows(items=items):
        offer = OfferCell(row.units, row.told_units, _as_ms(_known_at(row)), bool(row.stale))
        other = together.get((row.item, row.channel))
        if other is not None:
            offer = OfferCell(
                _add(other.units, offer.units),
                _add(other.told_units, offer.told_units),
                min(filter(None, (other.told_at_ms, offer.told_at_ms)), default=None),
                other.stale or offer.stale,
            )
        together[row.item, row.channel] = offer
    return together


def _known_at(row: OfferState) -> datetime | None:
    """Return since when we know what the channel has: it was told, or it showed it when it was looked at."""
    return max(filter(None, (row.told_at, row.shown_at)), default=None)


def _add(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _as_ms(at: datetime | None) -> int | None:
    return None if at is None else round(at.timestamp() * 1000)
