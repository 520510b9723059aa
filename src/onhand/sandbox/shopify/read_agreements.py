"""Agreements: when which units of an order were asked for, added, taken off or given back (2026-10, SalesAgreement)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.fields import FieldTable, iso, listed, money_bag
from onhand.sandbox.shopify.gids import gid
from onhand.sandbox.shopify.views import SoldView
from onhand.sandbox.world.orders import Order, OrderLine

Agreement = Mapping[str, Any]
"""What a field table reads; its id names its type."""


def agreements_of(order: Order) -> list[Agreement]:
    """Return the agreements of an order, oldest first."""
    first = [SoldView(order, line, line.ordered_units) for line in order.lines if line.added_at is None]
    rows = [_agreement("Order", order, order.id, order.created_at, first)]
    for edit in order.edits:
        changes = [*edit.additions, *edit.removals]
        sold = [_sold(order, row.line_id, _signed(edit.additions, row.line_id, row.delta_units)) for row in changes]
        rows.append(_agreement("OrderEdit", order, edit.id, edit.committed_at, sold))
    for opened in order.returns:
        lines = [line_id for exchange in opened.exchanges for line_id in exchange.line_ids]
        times = sorted({_line(order, line_id).added_at or opened.created_at for line_id in lines})
        for at in times:
            made = [line_id for line_id in lines if (_line(order, line_id).added_at or opened.created_at) == at]
            sold = [_sold(order, line_id, _line(order, line_id).ordered_units) for line_id in made]
            rows.append(_agreement("Return", order, made[0], at, sold))
    for refund in order.refunds:
        if refund.money_cents:
            sold = [_sold(order, row.line_id, -row.units) for row in refund.lines]
            rows.append(_agreement("Refund", order, refund.id, refund.created_at, sold))
    return [{**row, "rank": rank} for rank, row in enumerate(sorted(rows, key=lambda row: row["happened_at"]))]


def _signed(additions: Iterable[Any], line_id: int, units: int) -> int:
    return units if any(row.line_id == line_id for row in additions) else -abs(units)


_REASONS = {"Order": "ORDER", "OrderEdit": "ORDER_EDIT", "Return": "RETURN", "Refund": "REFUND"}


def _agreement(kind: str, order: Order, number: int, happened_at: datetime, sales: list[SoldView]) -> Agreement:
    return {
        "id": gid(f"{kind}Agreement", number),
        "reason": _REASONS[kind],
        "order": order,
        "happened_at": happened_at,
        "sales": sorted(sales, key=lambda sold: sold.line.id),
    }


def _line(order: Order, line_id: int) -> OrderLine:
    line = order.line(line_id)
    assert line is not None, "an agreement names lines of its own order"
    return line


def _sold(order: Order, line_id: int, units: int) -> SoldView:
    return SoldView(order, _line(order, line_id), units)


def _cents(sold: SoldView) -> int:
    return sold.line.price_cents * sold.units


def _app(row: Agreement) -> object:
    app = row["order"].app
    return {"id": gid("App", app.id), "name": app.name}


def _money(sold: SoldView, call: Call) -> object:
    return money_bag(_cents(sold), call.world.settings.currency)


_AGREEMENT: FieldTable = {
    "id": lambda row: row["id"],
    "happenedAt": lambda row: iso(row["happened_at"]),
    "reason": lambda row: row["reason"],
    "app": _app,
    "sales": listed(lambda row: row["sales"], lambda sold: (sold.line.id, sold.line.id)),
}

_SALE: FieldTable = {
    "id": lambda sold: gid("ProductSale", sold.line.id),
    "actionType": lambda sold: "ORDER" if sold.units > 0 else "RETURN",
    "lineType": lambda _: "PRODUCT",
    "quantity": lambda sold: sold.units,
    "lineItem": lambda sold: sold.line,
    "totalAmount": _money,
    "totalDiscountAmountAfterTaxes": lambda _, call: money_bag(0, call.world.settings.currency),
    "totalDiscountAmountBeforeTaxes": lambda _, call: money_bag(0, call.world.settings.currency),
    "totalTaxAmount": lambda _, call: money_bag(0, call.world.settings.currency),
}

AGREEMENT_FIELDS: dict[str, FieldTable] = {
    "OrderAgreement": _AGREEMENT,
    "OrderEditAgreement": _AGREEMENT,
    "ReturnAgreement": _AGREEMENT,
    "RefundAgreement": _AGREEMENT,
    "ProductSale": _SALE,
}
