"""Reading returns back: many at once in the cheap form, a large one part by part."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC

from onhand.channels.shopify.answers import orders as order_answers
from onhand.channels.shopify.answers import returns as answers
from onhand.channels.shopify.answers.pages import Page, PageInfo
from onhand.channels.shopify.answers.returns import Return, ReverseLine
from onhand.channels.shopify.batches import BatchSize, ask_in_batches, by_ids
from onhand.channels.shopify.bucket import Lane
from onhand.channels.shopify.client import GraphqlClient
from onhand.channels.shopify.documents import load
from onhand.channels.shopify.gids import gid, is_number, number_of
from onhand.channels.shopify.read_large_orders import all_rows
from onhand.channels.shopify.read_orders import OF_ORDER
from onhand.channels.shopify.settings import NAME
from onhand.channels.shopify.told import cause_of
from onhand.channels.shopify.words import unknown_in_return
from onhand.domain.pictures import Version
from onhand.domain.returns import Restocked, ReturnLine, ReturnPicture, ReturnStatus
from onhand.ports.channel import Problem, Reading, Report
from onhand.ports.errors import ChannelRefused

BY_REVERSE_ORDER = "rfo:"
"""The key of an ask for the return that a reverse fulfilment order belongs to."""

# ReturnStatus and ReverseFulfillmentOrderDispositionType, 2026-10. A status that nobody knew is taken for open: an
# open return is read again.
_STATUSES = {
    "REQUESTED": ReturnStatus.REQUESTED,
    "OPEN": ReturnStatus.OPEN,
    "CLOSED": ReturnStatus.CLOSED,
    "DECLINED": ReturnStatus.DECLINED,
    "CANCELED": ReturnStatus.CANCELLED,
}


def return_cause_of(number: str) -> str:
    """Return the name of a Shopify return in the books."""
    return f"{NAME}/return/{number}"


class ReturnReader:
    """Reads returns of one shop."""

    def __init__(self, client: GraphqlClient, most: int) -> None:
        self._client = client
        self._returns = BatchSize(load("returns"), most)
        self._owners = BatchSize(load("reverse_orders"))
        self._orders = BatchSize(load("order_returns"))

    def read(self, keys: Sequence[str], reading: int) -> Reading:
        """Return pictures of returns, by return id, `rfo:` and a reverse fulfilment order, or `order:` and an order."""
        returns_of_key = self._resolve(keys)
        numbers = list(dict.fromkeys(number for found in returns_of_key.values() for number in found))
        pictures: dict[str, ReturnPicture] = {}
        problems: list[Problem] = []
        ids = [gid("Return", number) for number in numbers]
        for _, answer in ask_in_batches(self._client, self._returns, ids, by_ids, answers.ReturnNodes):
            for node in answer.data.nodes:
                whole = node if node is None or _fits(node) else self._read_large(node.id)
                number = number_of(whole.id) if whole is not None else None
                if whole is not None and number is not None:
                    pictures[number] = picture_of(whole, number, reading)
                    problems += unknown_in_return(whole)
        missing = tuple(key for key in keys if not any(one in pictures for one in returns_of_key.get(key, ())))
        return Reading(report=Report(pictures=tuple(pictures.values())), missing=missing, problems=tuple(problems))

    def _resolve(self, keys: Sequence[str]) -> dict[str, list[str]]:
        """Return the return ids behind each key; a reverse fulfilment order stands for all returns of its order."""
        returns = {key: [key] for key in keys if is_number(key)}
        reverse_orders = _keys_by_id(keys, BY_REVERSE_ORDER, "ReverseFulfillmentOrder")
        asked = ask_in_batches(self._client, self._owners, list(reverse_orders), by_ids, answers.ReverseOrderNodes)
        for _, answer in asked:
            for node in answer.data.nodes:
                if node is not None and node.order is not None:
                    returns[reverse_orders[node.id]] = self._returns_of(node.order)
        orders = _keys_by_id(keys, OF_ORDER, "Order")
        found = ask_in_batches(self._client, self._orders, list(orders), by_ids, answers.OwningOrderNodes)
        for _, page in found:
            for order in page.data.nodes:
                if order is not None:
                    returns[orders[order.id]] = self._returns_of(order)
        return returns

    def _returns_of(self, order: answers.OwningOrder) -> list[str]:
        """Return the ids of all returns of an order, of which the first page was read."""
        rows = all_rows(
            self._client,
            load("returns_of_order"),
            order.id,
            answers.OneOwningOrder,
            lambda data: data.node.returns if data.node is not None else None,
            order.returns,
        )
        return [number for row in rows.nodes if (number := number_of(row.id)) is not None]

    def _read_large(self, return_id: str) -> Return | None:
        """Return a return with all its lines; None when it is gone. Raises ChannelRefused beyond all bounds."""
        whole = self._client.ask(load("return_parts"), {"id": return_id}, answers.OneReturn, Lane.READ).data.found
        if whole is None:
            return None
        if whole.reverse_fulfillment_orders.page_info.has_next_page or whole.refunds.page_info.has_next_page:
            raise ChannelRefused(f"{return_id} has more than 50 reverse fulfilment orders or refunds: onhand reads 50")
        for part in whole.reverse_fulfillment_orders.nodes:
            part.line_items = all_rows(
                self._client,
                load("reverse_order_lines"),
                part.id,
                answers.ReverseOrderLines,
                lambda data: data.node.line_items if data.node is not None else None,
            )
        for refund in whole.refunds.nodes:
            refund.refund_line_items = all_rows(
                self._client,
                load("refund_lines"),
                refund.id,
                order_answers.RefundLines,
                lambda data: data.node.refund_line_items if data.node is not None else None,
            )
        return whole


def picture_of(found: Return, number: str, reading: int) -> ReturnPicture:
    """Return the picture of a return that was read completely.

    A line whose variant was deleted names no item any more, and concerns no stock. Returns keep no time of their last
    change, so of two readings the later one counts.
    """
    rows = [row for part in found.reverse_fulfillment_orders.nodes for row in _lines(part.line_items)]
    lines, restocked = _lines_of(rows)
    return ReturnPicture(
        cause=return_cause_of(number),
        origin=NAME,
        version=Version(at=found.created_at.astimezone(UTC), reading=reading),
        order=cause_of(number_of(found.order.id) or found.order.id),
        name=found.name,
        status=_STATUSES.get(found.status, ReturnStatus.OPEN),
        ordered_at=found.order.created_at.astimezone(UTC),
        opened_at=found.created_at.astimezone(UTC),
        lines=lines,
        restocked=restocked,
        refunded=_refunded(found),
    )


def _keys_by_id(keys: Sequence[str], prefix: str, kind: str) -> dict[str, str]:
    """Return the keys of one kind by the global id that they name."""
    named = {key: key.removeprefix(prefix) for key in keys if key.startswith(prefix)}
    return {gid(kind, number): key for key, number in named.items() if is_number(number)}


def _lines_of(rows: Sequence[ReverseLine]) -> tuple[tuple[ReturnLine, ...], tuple[Restocked, ...]]:
    items: dict[str, str] = {}
    units: Counter[str] = Counter()
    disposed: Counter[tuple[str, str]] = Counter()
    restocked: list[Restocked] = []
    for row in rows:
        shipped = None if row.fulfillment_line_item is None else row.fulfillment_line_item.line_item
        line = None if shipped is None else number_of(shipped.id)
        variant = None if shipped is None else shipped.variant
        item = None if variant is None else number_of(variant.inventory_item.id)
        if line is None or item is None:
            continue
        items[line] = item
        units[line] += row.total_quantity
        for disposition in row.dispositions:
            disposed[line, disposition.type] += disposition.quantity
            at = number_of(disposition.location.id) if disposition.location is not None else None
            if disposition.type == "RESTOCKED" and at is not None and disposition.quantity:
                restocked.append(Restocked(line, at, disposition.quantity, disposition.created_at.astimezone(UTC)))
    lines = tuple(
        ReturnLine(
            line,
            item,
            units[line],
            discarded_units=disposed[line, "NOT_RESTOCKED"],
            missing_units=disposed[line, "MISSING"],
            processing_units=disposed[line, "PROCESSING_REQUIRED"],
        )
        for line, item in items.items()
    )
    return lines, tuple(restocked)


def _refunded(found: Return) -> tuple[Restocked, ...]:
    """Return what the return's refunds say was put back (RefundLineItemRestockType RETURN, 2026-10)."""
    rows: list[Restocked] = []
    for refund in found.refunds.nodes:
        refunded_at = (refund.created_at or found.created_at).astimezone(UTC)
        for row in [] if refund.refund_line_items is None else refund.refund_line_items.nodes:
            line, at = number_of(row.line_item.id), number_of(row.location.id) if row.location is not None else None
            if row.restock_type == "RETURN" and line is not None and at is not None and row.quantity:
                rows.append(Restocked(line, at, row.quantity, refunded_at))
    return tuple(rows)


def _lines(page: Page[ReverseLine] | None) -> list[ReverseLine]:
    return page.nodes if page is not None else []


def _fits(found: Return) -> bool:
    """Tell whether the cheap form held all of a return."""
    infos: list[PageInfo] = [found.reverse_fulfillment_orders.page_info, found.refunds.page_info]
    infos += [part.line_items.page_info for part in found.reverse_fulfillment_orders.nodes if part.line_items]
    infos += [part.refund_line_items.page_info for part in found.refunds.nodes if part.refund_line_items]
    return not any(info.has_next_page for info in infos)
