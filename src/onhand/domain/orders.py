"""Orders: a picture of one, as its channel showed it. What it asks of the books says `settling`."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from onhand.domain.pictures import Version
from onhand.domain.stock import State


class Restock(StrEnum):
    """What a refund did with the goods (Shopify 2026-10, `RefundLineItemRestockType`)."""

    RETURN = "return"
    CANCEL = "cancel"
    NONE = "no_restock"


class OrderLine(NamedTuple):
    """Units of an item that the order has asked for in total, additions by editing included."""

    line: str
    item: str
    units: int


class Added(NamedTuple):
    """Units of a line that came to the order after it was placed: by editing it, or in exchange for what came back."""

    line: str
    units: int
    added_at: datetime


class Placed(NamedTuple):
    """Units of a line that wait at a location. None: the channel has not said yet where. Units may be 0.

    A row of 0 units says where units of the line stood before they were cancelled.
    """

    line: str
    location: str | None
    units: int


class Shipped(NamedTuple):
    """Units of a line that left a location with or towards the customer."""

    line: str
    location: str
    units: int
    shipped_at: datetime


class Unshipped(NamedTuple):
    """Units of a line that had left a location and whose shipment was taken back: they wait there again."""

    line: str
    location: str
    units: int
    shipped_at: datetime
    unshipped_at: datetime


class Gone(NamedTuple):
    """Units of a line that a location was to ship, has not shipped, and is not to ship any more."""

    line: str
    location: str
    units: int


class Refunded(NamedTuple):
    """Units of a line taken off the order or given back. Location None: where the units stood before."""

    line: str
    location: str | None
    units: int
    restock: Restock
    refunded_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderPicture:
    """An order as its channel showed it.

    `cause` is its name in the books, `origin` the channel it came from. `hold` is the state in which open units
    wait: committed for Shopify's own orders, reserved for orders from elsewhere, because apps cannot commit.
    `sold_at` is when the goods changed hands where that was before the channel placed the order (a till without
    connection, an order brought in later); None: as it was placed. Levels follow when it was placed.
    `added` dates those units of lines that were not there from the beginning. `gone` says where units stood that were
    taken off the order, as far as the channel knows it.
    `made_by` is the app that created it, None where the platform's own channels did. `name` is what people call it.
    `known_as` are numbers under which another channel may know it: an app that brings orders here leaves them.
    `complete` is False where the channel is known to have shown only a part (an item nobody knows yet): such a
    picture is booked as far as it goes, and the whole one is asked for. `read_at` is the channel's own time when it
    showed this; None where it did not say.
    """

    cause: str
    origin: str
    version: Version
    placed_at: datetime
    lines: tuple[OrderLine, ...]
    placed: tuple[Placed, ...] = ()
    shipped: tuple[Shipped, ...] = ()
    refunded: tuple[Refunded, ...] = ()
    gone: tuple[Gone, ...] = ()
    unshipped: tuple[Unshipped, ...] = ()
    sold_at: datetime | None = None
    hold: State = State.COMMITTED
    complete: bool = True
    made_by: str | None = None
    added: tuple[Added, ...] = ()
    name: str | None = None
    known_as: tuple[str, ...] = ()
    read_at: datetime | None = None


class NotPutBack(NamedTuple):
    """Units of a line that were refunded and not put back: they had `left` with the customer, or never did."""

    line: str
    item: str
    units: int
    left: bool
    refunded_at: datetime
