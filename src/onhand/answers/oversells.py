"""What was sold and is not there: levels below zero, with the orders that took them there and those that wait."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from onhand.answers.called import called
from onhand.answers.lookup import find_items, location_names
from onhand.domain.catalog import Item
from onhand.domain.shortages import Claim, Shortage, explain_shortage, who_waits
from onhand.domain.stock import Bin, LevelKey, Movement, State
from onhand.store import Books

PAGE = 200
MOST_READ = 2000
"""Movements that are read of an item to find when a level fell below zero: a year of one that sells every few hours."""


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
    negative = {key: units for key, units in books.ledger.below_zero().items() if wanted is None or key.item in wanted}
    unplaced: defaultdict[str, list[Claim]] = defaultdict(list)
    for cause, item, units in books.pictures.unplaced():
        if units > 0 and (wanted is None or item in wanted):
            unplaced[item].append(Claim(cause, cause.partition("/")[0], units, None))
    items = books.catalog.items_of({*(key.item for key in negative), *unplaced})
    found = [*_below_zero(books, negative), *_without_location(books, unplaced)]
    causes = {claim.cause for _, short in found for claim in (*short.takers, *short.waiting)}
    telling = _Telling(shop, items, location_names(books), called(books, causes), _standing(books, items))
    rows = [telling.tell(key, short) for key, short in found if key[0] in items]
    return sorted(rows, key=lambda row: (row.since is None, row.since.timestamp() if row.since else 0.0, row.item))


_Found = tuple[tuple[str, str | None], Shortage]
"""An item, a location (None: nobody said which), and what is short there."""


def _below_zero(books: Books, negative: Mapping[LevelKey, int]) -> Iterator[_Found]:
    for key, units in negative.items():
        shelf = Bin(key.location, State.AVAILABLE)
        yield (
            (key.item, key.location),
            explain_shortage(shelf, units, _history(books, key.item), books.ledger.holders(key)),
        )


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


def _without_location(books: Books, unplaced: Mapping[str, list[Claim]]) -> Iterator[_Found]:
    """Yield orders that no location is known for and that nothing is left for anywhere."""
    levels = books.ledger.levels(unplaced)
    for item, claims in unplaced.items():
        available = sum(units for (one, bin_), units in levels.items() if one == item and bin_.state is State.AVAILABLE)
        wanted_units = sum(claim.units for claim in claims)
        missing_units = min(wanted_units, wanted_units - available)
        if missing_units > 0:
            waiting = who_waits(missing_units, reversed(claims))
            yield (item, None), Shortage(units=missing_units, since=None, takers=(), waiting=waiting)


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

    def tell(self, key: tuple[str, str | None], short: Shortage) -> OversellShown:
        item, place = self._items[key[0]], key[1]
        location = None if place is None else self._places.get(place, place)
        elsewhere = tuple(
            There(location=self._places.get(other, other), units=units)
            for other, units in self._standing.get(item.item, ())
        )
        waiting = tuple(self._claim(claim) for claim in short.waiting)
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
