"""The names of Shopify's webhook topics, and what a merchant may have meant by a name that is none.

Source: `WebhookSubscriptionTopic` of the Admin API 2026-10, 218 values; scripts/prune_schema.py writes topics.json.
"""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib import resources
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

COMPLIANCE: Final = ("customers/data_request", "customers/redact", "shop/redact")
"""Topics that no subscription can ask for: they stand in the app's configuration only."""

_NEAR = 3
_CUTOFF = 0.7


class _TopicFile(msgspec.Struct):
    api_version: str
    topics: dict[str, str]


def _load() -> Mapping[str, str]:
    text = resources.files("onhand.channels.shopify").joinpath("topics.json").read_bytes()
    return MappingProxyType(msgspec.json.decode(text, type=_TopicFile).topics)


HEADERS: Final = _load()
"""What stands in the header X-Shopify-Topic, by the name in the enum."""

_ENUMS: Final = {header: enum for enum, header in HEADERS.items()}


class Alias(NamedTuple):
    """A name that people use and Shopify does not: what exists instead, and why there is no such topic."""

    topics: tuple[str, ...]
    because: str


_ADJUSTED = Alias(
    ("inventory_levels/update",),
    "Shopify tells the level that a change led to, not the change: no delta, no reason, no name of who did it. "
    "Adjusting is a mutation (inventoryAdjustQuantities) and was a REST address, never a topic",
)
_TRANSFER_MADE = Alias(
    ("inventory_transfers/ready_to_ship", "inventory_transfers/add_items"),
    "a transfer is told from the moment it is ready to ship: a draft moves nothing and tells nothing",
)
_TRANSFER_SENT = Alias(
    ("inventory_shipments/mark_in_transit", "inventory_shipments/create"),
    "goods travel in shipments: a transfer may have several of them",
)
_TRANSFER_RECEIVED = Alias(
    ("inventory_shipments/receive_items", "inventory_transfers/complete"),
    "goods are received shipment by shipment; the transfer itself tells only its end",
)
_REFUNDED = Alias(("refunds/create",), "a refund is made once and never changed: another one is another refund")
_VARIANT = Alias(
    ("products/update", "inventory_items/update", "variants/in_stock", "variants/out_of_stock"),
    "variants are told inside their product, and their stock by the inventory item behind them",
)
_SHIPPED = Alias(
    ("fulfillments/create", "orders/fulfilled", "orders/partially_fulfilled"),
    "Shopify says fulfilled where others say shipped",
)
_ROUTED = Alias(
    ("fulfillment_orders/order_routing_complete",),
    "fulfilment orders come with their order: the first thing told is that their locations were chosen",
)
_RETURNED = Alias(
    ("returns/request", "returns/approve", "returns/process", "reverse_fulfillment_orders/dispose"),
    "a return has topics of its own, and stock moves when its goods are disposed of or refunded",
)
_CONNECTED = Alias(("inventory_levels/connect",), "a level comes to be when an item is connected to a location")
_DISCONNECTED = Alias(
    ("inventory_levels/disconnect",),
    "a level ends when an item is taken from a location (since 2026-04 it keeps units)",
)
_SALE = Alias(("orders/create",), "a sale at a till is an order like any other, with source_name pos")
_TILL = Alias(("orders/create", "refunds/create"), "sessions and cash of tills are told by no topic of the Admin API")
_COUNTED = Alias(
    ("inventory_levels/update",),
    "counts are not told by themselves: Shopify tells the level that a count led to",
)

_COMPLIANCE_ALIAS = Alias(
    COMPLIANCE, "the law's topics stand in the app's configuration file (compliance_topics), never in a subscription"
)

