"""An order as it was read back, in our words."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from typing import TypeVar

from onhand.channels.shopify.answers.orders import Fulfillment, FulfillmentOrder, Line, Order, Refund
from onhand.channels.shopify.answers.pages import Named, Page
from onhand.channels.shopify.gids import is_number, number_of
from onhand.channels.shopify.read_additions import Addition
from onhand.channels.shopify.settings import NAME
from onhand.channels.shopify.told import cause_of, maker_of, restock_of, sold_before
from onhand.domain.orders import Added, Gone, OrderLine, OrderPicture, Placed, Refunded, Shipped, Unshipped
from onhand.domain.pictures import Version
from onhand.domain.twins import references

# FulfillmentOrderStatus, 2026-10: under these nothing waits to be shipped any more.
_DONE_STATUSES = frozenset({"CLOSED", "CANCELLED"})
# FulfillmentStatus, 2026-10.
_SHIPPED_STATUS, _TAKEN_BACK_STATUS = "SUCCESS", "CANCELLED"

_Row = TypeVar("_Row")


def lines_without_item(order: Order) -> list[str]:
    """Return global ids of lines that no fulfilment order holds: their items must be asked for."""
    held = {row.line_item.id for part in order.fulfillment_orders.nodes for row in _nodes(part.line_items)}
    spoken = {row.line_item.id for part in order.fulfillments for row in _nodes(part.fulfillment_line_items)}
    spoken |= {row.line_item.id for part in order.refunds for row in _nodes(part.refund_line_items)}
    return sorted(spoken - held)


def picture_of(order: Order, items: Mapping[str, str], additions: Iterable[Addition], reading: int) -> OrderPicture:
    """Return the picture of an order whose parts were read completely.

    `items` names the items of lines that no fulfilment order holds, by the line's global id. A line without an item is
    a custom one, or its variant was deleted: it concerns no stock. `additions` may be those of other orders too.
    """
    rows = _Rows(items)
    for fulfillment_order in order.fulfillment_orders.nodes:
        rows.hold(fulfillment_order)
    for fulfillment in order.fulfillments:
        rows.ship(fulfillment)
    for refund in order.refunds:
        rows.refund(refund, order)
    return OrderPicture(
        cause=cause_of(number_of(order.id) or order.id),
        origin=NAME,
        version=Version(at=order.updated_at.astimezone(UTC), reading=reading),
        placed_at=order.created_at.astimezone(UTC),
        sold_at=sold_before(order.processed_at, order.created_at),
        lines=tuple(rows.lines.values()),
        placed=(*rows.placed, *rows.former_homes()),
        shipped=tuple(rows.shipped),
        refunded=tuple(rows.refunded),
        gone=tuple(rows.gone()),
        unshipped=tuple(rows.unshipped),
        added=tuple(rows.added(additions)),
        made_by=None if order.app is None else maker_of(number_of(order.app.id), order.app.name),
        name=order.name,
        known_as=references((order.source_identifier, order.name, *order.tags)),
    )


class _Rows:
    """The rows of a picture while it is being made."""

    def __init__(self, items: Mapping[str, str]) -> None:
        self._items = items
        self._homes: dict[str, str] = {}
        self._unaccounted: Counter[tuple[str, str]] = Counter()
        self.lines: dict[str, OrderLine] = {}
        self.placed: list[Placed] = []
        self.shipped: list[Shipped] = []
        self.unshipped: list[Unshipped] = []
        self.refunded: list[Refunded] = []

    def hold(self, fulfillment_order: FulfillmentOrder) -> None:
        """Add what one location is, or was, to ship."""
        location = _number(fulfillment_order.assigned_location.location)
        waits = fulfillment_order.status not in _DONE_STATUSES
        for row in _nodes(fulfillment_order.line_items):
            line = self._line(row.line_item, row.inventory_item_id)
            if line is None:
                continue
            if waits and row.remaining_quantity:
                self.placed.append(Placed(line, location, row.remaining_quantity))
            if location is not None:
                self._homes[line] = location
                self._unaccounted[line, location] += row.total_quantity
                if waits:
                    self._unaccounted[line, location] -= row.remaining_quantity

    def ship(self, fulfillment: Fulfillment) -> None:
        """Add what has left, or left and came back: where it was to be shipped from, if Shopify names no location."""
        if fulfillment.status not in (_SHIPPED_STATUS, _TAKEN_BACK_STATUS):
            return
        shipped_at, updated_at = fulfillment.created_at.astimezone(UTC), fulfillment.updated_at.astimezone(UTC)
        for row in _nodes(fulfillment.fulfillment_line_items):
            line = self._line(row.line_item, None)
            if line is None or not row.quantity:
                continue
            location = _number(fulfillment.location) or self._homes.get(line)
            if fulfillment.status == _TAKEN_BACK_STATUS:
                if location is not None:
                    self.unshipped.append(Unshipped(line, location, row.quantity, shipped_at, updated_at))
            elif location is None:
                self.placed.append(Placed(line, None, row.quantity))
            else:
                self.shipped.append(Shipped(line, location, row.quantity, shipped_at))
                self._unaccounted[line, location] -= row.quantity

    def refund(self, refund: Refund, order: Order) -> None:
        """Add what a refund says; what came back with a return is the return's."""
        if refund.return_ is not None:
            return
        refunded_at = (refund.created_at or order.updated_at).astimezone(UTC)
        for row in _nodes(refund.refund_line_items):
            line = self._line(row.line_item, None)
            if line is None or not row.quantity:
                continue
            shipped_units = sum(shipped.units for shipped in self.shipped if shipped.line == line)
            restock = restock_of(row.restock_type, shipped_units)
            self.refunded.append(Refunded(line, _number(row.location), row.quantity, restock, refunded_at))

    def gone(self) -> Iterator[Gone]:
        """Yield what locations were to ship, did not ship, and are not to ship any more."""
        for (line, location), units in self._unaccounted.items():
            if units > 0:
                yield Gone(line, location, units)

    def former_homes(self) -> Iterator[Placed]:
        """Yield a row of no units for lines that wait nowhere: it says where they stood when they were taken off."""
        waiting = {row.line for row in self.placed if row.location is not None}
        for line, location in self._homes.items():
            if line not in waiting:
                yield Placed(line, location, 0)

    def added(self, additions: Iterable[Addition]) -> Iterator[Added]:
        """Yield those additions that are to lines of this order."""
        for addition in additions:
            line = number_of(addition.line)
            if line is not None and line in self.lines:
                yield Added(line, addition.units, addition.added_at)

    def _line(self, line: Line, inventory_item: str | None) -> str | None:
        """Return our name of a line, which is kept the first time its item is known; None while it is not."""
        name = number_of(line.id)
        if name is None or name in self.lines:
            return name
        item = self._items.get(line.id)
        if inventory_item is not None:
            item = inventory_item if is_number(inventory_item) else number_of(inventory_item)
        if item is None:
            return None
        self.lines[name] = OrderLine(name, item, line.quantity)
        return name


def _number(named: Named | None) -> str | None:
    return number_of(named.id) if named is not None else None


def _nodes(page: Page[_Row] | None) -> list[_Row]:
    return page.nodes if page is not None else []
