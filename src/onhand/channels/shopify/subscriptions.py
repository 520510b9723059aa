"""Webhook subscriptions of this shop: made, put right and cleaned up, so that each topic comes once.

Sources: Admin API 2026-10, webhookSubscriptions and WebhookSubscriptionInput; shopify.dev "Modify your payloads":
`includeFields` keeps everything else, customer data above all, from being sent at all. A subscription made through the
API is deleted by Shopify after eight failures in a row, so this runs at every start and every hour.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from onhand.channels.shopify.answers import acts as answers
from onhand.channels.shopify.bucket import Lane
from onhand.channels.shopify.client import GraphqlClient
from onhand.channels.shopify.documents import answer_key, load, repeated
from onhand.channels.shopify.payloads import OrderNamedPayload, OrderPayload, ProductPayload
from onhand.channels.shopify.settings import ShopifySettings
from onhand.channels.shopify.topics import enum_of, suggest
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, ConfigError
from onhand.ports.subscriptions import SubscriptionState, TopicState

NAME = "onhand"
"""The name our subscriptions carry: others of the same app are left alone."""

CHANGES_A_CALL = 12
"""Each costs 10 points (API 2026-10): well below what Shopify allows a call, and all topics in four calls."""

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
    missing: list[str] = []
    bent: dict[str, str] = {}
    surplus = {enum: list(held) for enum, held in found.ours.items()}
    for topic, wanted in found.wanted.items():
        held = surplus.get(enum_name(topic), [])
        first = held.pop(0) if held else None
        if first is None:
            missing.append(topic)
        elif not _is_right(first, wanted):
            bent[topic] = first.id
    troubles = _subscribe(client, {topic: found.wanted[topic] for topic in missing})
    troubles |= _repair(client, {topic: (held_id, found.wanted[topic]) for topic, held_id in bent.items()})
    left = [subscription for held in surplus.values() for subscription in held]
    for subscription, trouble in zip(left, _unsubscribe(client, left), strict=True):
        if trouble is not None:
            raise ChannelRefused(f"subscription_delete {subscription.topic}: shopify says {trouble}")
    refused = {topic: trouble for topic, trouble in troubles.items() if trouble is not None}
    return Ensured(
        kept=len(found.wanted) - len(missing) - len(bent),
        created=sum(topic not in refused for topic in missing),
        repaired=sum(topic not in refused for topic in bent),
        deleted=len(left),
        refused=refused,
    )


def _subscribe(client: GraphqlClient, wanted: Mapping[str, Mapping[str, Any]]) -> dict[str, str | None]:
    """Subscribe to topics; return what Shopify says against each, None where it was made."""
    wishes = [{"topic": enum_name(topic), "subscription": wish} for topic, wish in wanted.items()]
    return dict(zip(wanted, _change(client, "subscription_create", wishes), strict=True))


def _repair(client: GraphqlClient, bent: Mapping[str, tuple[str, Mapping[str, Any]]]) -> dict[str, str | None]:
    """Put subscriptions right, by topic with the id of what is there; return what Shopify says against each."""
    wishes = [{"id": held_id, "subscription": wish} for held_id, wish in bent.values()]
    return dict(zip(bent, _change(client, "subscription_update", wishes), strict=True))


def _unsubscribe(client: GraphqlClient, held: Sequence[answers.Subscription]) -> list[str | None]:
    return _change(client, "subscription_delete", [{"id": subscription.id} for subscription in held])


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


def _change(client: GraphqlClient, name: str, wishes: Sequence[Mapping[str, Any]]) -> list[str | None]:
    """Make changes, several a call; return for each what Shopify finds wrong with it, None when it was made."""
    troubles: list[str | None] = []
    for start in range(0, len(wishes), CHANGES_A_CALL):
        batch = wishes[start : start + CHANGES_A_CALL]
        variables = {f"{key}{number}": value for number, wish in enumerate(batch) for key, value in wish.items()}
        document = repeated(name, len(batch))
        changes = client.ask(document, variables, dict[str, answers.SubscriptionChange], Lane.READ).data
        keys = [answer_key(number) for number in range(len(batch))]
        if not changes.keys() >= {*keys}:
            raise ChannelUnavailable(f"{document.name}: shopify answered to {len(changes)} of {len(batch)} changes")
        troubles += ["; ".join(error.message for error in changes[key].user_errors) or None for key in keys]
    return troubles
