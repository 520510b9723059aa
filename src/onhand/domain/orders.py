"""Orders: a picture of one, and the movements that make the books agree with it.

A picture is settled by difference: what the order has done to every bin according to the picture, less what is
booked for it already. So a repeat moves nothing and a lost picture is made good by the next one.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from onhand.domain.pictures import Version
from onhand.domain.stock import Bin, LevelKey, Levels, Movement, State, difference, pair_off

Cuts = Mapping[LevelKey, datetime]
"""When the opening balance of a level was read; what happened until then is in it. Absent: nothing is."""


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
    `gone` says where units stood that were taken off the order, as far as the channel knows it.
    `made_by` is the app that created it, None where the platform's own channels did. `name` is what people call it.
    `complete` is False where the channel is known to have shown only a part (an item nobody knows yet): such a
    picture is booked as far as it goes, and the whole one is asked for.
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
    name: str | None = None


class Step(NamedTuple):
    """One thing that happened to units of an order: they went from one bin to another of the same location."""

    item: str
    source: Bin
    target: Bin
    units: int
    occurred_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """What a picture asks of the books: movements, and open units by item whose location is not known yet.

    `counted_at` is when the channel's levels followed, by movement, where that was later than it occurred.
    """

    movements: tuple[Movement, ...]
    counted_at: dict[str, datetime] = field(default_factory=dict)
    unplaced_units: dict[str, int] = field(default_factory=dict)


def settle(
    picture: OrderPicture, booked: Levels, cuts: Cuts, booked_count: int, unclaimed: Collection[str] = ()
) -> Settlement:
    """Return the movements that make the books agree with `picture`.

    `booked` is the fold of the `booked_count` movements that this order has caused so far; the count numbers the
    new ones, so that two workers who settle the same order collide instead of booking twice. Open units whose
    location the picture does not say stay where the books hold them for this order. Of `unclaimed` items the order has
    claimed no stock at the platform: only goods that came back count.
    """
    steps, unplaced = _read_steps(_stay_put(picture, booked))
    if unclaimed:
        steps = [step for step in steps if step.item not in unclaimed or step.source.state is State.CUSTOMER]
        unplaced = {item: units for item, units in unplaced.items() if item not in unclaimed}
    effect: dict[tuple[str, Bin], int] = {}
    happened: dict[tuple[str, Bin], datetime] = {}
    for item, source, target, units, occurred_at in steps:
        cut = cuts.get(LevelKey(item, source.location))
        if cut is not None and occurred_at <= cut:
            continue
        key = (item, source)
        effect[key] = effect.get(key, 0) - units
        key = (item, target)
        effect[key] = effect.get(key, 0) + units
        happened[key] = max(occurred_at, happened.get(key, occurred_at))
    movements: list[Movement] = []
    counted_at: dict[str, datetime] = {}
    for number, transfer in enumerate(pair_off(difference(effect, booked)), start=booked_count + 1):
        moved_at = happened.get((transfer.item, transfer.target), picture.version.at)
        belated = picture.sold_at is not None and moved_at == picture.placed_at
        movement = Movement(
            id=f"{picture.cause}/{number}",
            item=transfer.item,
            source=transfer.source,
            target=transfer.target,
            units=transfer.units,
            cause=picture.cause,
            origin=picture.origin,
            reason=_REASONS.get((transfer.source.state, transfer.target.state), "order changed"),
            occurred_at=picture.sold_at if belated and picture.sold_at is not None else moved_at,
        )
        movements.append(movement)
        if belated:
            counted_at[movement.id] = moved_at
    return Settlement(movements=tuple(movements), counted_at=counted_at, unplaced_units=unplaced)


class NotPutBack(NamedTuple):
    """Units of a line that were refunded and not put back: they had `left` with the customer, or never did."""

    line: str
    item: str
    units: int
    left: bool
    refunded_at: datetime


def not_put_back(picture: OrderPicture) -> list[NotPutBack]:
    """Return what an order's refunds left uncounted, by line: nobody says whether it can be sold again."""
    found: list[NotPutBack] = []
    for line in picture.lines if picture.refunded else ():
        refunds = [row for row in picture.refunded if row.line == line.line and row.restock is Restock.NONE]
        if not refunds:
            continue
        undoing = _Undoing(picture, line)
        off_units = undoing.written_off_units()
        last_at = max(row.refunded_at for row in refunds)
        left_units = sum(row.units for row in refunds) - off_units
        found.append(NotPutBack(line.line, line.item, left_units, left=True, refunded_at=last_at))
        found.append(NotPutBack(line.line, line.item, off_units, left=False, refunded_at=last_at))
    return found


