"""Settling orders: the movements that make the books agree with a picture of one.

A picture is settled by difference: what the order has done to every bin according to the picture, less what is
booked for it already. So a repeat moves nothing and a lost picture is made good by the next one.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from onhand.domain.openings import Cuts, Opened, Step, after_opening, part
from onhand.domain.orders import NotPutBack, OrderLine, OrderPicture, Placed, Refunded, Restock, Shipped, Unshipped
from onhand.domain.stock import Bin, LevelKey, Levels, Movement, State, difference, pair_off


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """What a picture asks of the books: movements, and open units by item whose location is not known yet.

    `held` is what opening balances hold of the order, by item and bin. `counted_at` is when the channel's levels
    followed, by movement, where that was later than it occurred.
    """

    movements: tuple[Movement, ...]
    held: Levels = field(default_factory=dict)
    counted_at: dict[str, datetime] = field(default_factory=dict)
    unplaced_units: dict[str, int] = field(default_factory=dict)


def settle(
    picture: OrderPicture, booked: Levels, opened: Opened, booked_count: int, unclaimed: Collection[str] = ()
) -> Settlement:
    """Return the movements that make the books agree with `picture`.

    `booked` is the fold of the `booked_count` movements that this order has caused so far; the count numbers the
    new ones, so that two workers who settle the same order collide instead of booking twice. Open units whose
    location the picture does not say stay where the books, or the openings, hold them for this order. Of `unclaimed`
    items the order has claimed no stock at the platform: only goods that came back count.
    """
    steps, unplaced = _read_steps(_stay_put(picture, _standing(booked, opened)))
    if unclaimed:
        held = {key: units for key, units in opened.held.items() if key[0] not in unclaimed}
        opened = replace(opened, held=held)
        steps = [step for step in steps if step.item not in unclaimed or _is_back(step)]
        unplaced = {item: units for item, units in unplaced.items() if item not in unclaimed}
    parted = part(steps, opened, picture.version.at)
    movements: list[Movement] = []
    counted_at: dict[str, datetime] = {}
    for number, transfer in enumerate(pair_off(difference(parted.effect, booked)), start=booked_count + 1):
        happened_at = parted.happened.get((transfer.item, transfer.target), picture.version.at)
        key = LevelKey(transfer.item, transfer.target.location)
        moved_at = after_opening(key, happened_at, opened, picture.version.at)
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
    return Settlement(movements=tuple(movements), held=parted.held, counted_at=counted_at, unplaced_units=unplaced)


def without_shipped_before(picture: OrderPicture, cuts: Cuts) -> OrderPicture:
    """Return an order that the platform of the levels does not know of, without what had left when they were opened.

    Goods that were gone by then were not there to be counted. What waited for such an order still stood there for
    sale: nothing else of it is in an opening balance.
    """
    items = {line.line: line.item for line in picture.lines}
    gone: Counter[str] = Counter()
    left: list[Shipped] = []
    for row in picture.shipped:
        cut = cuts.get(LevelKey(items.get(row.line, ""), row.location))
        if cut is not None and row.shipped_at <= cut:
            gone[row.line] += row.units
        else:
            left.append(row)
    lines = tuple(line._replace(units=max(0, line.units - gone[line.line])) for line in picture.lines)
    return replace(picture, lines=lines, shipped=tuple(left))


def _standing(booked: Levels, opened: Opened) -> Levels:
    """Return where units of an order stand by the books and by the openings together."""
    standing = Counter(booked)
    standing.update({key: units for key, units in opened.held.items() if key[0] in opened.known_at})
    return {key: units for key, units in standing.items() if units}


def _is_back(step: Step) -> bool:
    return step.source is not None and step.source.state is State.CUSTOMER


def not_put_back(picture: OrderPicture) -> list[NotPutBack]:
    """Return what an order's refunds left uncounted, by line: nobody says whether it can be sold again."""
    found: list[NotPutBack] = []
    for line in picture.lines if picture.refunded else ():
        refunds = [row for row in picture.refunded if row.line == line.line and row.restock is Restock.NONE]
        if not refunds:
            continue
        off_units = _Undoing(picture, line, _Ordering(picture)).written_off_units()
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


