"""Webhook subscriptions of this shop: made, put right and cleaned up, so that each topic comes once.

Sources: Admin API 2026-10, webhookSubscriptions and WebhookSubscriptionInput; shopify.dev "Modify your payloads":
`includeFields` keeps everything else, customer data above all, from being sent at all. A subscription made through the
API is deleted by Shopify after eight failures in a row, so this runs at every start and every hour.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from onhand.channels.shopify.answers import acts as answers
from onhand.channels.shopify.bucket import Lane
from onhand.channels.shopify.client import GraphqlClient
from onhand.channels.shopify.documents import Document, load
from onhand.channels.shopify.payloads import OrderNamedPayload, OrderPayload, ProductPayload
from onhand.channels.shopify.settings import ShopifySettings
from onhand.channels.shopify.topics import enum_of, suggest
from onhand.ports.errors import ChannelRefused, ConfigError
from onhand.ports.subscriptions import SubscriptionState, TopicState

NAME = "onhand"
"""The name our subscriptions carry: others of the same app are left alone."""

TOPICS: Final = (
    "orders/create",
    "orders/updated",
    "orders/cancelled",
    "orders/fulfilled",
    "orders/delete",
    "orders/edited",
    "refunds/create",
    "fulfillment_orders/moved",
    "fulfillment_orders/order_routing_complete",
    "returns/approve",
    "returns/cancel",
    "returns/close",
    "returns/process",
    "returns/reopen",
    "returns/update",
    "reverse_fulfillment_orders/dispose",
    "draft_orders/create",
    "draft_orders/update",
    "draft_orders/delete",
    "inventory_levels/update",
    "inventory_levels/connect",
    "inventory_levels/disconnect",
    "inventory_transfers/ready_to_ship",
    "inventory_transfers/add_items",
    "inventory_transfers/remove_items",
    "inventory_transfers/update_item_quantities",
    "inventory_transfers/updated",
    "inventory_transfers/cancel",
    "inventory_transfers/complete",
    "inventory_shipments/create",
    "inventory_shipments/delete",
    "inventory_shipments/add_items",
    "inventory_shipments/remove_items",
    "inventory_shipments/update_item_quantities",
    "inventory_shipments/mark_in_transit",
    "inventory_shipments/receive_items",
    "inventory_items/create",
    "inventory_items/update",
    "inventory_items/delete",
    "products/create",
    "products/update",
    "locations/create",
    "locations/update",
    "locations/activate",
    "locations/deactivate",
    "locations/delete",
    "app/uninstalled",
    "app/scopes_update",
)
"""What onhand lives on. Every other topic that concerns an order is followed by orders/updated."""


_TOLD_BY_LEVELS_AND_CATALOG: Final = frozenset({"inventory_levels", "inventory_items", "products", "locations"})
"""What these topics tell has no list of changes to ask for: after a lapse everything is read once."""


def _fields(payload: type[msgspec.Struct], *more: str) -> tuple[str, ...]:
    return tuple(sorted({field.encode_name for field in msgspec.structs.fields(payload)} | set(more)))


_INCLUDE_FIELDS: Final = {
    "orders/create": _fields(OrderPayload),
    "orders/updated": _fields(OrderPayload),
    "orders/cancelled": _fields(OrderPayload),
    "orders/fulfilled": _fields(OrderPayload),
    "orders/partially_fulfilled": _fields(OrderPayload),
    "orders/paid": _fields(OrderPayload),
    # Shopify may drop a payload that equals the one before: something that changes must be in it.
    "refunds/create": _fields(OrderNamedPayload, "id", "created_at"),
    "fulfillments/create": _fields(OrderNamedPayload, "id", "updated_at"),
    "fulfillments/update": _fields(OrderNamedPayload, "id", "updated_at"),
    "products/create": _fields(ProductPayload, "updated_at"),
    "products/update": _fields(ProductPayload, "updated_at"),
}


class Ensured(NamedTuple):
    """What was done to the subscriptions, in numbers of topics; `refused` says why Shopify will not send a topic."""

    kept: int
    created: int
    repaired: int
    deleted: int
    refused: Mapping[str, str]


class Survey(NamedTuple):
    """Subscriptions as they were found, by topic in the order wanted; `mend` makes of them what they should be."""

    states: tuple[TopicState, ...]
    wanted: Mapping[str, Mapping[str, Any]]
    ours: Mapping[str, tuple[answers.Subscription, ...]]


def address_of(base_url: str, shop: str, topic: str) -> str:
    """Return where a topic is sent: the topic stands in the path, because its header is not signed."""
    return f"{base_url.rstrip('/')}/webhooks/shopify/{shop}/{topic}"


def uris_of(settings: ShopifySettings, base_url: str | None, topics: Sequence[str]) -> dict[str, str]:
    """Return where each topic should be sent, without those that the app's own configuration file subscribes to.

    Raises ConfigError where nobody has said where to.
    """
    own = [topic for topic in dict.fromkeys(topics) if topic not in settings.app_config_topics]
    if settings.webhook_uri is not None:
        return dict.fromkeys(own, settings.webhook_uri)
    if base_url is None:
        raise ConfigError(f"[ingress] public_url: not set, so {settings.shop} cannot be told where to send webhooks")
    return {topic: address_of(base_url, settings.shop, topic) for topic in own}


def survey(client: GraphqlClient, uris: Mapping[str, str]) -> Survey:
    """Return how the topics are subscribed to; `uris` says where each should be sent. Raises ChannelUnavailable.

    Topics in the app's own configuration file cannot be seen from here (API 2026-10, webhookSubscriptions).
    """
    ours: dict[str, list[answers.Subscription]] = defaultdict(list)
    others: dict[str, list[answers.Subscription]] = defaultdict(list)
    for subscription in _all(client):
        (ours if subscription.name == NAME else others)[subscription.topic].append(subscription)
    wanted = {topic: _wanted(topic, uri) for topic, uri in uris.items()}
    for topic, wish in wanted.items():  # what is right comes first: it is the one that is kept
        ours[enum_name(topic)].sort(key=lambda held: not _is_right(held, wish))
    states = tuple(
        _state(topic, wish, ours[enum_name(topic)], others[enum_name(topic)]) for topic, wish in wanted.items()
    )
    return Survey(states, wanted, {topic: tuple(held) for topic, held in ours.items()})


def mend(client: GraphqlClient, found: Survey) -> Ensured:
    """Make our subscriptions be exactly the wanted ones; safe to repeat.

    A topic that Shopify will not send, for want of a scope, keeps no other from being asked for. Raises
    ChannelUnavailable, ChannelRefused.
    """
    done: Counter[str] = Counter()
    refused: dict[str, str] = {}
    surplus = {enum: list(held) for enum, held in found.ours.items()}
    for topic, wanted in found.wanted.items():
        held = surplus.get(enum_name(topic), [])
        first = held.pop(0) if held else None
        if first is not None and _is_right(first, wanted):
            done["kept"] += 1
            continue
        trouble = _subscribe(client, topic, wanted) if first is None else _repair(client, first.id, wanted)
        if trouble is not None:
            refused[topic] = trouble
        else:
            done["created" if first is None else "repaired"] += 1
    left = [subscription for held in surplus.values() for subscription in held]
    for subscription in left:
        trouble = _change(client, load("subscription_delete"), {"id": subscription.id})
        if trouble is not None:
            raise ChannelRefused(f"subscription_delete {subscription.topic}: shopify says {trouble}")
    return Ensured(
        kept=done["kept"], created=done["created"], repaired=done["repaired"], deleted=len(left), refused=refused
    )


def _subscribe(client: GraphqlClient, topic: str, wanted: Mapping[str, Any]) -> str | None:
    variables = {"topic": enum_name(topic), "subscription": wanted}
    return _change(client, load("subscription_create"), variables)


def _repair(client: GraphqlClient, held_id: str, wanted: Mapping[str, Any]) -> str | None:
    return _change(client, load("subscription_update"), {"id": held_id, "subscription": wanted})


def enum_name(topic: str) -> str:
    """Return the enum's name of a topic. Raises ChannelRefused for one that no subscription can ask for."""
    enum = enum_of(topic)
    if enum is None:
        raise ChannelRefused(f"shopify has no subscription to {topic!r}{suggest(topic)}")
    return enum


