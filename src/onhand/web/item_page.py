"""What an item's page shows: where its units stand, what each channel may sell and why, and what happened."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from onhand import answers
from onhand.answers import Explained, Happened, NotKnown, Sellable
from onhand.domain.catalog import Item
from onhand.domain.selling import OWN_CHANNELS
from onhand.domain.stock import KEPT_STATES, LevelKey, State, on_hand
from onhand.store import Books
from onhand.store.observations import Observed
from onhand.web.names import signed, title_of
from onhand.web.needs import Need, of_oversell

HISTORY = 60
"""How many movements and observations the page shows; the API goes further."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """One location's row: units by state, their sum on hand, and how the platform's own count compares.

    `stocked` is False where Shopify stocks the item no more: nobody can buy what stands there.
    """

    name: str
    units: Mapping[State, int]
    on_hand: int
    shown_units: int | None
    looked_at: datetime | None
    agrees: bool
    stocked: bool


@dataclass(frozen=True, kw_only=True)
class Sum:
    """One channel's number, with its terms and what the channel was told."""

    title: str
    own: bool
    sellable: Sellable
    explained: Explained


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the history, in words."""

    at: datetime
    recorded_at: datetime
    units: str
    what: str
    cause: str
    name: str
    origin: str
    is_seen: bool


@dataclass(frozen=True, kw_only=True)
class ItemPage:
    """Everything on the page. `rivals` are other items that carry the same SKU, `made_of` a bundle's components."""

    item: Item
    rivals: tuple[Item, ...]
    made_of: tuple[str, ...]
    states: tuple[State, ...]
    places: tuple[Place, ...]
    on_hand: int
    needs: tuple[Need, ...]
    sums: tuple[Sum, ...]
    lines: tuple[Line, ...]


def read_item_page(books: Books, shop: str, sku: str, item_id: str | None) -> ItemPage:
    """Return the page of an item: the one with the id where it is said, else the one with the SKU. Raises NotKnown."""
    items = _find(books, sku, item_id)
    item = items[0]
    places = _places(books, item)
    shown = [state for state in KEPT_STATES if any(place.units.get(state) for place in places)]
    return ItemPage(
        item=item,
        rivals=tuple(items[1:]),
        made_of=tuple(_made_of(books, item)),
        states=tuple(dict.fromkeys((State.AVAILABLE, *shown))),
        places=tuple(places),
        on_hand=sum(place.on_hand for place in places),
        needs=tuple(_needs(books, shop, item)),
        sums=tuple(_sums(books, shop, item)),
        lines=tuple(_lines(books, shop, item)),
    )


def _find(books: Books, sku: str, item_id: str | None) -> list[Item]:
    if item_id is None:
        return answers.find_items(books, sku)
    item = books.catalog.item(item_id)
    if item is None:
        raise NotKnown(f"there is no item {item_id!r}")
    rivals = books.catalog.item_by_sku(item.sku) if item.sku else []
    return [item, *(rival for rival in rivals if rival.item != item.item)]


def _made_of(books: Books, item: Item) -> list[str]:
    parts = books.bundles.components([item.item]).get(item.item, ())
    known = books.catalog.items_of(part.item for part in parts)
    return [f"{part.units} {known[part.item].sku or part.item if part.item in known else part.item}" for part in parts]


def _places(books: Books, item: Item) -> list[Place]:
    names = answers.location_names(books)
    units: defaultdict[str, dict[State, int]] = defaultdict(dict)
    for (_, bin_), number in books.ledger.all_levels(item=item.item).items():
        if bin_.state in KEPT_STATES:
            units[bin_.location][bin_.state] = number
    seen = books.observations.newest([LevelKey(item.item, location) for location in {*names, *units}])
    locations = {*units, *(key.location for key in seen)}
    asleep = books.catalog.inactive_levels([item.item])
    expected = books.expected([LevelKey(item.item, location) for location in locations])
    return [
        _place(names.get(location, location), units[location], expected[key], seen.get(key), stocked=key not in asleep)
        for location in sorted(locations, key=lambda location: (names.get(location, location), location))
        for key in (LevelKey(item.item, location),)
    ]


def _place(
    name: str, units: Mapping[State, int], expected: Mapping[State, int], seen: Observed | None, *, stocked: bool
) -> Place:
    """Return a row. It agrees where it was compared and no movement since has changed what should be shown."""
    return Place(
        name=name,
        units=units,
        on_hand=on_hand(units),
        shown_units=seen.units.get(State.AVAILABLE) if seen else None,
        looked_at=max(seen.agreed_at or seen.recorded_at, seen.recorded_at) if seen else None,
        stocked=stocked,
        agrees=seen is not None
        and seen.agreed_at is not None
        and seen.gap_since is None
        and seen.units.get(State.AVAILABLE, 0) == expected.get(State.AVAILABLE, 0),
    )


def _needs(books: Books, shop: str, item: Item) -> Iterator[Need]:
    if not item.sells_below_zero:
        for row in answers.oversells(books, shop, item.sku or item.item):
            if row.item == item.item:
                yield of_oversell(row)


def _sums(books: Books, shop: str, item: Item) -> list[Sum]:
    label = item.sku or item.item
    sums = []
    for sellable in answers.ats(books, shop, label):
        if sellable.item != item.item:
            continue
        explained = answers.explain(books, shop, label, sellable.channel)
        mine = next((one for one in explained if one.item == item.item), None)
        if mine is not None:
            own = sellable.channel in OWN_CHANNELS
            sums.append(Sum(title=title_of(sellable.channel), own=own, sellable=sellable, explained=mine))
    return sums


def _lines(books: Books, shop: str, item: Item) -> list[Line]:
    rows = answers.timeline(books, shop, item.sku or item.item, HISTORY)
    return [_line(row) for row in rows if row.item == item.item]


def _line(row: Happened) -> Line:
    if row.kind == "movement":
        return Line(
            at=row.happened_at,
            recorded_at=row.recorded_at,
            units=str(row.units),
            what=f"{row.reason}: {_move(row)}",
            cause=row.cause or "",
            name=row.name or "",
            origin=title_of(row.origin),
            is_seen=False,
        )
    if row.kind == "return":
        return Line(
            at=row.happened_at,
            recorded_at=row.recorded_at,
            units=str(row.units),
            what=f"return, {row.reason}",
            cause=row.cause or "",
            name=row.name or "",
            origin=title_of(row.origin),
            is_seen=True,
        )
    if row.kind == "label":
        return Line(
            at=row.happened_at,
            recorded_at=row.recorded_at,
            units="",
            what=row.reason or "",
            cause="",
            name="",
            origin=title_of(row.origin),
            is_seen=True,
        )
    shown = {state: units for state, units in (row.seen or {}).items() if units or state is State.AVAILABLE}
    seen = ", ".join(f"{signed(units)} {_words(state)}" for state, units in shown.items())
    return Line(
        at=row.happened_at,
        recorded_at=row.recorded_at,
        units="",
        what=f"{title_of(row.origin)} showed {seen} at {row.location}",
        cause="",
        name="",
        origin=title_of(row.origin),
        is_seen=True,
    )


def _move(row: Happened) -> str:
    source, target = row.source, row.target
    assert source is not None, "a movement has a source"
    assert target is not None, "a movement has a target"
    if source.location == target.location:
        return f"{_words(source.state)} to {_words(target.state)} at {target.location}"
    return f"{_words(source.state)} at {source.location} to {_words(target.state)} at {target.location}"


def _words(state: State) -> str:
    return state.value.replace("_", " ")
