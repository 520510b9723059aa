"""Reading returns, reverse fulfilment orders with their dispositions, exchange lines and draft orders."""

from __future__ import annotations

from typing import Any

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.fields import FieldTable, amount, iso, listed, money_bag
from onhand.sandbox.shopify.gids import gid
from onhand.sandbox.shopify.read_orders import order_of
from onhand.sandbox.shopify.terms import Getter
from onhand.sandbox.shopify.views import (
    DraftLineView,
    ExchangeLineView,
    FulfilledLineView,
    ProductView,
    ReturnLineView,
    ReverseLineView,
    ReverseOrderView,
    VariantView,
)
from onhand.sandbox.world.bundling import parts_of
from onhand.sandbox.world.catalog import Item
from onhand.sandbox.world.drafts import Draft, DraftLine
from onhand.sandbox.world.orders import Order, Refund
from onhand.sandbox.world.returns import Return, ReturnLine

DRAFT_GETTERS: dict[str, Getter] = {
    "id": lambda draft: draft.id,
    "status": lambda draft: draft.status.lower(),
    "created_at": lambda draft: draft.created_at,
    "updated_at": lambda draft: draft.updated_at,
}


def _id_key(row: Any) -> tuple[int, int]:
    return row.id, row.id


def _line_key(view: ReturnLineView | ExchangeLineView | DraftLineView) -> tuple[int, int]:
    return view.line.id, view.line.id


def fulfilled_line(order: Order, number: int) -> FulfilledLineView | None:
    """Return the fulfilment line with an id, or None."""
    for done in order.fulfillments:
        line = done.line_of(number)
        if line is not None:
            return FulfilledLineView(order, line, number)
    return None


def _item(call: Call, item_id: int) -> Item:
    return call.world.catalog.known[item_id]


def _sent_in(view: ReturnLineView | ReverseLineView) -> FulfilledLineView | None:
    return fulfilled_line(view.order, view.line.fulfilled_line_id)


def _return_lines(opened: Return, call: Call) -> list[ReturnLineView]:
    order = order_of(call, opened.order_id)
    return [ReturnLineView(order, line) for line in opened.lines]


def _reverse_lines(view: ReverseOrderView) -> list[ReverseLineView]:
    return [ReverseLineView(view.order, line) for line in view.opened.lines]


def _reverse_orders(opened: Return, call: Call) -> list[ReverseOrderView]:
    return [ReverseOrderView(order_of(call, opened.order_id), opened)]


def _refunds(opened: Return, call: Call) -> list[Refund]:
    return [one for one in order_of(call, opened.order_id).refunds if one.return_id == opened.id]


def _exchanges(opened: Return, call: Call) -> list[ExchangeLineView]:
    order = order_of(call, opened.order_id)
    return [ExchangeLineView(order, line) for line in opened.exchanges]


def _left(line: ReturnLine) -> int:
    return line.units - line.processed_units


def _reverse_status(view: ReverseOrderView) -> str:
    if view.opened.status == "CANCELED":
        return "CANCELED"
    return "OPEN" if view.opened.waiting_units and view.opened.status == "OPEN" else "CLOSED"


def _line_cents(call: Call, view: ReturnLineView) -> int:
    return _item(call, view.line.item_id).price_cents * view.line.units


def _draft_lines(draft: Draft) -> list[DraftLineView]:
    return [DraftLineView(draft, line) for line in draft.lines]


def _is_sold(view: DraftLineView, call: Call) -> bool:
    return view.line.item_id in call.world.catalog.items


def _components(view: DraftLineView, call: Call) -> list[DraftLineView]:
    """Return a bundle's components with the units of them that all its units take [I]."""
    if not call.world.catalog.known[view.line.item_id].bundle:
        return []
    return [
        DraftLineView(view.draft, DraftLine(id=number, item_id=part.item_id, units=part.units * view.line.units))
        for number, part in enumerate(parts_of(call.world, view.line.item_id), start=view.line.id * 100)
    ]


def _draft_cents(draft: Draft, call: Call) -> int:
    return sum(_item(call, line.item_id).price_cents * line.units for line in draft.lines)


_RETURN: FieldTable = {
    "id": lambda opened: gid("Return", opened.id),
    "name": lambda opened: opened.name,
    "status": lambda opened: opened.status,
    "createdAt": lambda opened: iso(opened.created_at),
    "closedAt": lambda opened: iso(opened.closed_at),
    "requestApprovedAt": lambda _: None,
    "order": lambda opened, call: order_of(call, opened.order_id),
    "totalQuantity": lambda opened: sum(line.units for line in opened.lines),
    "returnLineItems": listed(_return_lines, _line_key),
    "exchangeLineItems": listed(_exchanges, _line_key),
    "reverseFulfillmentOrders": listed(
        _reverse_orders, lambda view: (view.opened.reverse_order_id, view.opened.reverse_order_id)
    ),
    "refunds": listed(_refunds, _id_key),
    "transactions": listed(lambda _: (), _id_key),
}

