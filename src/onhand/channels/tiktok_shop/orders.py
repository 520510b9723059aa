"""Orders: what TikTok Shop shows of one becomes a picture. A line item is one unit; there is no quantity.

Source: Partner API, GET /order/202309/orders and POST /order/202309/orders/search.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from onhand.channels.tiktok_shop.settings import NAME, TikTokSettings
from onhand.domain.orders import OrderLine, OrderPicture, Placed, Refunded, Restock, Shipped
from onhand.domain.pictures import Version
from onhand.domain.stock import State
from onhand.ports.channel import Catalog, Problem

WAITING = frozenset({"UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "AWAITING_COLLECTION", "PARTIALLY_SHIPPING"})
SHIPPED = frozenset({"IN_TRANSIT", "DELIVERED", "COMPLETED"})
CANCELLED = frozenset({"CANCELLED", "CANCEL"})  # the API's word and the webhooks' word

# Nothing is set aside for these before they are shipped: the goods do not exist yet.
_WITHOUT_STOCK = frozenset({"PRE_ORDER", "BACK_ORDER", "MADE_TO_ORDER"})
_BY_TIKTOK = "FULFILLMENT_BY_TIKTOK"


class Component(msgspec.Struct):
    """A SKU inside a combined listing."""

    sku_id: str
    seller_sku: str = ""
    sku_count: int = 1


class LineItem(msgspec.Struct):
    """One unit of an order, or one bundle."""

    sku_id: str
    seller_sku: str = ""
    display_status: str = ""
    rts_time: int | None = None
    combined_listing_skus: list[Component] | None = None


class Order(msgspec.Struct):
    """What of an order concerns stock; buyers and addresses are never read. Times are Unix seconds."""

    id: str
    status: str
    create_time: int
    update_time: int
    warehouse_id: str | None = None
    fulfillment_type: str = ""
    order_type: str = ""
    cancel_time: int | None = None
    collection_time: int | None = None
    rts_time: int | None = None
    line_items: list[LineItem] = []


class Found(msgspec.Struct):
    """The answer for a list of ids."""

    orders: list[Order] = []


class FoundRow(msgspec.Struct):
    """An order in a search: only that it changed."""

    id: str
    update_time: int


class FoundPage(msgspec.Struct):
    """A page of a search."""

    orders: list[FoundRow] = []
    next_page_token: str = ""


class _Unit(NamedTuple):
    sku: str
    seller_sku: str
    status: str
    rts_time: int | None


def cause_of(order_id: str) -> str:
    """Return an order's name in the books."""
    return f"{NAME}/order/{order_id}"


def moment(seconds: int) -> datetime:
    """Return Unix seconds as a time."""
    return datetime.fromtimestamp(seconds, UTC)


class Drawing(NamedTuple):
    """A picture, and what kept it from being whole."""

    picture: OrderPicture
    problems: tuple[Problem, ...]


def draw(order: Order, settings: TikTokSettings, catalog: Catalog, reading: int) -> Drawing:
    """Return the picture of an order.

    Units whose listing is not mapped to an item are left out and reported: the picture says that it is not complete.
    An order that TikTok Shop ships from its own warehouses takes nothing of the merchant's: its picture is empty.
    """
    units = [] if order.fulfillment_type == _BY_TIKTOK else list(_units(order))
    if order.order_type in _WITHOUT_STOCK:
        units = [unit for unit in units if unit.status in SHIPPED]
    items: dict[str, str] = {}
    problems: dict[str, Problem] = {}
    for unit in units:
        item = catalog.item_of(NAME, unit.sku)
        if item is not None:
            items[unit.sku] = item
        else:
            problems[unit.sku] = unmapped(f"order {order.id} asks for", unit.sku, unit.seller_sku)
        if unit.status not in WAITING | SHIPPED | CANCELLED:
            problems[unit.status] = _unknown_status(order, unit)
    known = [unit for unit in units if unit.sku in items]
    location = settings.location_of(order.warehouse_id)
    counts = Counter(unit.sku for unit in known)
    picture = OrderPicture(
        cause=cause_of(order.id),
        origin=NAME,
        version=Version(at=moment(order.update_time), reading=reading),
        placed_at=moment(order.create_time),
        lines=tuple(OrderLine(line=sku, item=items[sku], units=count) for sku, count in sorted(counts.items())),
        placed=tuple(_placed(known, location)),
        shipped=tuple(_shipped(order, known, location)),
        refunded=tuple(_cancelled(order, known, location)),
        hold=State.RESERVED,
        complete=len(known) == len(units),
    )
    return Drawing(picture, tuple(problems.values()))


def _units(order: Order) -> Iterator[_Unit]:
    for row in order.line_items:
        status = row.display_status or order.status
        for part in row.combined_listing_skus or (Component(row.sku_id, row.seller_sku, 1),):
            for _ in range(part.sku_count):
                yield _Unit(part.sku_id, part.seller_sku, status, row.rts_time)


def _placed(units: list[_Unit], location: str) -> Iterator[Placed]:
    """Yield what waits. A status that we do not know keeps its units: giving them back could sell them twice."""
    waiting = Counter(unit.sku for unit in units if unit.status not in SHIPPED | CANCELLED)
    for sku, count in sorted(waiting.items()):
        yield Placed(sku, location, count)


def _shipped(order: Order, units: list[_Unit], location: str) -> Iterator[Shipped]:
    """Yield what has left, by the time of the carrier's scan where it is told."""
    parcels: defaultdict[tuple[str, int], int] = defaultdict(int)
    for unit in units:
        if unit.status in SHIPPED:
            parcels[unit.sku, order.collection_time or unit.rts_time or order.rts_time or order.update_time] += 1
    for (sku, at), count in sorted(parcels.items()):
        yield Shipped(sku, location, count, moment(at))


def _cancelled(order: Order, units: list[_Unit], location: str) -> Iterator[Refunded]:
    """Yield what was cancelled: the goods never left. Whether TikTok Shop sells them again is its own setting."""
    gone = Counter(unit.sku for unit in units if unit.status in CANCELLED)
    for sku, count in sorted(gone.items()):
        yield Refunded(sku, location, count, Restock.CANCEL, moment(order.cancel_time or order.update_time))


def unmapped(who: str, sku_id: str, seller_sku: str) -> Problem:
    """Return what a person is told of a listing without an item; `who` asks for it, or brings it."""
    return Problem(
        kind="unmapped listing",
        key=f"{NAME}/{sku_id}",
        message=f"{who} listing {sku_id} (SKU {seller_sku!r}), which no item stands behind: its units are not booked",
        next_step="give the item the same SKU, used once on both sides, then run `onhand sync`",
    )


def _unknown_status(order: Order, unit: _Unit) -> Problem:
    return Problem(
        kind="unknown order status",
        key=f"{NAME}/{unit.status}",
        message=f"order {order.id} has status {unit.status!r}, unknown to this onhand: its units stay reserved",
        next_step="update onhand; until then look at the order in the Seller Center",
    )
