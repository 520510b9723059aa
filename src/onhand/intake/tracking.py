"""Tracking: an item that is counted no more leaves the books, and one that is counted again begins with an opening.

Nothing of it is unexplained: the units go back to where openings come from, the supplier.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from onhand.domain.catalog import Item
from onhand.domain.drift import Drift, Observation, adopt
from onhand.domain.holds import HoldStatus, give_back
from onhand.domain.stock import KEPT_STATES, Bin, LevelKey, Movement, State
from onhand.intake.booked import key_of
from onhand.ports.channel import Ask, Report, Wanted
from onhand.store import Books

PLATFORM = "shopify"
"""Who says whether an item is counted, and knows of every movement that follows."""


def follow_tracking(
    books: Books, items: Iterable[Item], observations: Sequence[Observation], now: datetime
) -> list[str]:
    """Open the items that are counted from now on, empty those that are not any more; return a line for each.

    `items` are as they are now; the store still knows them as they were. The levels of a new item that is counted are
    opened like any others; of one that is not, what its webhooks have told already is forgotten.
    """
    items = list(items)
    before = books.catalog.items_of(item.item for item in items)
    notes = []
    for item in items:
        known = before.get(item.item)
        if known is None and not item.counted:
            empty_item(books, item.item, "not counted", now)
        if known is None or known.counted == item.counted:
            continue
        if item.counted:
            open_item(books, item.item, [seen for seen in observations if seen.item == item.item], now)
            notes.append(f"item {item.item} is counted from now on")
        else:
            empty_item(books, item.item, "not counted any more", now)
            notes.append(f"item {item.item} is not counted any more")
    return notes


def unclear_openings(report: Report, before: Mapping[str, Item]) -> set[str]:
    """Return the items that are counted from now on and have a level that does not add up: they begin when it does.

    `before` are items as they are known. Doubts that are settled ask for such an item again.
    """
    doubted = {row.key.item for row in report.contradictions}
    return {
        item.item
        for item in report.items
        if item.item in doubted and item.counted and item.item in before and not before[item.item].counted
    }


def empty_item(books: Books, item: str, reason: str, now: datetime) -> int:
    """Take everything of an item out of the books; return how many units stood there. Nothing is told to anybody."""
    _end_holds(books, item, now)
    cause = f"tracking/{books.count('trackings')}"
    reserved = books.ledger.reserved_by_origin(item)
    standing = [
        (bin_, units, PLATFORM)
        for (_, bin_), units in sorted(books.ledger.levels([item]).items())
        if bin_.state in KEPT_STATES and bin_.state is not State.RESERVED
    ]
    # What a channel's orders hold is given back in its name, or it would seem to hold it for ever.
    standing += [(Bin(location, State.RESERVED), units, origin) for (origin, location), units in reserved.items()]
    movements = [
        _given_back(f"{cause}/{number}", item, row, reason, now) for number, row in enumerate(standing, start=1)
    ]
    books.ledger.append(movements, now)
    books.owed.forget(item)
    books.pictures.forget_unplaced(item)
    books.drifts.close_item(item, now, reason)
    books.observations.forget(item)
    return sum(units for bin_, units, _ in standing if bin_.state is not State.INCOMING)


def _end_holds(books: Books, item: str, now: datetime) -> None:
    """End what is held of an item: its units leave with the rest of it, those of other components go back on sale."""
    for hold in books.holds.of_item(item):
        ended, moved = give_back(hold, HoldStatus.RELEASED, now)
        books.ledger.append([movement for movement in moved if movement.item != item], now)
        books.holds.end([ended])


def _given_back(id_: str, item: str, row: tuple[Bin, int, str], reason: str, now: datetime) -> Movement:
    """Return the movement that takes units out of the books; its id is the cause and a number, or a bin's name."""
    bin_, units, origin = row
    supplier = Bin(bin_.location, State.SUPPLIER)
    source, target = (bin_, supplier) if units > 0 else (supplier, bin_)
    return Movement(
        id=id_,
        item=item,
        source=source,
        target=target,
        units=abs(units),
        cause="/".join(id_.split("/")[:2]),
        origin=origin,
        reason=reason,
        occurred_at=now,
    )


def open_item(books: Books, item: str, observations: Sequence[Observation], now: datetime) -> None:
    """Begin to count an item with what its levels show.

    What an order has done until then is in that number, so it gets its cut at every location, also where no level is
    shown: what was put back there meanwhile went nowhere.
    """
    units: defaultdict[str, dict[State, int]] = defaultdict(dict)
    for (_, bin_), much in books.ledger.levels([item]).items():
        units[bin_.location][bin_.state] = much
    era = books.count("trackings")
    cause = f"tracking/{era}"
    movements: list[Movement] = []
    for seen in observations:
        kept = replace(seen, units={state: much for state, much in seen.units.items() if state in KEPT_STATES})
        drift = Drift(observation=kept, books_units=units[seen.location])
        place = f"{cause}/{seen.location}"
        movements += adopt(drift, place, against=State.SUPPLIER, reason="counted from now on")
    shown = {seen.location for seen in observations}
    movements += [
        _given_back(
            f"{cause}/{location}/{state}", item, (Bin(location, state), much, PLATFORM), "not stocked there", now
        )
        for location, states in sorted(units.items())
        for state, much in sorted(states.items())
        if location not in shown and state in KEPT_STATES
    ]
    books.ledger.append(movements, now)
    for channel, cause in books.pictures.passing_over(item):
        books.asks.add(channel, [Ask(Wanted.ORDER, key_of(cause), "its goods are counted again")], now)
    if observations:
        last = max(seen.observed_at for seen in observations)
        places = {row.location for row in books.catalog.locations()} | {
            key.location for key in books.ledger.cuts([item])
        }
        cuts = {LevelKey(item, place): last for place in places}
        books.ledger.set_cuts(cuts | {seen.key: seen.observed_at for seen in observations}, era)
