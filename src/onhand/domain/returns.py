"""Returns: a picture of goods on their way back, and the movements that make the books agree with it.

Only what is said to be restocked is counted again (Shopify 2026-10, `ReverseFulfillmentOrderDispositionType`). A refund
that belongs to a return may name the same units as restocked once more: they are counted once, here, and the order's
own picture leaves them out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from onhand.domain.openings import Cuts
from onhand.domain.pictures import Version
from onhand.domain.stock import Bin, LevelKey, Levels, Movement, State, difference, pair_off


class ReturnStatus(StrEnum):
    """How far a return has come (Shopify 2026-10, `ReturnStatus`)."""

    REQUESTED = "requested"
    OPEN = "open"
    CLOSED = "closed"
    DECLINED = "declined"
    CANCELLED = "cancelled"


OVER = frozenset({ReturnStatus.CLOSED, ReturnStatus.DECLINED, ReturnStatus.CANCELLED})
"""Nobody disposes of anything under these, unless the return is opened again."""


class ReturnLine(NamedTuple):
    """Units of an item that come back, and those of them that will not be sold again: discarded, or never found.

    `processing_units` arrived and wait for somebody to decide (PROCESSING_REQUIRED). What none of them counts and
    nothing restocked is still awaited.
    """

    line: str
    item: str
    units: int
    discarded_units: int = 0
    missing_units: int = 0
    processing_units: int = 0


class Restocked(NamedTuple):
    """Units of a line that were put on sale again at a location."""

    line: str
    location: str
    units: int
    restocked_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ReturnPicture:
    """A return as its channel showed it.

    `cause` is its name in the books, `order` that of its order, placed at `ordered_at`, `name` what people call it.
    `restocked` are the
    dispositions that put goods back, `refunded` what the return's refunds say was put back.
    """

    cause: str
    origin: str
    version: Version
    order: str
    name: str
    status: ReturnStatus
    ordered_at: datetime
    opened_at: datetime
    lines: tuple[ReturnLine, ...]
    restocked: tuple[Restocked, ...] = ()
    refunded: tuple[Restocked, ...] = ()

    def back(self) -> Iterator[Restocked]:
        """Yield what was put back: by disposition, and by refund as far as that exceeds the line's dispositions."""
        yield from self.restocked
        by_line: dict[str, int] = {}
        for row in self.restocked:
            by_line[row.line] = by_line.get(row.line, 0) + row.units
        for row in self.refunded:
            again = min(row.units, by_line.get(row.line, 0))
            by_line[row.line] = by_line.get(row.line, 0) - again
            if row.units > again:
                yield row._replace(units=row.units - again)

    def restocked_units(self, line: str) -> int:
        """Return the units of a line that were put back."""
        return sum(row.units for row in self.back() if row.line == line)


def settle_return(picture: ReturnPicture, booked: Levels, cuts: Cuts, booked_count: int) -> tuple[Movement, ...]:
    """Return the movements that make the books agree with `picture`.

    `booked` is the fold of the `booked_count` movements that this return has caused so far.
    """
    items = {line.line: line.item for line in picture.lines}
    effect: dict[tuple[str, Bin], int] = {}
    happened: dict[tuple[str, Bin], datetime] = {}
    for row in picture.back():
        item = items.get(row.line)
        cut = None if item is None else cuts.get(LevelKey(item, row.location))
        if item is None or (cut is not None and row.restocked_at <= cut):
            continue
        for state, units in ((State.CUSTOMER, -row.units), (State.AVAILABLE, row.units)):
            key = (item, Bin(row.location, state))
            effect[key] = effect.get(key, 0) + units
            happened[key] = max(row.restocked_at, happened.get(key, row.restocked_at))
    return tuple(
        Movement(
            id=f"{picture.cause}/{number}",
            item=step.item,
            source=step.source,
            target=step.target,
            units=step.units,
            cause=picture.cause,
            origin=picture.origin,
            reason="returned" if step.target.state is State.AVAILABLE else "return changed",
            occurred_at=happened.get((step.item, step.target), picture.version.at),
        )
        for number, step in enumerate(pair_off(difference(effect, booked)), start=booked_count + 1)
    )
