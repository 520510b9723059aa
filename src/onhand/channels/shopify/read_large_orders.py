"""Reading an order that does not fit into the cheap form: its parts, the first lines of many, then what is left."""

from collections.abc import Callable
from typing import TypeVar

from onhand.channels.shopify.answers import orders as answers
from onhand.channels.shopify.answers.orders import Order
from onhand.channels.shopify.answers.pages import Page, PageInfo
from onhand.channels.shopify.batches import BatchSize, ask_in_batches, by_ids
from onhand.channels.shopify.bucket import Lane
from onhand.channels.shopify.client import GraphqlClient
from onhand.channels.shopify.documents import Document, load
from onhand.ports.errors import ChannelRefused, ChannelUnavailable

# How often an order is begun again because it changed while it was read.
ATTEMPTS = 3
# order_parts.graphql asks for so many; as many as that means that there may be more, and no cursor leads to them.
MOST_FULFILLMENTS = 250
MOST_REFUNDS = 100

_WHOLE = PageInfo(has_next_page=False)
_Row = TypeVar("_Row")
_Data = TypeVar("_Data")


def read_large_order(client: GraphqlClient, order: str, *, returns: bool) -> Order | None:
    """Return an order with all its lines; None when it is gone.

    `returns` False leaves out which refunds belong to returns. It is read in several calls, so it is begun again when
    it changed in between: two halves of different times would make units appear twice. Raises ChannelUnavailable when
    it never rests, ChannelRefused when it is beyond all bounds.
    """
    for _ in range(ATTEMPTS):
        whole = _read_parts(client, order, returns=returns)
        if whole is None:
            return None
        version = client.ask(load("order_version"), {"id": order}, answers.OrderVersion, Lane.READ).data.order
        if version is not None and version.updated_at == whole.updated_at:
            return whole
    raise ChannelUnavailable(f"{order} changed {ATTEMPTS} times while it was read")


def _read_parts(client: GraphqlClient, order: str, *, returns: bool) -> Order | None:
    whole: Order | None = None
    after: str | None = None
    while True:
        variables = {"id": order, "after": after, "returns": returns}
        answer = client.ask(load("order_parts"), variables, answers.OneOrder, Lane.READ)
        page = answer.data.order
        if page is None:
            return None
        if whole is None:
            whole = page
        else:
            whole.fulfillment_orders.nodes += page.fulfillment_orders.nodes
        info = page.fulfillment_orders.page_info
        after = info.end_cursor
        if not info.has_next_page or after is None:
            break
    if len(whole.fulfillments) >= MOST_FULFILLMENTS or len(whole.refunds) >= MOST_REFUNDS:
        raise ChannelRefused(
            f"{order} has {len(whole.fulfillments)} fulfilments and {len(whole.refunds)} refunds or more; onhand reads "
            f"less than {MOST_FULFILLMENTS} and {MOST_REFUNDS}"
        )
    whole.fulfillment_orders.page_info = _WHOLE
    _fill_in_lines(client, whole)
    return whole


def _fill_in_lines(client: GraphqlClient, order: Order) -> None:
    ids = [part.id for part in order.fulfillment_orders.nodes]
    ids += [*(part.id for part in order.fulfillments), *(part.id for part in order.refunds)]
    asked = ask_in_batches(client, BatchSize(load("part_lines")), ids, by_ids, answers.PartLineNodes)
    begun = {node.id: node for _, answer in asked for node in answer.data.nodes if node is not None}
    nothing = answers.PartLines(id="")
    for fulfillment_order in order.fulfillment_orders.nodes:
        fulfillment_order.line_items = all_rows(
            client,
            load("fulfillment_order_lines"),
            fulfillment_order.id,
            answers.FulfillmentOrderLines,
            lambda data: data.node.line_items if data.node is not None else None,
            begun.get(fulfillment_order.id, nothing).line_items,
        )
    for fulfillment in order.fulfillments:
        fulfillment.fulfillment_line_items = all_rows(
            client,
            load("fulfillment_lines"),
            fulfillment.id,
            answers.FulfillmentLines,
            lambda data: data.node.fulfillment_line_items if data.node is not None else None,
            begun.get(fulfillment.id, nothing).fulfillment_line_items,
        )
    for refund in order.refunds:
        refund.refund_line_items = all_rows(
            client,
            load("refund_lines"),
            refund.id,
            answers.RefundLines,
            lambda data: data.node.refund_line_items if data.node is not None else None,
            begun.get(refund.id, nothing).refund_line_items,
        )


def all_rows(  # noqa: PLR0917 - one list, wherever it stands
    client: GraphqlClient,
    document: Document,
    owner: str,
    shape: type[_Data],
    page_of: Callable[[_Data], Page[_Row] | None],
    page: Page[_Row] | None = None,
) -> Page[_Row]:
    """Return every row of one connection as a single page, read page by page; `page` is its first where that is known.

    `document` takes `$id` and `$after`. Raises ChannelUnavailable when what it belongs to has vanished meanwhile.
    """
    rows: list[_Row] = []
    after: str | None = None
    while True:
        if page is None:
            page = page_of(client.ask(document, {"id": owner, "after": after}, shape, Lane.READ).data)
        if page is None:
            raise ChannelUnavailable(f"{owner} vanished while it was read")
        rows += page.nodes
        after = page.page_info.end_cursor
        if not page.page_info.has_next_page or after is None:
            return Page(nodes=rows, page_info=_WHOLE)
        page = None
