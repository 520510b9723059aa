"""An order as a webhook shows it, in our words. What a webhook leaves open is asked for."""

from collections import Counter
from datetime import UTC, datetime

from onhand.channels.shopify.payloads import FulfillmentPayload, LinePayload, OrderPayload, RefundPayload
from onhand.channels.shopify.settings import NAME
from onhand.channels.shopify.words import unknown_in_webhook
from onhand.domain.orders import OrderLine, OrderPicture, Placed, Refunded, Restock, Shipped, Unshipped
from onhand.domain.pictures import Version
from onhand.domain.twins import references
from onhand.ports.channel import Ask, Catalog, Report, Wanted

# Fulfillment.status, 2026-10: every other one is still on its way out, or came to nothing.
SHIPPED_STATUS, TAKEN_BACK_STATUS = "success", "cancelled"
# Order.app of Shopify's own channels: Point of Sale, Online Store, Draft Orders.
OWN_APPS = frozenset({"129785", "580111", "1354745"})


def cause_of(order: str) -> str:
    """Return the name of a Shopify order in the books."""
    return f"{NAME}/order/{order}"


def restock_of(restock_type: str | None, shipped_units: int) -> Restock:
    """Return what a refund did with the goods (RefundLineItemRestockType, 2026-10).

    `legacy_restock` says only that they were put back: shipped ones came back, others had never left.
    """
    match (restock_type or "").lower():
        case "return":
            return Restock.RETURN
        case "cancel":
            return Restock.CANCEL
        case "legacy_restock":
            return Restock.RETURN if shipped_units else Restock.CANCEL
        case _:
            return Restock.NONE


def sold_before(processed_at: datetime | None, created_at: datetime) -> datetime | None:
    """Return when the goods changed hands where that was before the order was created, else None.

    A till without connection sends its orders later (Order.processedAt, 2026-10); levels follow when they arrive.
    """
    if processed_at is None or processed_at >= created_at:
        return None
    return processed_at.astimezone(UTC)


def maker_of(app: object, name: str | None) -> str | None:
    """Return who made an order where an app did, and None where a channel of Shopify's own did or nobody is named."""
    if app is None or str(app) in OWN_APPS:
        return None
    return f"app {app}" if name is None else f"{name} (app {app})"


def asks_for_returns(payload: OrderPayload, topic: str) -> list[Ask]:
    """Return asks for the returns that an order names, whatever the shape: nothing else of them is told."""
    named = payload.returns if isinstance(payload.returns, list) else []
    named = [*named, *(refund.return_ for refund in payload.refunds if refund.return_ is not None)]
    found = [one.get("id") if isinstance(one, dict) else one for one in named]
    numbers = dict.fromkeys(str(one) for one in found if isinstance(one, int) and not isinstance(one, bool))
    return [Ask(Wanted.RETURN, number, f"{topic}: the order names a return") for number in numbers]


def _noted(attributes: object) -> list[str]:
    rows = attributes if isinstance(attributes, list) else []
    return [str(row["value"]) for row in rows if isinstance(row, dict) and isinstance(row.get("value"), str | int)]


def report_order(payload: OrderPayload, topic: str, catalog: Catalog) -> Report:
    """Return the picture of an order, and what must be asked because the payload does not say it.

    A line without a variant is a custom one and concerns no stock. Units still to be shipped have no location here:
    only fulfilment orders know it.
    """
    order = str(payload.id)
    told = _Told()
    for line in payload.line_items:
        if line.variant_id is not None:
            told.add_line(line, catalog)
    for fulfillment in payload.fulfillments:
        if fulfillment.status == TAKEN_BACK_STATUS:
            told.take_back(fulfillment)
        if fulfillment.status != SHIPPED_STATUS:
            continue
        shipped_at = fulfillment.created_at.astimezone(UTC)
        location = None if fulfillment.location_id is None else str(fulfillment.location_id)
        for fulfilled in fulfillment.line_items:
            row_line = str(fulfilled.id)
            if not fulfilled.quantity or row_line not in told.units:
                continue
            if location is None:
                told.place_nowhere(row_line, fulfilled.quantity, "a fulfilment names no location")
            else:
                told.shipped.append(Shipped(row_line, location, fulfilled.quantity, shipped_at))
    for refund in payload.refunds:
        told.add_refund(refund)
    told.asks += asks_for_returns(payload, topic)
    told.look_for_written_off()
    asks = told.asks
    if told.open_because:
        because = f"{topic}: {told.open_because}"
        asks = [Ask(Wanted.ORDER, order, because), *asks]
    picture = OrderPicture(
        cause=cause_of(order),
        origin=NAME,
        version=Version(at=payload.updated_at.astimezone(UTC)),
        placed_at=payload.created_at.astimezone(UTC),
        sold_at=sold_before(payload.processed_at, payload.created_at),
        lines=tuple(told.lines),
        placed=tuple(told.placed),
        shipped=tuple(told.shipped),
        unshipped=tuple(told.unshipped),
        refunded=tuple(told.refunded),
        complete=not told.open_because,
        made_by=maker_of(payload.app_id, None),
        name=payload.name,
        known_as=references((payload.source_identifier, payload.name, payload.tags, *_noted(payload.note_attributes))),
    )
    return Report(pictures=(picture,), asks=tuple(asks), problems=tuple(unknown_in_webhook(payload)))