_REASONS = {
    (State.AVAILABLE, State.COMMITTED): "ordered",
    (State.AVAILABLE, State.RESERVED): "ordered",
    (State.AVAILABLE, State.CUSTOMER): "sold",
    (State.COMMITTED, State.CUSTOMER): "shipped",
    (State.RESERVED, State.CUSTOMER): "shipped",
    (State.COMMITTED, State.AVAILABLE): "cancelled",
    (State.RESERVED, State.AVAILABLE): "cancelled",
    (State.CUSTOMER, State.AVAILABLE): "returned",
    (State.COMMITTED, State.COMMITTED): "moved to another location",
    (State.RESERVED, State.RESERVED): "moved to another location",
}


def _stay_put(picture: OrderPicture, booked: Levels) -> OrderPicture:
    """Return the picture with unknown locations filled in from what is booked for this order."""
    if not picture.placed or not booked or all(row.location is not None for row in picture.placed):
        return picture
    item_of = {line.line: line.item for line in picture.lines}
    held = Counter({key: units for key, units in booked.items() if key[1].state is picture.hold})
    for row in picture.placed:
        if row.location is not None:
            held[item_of.get(row.line, ""), Bin(row.location, picture.hold)] -= row.units
    rows: list[Placed] = []
    for row in picture.placed:
        units = row.units
        if row.location is None:
            for key in sorted(key for key in held if key[0] == item_of.get(row.line) and held[key] > 0):
                share = min(units, held[key])
                if share:
                    rows.append(Placed(row.line, key[1].location, share))
                    held[key] -= share
                    units -= share
        if units or row.location is not None:
            rows.append(Placed(row.line, row.location, units))
    return replace(picture, placed=tuple(rows))


def _read_steps(picture: OrderPicture) -> tuple[list[Step], dict[str, int]]:
    """Return everything that happened to the order's units, and units by item of which it is not known where."""
    items = {line.line: line.item for line in picture.lines}
    steps: list[Step] = []
    unplaced: Counter[str] = Counter()
    for row in picture.placed:
        if row.line in items and row.units:
            if row.location is None:
                unplaced[items[row.line]] += row.units
            else:
                steps.append(_ordered(picture, items[row.line], row.location, row.units))
    for shipment in picture.shipped:
        if shipment.line in items:
            steps += _shipped(picture, items[shipment.line], shipment)
    for taken_back in picture.unshipped:
        if taken_back.line in items:
            steps += _unshipped(picture, items[taken_back.line], taken_back)
    if picture.refunded:
        for line in picture.lines:
            undoing = _Undoing(picture, line)
            steps += undoing.steps()
            unplaced[line.item] += undoing.unplaced_units()
    return steps, {item: units for item, units in unplaced.items() if units}


def _ordered(picture: OrderPicture, item: str, location: str, units: int) -> Step:
    shelf, held = Bin(location, State.AVAILABLE), Bin(location, picture.hold)
    return Step(item, shelf, held, units, picture.placed_at)


def _shipped(picture: OrderPicture, item: str, shipment: Shipped) -> list[Step]:
    """Return the steps of units that left: held first, unless they were taken away as they were sold."""
    _, location, units, shipped_at = shipment
    customer = Bin(location, State.CUSTOMER)
    if shipped_at <= picture.placed_at:
        return [Step(item, Bin(location, State.AVAILABLE), customer, units, shipped_at)]
    ordered = _ordered(picture, item, location, units)
    return [ordered, Step(item, ordered.target, customer, units, shipped_at)]


