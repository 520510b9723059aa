"""Goods that came back, or were refunded, and that nobody has put on sale again, each with its next step."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from onhand.answers.called import called
from onhand.domain.returns import ReturnStatus
from onhand.store import Books
from onhand.store.returned import REFUNDED, WRITTEN_OFF, ReturnedRow


@dataclass(frozen=True, kw_only=True, slots=True)
class ReturnShown:
    """A line of a return, or of an order's refund, of which units were not restocked.

    `name` is what people call the return (or the order), `cause` its name in the books, `order` what people call its
    order. `status` is the return's; `refunded` where goods that had left were refunded without a return, `written off`
    where goods were taken off an order before they left, and put back nowhere.
    `awaited_units` have not arrived as far as anybody said, `processing_units` arrived and wait for a decision,
    `discarded_units` and `missing_units` were decided upon. `next_step` is None where nothing is left to be done.
    `value_at_risk` is what units without a decision are worth in `currency`, at cost, or at the price where the cost is
    not known; None where neither is.
    """

    shop: str
    name: str
    cause: str
    order: str
    status: str
    sku: str | None
    item: str
    title: str
    units: int
    restocked_units: int
    awaited_units: int
    processing_units: int
    discarded_units: int
    missing_units: int
    opened_at: datetime
    value_at_risk: float | None
    currency: str | None
    next_step: str | None


def returns(
    books: Books, shop: str, now: datetime, closed_for: timedelta, *, decided: bool = False
) -> list[ReturnShown]:
    """Return lines with units that were not restocked, the oldest first.

    Closed returns, and refunds, are shown for `closed_for` after they were made. `decided` adds those of which every
    unit was restocked, discarded or given up.
    """
    rows = [
        row
        for row in books.returned.unrestocked()
        if (decided or _undecided_units(row)) and (row.status not in _SETTLED or row.opened_at > now - closed_for)
    ]
    items = books.catalog.items_of({row.item for row in rows})
    orders = called(books, {row.order_cause for row in rows})
    shown: list[ReturnShown] = []
    for row in rows:
        item = items.get(row.item)
        money = item.value_of(_undecided_units(row)) if item is not None else None
        shown.append(
            ReturnShown(
                shop=shop,
                name=row.name or orders[row.order_cause],
                cause=row.cause,
                order=orders[row.order_cause],
                status=row.status,
                sku=item.sku if item is not None else None,
                item=row.item,
                title=item.title if item is not None else "",
                units=row.units,
                restocked_units=row.restocked_units,
                awaited_units=row.awaited_units,
                processing_units=row.processing_units,
                discarded_units=row.discarded_units,
                missing_units=row.missing_units,
                opened_at=row.opened_at,
                value_at_risk=float(money.amount) if money else None,
                currency=money.currency if money else None,
                next_step=_next_step(row),
            )
        )
    return shown


PLATFORM = "shopify"
"""The channel that keeps levels: only there somebody can say that goods were restocked."""

_SETTLED = frozenset({ReturnStatus.CLOSED.value, REFUNDED, WRITTEN_OFF})
"""Nothing more happens to these by itself."""


def _undecided_units(row: ReturnedRow) -> int:
    return row.awaited_units + row.processing_units


def _next_step(row: ReturnedRow) -> str | None:
    undecided = _undecided_units(row)
    if not undecided:
        return None
    origin = row.cause.partition("/")[0]
    if origin != PLATFORM and row.status not in {REFUNDED, WRITTEN_OFF}:
        return _elsewhere(row, origin)
    if row.status == ReturnStatus.REQUESTED:
        return "approve or decline it in Shopify"
    if row.status == ReturnStatus.CLOSED:
        return f"closed, and nobody said what became of {undecided}: reopen it in Shopify and restock what came"
    if row.status == REFUNDED:
        return f"refunded, and {undecided} stayed with the customer: if they came back, add them in Shopify"
    if row.status == WRITTEN_OFF:
        return f"{undecided} never left and are not counted any more: if they can be sold, add them in Shopify"
    steps = []
    if row.processing_units:
        steps.append(f"restock or discard the {row.processing_units} that arrived")
    if row.awaited_units:
        steps.append(f"{row.awaited_units} have not arrived: restock or discard them in Shopify when they do")
    return "; ".join(steps)


def _elsewhere(row: ReturnedRow, origin: str) -> str:
    """Return what is to be done about a return of a channel that does not say what became of goods."""
    if row.status == ReturnStatus.REQUESTED:
        return f"approve or decline it in {origin}"
    if row.awaited_units:
        return f"{row.awaited_units} have not arrived: add in Shopify what can be sold when they do"
    return f"{origin} puts none of the {row.processing_units} on sale: add in Shopify what can be sold"
