"""Returns: what TikTok Shop shows of one becomes a picture of goods on their way back. It never puts them on sale.

Source: Partner API, POST /return_refund/202602/returns/search: a line item is one unit; no field says what became of
the goods. Auto-restock (202608, inventory/operation/settings) is of cancelled orders only.
"""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from onhand.channels.tiktok_shop.orders import cause_of, moment, unmapped
from onhand.channels.tiktok_shop.settings import NAME
from onhand.domain.pictures import Version
from onhand.domain.returns import ReturnLine, ReturnPicture, ReturnStatus
from onhand.ports.channel import Catalog, Problem

SEARCH = "/return_refund/202602/returns/search"
RETURNS_A_PAGE = 50
"""Its bounds are not documented; other searches of the API take 50 and more."""

REQUESTED = frozenset(
    {
        "RETURN_OR_REFUND_REQUEST_PENDING",
        "REPLACEMENT_REQUEST_PENDING",
        "EXCHANGE_REQUEST_PENDING",
        "AWAITING_BUYER_RESPONSE",
    }
)
ON_THEIR_WAY = frozenset({"AWAITING_BUYER_SHIP", "BUYER_SHIPPED_ITEM", "EXCHANGE_REQUEST_COMPLETE"})
ARRIVED = frozenset({"REJECT_RECEIVE_PACKAGE", "RETURN_OR_REFUND_REQUEST_SUCCESS"})
_COMPLETE = frozenset({"RETURN_OR_REFUND_REQUEST_COMPLETE"})
_DECLINED = frozenset({"REFUND_OR_RETURN_REQUEST_REJECT", "REPLACEMENT_REQUEST_REJECT"})
_CANCELLED = frozenset({"RETURN_OR_REFUND_REQUEST_CANCEL", "REPLACEMENT_REQUEST_CANCEL", "EXCHANGE_REQUEST_CANCEL"})
_MONEY_ONLY = frozenset({"REPLACEMENT_REQUEST_REFUND_SUCCESS", "EXCHANGE_REQUEST_REFUND_SUCCESS"})

OPEN = REQUESTED | ON_THEIR_WAY | ARRIVED
"""Statuses after which more may come."""

_STATUS = {
    **dict.fromkeys(REQUESTED, ReturnStatus.REQUESTED),
    **dict.fromkeys(ON_THEIR_WAY | ARRIVED, ReturnStatus.OPEN),
    **dict.fromkeys(_COMPLETE | _MONEY_ONLY | {"REPLACEMENT_REQUEST_COMPLETE"}, ReturnStatus.CLOSED),
    **dict.fromkeys(_DECLINED, ReturnStatus.DECLINED),
    **dict.fromkeys(_CANCELLED, ReturnStatus.CANCELLED),
}
_WITH_GOODS = frozenset({"RETURN_AND_REFUND", "EXCHANGE"})


class _Part(msgspec.Struct):
    """A SKU of a virtual bundle that comes back."""

    sku_id: str
    seller_sku: str = ""


class _Item(msgspec.Struct):
    """One unit that comes back, or one bundle."""

    sku_id: str
    seller_sku: str = ""
    return_sub_line_items: list[_Part] | None = None


class Return(msgspec.Struct):
    """What of a return concerns stock; buyers, reasons and pictures are never read. Times are Unix seconds."""

    return_id: str
    order_id: str
    create_time: int
    update_time: int
    return_type: str = ""
    return_status: str = ""
    can_buyer_keep_item: bool = False
    next_return_id: str | None = None
    return_line_items: list[_Item] | None = None


class ReturnPage(msgspec.Struct):
    """A page of a search; an empty one leaves `return_orders` out."""

    return_orders: list[Return] = []
    next_page_token: str = ""


class Drawing(NamedTuple):
    """A picture, and what kept it from being whole."""

    picture: ReturnPicture
    problems: tuple[Problem, ...]


def return_cause_of(return_id: str) -> str:
    """Return a return's name in the books."""
    return f"{NAME}/return/{return_id}"


def draw_return(row: Return, catalog: Catalog, reading: int) -> Drawing:
    """Return the picture of a return.

    Of a refund without goods, a replacement, or a return that another one has taken the place of, nothing comes back:
    it has no lines. Once the seller has refunded the goods, or refused their parcel, they count as arrived: they wait
    for somebody's decision. TikTok Shop does not say here when the order was placed: what its bundles are made of is
    taken from when the return was asked for.
    """
    status = _STATUS.get(row.return_status)
    arrived = row.return_status in ARRIVED | _COMPLETE
    problems: dict[str, Problem] = {}
    if status is None:
        problems[row.return_status] = _unknown_status(row)
    units: Counter[tuple[str, str]] = Counter()
    for part in _parts(row):
        item = catalog.item_of(NAME, part.sku_id)
        if item is None:
            problems[part.sku_id] = unmapped(f"return {row.return_id} brings", part.sku_id, part.seller_sku)
        else:
            units[part.sku_id, item] += 1
    picture = ReturnPicture(
        cause=return_cause_of(row.return_id),
        origin=NAME,
        version=Version(at=moment(row.update_time), reading=reading),
        order=cause_of(row.order_id),
        name=row.return_id,
        status=status or ReturnStatus.OPEN,
        ordered_at=moment(row.create_time),
        opened_at=moment(row.create_time),
        lines=tuple(
            ReturnLine(sku, item, count, processing_units=count if arrived else 0)
            for (sku, item), count in sorted(units.items())
        ),
    )
    return Drawing(picture, tuple(problems.values()))


def _parts(row: Return) -> Iterator[_Part]:
    """Yield what comes back unit by unit: of a virtual bundle what is in it."""
    if row.return_type not in _WITH_GOODS or row.can_buyer_keep_item or row.next_return_id:
        return
    if row.return_status in _MONEY_ONLY:
        return
    for item in row.return_line_items or ():
        yield from item.return_sub_line_items or (_Part(item.sku_id, item.seller_sku),)


def _unknown_status(row: Return) -> Problem:
    return Problem(
        kind="unknown return status",
        key=f"{NAME}/{row.return_status}",
        message=f"return {row.return_id} has status {row.return_status!r}, unknown to this onhand: goods are awaited",
        next_step="update onhand; until then look at the return in the Seller Center",
    )
