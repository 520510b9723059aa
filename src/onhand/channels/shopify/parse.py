"""What a genuine webhook says, by topic. A body that cannot be read is parked, whatever is wrong with it."""

from collections.abc import Callable, Mapping
from datetime import UTC
from json import JSONDecodeError, loads
from typing import Any, Final, TypeVar

import msgspec

from onhand.channels.shopify.envelopes import UNREADABLE, Kept
from onhand.channels.shopify.gids import is_number, number_of
from onhand.channels.shopify.payloads import (
    CustomerRedactPayload,
    DataRequestPayload,
    FulfillmentOrderPayload,
    LawPayload,
    LevelGonePayload,
    LevelPayload,
    NamedPayload,
    OrderEditedPayload,
    OrderNamedPayload,
    OrderPayload,
    ProductPayload,
    ReturnPayload,
    ShipmentPayload,
    ShopPayload,
    ShopRedactPayload,
    TransferPayload,
    VariantPayload,
)
from onhand.channels.shopify.read_returns import BY_REVERSE_ORDER
from onhand.channels.shopify.read_transfers import BY_SHIPMENT
from onhand.channels.shopify.settings import NAME
from onhand.channels.shopify.told import report_order
from onhand.channels.shopify.topics import COMPLIANCE, suggest
from onhand.domain.catalog import Item, Listing
from onhand.domain.drift import Observation
from onhand.domain.stock import State
from onhand.ports.channel import Ask, Catalog, Report, Wanted
from onhand.ports.delivery import Delivery
from onhand.ports.errors import UnreadableDelivery

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Bodies up to this size are also searched for doubled keys, which costs microseconds: levels, the most frequent ones.
DOUBLED_KEYS_BYTES = 1024

CONNECTED = "inventory_levels/connect"
"""The topic that says that an item is stocked at a location, perhaps again: only a reading says whether it still is."""

_Payload = TypeVar("_Payload")
Reader = Callable[[bytes, str, Catalog], Report]


def parse(delivery: Delivery, catalog: Catalog) -> Report:
    """Return what a delivery says. Raises UnreadableDelivery, and nothing else, whatever the bytes are."""
    reader = READERS.get(delivery.topic) if delivery.topic != UNREADABLE else _tell_trouble
    if reader is None:
        raise UnreadableDelivery(
            f"onhand does not read topic {delivery.topic!r} of {delivery.shop}{suggest(delivery.topic)}: "
            "unsubscribe from it, or update onhand"
        )
    body = delivery.body.removeprefix(_BYTE_ORDER_MARK)
    try:
        if len(body) <= DOUBLED_KEYS_BYTES or delivery.topic in COMPLIANCE:
            _refuse_doubled_keys(body)
        if delivery.topic in COMPLIANCE:
            _check_shop(body, delivery.shop)
        return reader(body, delivery.topic, catalog)
    # ValueError holds msgspec's own errors, broken UTF-8 and doubled keys; a depth bomb is a RecursionError; a date
    # such as 0001-01-01T00:00+14:00 overflows when it is brought to UTC.
    except (ValueError, RecursionError, OverflowError) as error:
        raise UnreadableDelivery(
            f"{delivery.topic} of {delivery.shop} cannot be read: {error}; its {len(delivery.body)} bytes are kept"
        ) from error


def _check_shop(body: bytes, shop: str) -> None:
    """Raise ValueError where a body is about another shop: the address is not signed, the body is."""
    named = _law(body).shop_domain.lower()
    if named != shop:
        raise ValueError(f"it is about {named[:80]}, and came to the address of {shop}")


