"""Reading orders, their lines and refunds."""

from __future__ import annotations

from typing import Any

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.errors import refuse
from onhand.sandbox.shopify.fields import (
    Arguments,
    FieldTable,
    amount,
    counted_rows,
    iso,
    listed,
    money_bag,
    page_of,
    searched,
)
from onhand.sandbox.shopify.gids import gid
from onhand.sandbox.shopify.paging import Page
from onhand.sandbox.shopify.read_agreements import agreements_of
from onhand.sandbox.shopify.terms import Getter
from onhand.sandbox.shopify.views import FulfillmentOrderLineView, ProductView, RefundLineView, VariantView
from onhand.sandbox.world.catalog import Item, Location
from onhand.sandbox.world.orders import Fulfillment, FulfillmentOrder, Order, OrderLine, Refund

ORDER_GETTERS: dict[str, Getter] = {
    "id": lambda order: order.id,
    "name": lambda order: order.name,
    "created_at": lambda order: order.created_at,
    "processed_at": lambda order: order.processed_at,
    "updated_at": lambda order: order.updated_at,
    "source_name": lambda order: order.source_name,
    "financial_status": lambda order: order.financial_status,
    "fulfillment_status": lambda order: order.fulfilment_status or "unfulfilled",
    "status": lambda order: (_status(order), "any"),
    "sku": lambda order: tuple(line.sku for line in order.lines),
    "location_id": lambda order: order.retail_location_id,
}
FULFILLMENT_ORDER_GETTERS: dict[str, Getter] = {
    "id": lambda part: part.id,
    "status": lambda part: part.status,
    "updated_at": lambda part: part.updated_at,
    "assigned_location_id": lambda part: part.location_id,
}
# Admin API 2026-10, OrderCancelReason.
_CANCEL_REASONS = frozenset(("CUSTOMER", "DECLINED", "FRAUD", "INVENTORY", "OTHER", "STAFF"))
_DISPLAY_STATUS = {None: "UNFULFILLED", "partial": "PARTIALLY_FULFILLED", "fulfilled": "FULFILLED"}


def _status(order: Order) -> str:
    if order.cancelled_at is not None:
        return "cancelled"
    return "closed" if order.closed_at is not None else "open"


def _place(call: Call, location_id: int | None) -> Location | None:
    return None if location_id is None else call.world.catalog.locations[location_id]


def _item(call: Call, item_id: int) -> Item:
    return call.world.catalog.known[item_id]


def _currency(call: Call) -> str:
    return call.world.settings.currency


def order_of(call: Call, order_id: int) -> Order:
    """Return the order that a record belongs to."""
    return call.world.orders.by_id[order_id]


def _cancel_reason(order: Order) -> str | None:
    if order.cancelled_at is None:
        return None
    reason = (order.cancel_reason or "other").upper()
    return reason if reason in _CANCEL_REASONS else "OTHER"


def _ordered_cents(order: Order) -> int:
    return sum(line.price_cents * line.ordered_units for line in order.lines)


def _current_cents(order: Order) -> int:
    return sum(line.price_cents * line.current_units for line in order.lines)


def _refunded_cents(order: Order) -> int:
    return sum(refund.money_cents for refund in order.refunds)


def _id_key(row: Any) -> tuple[int, int]:
    return row.id, row.id


def _fulfillment_orders(order: Order) -> list[FulfillmentOrder]:
    return sorted(order.fulfillment_orders, key=_id_key)


def _fulfillments(order: Order, _: Call, arguments: Arguments) -> list[Fulfillment]:
    if arguments.get("query"):
        raise refuse("BAD_REQUEST", "the sandbox cannot search an order's fulfillments")
    return order.fulfillments[: arguments.get("first")]


def _refunds(order: Order, _: Call, arguments: Arguments) -> list[Refund]:
    return order.refunds[: arguments.get("first")]


def _agreements(order: Order, call: Call, arguments: Arguments) -> Page:
    if arguments.get("query"):
        raise refuse("BAD_REQUEST", "the sandbox cannot search an order's agreements")
    return page_of(call, agreements_of(order), lambda row: (row["rank"], row["rank"]), arguments)