def _state(
    topic: str, wanted: Mapping[str, Any], ours: Sequence[answers.Subscription], others: Sequence[answers.Subscription]
) -> TopicState:
    state: SubscriptionState
    if not ours:
        state = "missing"
    elif ours[0].uri != wanted["uri"]:
        state = "elsewhere"
    elif not _is_right(ours[0], wanted):
        state = "bent"
    else:
        state = "duplicated" if len(ours) + len(others) > 1 else "held"
    held = (*ours, *others)
    return TopicState(
        topic=topic,
        state=state,
        places=tuple(each.uri for each in held),
        api_version=ours[0].api_version.handle if ours else None,
        whole=topic.partition("/")[0] in _TOLD_BY_LEVELS_AND_CATALOG,
    )


def _wanted(topic: str, uri: str) -> dict[str, Any]:
    wanted: dict[str, Any] = {"uri": uri, "format": "JSON", "name": NAME}
    fields = _INCLUDE_FIELDS.get(topic)
    return wanted | {"includeFields": list(fields)} if fields is not None else wanted


def _is_right(held: answers.Subscription, wanted: Mapping[str, Any]) -> bool:
    return (
        held.uri == wanted["uri"]
        and held.format == "JSON"
        and not held.filter
        and sorted(held.include_fields) == wanted.get("includeFields", [])
    )


def _all(client: GraphqlClient) -> list[answers.Subscription]:
    subscriptions: list[answers.Subscription] = []
    after: str | None = None
    while True:
        answer = client.ask(load("subscriptions"), {"after": after}, answers.Subscriptions, Lane.SWEEP)
        page = answer.data.webhook_subscriptions
        subscriptions += page.nodes
        after = page.page_info.end_cursor
        if not page.page_info.has_next_page or after is None:
            return subscriptions


def _change(client: GraphqlClient, document: Document, variables: dict[str, Any]) -> str | None:
    """Return what Shopify finds wrong with a change, None when it was made."""
    changes = client.ask(document, variables, dict[str, answers.SubscriptionChange], Lane.READ).data
    return "; ".join(error.message for change in changes.values() for error in change.user_errors) or None