# By what is left of a name when case, plural and the separators are gone. A key ending in * stands for a beginning.
_ALIASES: Final = {
    "inventory_level_adjust*": _ADJUSTED,
    "inventory_adjust*": _ADJUSTED,
    "inventory_item_adjust*": _ADJUSTED,
    "inventory_quantit*": _ADJUSTED,
    "inventory_level_set*": _ADJUSTED,
    "inventory_level_change*": _ADJUSTED,
    "inventory_change*": _ADJUSTED,
    "inventory_update*": _ADJUSTED,
    "stock_*": _ADJUSTED,
    "inventory_history*": _ADJUSTED,
    "inventory_level_create*": _CONNECTED,
    "inventory_level_activate*": _CONNECTED,
    "inventory_level_delete*": _DISCONNECTED,
    "inventory_level_deactivate*": _DISCONNECTED,
    "inventory_count*": _COUNTED,
    "inventory_transfer_create*": _TRANSFER_MADE,
    "transfer_*": _TRANSFER_MADE,
    "inventory_transfer_ship*": _TRANSFER_SENT,
    "inventory_transfer_in_transit*": _TRANSFER_SENT,
    "inventory_transfer_receive*": _TRANSFER_RECEIVED,
    "inventory_shipment_receive*": _TRANSFER_RECEIVED,
    "inventory_shipment_ship*": _TRANSFER_SENT,
    "refund_update*": _REFUNDED,
    "refund_delete*": _REFUNDED,
    "order_refund*": _REFUNDED,
    "order_return*": _RETURNED,
    "return_create*": _RETURNED,
    "return_receive*": _RETURNED,
    "return_restock*": _RETURNED,
    "order_ship*": _SHIPPED,
    "fulfillment_ship*": _SHIPPED,
    "fulfillment_order_create*": _ROUTED,
    "fulfillment_order_route*": _ROUTED,
    "fulfillment_order_rout*": _ROUTED,
    "variant_create*": _VARIANT,
    "variant_update*": _VARIANT,
    "variant_delete*": _VARIANT,
    "product_variant_*": _VARIANT,
    "pos_sale*": _SALE,
    "pos_order*": _SALE,
    "sale_*": _SALE,
    "pos_*": _TILL,
    "cash_*": _TILL,
    "gdpr*": _COMPLIANCE_ALIAS,
    "compliance*": _COMPLIANCE_ALIAS,
}


def exists(topic: str) -> bool:
    """Return whether Shopify sends a topic of this name."""
    return topic in _ENUMS or topic in COMPLIANCE


def enum_of(topic: str) -> str | None:
    """Return the enum's name of a topic; None for one that no subscription can ask for."""
    return _ENUMS.get(topic)


def alias_of(name: str) -> Alias | None:
    """Return what is known of a name that people use for topics which there are not."""
    plain = _plain(name)
    for key, alias in _ALIASES.items():
        if plain == key.removesuffix("*") or (key.endswith("*") and plain.startswith(key.removesuffix("*"))):
            return alias
    return None


def same_word(name: str) -> str | None:
    """Return the one topic of which a name is another spelling: dots, singular, another tense, the enum's letters."""
    if exists(name):
        return name
    meant = [topic for topic in (*_ENUMS, *COMPLIANCE) if _stem(topic) == _stem(name)]
    return meant[0] if len(meant) == 1 else None


def near(name: str) -> tuple[str, ...]:
    """Return topics whose names are like this one, the nearest first."""
    stems = {_stem(topic): topic for topic in (*_ENUMS, *COMPLIANCE)}
    return tuple(stems[stem] for stem in get_close_matches(_stem(name), stems, n=_NEAR, cutoff=_CUTOFF))


def suggest(name: str) -> str:
    """Return `; did you mean X?` with what exists instead of a topic, or nothing where nothing is like it."""
    word = same_word(name)
    alias = alias_of(name)
    found: Iterable[str] = (word,) if word else alias.topics[:2] if alias else near(name)[:1]
    meant = " or ".join(found)
    return f"; did you mean {meant}?" if meant else ""


def _plain(name: str) -> str:
    """Return a name in lower case, its words in singular and joined by underscores."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    words = re.split(r"[^a-z0-9]+", spaced.lower())
    return "_".join(_singular(word) for word in words if word)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _stem(name: str) -> str:
    """Return a name without the tense of its last word: create, created and creates are one."""
    head, _, last = _plain(name).rpartition("_")
    last = last.replace("cancell", "cancel").replace("fulfill", "fulfil")
    for ending in ("ed", "d", "e"):
        if len(last) > len(ending) + 2 and last.endswith(ending):
            last = last.removesuffix(ending)
            break
    return f"{head.replace('fulfilment', 'fulfillment')}_{last}"
