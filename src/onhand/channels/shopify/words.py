"""Words of Shopify's that decide what a fact did to stock, and what a word counts as that nobody knew."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from onhand.channels.shopify.answers.orders import Order
from onhand.channels.shopify.answers.returns import Return
from onhand.channels.shopify.answers.transfers import Transfer
from onhand.channels.shopify.gids import number_of
from onhand.channels.shopify.payloads import OrderPayload
from onhand.ports.channel import Problem

UNKNOWN_WORD = "unknown word of shopify"
"""The kind of problem: one a word."""


class _Words(NamedTuple):
    """The words of one enum in lower case, as GraphQL and webhooks share them, and what any other counts as."""

    what: str
    known: frozenset[str]
    otherwise: str


# Admin API 2026-10: FulfillmentOrderStatus, FulfillmentStatus, RefundLineItemRestockType.
_WAITING = _Words(
    "fulfilment order status",
    frozenset(["cancelled", "closed", "incomplete", "in_progress", "on_hold", "open", "scheduled"]),
    "its units count as waiting to be shipped",
)
_SHIPPED = _Words(
    "fulfilment status",
    frozenset(["cancelled", "error", "failure", "open", "pending", "success"]),
    "its units count as not shipped",
)
_RESTOCKED = _Words(
    "restock type", frozenset(["cancel", "legacy_restock", "no_restock", "return"]), "its units count as not put back"
)

# Admin API 2026-10: ReturnStatus, ReverseFulfillmentOrderDispositionType, InventoryShipmentStatus.
_RETURNING = _Words(
    "return status", frozenset(["canceled", "closed", "declined", "open", "requested"]), "it counts as open"
)
_DISPOSED = _Words(
    "disposition",
    frozenset(["missing", "not_restocked", "processing_required", "restocked"]),
    "its units count as not put back",
)
_UNDER_WAY = _Words(
    "shipment status",
    frozenset(["draft", "in_transit", "partially_received", "received"]),
    "what it holds counts as under way",
)


def unknown_in_reading(order: Order) -> Iterator[Problem]:
    """Yield a problem for every word of an order read back that this onhand does not know."""
    number = number_of(order.id) or order.id
    yield from _unknown(_WAITING, (part.status for part in order.fulfillment_orders.nodes), f"order {number}")
    yield from _unknown(_SHIPPED, (done.status for done in order.fulfillments), f"order {number}")
    rows = (row for refund in order.refunds if refund.refund_line_items for row in refund.refund_line_items.nodes)
    yield from _unknown(_RESTOCKED, (row.restock_type for row in rows), f"order {number}")


def unknown_in_webhook(payload: OrderPayload) -> Iterator[Problem]:
    """Yield a problem for every word of an order told by a webhook that this onhand does not know."""
    number = str(payload.id)
    yield from _unknown(_SHIPPED, (done.status for done in payload.fulfillments), f"order {number}")
    rows = (row for refund in payload.refunds for row in refund.refund_line_items)
    yield from _unknown(_RESTOCKED, (row.restock_type for row in rows), f"order {number}")


def unknown_in_return(found: Return) -> Iterator[Problem]:
    """Yield a problem for every word of a return that this onhand does not know."""
    yield from _unknown(_RETURNING, [found.status], f"return {found.name}")
    lines = (
        row
        for part in found.reverse_fulfillment_orders.nodes
        if part.line_items is not None
        for row in part.line_items.nodes
    )
    yield from _unknown(_DISPOSED, (one.type for row in lines for one in row.dispositions), f"return {found.name}")


def unknown_in_transfer(transfer: Transfer) -> Iterator[Problem]:
    """Yield a problem for every word of a transfer's shipments that this onhand does not know."""
    yield from _unknown(_UNDER_WAY, (one.status for one in transfer.shipments.nodes), f"transfer {transfer.name}")


def _unknown(words: _Words, said: Iterable[str | None], of: str) -> Iterator[Problem]:
    for word in {one for one in said if one and one.lower() not in words.known}:
        yield Problem(
            UNKNOWN_WORD,
            f"{words.what}/{word.lower()}"[:120],
            f"{of} has {words.what} {word[:80]!r}, which this onhand does not know: {words.otherwise}",
            "update onhand; until then compare the levels of its goods with `onhand audit`",
        )