def _stay_put(picture: OrderPicture, standing: Levels) -> OrderPicture:
    """Return the picture with unknown locations filled in from where units of this order stand."""
    if not picture.placed or not standing or all(row.location is not None for row in picture.placed):
        return picture
    item_of = {line.line: line.item for line in picture.lines}
    held = Counter({key: units for key, units in standing.items() if key[1].state is picture.hold})
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
    """Return everything that happened to the order's units, and units by item of which it is not known where.

    What was shipped is dated first: it was ordered before the rest.
    """
    items = {line.line: line.item for line in picture.lines}
    ordering = _Ordering(picture)
    steps: list[Step] = []
    unplaced: Counter[str] = Counter()
    for shipment in sorted(picture.shipped, key=lambda row: row.shipped_at):
        if shipment.line in items:
            steps += ordering.shipped(items[shipment.line], shipment)
    for taken_back in picture.unshipped:
        if taken_back.line in items:
            steps += _unshipped(picture, items[taken_back.line], taken_back)
    if picture.refunded:
        for line in picture.lines:
            undoing = _Undoing(picture, line, ordering)
            steps += undoing.steps()
            unplaced[line.item] += undoing.unplaced_units()
    for row in picture.placed:
        if row.line in items and row.units:
            if row.location is None:
                unplaced[items[row.line]] += row.units
            else:
                steps += ordering.ordered(row.line, items[row.line], row.location, row.units)
    return steps, {item: units for item, units in unplaced.items() if units}


class _Ordering:
    """When the units of an order's lines were ordered: with the order, but for those that were added to it later."""

    def __init__(self, picture: OrderPicture) -> None:
        self._picture = picture
        self._left: dict[str, list[tuple[int, datetime]]] = {}
        if picture.added:
            later = Counter({row.line: 0 for row in picture.added})
            for row in picture.added:
                later[row.line] += row.units
            for line in picture.lines:
                if line.line in later:
                    self._left[line.line] = [(max(0, line.units - later[line.line]), picture.placed_at)]
            for row in sorted(picture.added, key=lambda row: row.added_at):
                if row.line in self._left:
                    self._left[row.line].append((row.units, row.added_at))

    def ordered(self, line: str, item: str, location: str, units: int) -> list[Step]:
        """Return the steps of units that were held for the order, the oldest of the line first."""
        shelf, held = Bin(location, State.AVAILABLE), Bin(location, self._picture.hold)
        return [Step(item, shelf, held, share, at) for share, at in self._take(line, units)]

    def shipped(self, item: str, shipment: Shipped) -> list[Step]:
        """Return the steps of units that left: held first, unless they were taken away as they were sold."""
        line, location, units, shipped_at = shipment
        shelf, customer = Bin(location, State.AVAILABLE), Bin(location, State.CUSTOMER)
        steps: list[Step] = []
        for share, at in self._take(line, units):
            if shipped_at <= at:
                steps.append(Step(item, shelf, customer, share, shipped_at))
            else:
                held = Bin(location, self._picture.hold)
                steps.append(Step(item, shelf, held, share, at))
                steps.append(Step(item, held, customer, share, shipped_at))
        return steps

    def _take(self, line: str, units: int) -> list[tuple[int, datetime]]:
        left = self._left.get(line)
        if left is None:
            return [(units, self._picture.placed_at)]
        taken: list[tuple[int, datetime]] = []
        while units and left:
            there, at = left[0]
            share = min(there, units)
            if share:
                taken.append((share, at))
            units -= share
            left[0] = (there - share, at)
            if there == share:
                left.pop(0)
        return [*taken, (units, self._picture.placed_at)] if units else taken


def _unshipped(picture: OrderPicture, item: str, taken_back: Unshipped) -> list[Step]:
    """Return the steps of units that left and came back: nothing in sum, unless the opening lies between them."""
    _, location, units, shipped_at, unshipped_at = taken_back
    held, customer = Bin(location, picture.hold), Bin(location, State.CUSTOMER)
    return [Step(item, held, customer, units, shipped_at), Step(item, customer, held, units, unshipped_at)]


class _Undoing:
    """What refunds did to one line: they put units back, write them off, or take goods in again."""

    def __init__(self, picture: OrderPicture, line: OrderLine, ordering: _Ordering) -> None:
        self._picture = picture
        self._ordering = ordering
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
            yield from self._ordering.ordered(self._line.line, self._line.item, location, units)
            held = Bin(location, self._picture.hold)
            yield Step(self._line.item, held, Bin(location, target), units, refund.refunded_at)

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
