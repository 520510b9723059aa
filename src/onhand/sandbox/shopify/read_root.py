"""The root of every query: one object by id, or a list with its search and order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from onhand.sandbox.account.scopes import ALL_ORDERS, ORDERS_SHOWN
from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.errors import refuse
from onhand.sandbox.shopify.face import installation
from onhand.sandbox.shopify.fields import (
    Arguments,
    FieldTable,
    FullResolver,
    Key,
    counted,
    no_saved_search,
    page_of,
    searched,
    sort_key,
    sortable,
)
from onhand.sandbox.shopify.gids import number_of, split_gid
from onhand.sandbox.shopify.paging import Page
from onhand.sandbox.shopify.read_catalog import (
    ITEM_GETTERS,
    LOCATION_GETTERS,
    PRODUCT_GETTERS,
    VARIANT_GETTERS,
    variant_key,
)
from onhand.sandbox.shopify.read_inventory import INVENTORY_PROPERTIES
from onhand.sandbox.shopify.read_orders import FULFILLMENT_ORDER_GETTERS, ORDER_GETTERS
from onhand.sandbox.shopify.read_returns import DRAFT_GETTERS, fulfilled_line
from onhand.sandbox.shopify.read_shipping import TRANSFER_GETTERS
from onhand.sandbox.shopify.rules import runtime_rules
from onhand.sandbox.shopify.terms import ids_wanted, matching, since
from onhand.sandbox.shopify.views import ProductView, ReverseOrderView, ShipmentView, VariantView
from onhand.sandbox.world.catalog import Item, Location
from onhand.sandbox.world.drafts import Draft
from onhand.sandbox.world.orders import Order
from onhand.sandbox.world.returns import Return
from onhand.sandbox.world.transfers import Transfer
from onhand.sandbox.world.world import World

Finder = Callable[[Call, int], Any]


def _id_key(row: Any) -> tuple[int, int]:
    return row.id, row.id


def _item_key(item: Item) -> tuple[int, int]:
    return item.inventory_item_id, item.inventory_item_id


def _product_key(view: ProductView) -> tuple[int, int]:
    return view.item.product_id, view.item.product_id


def _shipment(call: Call, number: int) -> ShipmentView | None:
    for transfer in call.world.transfers.values():
        shipment = transfer.shipment(number)
        if shipment is not None:
            return ShipmentView(transfer, shipment)
    return None


def _shows(call: Call, order: Order) -> bool:
    """Tell whether the app may see an order, by its age."""
    return ALL_ORDERS in call.scopes or call.now - order.created_at < ORDERS_SHOWN


def _order(call: Call, number: int) -> Order | None:
    order = call.world.orders.by_id.get(number)
    return order if order is not None and _shows(call, order) else None


def _variant(call: Call, number: int) -> VariantView | None:
    item = call.world.catalog.item_of_variant(number)
    return None if item is None else VariantView(item, number)


def _product(call: Call, number: int) -> ProductView | None:
    item = call.world.catalog.item_of_product(number)
    return None if item is None else ProductView(item)


def _line_item(call: Call, number: int) -> Any:
    order = call.world.orders.order_of(number)
    return None if order is None else order.line(number)


def _return(call: Call, number: int) -> Return | None:
    found = call.world.orders.return_of(number)
    return found if found is not None and found.id == number else None


def _reverse_order(call: Call, number: int) -> ReverseOrderView | None:
    found = call.world.orders.return_of(number)
    if found is None or found.reverse_order_id != number:
        return None
    return ReverseOrderView(call.world.orders.by_id[found.order_id], found)


def _fulfilled_line(call: Call, number: int) -> Any:
    order = call.world.orders.order_of(number // 100)
    return None if order is None else fulfilled_line(order, number)


def _drafts(_: Any, call: Call) -> list[Draft]:
    return list(call.world.drafts.values())


# How `node(id:)` finds an object by the type in its id.
FINDERS: Mapping[str, Finder] = {
    "AppInstallation": lambda call, _: installation(call.face.app, call.scopes),
    "BulkOperation": lambda call, number: call.face.bulk.get(number),
    "DraftOrder": lambda call, number: call.world.drafts.get(number),
    "Fulfillment": lambda call, number: call.world.orders.fulfillment(number),
    "FulfillmentLineItem": _fulfilled_line,
    "FulfillmentOrder": lambda call, number: call.world.orders.fulfillment_order(number),
    "InventoryAdjustmentGroup": lambda call, number: call.world.adjustment_groups.get(number),
    "InventoryItem": lambda call, number: call.world.catalog.items.get(number),
    "InventoryLevel": lambda call, number: call.world.levels.by_id(number),
    "InventoryShipment": _shipment,
    "InventoryTransfer": lambda call, number: call.world.transfers.get(number),
    "LineItem": _line_item,
    "Location": lambda call, number: call.world.catalog.locations.get(number),
    "Order": _order,
    "Product": _product,
    "ProductVariant": _variant,
    "Refund": lambda call, number: call.world.orders.refund(number),
    "Return": _return,
    "ReverseFulfillmentOrder": _reverse_order,
    "Shop": lambda call, _: call.world,
    "WebhookSubscription": lambda call, number: call.world.outbox.subscriptions.get(number),
}


def find(call: Call, text: str) -> Any:
    """Return the object with a global id, or None; raises GraphQLError for a text that is no id."""
    found = split_gid(text)
    if found is None:
        raise refuse("INVALID_ID", f"Invalid global id {text!r}")
    kind, number = found
    finder = FINDERS.get(kind)
    if finder is None:
        raise refuse("SANDBOX_UNKNOWN_TYPE", f"the sandbox cannot look up a {kind} by its id, {text!r}")
    return finder(call, number)


def _node(_: Any, call: Call, arguments: Arguments) -> Any:
    return find(call, arguments["id"])


def _nodes(_: Any, call: Call, arguments: Arguments) -> list[Any]:
    ids: list[str] = arguments["ids"]
    most = runtime_rules().max_input_rows
    if len(ids) > most:
        message = f"The input array size of {len(ids)} is greater than the maximum allowed of {most}."
        raise refuse("MAX_INPUT_SIZE_EXCEEDED", message)
    return [find(call, one) for one in ids]


def one_of(kind: str) -> FullResolver:
    """Return the resolver of a field that takes the id of a `kind` and gives it, or null."""

    def resolve(_: Any, call: Call, arguments: Arguments) -> Any:
        number = number_of(kind, arguments["id"])
        if number is None:
            raise refuse("INVALID_ID", f"{arguments['id']!r} is not the id of a {kind}")
        return FINDERS[kind](call, number)

    return resolve


def _location(_: Any, call: Call, arguments: Arguments) -> Location | None:
    places = call.world.catalog.locations
    if arguments.get("id") is None:
        return min(places.values(), key=lambda place: place.rank, default=None)
    number = number_of("Location", arguments["id"])
    return None if number is None else places.get(number)


_LOCATION_KEYS: dict[str, Key] = {"ID": _id_key, "NAME": lambda place: (place.name, place.id)}


def _locations(_: Any, call: Call, arguments: Arguments) -> Page:
    key = sort_key(_LOCATION_KEYS, arguments["sortKey"])
    inactive = arguments["includeInactive"]
    rows = [place for place in call.world.catalog.locations.values() if place.active or inactive]
    found = matching(rows, arguments.get("query"), LOCATION_GETTERS)
    return page_of(call, sorted(found, key=key), key, arguments)


ORDER_KEYS: dict[str, Key] = {
    "ID": _id_key,
    "ORDER_NUMBER": lambda order: (order.number, order.id),
    "CREATED_AT": lambda order: (sortable(order.created_at), order.id),
    "PROCESSED_AT": lambda order: (sortable(order.processed_at), order.id),
    "UPDATED_AT": lambda order: (sortable(order.updated_at), order.id),
}
_PART_KEYS: dict[str, Key] = {
    "ID": _id_key,
    "UPDATED_AT": lambda part: (sortable(part.updated_at), part.id),
}


def _orders(_: Any, call: Call, arguments: Arguments) -> Page:
    no_saved_search(arguments)
    key = sort_key(ORDER_KEYS, arguments["sortKey"])
    return page_of(call, sorted(_wanted_orders(call, arguments.get("query")), key=key), key, arguments)


def _wanted_orders(call: Call, query: str | None) -> Sequence[Order]:
    """Return the orders that a search finds and the app may see."""
    return [order for order in _found_orders(call, query) if _shows(call, order)]


def _found_orders(call: Call, query: str | None) -> Sequence[Order]:
    """Return the orders a search finds, without walking all of them for the two searches that a client repeats."""
    book = call.world.orders
    numbers = ids_wanted(query)
    if numbers is not None:
        return [book.by_id[number] for number in dict.fromkeys(numbers) if number in book.by_id]
    bound = since(query, "updated_at")
    if bound is None:
        return matching(book, query, ORDER_GETTERS)
    changed = book.changed_since(bound.moment)
    return changed if bound.is_all else matching(changed, query, ORDER_GETTERS)


def _fulfillment_orders(_: Any, call: Call, arguments: Arguments) -> Page:
    key = sort_key(_PART_KEYS, arguments["sortKey"])
    rows = [
        part
        for order in call.world.orders
        for part in order.fulfillment_orders
        if arguments["includeClosed"] or part.status not in {"CLOSED", "CANCELLED"}
    ]
    found = matching(rows, arguments.get("query"), FULFILLMENT_ORDER_GETTERS)
    return page_of(call, sorted(found, key=key), key, arguments)


def _items(_: Any, call: Call) -> list[Item]:
    return list(call.world.catalog.items.values())


def _variants(_: Any, call: Call) -> list[VariantView]:
    rows = [VariantView(item, number) for item in call.world.catalog for number in item.variant_ids]
    return sorted(rows, key=lambda view: view.variant_id)


def _products(_: Any, call: Call) -> list[ProductView]:
    return [ProductView(item) for item in call.world.catalog]


def _transfers(_: Any, call: Call) -> list[Transfer]:
    return list(call.world.transfers.values())


def _shipments(_: Any, call: Call) -> list[ShipmentView]:
    return [ShipmentView(transfer, one) for transfer in call.world.transfers.values() for one in transfer.shipments]


def _installation(_: Any, call: Call) -> Mapping[str, Any]:
    return installation(call.face.app, call.scopes)


def _shop(_: Any, call: Call) -> World:
    return call.world


ROOT_FIELDS: FieldTable = {
    "node": _node,
    "nodes": _nodes,
    "shop": _shop,
    "currentAppInstallation": _installation,
    "appInstallation": _installation,
    "order": one_of("Order"),
    "orders": _orders,
    "ordersCount": counted(lambda call: _wanted_orders(call, None), ORDER_GETTERS),
    "refund": one_of("Refund"),
    "draftOrder": one_of("DraftOrder"),
    "draftOrders": searched(
        _drafts,
        {"ID": _id_key, "UPDATED_AT": lambda draft: (sortable(draft.updated_at), draft.id)},
        DRAFT_GETTERS,
    ),
    "return": one_of("Return"),
    "reverseFulfillmentOrder": one_of("ReverseFulfillmentOrder"),
    "fulfillment": one_of("Fulfillment"),
    "fulfillmentOrder": one_of("FulfillmentOrder"),
    "fulfillmentOrders": _fulfillment_orders,
    "inventoryItem": one_of("InventoryItem"),
    "inventoryItems": searched(_items, {"ID": _item_key}, ITEM_GETTERS),
    "inventoryLevel": one_of("InventoryLevel"),
    "inventoryProperties": lambda _: INVENTORY_PROPERTIES,
    "inventoryTransfer": one_of("InventoryTransfer"),
    "inventoryTransfers": searched(_transfers, {"ID": _id_key}, TRANSFER_GETTERS),
    "inventoryShipment": one_of("InventoryShipment"),
    "inventoryShipments": searched(
        _shipments,
        {"ID": lambda view: (view.shipment.id, view.shipment.id)},
        {"id": lambda view: view.shipment.id, "status": lambda view: view.shipment.status},
    ),
    "location": _location,
    "locations": _locations,
    "locationsCount": counted(lambda call: call.world.catalog.locations.values(), LOCATION_GETTERS),
    "product": one_of("Product"),
    "products": searched(_products, {"ID": _product_key}, PRODUCT_GETTERS),
    "productsCount": counted(lambda call: map(ProductView, call.world.catalog), PRODUCT_GETTERS),
    "productVariant": one_of("ProductVariant"),
    "productVariants": searched(_variants, {"ID": variant_key}, VARIANT_GETTERS),
    "productVariantsCount": counted(lambda call: _variants(None, call), VARIANT_GETTERS),
}