class _Told:
    """The rows of a picture while it is being made, and the first reason to ask for the whole order."""

    __slots__ = ("asks", "lines", "open_because", "placed", "refunded", "shipped", "units", "unshipped")

    def __init__(self) -> None:
        self.lines: list[OrderLine] = []
        self.placed: list[Placed] = []
        self.shipped: list[Shipped] = []
        self.unshipped: list[Unshipped] = []
        self.refunded: list[Refunded] = []
        self.asks: list[Ask] = []
        self.units: dict[str, int] = {}
        self.open_because = ""

    def add_line(self, line: LinePayload, catalog: Catalog) -> None:
        """Add a line, or ask for its item while nobody knows it."""
        variant = str(line.variant_id)
        item = catalog.item_of(NAME, variant)
        if item is None:
            because = f"variant {variant} was ordered and is not in the catalog yet"
            self.asks.append(Ask(Wanted.ITEM, f"variant:{variant}", because))
            self.open_because = self.open_because or because
            return
        name = str(line.id)
        self.lines.append(OrderLine(name, item, line.quantity))
        self.units[name] = line.quantity
        if line.fulfillable_quantity:
            self.place_nowhere(name, line.fulfillable_quantity, "units wait to be shipped, from where is not said")

    def place_nowhere(self, line: str, units: int, because: str) -> None:
        """Add units whose location is not known, which is a reason to ask."""
        self.placed.append(Placed(line, None, units))
        self.open_because = self.open_because or because

    def take_back(self, fulfillment: FulfillmentPayload) -> None:
        """Add what had left and came back: it waits again where it was."""
        shipped_at = fulfillment.created_at.astimezone(UTC)
        unshipped_at = (fulfillment.updated_at or fulfillment.created_at).astimezone(UTC)
        for row in fulfillment.line_items:
            if row.quantity and str(row.id) in self.units and fulfillment.location_id is not None:
                place = str(fulfillment.location_id)
                self.unshipped.append(Unshipped(str(row.id), place, row.quantity, shipped_at, unshipped_at))

    def add_refund(self, refund: RefundPayload) -> None:
        """Add what a refund says of lines that concern stock."""
        if refund.return_ is not None:
            return  # what came back with a return is the return's: its dispositions say where the goods went
        refunded_at = refund.created_at.astimezone(UTC)
        for row in refund.refund_line_items:
            line = str(row.line_item_id)
            if not row.quantity or line not in self.units:
                continue
            location = None if row.location_id is None else str(row.location_id)
            shipped_units = sum(shipped.units for shipped in self.shipped if shipped.line == line)
            restock = restock_of(row.restock_type, shipped_units)
            self.refunded.append(Refunded(line, location, row.quantity, restock, refunded_at))

    def look_for_written_off(self) -> None:
        """Find a reason to ask in units that a refund wrote off before they were shipped: it does not say where.

        Cancelled units need no place: they went back to where they came from.
        """
        gone = Counter({line.line: line.units for line in self.lines})
        for placed in self.placed:
            gone[placed.line] -= placed.units
        for shipped in self.shipped:
            gone[shipped.line] -= shipped.units
        for refunded in self.refunded:
            if refunded.restock is Restock.CANCEL:
                gone[refunded.line] -= refunded.units
        for refunded in self.refunded:
            if refunded.restock is Restock.NONE and refunded.location is None and gone[refunded.line] > 0:
                self.open_because = self.open_because or "units were written off, from where is not said"