def _unshipped(picture: OrderPicture, item: str, taken_back: Unshipped) -> list[Step]:
    """Return the steps of units that left and came back: nothing in sum, unless the opening lies between them."""
    _, location, units, shipped_at, unshipped_at = taken_back
    held, customer = Bin(location, picture.hold), Bin(location, State.CUSTOMER)
    return [Step(item, held, customer, units, shipped_at), Step(item, customer, held, units, unshipped_at)]


class _Undoing:
    """What refunds did to one line: they put units back, write them off, or take goods in again."""

    def __init__(self, picture: OrderPicture, line: OrderLine) -> None:
        self._picture = picture
        self._line = line
        self._refunded = [row for row in picture.refunded if row.line == line.line]
        self._placed = [row for row in picture.placed if row.line == line.line]
        self._shipped = [row for row in picture.shipped if row.line == line.line]
        self._home = self._find_home()

    def steps(self) -> Iterator[Step]:
        """Yield the way of units that are neither open nor shipped any more, and of goods given back.

        A refund that cancels puts units back; one without restock takes unshipped units out of the books (Shopify
        lowers committed and on hand). Units that no refund speaks of were released: they leave no trace.
        """
        for refund, units in self._cancelled():
            yield from self._removed(refund, units, State.AVAILABLE)
        for refund, location, units in self._written_off_at():
            yield from self._removed(refund._replace(location=location), units, State.CUSTOMER)
        for refund in self._refunded:
            location = refund.location or self._home
            if refund.restock is Restock.RETURN and location is not None:
                customer, shelf = Bin(location, State.CUSTOMER), Bin(location, State.AVAILABLE)
                yield Step(self._line.item, customer, shelf, refund.units, refund.refunded_at)

    def unplaced_units(self) -> int:
        """Return written-off units of which it is not known from where they went."""
        return 0 if self._home is not None else self.written_off_units()

    def written_off_units(self) -> int:
        """Return units that were taken off the order before they were shipped, and put back nowhere."""
        return sum(units for _, units in self._written_off())

    def _removed(self, refund: Refunded, units: int, target: State) -> Iterator[Step]:
        location = refund.location or self._home
        if location is not None:
            ordered = _ordered(self._picture, self._line.item, location, units)
            yield ordered
            yield Step(self._line.item, ordered.target, Bin(location, target), units, refund.refunded_at)

    def _removed_units(self) -> int:
        kept = sum(row.units for row in self._placed) + sum(row.units for row in self._shipped)
        return max(0, self._line.units - kept)

    def _cancelled(self) -> list[tuple[Refunded, int]]:
        return self._share(Restock.CANCEL, self._removed_units())

    def _written_off(self) -> list[tuple[Refunded, int]]:
        cancelled = sum(units for _, units in self._cancelled())
        return self._share(Restock.NONE, self._removed_units() - cancelled)

    def _written_off_at(self) -> Iterator[tuple[Refunded, str | None, int]]:
        """Yield written-off units by the location that they left.

        A refund without restock does not say it. What a location was to ship and neither did nor gave back is
        believed where it accounts for every such unit; otherwise all of them left from the line's home.
        """
        written_off = self._written_off()
        left = Counter({row.location: row.units for row in self._picture.gone if row.line == self._line.line})
        for refund, units in self._cancelled():
            left[refund.location or self._home or ""] -= units
        if any(units < 0 for units in left.values()) or left.total() != sum(units for _, units in written_off):
            left.clear()
        for refund, units in written_off:
            wanted = units
            for location in [place for place in left if left[place]]:
                share = min(wanted, left[location])
                left[location] -= share
                wanted -= share
                if share:
                    yield refund, location, share
            if wanted:
                yield refund, refund.location, wanted

    def _share(self, restock: Restock, units: int) -> list[tuple[Refunded, int]]:
        shares: list[tuple[Refunded, int]] = []
        for refund in self._refunded:
            share = min(units, refund.units) if refund.restock is restock else 0
            if share:
                shares.append((refund, share))
                units -= share
        return shares

    def _find_home(self) -> str | None:
        """Return where units of this line stood, or None while nothing says so."""
        if self._shipped:
            return self._shipped[0].location
        return next((row.location for row in self._placed if row.location is not None), None)
