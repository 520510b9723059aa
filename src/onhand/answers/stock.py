"""What is where, and what every channel may sell of it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from onhand.answers.lookup import find_channel, find_items, find_location, location_names
from onhand.domain.catalog import Item
from onhand.domain.selling import OWN_CHANNELS
from onhand.domain.stock import KEPT_STATES, Bin, LevelKey, State
from onhand.store import Books


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """Units of an item in one bin. `location` is its name; `item` tells two items with one SKU apart.

    `stocked` is False where Shopify stocks the item no more: the units stand there and nobody can buy them.
    """

    shop: str
    sku: str | None
    item: str
    title: str
    location: str
    state: State
    units: int
    stocked: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Sellable:
    """What one channel may sell of an item, and what it shows.

    `units` is None until it was computed for the first time. `published_units` is what the channel was told, or, for
    Shopify's own channels, what Shopify was last seen to hold available for them; None: nothing yet. `stale` means
    that something moved since `units` was computed. `sells_below_zero`: the channel goes on when nothing is left.
    `made_of` names the components of a bundle with their units by SKU (or id); it is empty where the item is none.
    """

    shop: str
    sku: str | None
    item: str
    title: str
    channel: str
    listing: str
    units: int | None
    published_units: int | None
    published_at: datetime | None
    stale: bool
    sells_below_zero: bool = False
    made_of: Mapping[str, int] = field(default_factory=dict)


def levels(
    books: Books,
    shop: str,
    sku: str | None = None,
    location: str | None = None,
    at: datetime | None = None,
    *,
    outside: bool = False,
    among: Collection[Item] | None = None,
) -> list[Level]:
    """Return the units in every bin that is not empty, now or as recorded at `at`; `among` leaves out other items.

    With `outside` the bins beyond the locations are there too (supplier, customer, unexplained): then every item sums
    to zero. Raises NotKnown for a SKU or location that nobody knows.
    """
    items = _wanted(books, sku, among)
    place = find_location(books, location).location if location is not None else None
    names = location_names(books)
    asleep = books.catalog.inactive_levels()
    order = {state: number for number, state in enumerate(State)}
    rows = [
        (
            bin_,
            Level(
                shop=shop,
                sku=items[item].sku if item in items else None,
                item=item,
                title=items[item].title if item in items else "",
                location=names.get(bin_.location, bin_.location),
                state=bin_.state,
                units=units,
                stocked=LevelKey(item, bin_.location) not in asleep,
            ),
        )
        for (item, bin_), units in _units(books, items if sku is not None or among is not None else None, at).items()
        if (place is None or bin_.location == place) and (outside or bin_.state in KEPT_STATES)
    ]
    rows.sort(key=lambda row: (row[1].sku or "", row[1].item, row[1].location, order[row[0].state]))
    return [level for _, level in rows]


def _units(books: Books, items: Mapping[str, Item] | None, at: datetime | None) -> dict[tuple[str, Bin], int]:
    if items is None:
        return books.ledger.all_levels() if at is None else books.ledger.levels_at(at)
    if at is None:
        return books.ledger.levels(list(items))
    units: dict[tuple[str, Bin], int] = {}
    for item in items:
        units.update(books.ledger.levels_at(at, item=item))
    return units


def ats(
    books: Books,
    shop: str,
    sku: str | None = None,
    channel: str | None = None,
    *,
    among: Collection[Item] | None = None,
) -> list[Sellable]:
    """Return what each channel may sell of each item that it lists; `among` leaves out other items.

    Raises NotKnown for an unknown SKU or channel.
    """
    if channel is not None:
        find_channel(books, channel)
    items = _wanted(books, sku, among)
    offers = [
        offer
        for offer in books.offers.rows(
            channel=channel, items=list(items) if sku is not None or among is not None else None
        )
        if offer.item in items
    ]
    shown = _shown_by_shopify(books, {offer.item for offer in offers if offer.channel in OWN_CHANNELS})
    made_of = _components(books, {offer.item for offer in offers})
    answers = []
    for offer in offers:
        published = (offer.told_units, _newer(offer.told_at, offer.shown_at) if offer.told_units is not None else None)
        if offer.channel in OWN_CHANNELS:
            published = shown.get((offer.channel, offer.item), (None, None))
        answers.append(
            Sellable(
                shop=shop,
                sku=items[offer.item].sku,
                item=offer.item,
                title=items[offer.item].title,
                channel=offer.channel,
                listing=offer.listing,
                units=offer.units,
                published_units=published[0],
                published_at=published[1],
                stale=bool(offer.stale),
                sells_below_zero=offer.channel in OWN_CHANNELS and items[offer.item].sells_below_zero,
                made_of=made_of.get(offer.item, {}),
            )
        )
    return sorted(answers, key=lambda row: (row.sku or "", row.item, row.channel, row.listing))


def _wanted(books: Books, sku: str | None, among: Collection[Item] | None) -> dict[str, Item]:
    """Return the items that are asked about, by id."""
    if among is None:
        among = books.catalog.items() if sku is None else find_items(books, sku)
    return {item.item: item for item in among}


def _components(books: Books, items: Iterable[str]) -> dict[str, dict[str, int]]:
    components = books.bundles.components(items)
    known = books.catalog.items_of({part.item for parts in components.values() for part in parts})
    labels = {item: known[item].sku or item for item in known}
    return {
        bundle: {labels.get(part.item, part.item): part.units for part in parts} for bundle, parts in components.items()
    }


def _newer(told_at: datetime | None, shown_at: datetime | None) -> datetime | None:
    """Return since when we know what a channel shows: what it was seen to show counts as told."""
    return max((at for at in (told_at, shown_at) if at is not None), default=None)


Shown = tuple[int | None, datetime | None]


def _shown_by_shopify(books: Books, items: Iterable[str]) -> dict[tuple[str, str], Shown]:
    """Return what Shopify was last seen to hold available, by (channel, item): its locations added up, none below 0.

    A bundle is there as often as its components at a location make it. The time is that of the oldest observation in
    the sum: no part of the number is older than it says.
    """
    bundles = books.bundles.components(items)
    wanted = sorted({*items, *(part.item for parts in bundles.values() for part in parts)})
    rules = [rule for rule in books.channels.rules() if rule.channel in OWN_CHANNELS]
    places = sorted({place for rule in rules for place in rule.locations})
    newest = books.observations.newest([LevelKey(item, place) for item in wanted for place in places])
    seen: defaultdict[str, dict[str, tuple[int, datetime]]] = defaultdict(dict)
    for key, observed in newest.items():
        units = observed.units.get(State.AVAILABLE)
        if units is not None:
            seen[key.item][key.location] = (units, observed.agreed_at or observed.recorded_at)
    uncounted = books.catalog.uncounted(wanted)
    for bundle, components in bundles.items():
        counted = [part for part in components if part.item not in uncounted]
        for place in places:
            if counted and all(place in seen[part.item] for part in counted):
                made = min(max(0, seen[part.item][place][0]) // part.units for part in counted)
                seen[bundle][place] = (made, min(seen[part.item][place][1] for part in counted))
    shown: dict[tuple[str, str], Shown] = {}
    for rule in rules:
        for item, by_place in seen.items():
            parts = [by_place[place] for place in rule.locations if place in by_place]
            if parts:
                shown[rule.channel, item] = (max(0, sum(units for units, _ in parts)), min(at for _, at in parts))
    return shown
