"""Reading when units came to an order after it was placed: an order itself says only that they are there."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from onhand.channels.shopify.answers import agreements as answers
from onhand.channels.shopify.answers.agreements import Agreement
from onhand.channels.shopify.answers.orders import Order
from onhand.channels.shopify.batches import BatchSize, ask_in_batches, by_ids
from onhand.channels.shopify.bucket import Lane
from onhand.channels.shopify.client import GraphqlClient
from onhand.channels.shopify.documents import load

# OrderActionType and SaleActionType, 2026-10. With anything but the order itself units come later than it was placed.
_AS_PLACED: Final = "ORDER"
_SOLD: Final = "ORDER"
# OrderReturnStatus, 2026-10.
NO_RETURN: Final = "NO_RETURN"


class Addition(NamedTuple):
    """Units of a line, by its global id, that were added to an order."""

    line: str
    units: int
    added_at: datetime


class AdditionReader:
    """Reads what was added to orders of one shop."""

    def __init__(self, client: GraphqlClient) -> None:
        self._client = client
        self._orders = BatchSize(load("agreements"))

    def read(self, orders: Iterable[Order]) -> list[Addition]:
        """Return what was added to these orders. Raises as `GraphqlClient.ask` does.

        Only orders that were edited, or of which something came back, can have grown: no others are asked for.
        """
        ids = [order.id for order in orders if order.edited or order.return_status != NO_RETURN]
        additions: list[Addition] = []
        for _, answer in ask_in_batches(self._client, self._orders, ids, by_ids, answers.AgreementNodes):
            for node in answer.data.nodes:
                if node is None:
                    continue
                page = node.agreements
                fits = not page.page_info.has_next_page and not any(
                    row.sales.page_info.has_next_page for row in page.nodes
                )
                additions += _additions(page.nodes if fits else list(self._read_long(node.id)))
        return additions

    def _read_long(self, order: str) -> Iterator[Agreement]:
        """Yield the agreements of one order, each in as many pieces as its sales fill pages."""
        after: str | None = None
        sales_after: str | None = None
        while True:
            variables = {"id": order, "after": after, "salesAfter": sales_after}
            found = self._client.ask(load("agreement_sales"), variables, answers.AgreementSales, Lane.READ).data.order
            if found is None or not found.agreements.nodes:
                return
            (agreement,) = found.agreements.nodes
            yield agreement
            sales_after = agreement.sales.page_info.end_cursor
            if agreement.sales.page_info.has_next_page and sales_after is not None:
                continue
            sales_after, after = None, found.agreements.page_info.end_cursor
            if not found.agreements.page_info.has_next_page or after is None:
                return


def _additions(agreements: Sequence[Agreement]) -> Iterator[Addition]:
    for agreement in agreements:
        if agreement.reason == _AS_PLACED:
            continue
        for sale in agreement.sales.nodes:
            if sale.action_type == _SOLD and sale.line_item is not None and (sale.quantity or 0) > 0:
                yield Addition(sale.line_item.id, sale.quantity or 0, agreement.happened_at.astimezone(UTC))
