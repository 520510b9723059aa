"""Transfers: a picture of goods on their way between two locations, and the movements that make the books agree.

A picture is settled by difference, as an order is: what the transfer has done to every bin according to the picture,
less what is booked for it already.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from onhand.domain.openings import Opened, Step, after_opening, part
from onhand.domain.pictures import Version
from onhand.domain.stock import Bin, LevelKey, Levels, Movement, State, Transfer, difference, pair_off


class TransferStatus(StrEnum):
    """How far a transfer has come (Shopify 2026-10, `InventoryTransferStatus`).

    VANISHED is none of the platform's: it does not know the transfer any more.
    """

    DRAFT = "draft"
    READY_TO_SHIP = "ready_to_ship"
    IN_PROGRESS = "in_progress"
    TRANSFERRED = "transferred"
    CANCELLED = "cancelled"
    VANISHED = "vanished"


RESERVING = frozenset({TransferStatus.READY_TO_SHIP, TransferStatus.IN_PROGRESS})
"""While a transfer is in one of these, what it has not shipped waits reserved at its origin."""

OVER = frozenset({TransferStatus.TRANSFERRED, TransferStatus.CANCELLED, TransferStatus.VANISHED})
"""Nothing more is sent; shipments of a cancelled transfer may still be received."""


UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
"""The time in a transfer's version: Shopify keeps none of its changes (2026-10, `InventoryTransfer`), and lets people
edit when it was made. So its pictures are readings, told apart by the order in which they began."""


_FOR_GOOD = datetime.max.replace(tzinfo=UTC)


class TransferLine(NamedTuple):
    """Units of an item that are to be transferred in total, those already sent included."""

    item: str
    units: int


class Sent(NamedTuple):
    """Units of an item that left the origin in one shipment, and what became of them at the destination.

    `received_at` is when the first of them were received; None: none were yet. The units that were neither accepted
    nor rejected are under way. More may be accepted than were sent: what is beyond was never incoming.
    """

    shipment: str
    item: str
    units: int
    shipped_at: datetime
    accepted_units: int = 0
    rejected_units: int = 0
    received_at: datetime | None = None

    @property
    def under_way_units(self) -> int:
        """Units that have left and not arrived."""
        return max(0, self.units - self.accepted_units - self.rejected_units)

    @property
    def extra_units(self) -> int:
        """Accepted units that were not in the shipment."""
        return min(self.accepted_units, max(0, self.accepted_units + self.rejected_units - self.units))


@dataclass(frozen=True, kw_only=True, slots=True)
class TransferPicture:
    """A transfer as its channel showed it.

    `cause` is its name in the books, `name` what people call it, `seen_at` when it was read. A location is None where
    the goods come from, or go to, somewhere that the shop keeps no stock of: a supplier, another shop.
    """

    cause: str
    origin: str
    version: Version
    name: str
    status: TransferStatus
    created_at: datetime
    seen_at: datetime
    from_location: str | None
    to_location: str | None
    lines: tuple[TransferLine, ...]
    sent: tuple[Sent, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether more is to come: it is not over, or some of what was sent has not arrived."""
        return self.status not in OVER or any(row.under_way_units for row in self.sent)


class SettledTransfer(NamedTuple):
    """What a picture asks of the books, and what opening balances hold of the transfer, by item and bin."""

    movements: tuple[Movement, ...]
    held: Levels


def settle_transfer(picture: TransferPicture, booked: Levels, opened: Opened, booked_count: int) -> SettledTransfer:
    """Return the movements that make the books agree with `picture`.

    `booked` is the fold of the `booked_count` movements that this transfer has caused so far. An opening counts for its
    own side only: goods sent before the destination was opened and after the origin was leave the origin alone. Units
    that no bin of the shop gives or takes come from and go to the supplier's bin of the location they touch. Once a
    picture was booked, what the openings hold is settled: Shopify does not say when a transfer changed.
    """
    opened = replace(opened, known_at=dict.fromkeys(opened.known_at, _FOR_GOOD))
    standing = Counter(booked)
    standing.update({key: units for key, units in opened.held.items() if key[0] in opened.known_at})
    if picture.status is TransferStatus.VANISHED:
        ways = _ways_out(standing)
        return SettledTransfer(_movements(picture, ways, {}, opened, booked_count), opened.held)
    parted = part(_steps(picture, *_places(picture, standing)), opened, None)
    ways = pair_off(difference(parted.effect, booked))
    return SettledTransfer(_movements(picture, ways, parted.happened, opened, booked_count), parted.held)


def under_way(movements: Iterable[Movement]) -> dict[tuple[str, str], int]:
    """Return the units that vanished with their transfer on the way, by item and the location they were to reach."""
    lost: Counter[tuple[str, str]] = Counter()
    for row in movements:
        if row.source.state is State.INCOMING and row.target.state is State.SUPPLIER:
            lost[row.item, row.source.location] += row.units
    return dict(lost)


