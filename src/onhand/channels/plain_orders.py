"""An order of lines with units that waits, has left, or is void as a whole: what most web shops know."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from onhand.domain.orders import OrderLine, OrderPicture, Placed, Refunded, Restock, Shipped
from onhand.domain.pictures import Version
from onhand.domain.stock import State
from onhand.ports.channel import Catalog, Problem


class Fate(StrEnum):
    """What became of an order."""

    WAITS = "waits"
    LEFT = "left"
    VOID = "void"


class Sold(NamedTuple):
    """A line: units of a listing; `sku` is only for people."""

    line: str
    listing: str
    units: int
    sku: str | None


class TakenBack(NamedTuple):
    """Units of a line that were refunded. `returned`: they stand among what is sold again, after they had left."""

    line: str
    units: int
    at: datetime
    returned: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PlainOrder:
    """An order in common words. `left_at` is when its goods left, None where they have not."""

    channel: str
    order: str
    name: str | None
    placed_at: datetime
    changed_at: datetime
    fate: Fate
    lines: Sequence[Sold]
    taken_back: Sequence[TakenBack] = ()
    left_at: datetime | None = None


def draw(order: PlainOrder, location: str, catalog: Catalog, reading: int) -> tuple[OrderPicture, list[Problem]]:
    """Return the picture of an order, all of it at one location, and what kept it from being whole.

    Lines whose listing is not mapped to an item are left out and reported: the picture says that it is not complete.
    """
    items = {row.line: item for row in order.lines if (item := catalog.item_of(order.channel, row.listing))}
    lines = [row for row in order.lines if row.line in items]
    refunded = list(_refunded(order, lines, location))
    gone = Counter[str]()
    for row in refunded:
        gone[row.line] += row.units
    left, left_at = order.fate is Fate.LEFT, order.left_at or order.changed_at
    picture = OrderPicture(
        cause=f"{order.channel}/order/{order.order}",
        origin=order.channel,
        version=Version(at=order.changed_at, reading=reading),
        placed_at=order.placed_at,
        lines=tuple(OrderLine(row.line, items[row.line], row.units) for row in lines),
        placed=tuple(
            Placed(row.line, location, row.units - gone[row.line]) for row in lines if order.fate is Fate.WAITS
        ),
        shipped=tuple(Shipped(row.line, location, row.units, left_at) for row in lines if left),
        refunded=tuple(refunded),
        hold=State.RESERVED,
        complete=len(lines) == len(order.lines),
        name=order.name,
    )
    return picture, [_unmapped(order, row) for row in order.lines if row.line not in items]


def _refunded(order: PlainOrder, lines: Sequence[Sold], location: str) -> Iterator[Refunded]:
    """Yield what was taken off the order. Goods that never left are only set free."""
    if order.fate is Fate.VOID:
        for row in lines:
            yield Refunded(row.line, location, row.units, Restock.CANCEL, order.changed_at)
        return
    known = {row.line for row in lines}
    for back in order.taken_back:
        if back.line in known and back.units:
            restock = Restock.RETURN if back.returned else Restock.NONE
            yield Refunded(
                back.line, location, back.units, restock if order.fate is Fate.LEFT else Restock.CANCEL, back.at
            )


def _unmapped(order: PlainOrder, row: Sold) -> Problem:
    return Problem(
        kind="unmapped listing",
        key=f"{order.channel}/{row.listing}",
        message=f"order {order.order} asks for listing {row.listing} (SKU {row.sku!r}), which no item stands behind: "
        "its units are not booked",
        next_step="give the item the same SKU, used once on both sides, then run `onhand sync`",
    )


def unknown_status(channel: str, order: str, status: str) -> Problem:
    """Return the problem that an order has a status of which nobody here knows what it means."""
    message = f"order {order} has status {status!r}, unknown to this onhand: its units stay reserved"
    next_step = "set the order to one of the statuses that the platform documents, or update onhand"
    return Problem("unknown order status", f"{channel}/{status}", message, next_step)
