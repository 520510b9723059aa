"""What was sold and is not there: levels below zero, with the orders that took them there and those that wait."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from onhand.answers.called import called
from onhand.answers.lookup import find_items, location_names
from onhand.domain.catalog import Item
from onhand.domain.shortages import Claim, Shortage, explain_shortage, who_waits
from onhand.domain.stock import Bin, LevelKey, Movement, State
from onhand.store import Books

PAGE = 200
MOST_READ = 2000
"""Movements that are read of an item to find when a level fell below zero: a year of one that sells every few hours."""


_BEFORE = "orders from before the first reading"


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimShown:
    """What took units or waits for them: an order, a transfer, a draft, something adopted.

    `name` is what people call it, `cause` its name in the books. `at` is None where nobody said when.
    """

    name: str
    cause: str
    channel: str
    units: int
    at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class There:
    """Units available at another location."""

    location: str
    units: int


@dataclass(frozen=True, kw_only=True, slots=True)
class OversellShown:
    """Units that were sold at a location and are not there.

    `location` is None where nothing says yet from where they are to be shipped. `since` is None where the level fell
    below zero further back than was read. `taken_by` took it below zero, `waiting` cannot be served, newest first; of
    `gone_units` nobody waits: more has left than the books knew. `sells_below_zero` is what the merchant allows
    Shopify. `value_at_risk` is what the units are worth in `currency`, at cost, or at the price where the cost is not
    known; None where neither is.
    """

    shop: str
    sku: str | None
    item: str
    title: str
    location: str | None
    units: int
    gone_units: int
    since: datetime | None
    sells_below_zero: bool
    taken_by: tuple[ClaimShown, ...]
    waiting: tuple[ClaimShown, ...]
    elsewhere: tuple[There, ...]
    value_at_risk: float | None
    currency: str | None
    next_step: str


def oversells(books: Books, shop: str, sku: str | None = None) -> list[OversellShown]:
    """Return what is oversold now, of one SKU or of all, the longest first. Raises NotKnown for a SKU there is not."""
    wanted = None if sku is None else {item.item for item in find_items(books, sku)}
    rows = _tell(books, shop, _short_places(books, wanted))
    return sorted(rows, key=lambda row: (row.since is None, row.since.timestamp() if row.since else 0.0, row.item))


def worst_oversells(books: Books, shop: str, most: int) -> tuple[int, list[OversellShown]]:
    """Return how much is oversold that nobody allowed, in places, and up to `most` of them with the most units."""
    places = _short_places(books, None)
    items = books.catalog.items_of({place.item for place in places})
    unwanted = [place for place in places if place.item in items and not items[place.item].sells_below_zero]
    unwanted.sort(key=lambda place: (-place.units, place.item, place.location or ""))
    return len(unwanted), _tell(books, shop, unwanted[:most])


class _Short(NamedTuple):
    """Where units are short. Location None: nobody said where, and `claims` are the orders that wait, newest first."""

    item: str
    location: str | None
    units: int
    claims: tuple[Claim, ...] = ()


def _short_places(books: Books, wanted: Collection[str] | None) -> list[_Short]:
    """Return where units of items (None: of any) are short, without looking for what took them."""
    places = [_Short(key.item, key.location, -units) for key, units in books.ledger.below_zero().items()]
    unplaced: defaultdict[str, list[Claim]] = defaultdict(list)
    for cause, item, units in books.pictures.unplaced():
        if units > 0:
            unplaced[item].append(Claim(cause, cause.partition("/")[0], units, None))
    levels = books.ledger.levels(unplaced) if unplaced else {}
    for item, claims in unplaced.items():
        available = sum(units for (one, bin_), units in levels.items() if one == item and bin_.state is State.AVAILABLE)
        asked_units = sum(claim.units for claim in claims)
        if asked_units > available:
            places.append(_Short(item, None, min(asked_units, asked_units - available), tuple(reversed(claims))))
    return [place for place in places if wanted is None or place.item in wanted]


def _tell(books: Books, shop: str, places: Iterable[_Short]) -> list[OversellShown]:
    found = [(place, _explain(books, place)) for place in places]
    items = books.catalog.items_of({place.item for place, _ in found})
    causes = {claim.cause for _, short in found for claim in (*short.takers, *short.waiting)}
    telling = _Telling(shop, items, location_names(books), called(books, causes), _standing(books, items))
    return [telling.tell(place, short) for place, short in found if place.item in items]


def _explain(books: Books, place: _Short) -> Shortage:
    if place.location is None:
        waiting = who_waits(place.units, place.claims)
        return Shortage(units=place.units, since=None, takers=(), waiting=waiting)
    key = LevelKey(place.item, place.location)
    shelf = Bin(place.location, State.AVAILABLE)
    return explain_shortage(shelf, -place.units, _history(books, place.item), books.ledger.holders(key))


def _history(books: Books, item: str) -> Iterator[Movement]:
    """Yield an item's movements, newest first, page by page."""
    before: int | None = None
    for _ in range(MOST_READ // PAGE):
        page = books.ledger.history(item, PAGE, before)
        for sequence, movement, _recorded_at in page:
            before = sequence
            yield movement
        if len(page) < PAGE:
            return


def _standing(books: Books, items: Iterable[str]) -> dict[str, list[tuple[str, int]]]:
    """Return where active locations have some of each item, most first."""
    active = {row.location for row in books.catalog.locations() if row.active}
    standing: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for (item, bin_), units in books.ledger.levels(items).items():
        if bin_.state is State.AVAILABLE and units > 0 and bin_.location in active:
            standing[item].append((bin_.location, units))
    return {item: sorted(rows, key=lambda row: (-row[1], row[0])) for item, rows in standing.items()}


class _Telling:
    """Puts shortages into people's words."""

    def __init__(
        self,
        shop: str,
        items: Mapping[str, Item],
        places: Mapping[str, str],
        names: Mapping[str, str],
        standing: Mapping[str, list[tuple[str, int]]],
    ) -> None:
        self._shop, self._items, self._places, self._names, self._standing = shop, items, places, names, standing

    def tell(self, place: _Short, short: Shortage) -> OversellShown:
        item = self._items[place.item]
        location = None if place.location is None else self._places.get(place.location, place.location)
        elsewhere = tuple(
            There(location=self._places.get(other, other), units=units)
            for other, units in self._standing.get(item.item, ())
        )
        waiting = tuple(self._waiting(claim) for claim in short.waiting)
        money = item.value_of(short.units)
        return OversellShown(
            shop=self._shop,
            sku=item.sku,
            item=item.item,
            title=item.title,
            location=location,
            units=short.units,
            gone_units=short.gone_units,
            since=short.since,
            sells_below_zero=item.sells_below_zero,
            taken_by=tuple(self._claim(claim) for claim in short.takers),
            waiting=waiting,
            elsewhere=elsewhere,
            value_at_risk=float(money.amount) if money else None,
            currency=money.currency if money else None,
            next_step=_next_step(location, waiting, short.gone_units, elsewhere, above_zero=not item.sells_below_zero),
        )

    def _waiting(self, claim: Claim) -> ClaimShown:
        shown = self._claim(claim)
        # The first reading tells how much was promised, and not to whom.
        return replace(shown, name=_BEFORE) if claim.cause.startswith("opening/") else shown

    def _claim(self, claim: Claim) -> ClaimShown:
        return ClaimShown(
            name=self._names[claim.cause],
            cause=claim.cause,
            channel=claim.origin,
            units=claim.units,
            at=claim.at,
        )


def _next_step(
    location: str | None,
    waiting: tuple[ClaimShown, ...],
    gone_units: int,
    elsewhere: tuple[There, ...],
    *,
    above_zero: bool,
) -> str:
    steps: list[str] = []
    names = ", ".join(dict.fromkeys(claim.name for claim in waiting))
    units = sum(claim.units for claim in waiting)
    here = f" at {location}" if location is not None else ""
    if waiting and elsewhere:
        there = ", ".join(f"{place.location} ({place.units} there)" for place in elsewhere)
        steps.append(f"ship {names} from {there}, or receive {units}{here}")
    elif waiting and above_zero:
        steps.append(f"receive {units}{here}, or cancel {names}")
    elif waiting:
        steps.append(f"receive {units}{here} for {names}: Shopify was allowed to sell below zero")
    if gone_units and location is not None:
        steps.append(f"count it at {location}: {gone_units} more left than the books had")
    return "; ".join(steps)