def _refuse_doubled_keys(body: bytes) -> None:
    """Raise ValueError where an object names a key twice: readers would disagree on which one counts."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen = dict(pairs)
        if len(seen) != len(pairs):
            keys = [key for key, _ in pairs]
            doubled = next(key for key in keys if keys.count(key) > 1)
            raise ValueError(f"key {doubled[:60]!r} stands twice in one object")
        return seen

    try:
        loads(body, object_pairs_hook=unique)
    except (JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"it is no JSON: {error}") from error


def _typed(payload: type[_Payload]) -> Callable[[bytes], _Payload]:
    return msgspec.json.Decoder(payload).decode


_order = _typed(OrderPayload)
_named = _typed(NamedPayload)
_order_named = _typed(OrderNamedPayload)
_order_edited = _typed(OrderEditedPayload)
_return = _typed(ReturnPayload)
_fulfillment_order = _typed(FulfillmentOrderPayload)
_transfer = _typed(TransferPayload)
_shipment = _typed(ShipmentPayload)
_level = _typed(LevelPayload)
_level_gone = _typed(LevelGonePayload)
_product = _typed(ProductPayload)
_shop = _typed(ShopPayload)
_anything = _typed(msgspec.Raw)
_unopened = _typed(Kept)
_law = _typed(LawPayload)
_data_request = _typed(DataRequestPayload)
_customer_redact = _typed(CustomerRedactPayload)
_shop_redact = _typed(ShopRedactPayload)


def _read_order(body: bytes, topic: str, catalog: Catalog) -> Report:
    return report_order(_order(body), topic, catalog)


def _ask_order(body: bytes, topic: str, _catalog: Catalog) -> Report:
    return Report(asks=(Ask(Wanted.ORDER, str(_named(body).id), topic),))


def _ask_its_order(body: bytes, topic: str, _catalog: Catalog) -> Report:
    return Report(asks=(Ask(Wanted.ORDER, str(_order_named(body).order_id), topic),))


def _ask_edited(body: bytes, topic: str, _catalog: Catalog) -> Report:
    return Report(asks=(Ask(Wanted.ORDER, str(_order_edited(body).order_edit.order_id), topic),))


def _ask_return(body: bytes, topic: str, _catalog: Catalog) -> Report:
    number = _number_of_named(body, "Return")
    if number is None:
        # 2026-10: the published sample of returns/process is empty. Its order changes too, and names its returns.
        return Report(note=f"{topic} names no return: its order will")
    return Report(asks=(Ask(Wanted.RETURN, number, topic),))


def _ask_disposed(body: bytes, topic: str, _catalog: Catalog) -> Report:
    number = _number_of_named(body, "ReverseFulfillmentOrder")
    if number is None:
        raise ValueError("it names no reverse fulfilment order")
    return Report(asks=(Ask(Wanted.RETURN, f"{BY_REVERSE_ORDER}{number}", topic),))


def _number_of_named(body: bytes, kind: str) -> str | None:
    payload = _return(body)
    if payload.id is not None:
        return str(payload.id)
    return None if payload.admin_graphql_api_id is None else number_of(payload.admin_graphql_api_id, kind)


def _ask_draft(body: bytes, topic: str, _catalog: Catalog) -> Report:
    return Report(asks=(Ask(Wanted.DRAFT, str(_named(body).id), topic),))


def _ask_transfer(body: bytes, topic: str, _catalog: Catalog) -> Report:
    return Report(asks=(Ask(Wanted.TRANSFER, _number(_transfer(body).id, "InventoryTransfer"), topic),))


def _ask_by_shipment(body: bytes, topic: str, _catalog: Catalog) -> Report:
    payload = _shipment(body)
    named = payload.inventory_transfer_id
    if named is None:
        return Report(note=f"{topic} of a shipment that belongs to no transfer: what it brings arrives as a level")
    if named is msgspec.UNSET:  # before 2026-10
        return Report(asks=(Ask(Wanted.TRANSFER, BY_SHIPMENT + _number(payload.id, "InventoryShipment"), topic),))
    number = str(named) if is_number(str(named)) else _number(str(named), "InventoryTransfer")
    return Report(asks=(Ask(Wanted.TRANSFER, number, topic),))


def _number(text: str, kind: str) -> str:
    """Return the number in a global id. Raises ValueError for anything else."""
    number = number_of(text, kind)
    if number is None:
        raise ValueError(f"{text[:80]!r} is not the id of a thing called {kind}")
    return number


def _ask_by_fulfillment_order(body: bytes, topic: str, _catalog: Catalog) -> Report:
    named = _fulfillment_order(body).first_id()
    if named is None:
        return Report(note=f"{topic} names no fulfilment order we can read: the next polling of orders finds it")
    return Report(asks=(Ask(Wanted.ORDER, f"fo:{_number(named, 'FulfillmentOrder')}", topic),))


def _read_level(body: bytes, topic: str, catalog: Catalog) -> Report:
    payload = _level(body)
    item, location = str(payload.inventory_item_id), str(payload.location_id)
    asks: tuple[Ask, ...] = ()
    if catalog.level_id_of(item, location) is None:
        asks = (Ask(Wanted.ITEM, item, f"{topic} of a level that is not known yet"),)
        if not catalog.knows_location(location):
            asks = (*asks, Ask(Wanted.LOCATIONS, "all", f"{topic} at location {location}, which is not known yet"))
    known = catalog.item(item)
    if known is not None and known.bundle:
        return Report(asks=asks, note="a bundle has no units of its own: its level means nothing")
    if known is not None and known.tracked is (payload.available is None):
        turned = "counted no more" if known.tracked else "counted now"
        asks = (*asks, Ask(Wanted.ITEM, item, f"{topic}: it seems to be {turned}"))
    elif topic == CONNECTED and not asks:
        asks = (Ask(Wanted.LEVEL, f"{item}@{location}", topic),)
    if payload.available is None:
        return Report(asks=asks, note="shopify does not count this item: its level means nothing")
    observation = Observation(
        source=NAME,
        item=item,
        location=location,
        units={State.AVAILABLE: payload.available},
        observed_at=payload.updated_at.astimezone(UTC),
    )
    return Report(observations=(observation,), asks=asks)


def _ask_level(body: bytes, topic: str, _catalog: Catalog) -> Report:
    payload = _level_gone(body)
    return Report(asks=(Ask(Wanted.LEVEL, f"{payload.inventory_item_id}@{payload.location_id}", topic),))


def _ask_item(body: bytes, topic: str, _catalog: Catalog) -> Report:
    return Report(asks=(Ask(Wanted.ITEM, str(_named(body).id), topic),))


def _read_product(body: bytes, topic: str, catalog: Catalog) -> Report:
    """Shopify sends products/update for every order too: only what is not known yet, or has changed, is asked for.

    What a bundle is made of does not show: it is always asked for.
    """
    payload = _product(body)
    listings: list[Listing] = []
    unknown: list[str] = []
    changed: list[str] = []
    for variant in payload.variants:
        listing = str(variant.id)
        if variant.inventory_item_id is not None:
            item = str(variant.inventory_item_id)
            listings.append(Listing(channel=NAME, listing=listing, item=item, sku=variant.sku or None))
            known = catalog.item(item)
            if known is not None and _differs(variant, known):
                changed.append(item)
        if catalog.item_of(NAME, listing) is None:
            item_id = variant.inventory_item_id
            unknown.append(f"variant:{listing}" if item_id is None else str(item_id))
    shown = {str(variant.id) for variant in payload.variants}
    for named in payload.variant_gids:
        number = number_of(named.admin_graphql_api_id, "ProductVariant")
        if number is not None and number not in shown and catalog.item_of(NAME, number) is None:
            unknown.append(f"variant:{number}")
    asks = tuple(Ask(Wanted.ITEM, key, f"{topic}: not in the catalog yet") for key in unknown)
    asks += tuple(Ask(Wanted.ITEM, key, f"{topic}: it is labelled, priced or sold otherwise") for key in changed)
    return Report(listings=tuple(listings), asks=asks)


def _differs(variant: VariantPayload, known: Item) -> bool:
    if known.bundle or (variant.sku or None) != known.sku:
        return True
    if variant.price is not None and known.price is not None and variant.price != known.price:
        return True
    return variant.inventory_policy is not None and (variant.inventory_policy == "continue") != known.sells_below_zero


def _ask_locations(body: bytes, topic: str, _catalog: Catalog) -> Report:
    return Report(asks=(Ask(Wanted.LOCATIONS, "all", f"{topic} of location {_named(body).id}"),))


def _tell_trouble(body: bytes, _topic: str, _catalog: Catalog) -> Report:
    raise ValueError(_unopened(body).trouble)


def _close(body: bytes, _topic: str, _catalog: Catalog) -> Report:
    _shop(body)  # only the body is signed: any other one sent to this address must not turn writing off
    return Report(closed=True, note="the app was uninstalled from this shop")


def _ask_rights(body: bytes, topic: str, _catalog: Catalog) -> Report:
    _anything(body)
    return Report(asks=(Ask(Wanted.RIGHTS, "all", topic),))


def _tell_data(body: bytes, _topic: str, _catalog: Catalog) -> Report:
    orders = len(_data_request(body).orders_requested)
    return Report(
        note=f"onhand keeps no data of customers: of these {orders} orders it keeps items, units and locations. Raw "
        "bodies lie sealed until retention_days are over, or until customers/redact names them"
    )


def _forget_customer(body: bytes, _topic: str, _catalog: Catalog) -> Report:
    payload = _customer_redact(body)
    ids = [*payload.orders_to_redact, *([payload.customer.id] if payload.customer and payload.customer.id else [])]
    return Report(forget_naming=tuple(map(str, ids)))


def _forget_shop(body: bytes, _topic: str, _catalog: Catalog) -> Report:
    _shop_redact(body)
    return Report(forget_shop=True)


def _note(body: bytes, topic: str, _catalog: Catalog) -> Report:
    _anything(body)
    return Report(note=f"{topic} moves no stock that onhand does not see elsewhere")


def _table() -> dict[str, Reader]:
    families: list[tuple[Reader, str, str]] = [
        (_read_order, "orders", "create updated cancelled fulfilled partially_fulfilled paid"),
        (_ask_order, "orders", "delete"),
        (_ask_edited, "orders", "edited"),
        (_note, "orders", "link_requested risk_assessment_changed shopify_protect_eligibility_changed"),
        (_note, "order_transactions", "create"),
        (_ask_draft, "draft_orders", "create update delete"),
        (_ask_its_order, "refunds", "create"),
        (_ask_its_order, "fulfillments", "create update"),
        (_note, "fulfillment_events", "create delete"),
        (_note, "fulfillment_holds", "added released"),
        (
            _ask_by_fulfillment_order,
            "fulfillment_orders",
            (
                "cancelled fulfillment_service_failed_to_complete merged moved order_routing_complete split "
                "rescheduled scheduled_fulfillment_order_ready placed_on_hold hold_released "
                "cancellation_request_accepted cancellation_request_rejected cancellation_request_submitted "
                "fulfillment_request_accepted "
                "fulfillment_request_rejected fulfillment_request_submitted manually_reported_progress_stopped "
                "progress_reported line_items_prepared_for_local_delivery line_items_prepared_for_pickup"
            ),
        ),
        (_ask_return, "returns", "approve cancel close decline process reopen request update"),
        (_ask_disposed, "reverse_fulfillment_orders", "dispose"),
        (_note, "reverse_deliveries", "attach_deliverable"),
        (_read_level, "inventory_levels", "update connect"),
        (_ask_level, "inventory_levels", "disconnect"),
        (_ask_item, "inventory_items", "create update delete"),
        (_read_product, "products", "create update"),
        (_note, "products", "delete"),
        (_note, "variants", "in_stock out_of_stock"),
        (_ask_locations, "locations", "create update activate deactivate delete"),
        (
            _ask_transfer,
            "inventory_transfers",
            "add_items cancel complete ready_to_ship remove_items update_item_quantities updated",
        ),
        (
            _ask_by_shipment,
            "inventory_shipments",
            "add_items create delete mark_in_transit receive_items remove_items update_item_quantities update_tracking",
        ),
        (_note, "bulk_operations", "finish"),
        (_note, "shop", "update"),
        (_tell_data, "customers", "data_request"),
        (_forget_customer, "customers", "redact"),
        (_forget_shop, "shop", "redact"),
        (_ask_rights, "app", "scopes_update"),
        (_close, "app", "uninstalled"),
    ]
    return {f"{family}/{event}": reader for reader, family, events in families for event in events.split()}


READERS: Final[Mapping[str, Reader]] = _table()
"""What is done with each topic, by its name in the header (`WebhookSubscriptionTopic`, 2026-10)."""