def _refund_lines(refund: Refund, call: Call) -> list[RefundLineView]:
    order = order_of(call, refund.order_id)
    return [RefundLineView(order, line) for line in refund.lines]


def _restockable(order: Order) -> bool:
    return order.cancelled_at is None and any(line.current_units for line in order.lines)


def _lines_left(line: OrderLine) -> str | None:
    if not line.fulfilled_units:
        return "unfulfilled"
    return "partial" if line.unfulfilled_units else "fulfilled"


def _line_of(view: RefundLineView | FulfillmentOrderLineView) -> OrderLine:
    line = view.order.line(view.line.line_id)
    assert line is not None, "a refund or a fulfilment order names a line of its own order"
    return line


def _refund_line_cents(view: RefundLineView) -> int:
    return _line_of(view).price_cents * view.line.units


def _return_status(order: Order) -> str:
    going = [one for one in order.returns if one.status != "CANCELED"]
    if not going:
        return "NO_RETURN"
    if any(one.status == "OPEN" for one in going):
        waiting = any(one.waiting_units for one in going)
        return "IN_PROGRESS" if waiting else "INSPECTION_COMPLETE"
    return "RETURNED"


_ORDER: FieldTable = {
    "id": lambda order: gid("Order", order.id),
    "legacyResourceId": lambda order: str(order.id),
    "name": lambda order: order.name,
    "number": lambda order: order.number,
    "createdAt": lambda order: iso(order.created_at),
    "processedAt": lambda order: iso(order.processed_at),
    "updatedAt": lambda order: iso(order.updated_at),
    "cancelledAt": lambda order: iso(order.cancelled_at),
    "cancelReason": _cancel_reason,
    "cancellation": lambda order: None if order.cancelled_at is None else {"staffNote": None},
    "closedAt": lambda order: iso(order.closed_at),
    "closed": lambda order: order.closed_at is not None,
    "confirmed": lambda _: True,
    "test": lambda _: False,
    "edited": lambda order: bool(order.edits),
    "tags": lambda order: list(order.tags),
    "sourceName": lambda order: order.source_name,
    "sourceIdentifier": lambda order: order.source_identifier,
    "registeredSourceUrl": lambda _: None,
    "app": lambda order: {"id": gid("App", order.app.id), "name": order.app.name},
    "attribution": lambda order: {"handle": order.source_name, "displayName": order.app.name, "icon": None},
    "retailLocation": lambda order, call: _place(call, order.retail_location_id),
    "physicalLocation": lambda order, call: _place(call, order.retail_location_id),
    "currencyCode": lambda _, call: _currency(call),
    "presentmentCurrencyCode": lambda _, call: _currency(call),
    "displayFinancialStatus": lambda order: order.financial_status.upper(),
    "displayFulfillmentStatus": lambda order: _DISPLAY_STATUS[order.fulfilment_status],
    "returnStatus": _return_status,
    "returns": searched(lambda order: order.returns, {"ID": _id_key}, {"status": lambda one: one.status}),
    "fulfillable": lambda order: any(line.unfulfilled_units for line in order.lines),
    "fullyPaid": lambda order: order.financial_status == "paid",
    "unpaid": lambda order: order.financial_status == "pending",
    "requiresShipping": lambda order: any(part.method == "SHIPPING" for part in order.fulfillment_orders),
    "restockable": _restockable,
    "subtotalLineItemsQuantity": lambda order: sum(line.ordered_units for line in order.lines),
    "currentSubtotalLineItemsQuantity": lambda order: sum(line.current_units for line in order.lines),
    "totalPriceSet": lambda order, call: money_bag(_ordered_cents(order), _currency(call)),
    "totalPrice": lambda order: amount(_ordered_cents(order)),
    "subtotalPriceSet": lambda order, call: money_bag(_ordered_cents(order), _currency(call)),
    "currentTotalPriceSet": lambda order, call: money_bag(_current_cents(order), _currency(call)),
    "currentSubtotalPriceSet": lambda order, call: money_bag(_current_cents(order), _currency(call)),
    "totalRefundedSet": lambda order, call: money_bag(_refunded_cents(order), _currency(call)),
    "totalRefunded": lambda order: amount(_refunded_cents(order)),
    "lineItems": listed(lambda order: order.lines, _id_key),
    "nonFulfillableLineItems": listed(lambda _: (), _id_key),
    "fulfillmentOrders": searched(_fulfillment_orders, {"ID": _id_key}, FULFILLMENT_ORDER_GETTERS),
    "fulfillments": _fulfillments,
    "fulfillmentsCount": lambda order: counted_rows(len(order.fulfillments)),
    "refunds": _refunds,
    "agreements": _agreements,
}