def _ways_out(standing: Levels) -> list[Transfer]:
    """Return what becomes of units that a transfer held when it vanished.

    What was put aside is free again, as when it is cancelled. What was under way arrives under no name any more.
    """
    ways: list[Transfer] = []
    for (item, bin_), units in sorted(standing.items()):
        if bin_.state is State.RESERVED and units > 0:
            ways.append(Transfer(item, bin_, Bin(bin_.location, State.AVAILABLE), units))
        if bin_.state is State.INCOMING and units > 0:
            ways.append(Transfer(item, bin_, Bin(bin_.location, State.SUPPLIER), units))
    return ways


def _movements(
    picture: TransferPicture,
    ways: Sequence[Transfer],
    happened: Mapping[tuple[str, Bin], datetime],
    opened: Opened,
    booked_count: int,
) -> tuple[Movement, ...]:
    movements: list[Movement] = []
    for number, row in enumerate(ways, start=booked_count + 1):
        happened_at = happened.get((row.item, row.target), picture.seen_at)
        key = LevelKey(row.item, row.target.location)
        movements.append(
            Movement(
                id=f"{picture.cause}/{number}",
                item=row.item,
                source=row.source,
                target=row.target,
                units=row.units,
                cause=picture.cause,
                origin=picture.origin,
                reason=_reason(picture, row),
                occurred_at=after_opening(key, happened_at, opened, picture.seen_at),
            )
        )
    return tuple(movements)


def _reason(picture: TransferPicture, row: Transfer) -> str:
    if picture.status is TransferStatus.VANISHED:
        return "transfer vanished"
    return _REASONS.get((row.source.state, row.target.state), "transfer changed")


def effect_of(picture: TransferPicture) -> dict[tuple[str, Bin], int]:
    """Return what a transfer has done to every bin since it was made, whatever is booked or opened."""
    steps = _steps(picture, picture.from_location, picture.to_location)
    return part(steps, Opened(), None).effect


_REASONS = {
    (State.AVAILABLE, State.RESERVED): "put aside for a transfer",
    (State.RESERVED, State.AVAILABLE): "transfer cancelled",
    (State.RESERVED, State.INCOMING): "sent to another location",
    (State.AVAILABLE, State.INCOMING): "sent to another location",
    (State.SUPPLIER, State.INCOMING): "on its way here",
    (State.INCOMING, State.AVAILABLE): "received from a transfer",
    (State.AVAILABLE, State.AVAILABLE): "transferred",
    (State.INCOMING, State.SUPPLIER): "rejected on arrival",
    (State.SUPPLIER, State.AVAILABLE): "received beyond what was sent",
    (State.AVAILABLE, State.SUPPLIER): "sent and rejected on arrival",
}


def _places(picture: TransferPicture, booked: Levels) -> tuple[str | None, str | None]:
    """Return origin and destination; one that the picture has ceased to name is where books and openings had it.

    Shopify forgets the location of a transfer when it is deleted (2026-10, `LocationSnapshot.location`).
    """
    origin, destination = picture.from_location, picture.to_location
    for (_, bin_), units in sorted(booked.items()):
        if bin_.location in (origin, destination) or bin_.state is State.SUPPLIER:
            continue
        if bin_.state is State.INCOMING or (bin_.state is State.AVAILABLE and units > 0):
            destination = destination or bin_.location
        else:
            origin = origin or bin_.location
    return origin, destination


def _steps(picture: TransferPicture, origin: str | None, destination: str | None) -> Iterator[Step]:
    """Yield everything that happened to the transfer's units, in its order."""
    shelf, aside = _bin(origin, State.AVAILABLE), _bin(origin, State.RESERVED)
    under_way, arrived = _bin(destination, State.INCOMING), _bin(destination, State.AVAILABLE)
    left: dict[str, int] = {}
    for row in picture.sent:
        left[row.item] = left.get(row.item, 0) + row.units
        received_at = row.received_at or picture.seen_at
        yield Step(row.item, shelf, aside, row.units, picture.created_at)
        yield Step(row.item, aside, under_way, row.units, row.shipped_at)
        yield Step(row.item, under_way, arrived, row.accepted_units - row.extra_units, received_at)
        yield Step(row.item, None, arrived, row.extra_units, received_at)
        yield Step(row.item, under_way, None, row.rejected_units, received_at)
    if picture.status in RESERVING:
        for line in picture.lines:
            waiting_units = max(0, line.units - left.get(line.item, 0))
            yield Step(line.item, shelf, aside, waiting_units, picture.created_at)


def _bin(location: str | None, state: State) -> Bin | None:
    return None if location is None else Bin(location, state)
