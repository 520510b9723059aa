"""Notices: what a third party that keeps goods for a merchant says it has, or what it has done with them.

A snapshot is a count at a time: it checks the books and never writes them by itself. A delta is a change that only the
third party can know of. An advice tells of shipped orders, which the shop's own platform tells of as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from onhand.domain.stock import Bin, Movement, State

CLOCKS_APART: Final = timedelta(minutes=1)
"""How far the clocks of a third party and of Shopify may be apart. What is adopted of a count is dated so long before:
else a sale told late would make the books of just before agree with it, and be taken off twice."""

Kind = Literal["snapshot", "delta", "advice"]
"""What a notice is: a count, changes, or orders that were shipped."""

Measure = Literal["on_hand", "available"]
"""Which of a third party's numbers is believed. Its `available` may leave out what its own orders hold."""


class Change(StrEnum):
    """What a delta has done: goods came in, were found or lost, or cannot be sold any more."""

    RECEIPT = "receipt"
    ADJUSTMENT = "adjustment"
    DAMAGE = "damage"


class NoticeRow(NamedTuple):
    """One row as the third party names it: `row` is its place in the notice, from 1.

    Units are None where it does not say; `delta_units` is signed and belongs to a delta. `reason` is in its own words.
    """

    row: int
    sku: str | None
    gtin: str | None = None
    on_hand_units: int | None = None
    available_units: int | None = None
    committed_units: int | None = None
    damaged_units: int | None = None
    inbound_units: int | None = None
    delta_units: int | None = None
    change: Change = Change.ADJUSTMENT
    reason: str = ""

    @property
    def name(self) -> str:
        """What a person looks for in the notice."""
        return self.sku or self.gtin or f"row {self.row}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """What a third party says at `as_of`, its own time.

    `source` is who says it, `message_id` tells it from every other one of that source. `sequence` grows with each
    notice, None where it keeps none. `location` is its own name of the place, None where the address said it.
    `complete`: whatever is not in a snapshot is not there. `orders` are the shop's order names of an advice.
    """

    kind: Kind
    source: str
    message_id: str
    sequence: int | None = None
    as_of: datetime
    location: str | None
    complete: bool = False
    rows: tuple[NoticeRow, ...] = ()
    orders: tuple[str, ...] = ()

    @property
    def cause(self) -> str:
        """The name of this notice in the books."""
        return f"{self.source}/{self.message_id}"


def units_of(row: NoticeRow, measure: Measure) -> int | None:
    """Return the number of a snapshot's row that is believed, None where the row does not say it."""
    return row.on_hand_units if measure == "on_hand" else row.available_units


class Told(NamedTuple):
    """A notice with what is configured of its sender. `place` is the location by its name in the shop.

    `authority` is who is believed there. Receipts are not `booked_receipts` where the shop's transfers bring them.
    `delivery` is the sender's id of what carried the notice.
    """

    notice: Notice
    place: str
    measure: Measure
    authority: str
    booked_receipts: bool
    delivery: str


MOST_VANISHING_SKUS = 0.05
MOST_VANISHING_UNITS = 0.20
"""What may go to nothing in one snapshot before a person is asked: more is likelier a broken export than a theft."""

FEW = 10
"""Rows that say 0 in so many words are believed up to here; beyond they count like rows that are missing."""


class Shrinkage(NamedTuple):
    """What a snapshot would take to nothing, of how much there was."""

    skus: int
    units: int
    of_skus: int
    of_units: int

    @property
    def too_much(self) -> bool:
        """Whether a person must say that this is true."""
        return self.skus > self.of_skus * MOST_VANISHING_SKUS or self.units > self.of_units * MOST_VANISHING_UNITS

    def __str__(self) -> str:
        return (
            f"{self.skus} of {self.of_skus} SKUs and {self.units} of {self.of_units} units would go to nothing; "
            f"{MOST_VANISHING_SKUS:.0%} of SKUs and {MOST_VANISHING_UNITS:.0%} of units may at once"
        )


def shrinkage(standing: Sequence[tuple[str, int]], counted: dict[str, int]) -> Shrinkage | None:
    """Return what a complete snapshot would take to nothing, None where that is nothing to speak of.

    `standing` are items with units by the books at its time; `counted` is what the snapshot says of items.
    """
    held = [(item, units) for item, units in standing if units > 0]
    absent = [(item, units) for item, units in held if item not in counted]
    emptied = [(item, units) for item, units in held if counted.get(item, 1) <= 0]
    vanishing = absent + (emptied if len(emptied) > FEW else [])
    if not vanishing:
        return None
    return Shrinkage(
        skus=len(vanishing),
        units=sum(units for _, units in vanishing),
        of_skus=len(held),
        of_units=sum(units for _, units in held),
    )


def explained(gap: int, adopted: int) -> int:
    """Return the part of an adoption, signed as it was, that a gap the other way shows to be explained by now."""
    if gap * adopted >= 0:
        return 0
    return max(adopted, -gap) if adopted < 0 else min(adopted, -gap)


def movement_of(notice: Notice, row: NoticeRow, item: str, location: str) -> Movement | None:
    """Return the movement that a delta's row stands for, None where it changes nothing.

    Its name is the source's, the message's and the row's: however often it comes, it is booked once. What is damaged
    was available before; what is found or lost went against `unexplained`.
    """
    units = row.delta_units or 0
    if not units:
        return None
    here = Bin(location, State.AVAILABLE)
    other = {
        Change.RECEIPT: Bin(location, State.SUPPLIER),
        Change.ADJUSTMENT: Bin(location, State.UNEXPLAINED),
        Change.DAMAGE: Bin(location, State.DAMAGED),
    }[row.change]
    return Movement(
        id=f"{notice.cause}/{row.row}",
        item=item,
        source=other if units > 0 else here,
        target=here if units > 0 else other,
        units=abs(units),
        cause=notice.cause,
        origin=notice.source,
        reason=row.reason or row.change.value,
        occurred_at=notice.as_of,
    )