_LINE_ITEM: FieldTable = {
    "id": lambda line: gid("LineItem", line.id),
    "name": lambda line: line.title,
    "title": lambda line: line.title,
    "variantTitle": lambda _: None,
    "vendor": lambda _: None,
    "sku": lambda line: line.sku,
    "quantity": lambda line: line.ordered_units,
    "currentQuantity": lambda line: line.current_units,
    "refundableQuantity": lambda line: line.current_units,
    "unfulfilledQuantity": lambda line: line.unfulfilled_units,
    "fulfillableQuantity": lambda line: line.unfulfilled_units,
    "nonFulfillableQuantity": lambda _: 0,
    "fulfillmentStatus": _lines_left,
    "requiresShipping": lambda _: True,
    "isGiftCard": lambda _: False,
    "taxable": lambda _: True,
    "restockable": lambda line: line.current_units > 0,
    "canRestock": lambda line: line.current_units > 0,
    "variant": lambda line, call: line.variant_id and VariantView(_item(call, line.item_id), line.variant_id),
    "product": lambda line, call: line.product_id and ProductView(_item(call, line.item_id)),
    "lineItemGroup": lambda line: line.group,
    "originalUnitPriceSet": lambda line, call: money_bag(line.price_cents, _currency(call)),
    "originalUnitPrice": lambda line: amount(line.price_cents),
    "originalTotalSet": lambda line, call: money_bag(line.price_cents * line.ordered_units, _currency(call)),
    "originalTotal": lambda line: amount(line.price_cents * line.ordered_units),
}

_LINE_ITEM_GROUP: FieldTable = {
    "id": lambda group: gid("LineItemGroup", group.id),
    "title": lambda group: group.title,
    "quantity": lambda group: group.units,
    "variantId": lambda group: gid("ProductVariant", group.variant_id),
    "variantSku": lambda group: group.sku,
    "productId": lambda group: gid("Product", group.product_id),
}

_REFUND: FieldTable = {
    "id": lambda refund: gid("Refund", refund.id),
    "legacyResourceId": lambda refund: str(refund.id),
    "createdAt": lambda refund: iso(refund.created_at),
    "updatedAt": lambda refund: iso(refund.created_at),
    "processedAt": lambda refund: iso(refund.created_at),
    "note": lambda refund: refund.note,
    "order": lambda refund, call: order_of(call, refund.order_id),
    "return": lambda refund, call: None if refund.return_id is None else call.world.orders.return_of(refund.return_id),
    "refundLineItems": listed(_refund_lines, lambda view: (view.line.id, view.line.id)),
    "totalRefundedSet": lambda refund, call: money_bag(refund.money_cents, _currency(call)),
    "totalRefunded": lambda refund, call: {"amount": amount(refund.money_cents), "currencyCode": _currency(call)},
}

_REFUND_LINE_ITEM: FieldTable = {
    "id": lambda view: gid("RefundLineItem", view.line.id),
    "lineItem": _line_of,
    "location": lambda view, call: _place(call, view.line.location_id),
    "quantity": lambda view: view.line.units,
    "restockType": lambda view: view.line.restock_type.upper(),
    "restocked": lambda view: view.line.restock_type != "no_restock",
    "priceSet": lambda view, call: money_bag(_line_of(view).price_cents, _currency(call)),
    "price": lambda view: amount(_line_of(view).price_cents),
    "subtotalSet": lambda view, call: money_bag(_refund_line_cents(view), _currency(call)),
    "subtotal": lambda view: amount(_refund_line_cents(view)),
}

ORDER_FIELDS: dict[str, FieldTable] = {
    "Order": _ORDER,
    "LineItem": _LINE_ITEM,
    "LineItemGroup": _LINE_ITEM_GROUP,
    "Refund": _REFUND,
    "RefundLineItem": _REFUND_LINE_ITEM,
}
