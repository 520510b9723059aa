"""Which orders, transfers and drafts changed, or are not finished: the first page of all of them is one question."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final, TypeVar

from onhand.channels.shopify.answers import changes as answers
from onhand.channels.shopify.answers.pages import Page
from onhand.channels.shopify.bucket import Lane
from onhand.channels.shopify.client import GraphqlClient
from onhand.channels.shopify.documents import load
from onhand.channels.shopify.gids import number_of
from onhand.channels.shopify.read_drafts import draft_cause_of
from onhand.channels.shopify.told import cause_of as order_cause_of
from onhand.channels.shopify.transfer_picture import cause_of as transfer_cause_of
from onhand.channels.shopify.trouble import MissingScope
from onhand.domain.transfers import UNDATED
from onhand.ports.channel import Changed, Wanted

_PAGE = 100
# Shopify pages no deeper than 25,000 objects (2026-10, "Pagination"): begin again well before.
_DEEPEST = 20_000

# Orders that have units to be shipped; one that was put away with units left is among them: these are committed.
_UNFINISHED = "NOT status:cancelled AND NOT fulfillment_status:fulfilled"
_OPEN_TRANSFER = "status:draft OR status:ready_to_ship OR status:in_progress"
_OPEN_DRAFT = "status:open"
# In these nothing happens any more (InventoryTransferStatus, 2026-10), but to shipments that were under way.
_OVER: Final = frozenset({"TRANSFERRED", "CANCELED"})

_log = logging.getLogger(__name__)
_Data = TypeVar("_Data")
_Row = TypeVar("_Row")


class ChangeReader:
    """Lists what there may be to read of one shop, less what the app may not see: `onhand doctor` names the scope."""

    def __init__(self, client: GraphqlClient) -> None:
        self._client = client
        self._together = True

    def look_for_all(self) -> None:
        """Ask for all kinds at once again: the app may see them now."""
        self._together = True

    def changed(self, since: datetime) -> Iterator[Changed]:
        """Yield orders that changed at or after `since`, oldest first, then transfers and drafts. Raises as `ask` does.

        Of transfers, which keep no time of their changes, these are the open ones and those made since.
        """
        updated, made = f"updated_at:>='{_text(since)}'", f"created_at:>='{_text(since)}'"
        transfers = f"{_OPEN_TRANSFER} OR {made}"
        first = self._first_pages(updated, transfers, updated)
        yield from self._orders_changed(since, first.orders)
        yield from _of_transfers(self._transfers(transfers, first.inventory_transfers), since)
        yield from self._drafts(updated, first.draft_orders)

    def unfinished(self) -> Iterator[Changed]:
        """Yield orders with units to be shipped, open transfers and open drafts. Raises as `ask` does."""
        first = self._first_pages(_UNFINISHED, _OPEN_TRANSFER, _OPEN_DRAFT)
        yield from self._orders(_UNFINISHED, first.orders)
        for row in self._transfers(_OPEN_TRANSFER, first.inventory_transfers):
            number = number_of(row.id, "InventoryTransfer")
            if number is not None:
                yield Changed(Wanted.TRANSFER, number, transfer_cause_of(number), None)
        yield from self._drafts(_OPEN_DRAFT, first.draft_orders)

    def _first_pages(self, orders: str, transfers: str, drafts: str) -> answers.Changes:
        """Return the first pages of three lists; none where a scope is missing, since nothing says for which."""
        if self._together:
            variables = {
                "first": self._client.page_rows(_PAGE),
                "orders": orders,
                "transfers": transfers,
                "drafts": drafts,
            }
            try:
                return self._client.ask(load("changes"), variables, answers.Changes, Lane.SWEEP).data
            except MissingScope:
                self._together = False
        return answers.Changes()

    def _orders_changed(self, since: datetime, first: Page[answers.ChangedOrder] | None) -> Iterator[Changed]:
        """Yield the orders that changed. One that changes meanwhile moves to the end and is met again."""
        while True:
            last = since
            rows = self._orders(f"updated_at:>='{_text(since)}'", first)
            for number, change in enumerate(rows, start=1):
                last = change.changed_at or last
                yield change
                if number >= _DEEPEST and last > since:
                    break
            else:
                return
            since, first = last, None

    def _orders(self, query: str, first: Page[answers.ChangedOrder] | None) -> Iterator[Changed]:
        for row in self._rows("orders_changed", answers.OrdersChanged, lambda data: data.orders, query, first):
            number = number_of(row.id, "Order")
            if number is not None:
                yield Changed(Wanted.ORDER, number, order_cause_of(number), row.updated_at.astimezone(UTC))

    def _transfers(self, query: str, first: Page[answers.ListedTransfer] | None) -> Iterator[answers.ListedTransfer]:
        try:
            yield from self._rows(
                "transfers_listed", answers.TransfersListed, lambda data: data.inventory_transfers, query, first
            )
        except MissingScope as refusal:
            _log.warning("transfers are left out: %s", refusal)

    def _drafts(self, query: str, first: Page[answers.ChangedDraft] | None) -> Iterator[Changed]:
        try:
            for row in self._rows(
                "drafts_changed", answers.DraftsChanged, lambda data: data.draft_orders, query, first
            ):
                number = number_of(row.id, "DraftOrder")
                if number is not None:
                    yield Changed(Wanted.DRAFT, number, draft_cause_of(number), row.updated_at.astimezone(UTC))
        except MissingScope as refusal:  # a grant without read_draft_orders: levels show what drafts reserve
            _log.warning("drafts are left out: %s", refusal)

    def _rows(
        self,
        document: str,
        shape: type[_Data],
        page_of: Callable[[_Data], Page[_Row]],
        query: str,
        first: Page[_Row] | None,
    ) -> Iterator[_Row]:
        """Yield the rows of a list, whose first page may have been read with others."""
        after: str | None = None
        page = first
        while True:
            if page is None:
                variables = {"query": query, "first": self._client.page_rows(_PAGE), "after": after}
                page = page_of(self._client.ask(load(document), variables, shape, Lane.SWEEP).data)
            yield from page.nodes
            after = page.page_info.end_cursor
            if not page.page_info.has_next_page or after is None:
                return
            page = None


def _of_transfers(rows: Iterator[answers.ListedTransfer], since: datetime) -> Iterator[Changed]:
    """Yield what may have changed. A draft does nothing before it is made ready: it is news only while not known."""
    for row in rows:
        number = number_of(row.id, "InventoryTransfer")
        is_new = row.date_created is None or row.date_created >= since
        if number is not None and (row.status not in _OVER or is_new):
            yield Changed(
                Wanted.TRANSFER, number, transfer_cause_of(number), UNDATED if row.status == "DRAFT" else None
            )


def _text(moment: datetime) -> str:
    """Return a moment as searches take it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
