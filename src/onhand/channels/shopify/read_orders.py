"""Reading orders back: many at once in the cheap form, a large one part by part."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from onhand.channels.shopify.answers import orders as answers
from onhand.channels.shopify.answers.orders import Order
from onhand.channels.shopify.batches import BatchSize, ask_in_batches, by_ids
from onhand.channels.shopify.client import GraphqlClient
from onhand.channels.shopify.documents import load
from onhand.channels.shopify.gids import gid, is_number, number_of
from onhand.channels.shopify.order_picture import lines_without_item, picture_of
from onhand.channels.shopify.read_additions import NO_RETURN, AdditionReader
from onhand.channels.shopify.read_large_orders import read_large_order
from onhand.channels.shopify.trouble import MissingScope
from onhand.channels.shopify.words import unknown_in_reading
from onhand.domain.orders import OrderPicture
from onhand.ports.channel import Ask, Problem, Reading, Report, Wanted

OF_ORDER = "order:"
"""The key of an ask for all returns of an order."""

BY_FULFILLMENT_ORDER = "fo:"
"""The key of an ask for the order that a fulfilment order belongs to."""

# orders.graphql asks for so many fulfilments and refunds; as many as that means that there may be more.
FIRST_FULFILLMENTS = 3
FIRST_REFUNDS = 3


class OrderReader:
    """Reads orders of one shop."""

    def __init__(self, client: GraphqlClient, most: int) -> None:
        self._client = client
        self._orders = BatchSize(load("orders"), most)
        self._owners = BatchSize(load("fulfillment_orders"))
        self._lines = BatchSize(load("line_items"))
        self._additions = AdditionReader(client)
        self._sees_returns = True

    def look_for_returns(self) -> None:
        """Ask again which refunds belong to returns: the app may see them now."""
        self._sees_returns = True

    def read(self, keys: Sequence[str], reading: int) -> Reading:
        """Return pictures of orders, by order id or by `fo:` and the id of a fulfilment order.

        An app that may not see returns reads orders all the same: what a return's refund says was restocked then
        counts as the order's.
        """
        order_of_key = self._resolve(keys)
        numbers = list(dict.fromkeys(order_of_key.values()))
        try:
            found = self._read_all(numbers)
        except MissingScope:
            if not self._sees_returns:
                raise
            self._sees_returns = False
            found = self._read_all(numbers)
        pictures = self._pictures(list(found.values()), reading)
        problems = tuple(problem for picture in pictures for problem in _homeless(picture))
        problems += tuple(problem for order in found.values() for problem in unknown_in_reading(order))
        missing = tuple(key for key in keys if order_of_key.get(key) not in found)
        asks = tuple(ask for order in found.values() for ask in _returns_of(order))
        return Reading(report=Report(pictures=pictures, asks=asks), missing=missing, problems=problems)

    def _resolve(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the order id behind each key; keys that name none are left out."""
        orders = {key: key for key in keys if is_number(key)}
        by_fulfillment_order = {
            gid("FulfillmentOrder", key.removeprefix(BY_FULFILLMENT_ORDER)): key
            for key in keys
            if key.startswith(BY_FULFILLMENT_ORDER) and is_number(key.removeprefix(BY_FULFILLMENT_ORDER))
        }
        for _, answer in ask_in_batches(
            self._client, self._owners, list(by_fulfillment_order), by_ids, answers.FulfillmentOrderNodes
        ):
            for node in answer.data.nodes:
                number = number_of(node.order_id) if node is not None else None
                if node is not None and number is not None:
                    orders[by_fulfillment_order[node.id]] = number
        return orders

    def _read_all(self, numbers: Sequence[str]) -> dict[str, Order]:
        found: dict[str, Order] = {}
        ids = [gid("Order", number) for number in numbers]
        for _, answer in ask_in_batches(self._client, self._orders, ids, self._variables, answers.OrderNodes):
            for node in answer.data.nodes:
                order = node if node is None or _fits(node) else self._read_large(node.id)
                number = number_of(order.id) if order is not None else None
                if order is not None and number is not None:
                    found[number] = order
        return found

    def _variables(self, ids: Sequence[str]) -> Mapping[str, Any]:
        return {"ids": list(ids), "returns": self._sees_returns}

    def _read_large(self, order: str) -> Order | None:
        return read_large_order(self._client, order, returns=self._sees_returns)

    def _pictures(self, orders: Sequence[Order], reading: int) -> tuple[OrderPicture, ...]:
        items = self._items_of([line for order in orders for line in lines_without_item(order)])
        additions = self._additions.read(orders)
        return tuple(picture_of(order, items, additions, reading) for order in orders)

    def _items_of(self, lines: Sequence[str]) -> dict[str, str]:
        """Return the items of lines by the lines' global ids; custom lines have none."""
        items: dict[str, str] = {}
        for _, answer in ask_in_batches(self._client, self._lines, lines, by_ids, answers.LineItemNodes):
            for node in answer.data.nodes:
                if node is not None and node.variant is not None:
                    item = number_of(node.variant.inventory_item.id)
                    if item is not None:
                        items[node.id] = item
        return items


def _returns_of(order: Order) -> Iterator[Ask]:
    """Yield an ask for the returns of an order that has some: what became of their goods is read from them."""
    number = number_of(order.id)
    if number is not None and order.return_status != NO_RETURN:
        yield Ask(Wanted.RETURN, f"{OF_ORDER}{number}", f"its order's return status is {order.return_status}")


def _fits(order: Order) -> bool:
    """Tell whether the cheap form held all of an order."""
    parts = (
        *(part.line_items for part in order.fulfillment_orders.nodes),
        *(part.fulfillment_line_items for part in order.fulfillments),
        *(part.refund_line_items for part in order.refunds),
    )
    return (
        not order.fulfillment_orders.page_info.has_next_page
        and len(order.fulfillments) < FIRST_FULFILLMENTS
        and len(order.refunds) < FIRST_REFUNDS
        and not any(page.page_info.has_next_page for page in parts if page is not None)
    )


def _homeless(picture: OrderPicture) -> Iterator[Problem]:
    """Yield a problem where even Shopify does not say at which location units of an order are."""
    units = sum(row.units for row in picture.placed if row.location is None)
    if units:
        yield Problem(
            kind="shopify_order_without_location",
            key=picture.cause,
            message=f"{picture.cause}: shopify names no location for {units} units: it may have been deleted",
            next_step="open the order in Shopify and move or cancel what it cannot ship",
        )
