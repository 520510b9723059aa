"""Webhook subscriptions of this shop: made, put right and cleaned up, so that each topic comes once.

Sources: Admin API 2026-10, webhookSubscriptions and WebhookSubscriptionInput; shopify.dev "Modify your payloads":
`includeFields` keeps everything else, customer data above all, from being sent at all. A subscription made through the
API is deleted by Shopify after eight failures in a row, so this runs at every start and with every audit.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from onhand.channels.shopify.answers import acts as answers
from onhand.channels.shopify.bucket import Lane
from onhand.channels.shopify.client import GraphqlClient
from onhand.channels.shopify.documents import Document, load
from onhand.channels.shopify.payloads import OrderNamedPayload, OrderPayload, ProductPayload
from onhand.ports.errors import ChannelRefused

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
    "reverse_fulfillment_orders/dispose",
    "inventory_levels/update",
    "inventory_levels/connect",
    "inventory_levels/disconnect",
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
)
"""What onhand lives on. Every other topic that concerns an order is followed by orders/updated."""


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
    """What was done to the subscriptions, in numbers of topics."""

    kept: int
    created: int
    repaired: int
    deleted: int


def address_of(base_url: str, shop: str, topic: str) -> str:
    """Return where a topic is sent: the topic stands in the path, because its header is not signed."""
    return f"{base_url.rstrip('/')}/webhooks/shopify/{shop}/{topic}"


def ensure(client: GraphqlClient, shop: str, topics: Sequence[str], base_url: str) -> Ensured:
    """Make our subscriptions be exactly `topics`, sent to `base_url`; safe to repeat.

    Raises ChannelUnavailable, and ChannelRefused where Shopify will not have one.
    """
    ours: dict[str, list[answers.Subscription]] = defaultdict(list)
    for subscription in _all(client):
        if subscription.name == NAME:
            ours[subscription.topic].append(subscription)
    kept = created = repaired = 0
    for topic in dict.fromkeys(topics):
        wanted = _wanted(topic, address_of(base_url, shop, topic))
        held = ours.get(_enum(topic), [])
        if not held:
            variables = {"topic": _enum(topic), "subscription": wanted}
            _change(client, load("subscription_create"), variables, topic)
            created += 1
            continue
        first = held.pop(0)
        if _is_right(first, wanted):
            kept += 1
        else:
            _change(client, load("subscription_update"), {"id": first.id, "subscription": wanted}, topic)
            repaired += 1
    surplus = [subscription for held in ours.values() for subscription in held]
    for subscription in surplus:
        _change(client, load("subscription_delete"), {"id": subscription.id}, subscription.topic)
    return Ensured(kept=kept, created=created, repaired=repaired, deleted=len(surplus))


def _enum(topic: str) -> str:
    return topic.replace("/", "_").upper()


def _wanted(topic: str, uri: str) -> dict[str, Any]:
    wanted: dict[str, Any] = {"uri": uri, "format": "JSON", "name": NAME}
    fields = _INCLUDE_FIELDS.get(topic)
    return wanted | {"includeFields": list(fields)} if fields is not None else wanted


def _is_right(held: answers.Subscription, wanted: dict[str, Any]) -> bool:
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


def _change(client: GraphqlClient, document: Document, variables: dict[str, Any], topic: str) -> None:
    changes = client.ask(document, variables, dict[str, answers.SubscriptionChange], Lane.READ).data
    for change in changes.values():
        if change.user_errors:
            said = "; ".join(error.message for error in change.user_errors)
            raise ChannelRefused(f"{document.name} {topic}: shopify says {said}")