_RETURN_LINE: FieldTable = {
    "id": lambda view: gid("ReturnLineItem", view.line.id),
    "quantity": lambda view: view.line.units,
    "processedQuantity": lambda view: view.line.processed_units,
    "processableQuantity": lambda view: _left(view.line),
    "unprocessedQuantity": lambda view: _left(view.line),
    "refundedQuantity": lambda view: view.line.refunded_units,
    "refundableQuantity": lambda view: view.line.units - view.line.refunded_units,
    "returnReason": lambda _: "UNKNOWN",
    "returnReasonNote": lambda _: "",
    "customerNote": lambda _: None,
    "fulfillmentLineItem": _sent_in,
    "withCodeDiscountedTotalPriceSet": lambda view, call: money_bag(
        _line_cents(call, view), call.world.settings.currency
    ),
}

_REVERSE_ORDER: FieldTable = {
    "id": lambda view: gid("ReverseFulfillmentOrder", view.opened.reverse_order_id),
    "order": lambda view: view.order,
    "status": _reverse_status,
    "lineItems": listed(_reverse_lines, lambda view: (view.line.reverse_line_id, view.line.reverse_line_id)),
}

_REVERSE_LINE: FieldTable = {
    "id": lambda view: gid("ReverseFulfillmentOrderLineItem", view.line.reverse_line_id),
    "totalQuantity": lambda view: view.line.units,
    "fulfillmentLineItem": _sent_in,
    "dispositions": lambda view: view.line.dispositions,
}

_DISPOSITION: FieldTable = {
    "id": lambda row: gid("ReverseFulfillmentOrderDisposition", row.id),
    "type": lambda row: row.type,
    "quantity": lambda row: row.units,
    "createdAt": lambda row: iso(row.created_at),
    "location": lambda row, call: None if row.location_id is None else call.world.catalog.locations[row.location_id],
}

_EXCHANGE_LINE: FieldTable = {
    "id": lambda view: gid("ExchangeLineItem", view.line.id),
    "quantity": lambda view: view.line.units,
    "processedQuantity": lambda view: view.line.processed_units,
    "processableQuantity": lambda view: view.line.units - view.line.processed_units,
    "unprocessedQuantity": lambda view: view.line.units - view.line.processed_units,
    "lineItem": lambda view: view.order.line(view.line.line_ids[0]) if view.line.line_ids else None,
    "lineItems": lambda view: [view.order.line(line_id) for line_id in view.line.line_ids],
    "variantId": lambda view, call: gid("ProductVariant", _item(call, view.line.item_id).variant_id),
    "productId": lambda view, call: gid("Product", _item(call, view.line.item_id).product_id),
    "title": lambda view, call: _item(call, view.line.item_id).title,
    "variantTitle": lambda _: None,
    "variantSku": lambda view, call: _item(call, view.line.item_id).sku,
}

_DRAFT: FieldTable = {
    "id": lambda draft: gid("DraftOrder", draft.id),
    "legacyResourceId": lambda draft: str(draft.id),
    "name": lambda draft: draft.name,
    "status": lambda draft: draft.status,
    "ready": lambda _: True,
    "createdAt": lambda draft: iso(draft.created_at),
    "updatedAt": lambda draft: iso(draft.updated_at),
    "completedAt": lambda draft: iso(draft.completed_at),
    "reserveInventoryUntil": lambda draft: iso(draft.reserve_until),
    "order": lambda draft, call: None if draft.order_id is None else order_of(call, draft.order_id),
    "lineItems": listed(_draft_lines, _line_key),
    "totalQuantityOfLineItems": lambda draft, call: sum(
        line.units * part.units for line in draft.lines for part in parts_of(call.world, line.item_id)
    ),
    "currencyCode": lambda _, call: call.world.settings.currency,
    "totalPriceSet": lambda draft, call: money_bag(_draft_cents(draft, call), call.world.settings.currency),
    "totalPrice": lambda draft, call: amount(_draft_cents(draft, call)),
    "tags": lambda _: [],
    "note2": lambda _: None,
    "email": lambda _: None,
}

_DRAFT_LINE: FieldTable = {
    "id": lambda view: gid("DraftOrderLineItem", view.line.id),
    "quantity": lambda view: view.line.units,
    "custom": lambda _: False,
    "variant": lambda view, call: VariantView(_item(call, view.line.item_id)) if _is_sold(view, call) else None,
    "product": lambda view, call: ProductView(_item(call, view.line.item_id)) if _is_sold(view, call) else None,
    "sku": lambda view, call: _item(call, view.line.item_id).sku,
    "title": lambda view, call: _item(call, view.line.item_id).title,
    "name": lambda view, call: _item(call, view.line.item_id).title,
    "requiresShipping": lambda _: True,
    "components": _components,
}

RETURN_FIELDS: dict[str, FieldTable] = {
    "Return": _RETURN,
    "ReturnLineItem": _RETURN_LINE,
    "ReverseFulfillmentOrder": _REVERSE_ORDER,
    "ReverseFulfillmentOrderLineItem": _REVERSE_LINE,
    "ReverseFulfillmentOrderDisposition": _DISPOSITION,
    "ExchangeLineItem": _EXCHANGE_LINE,
    "DraftOrder": _DRAFT,
    "DraftOrderLineItem": _DRAFT_LINE,
}
