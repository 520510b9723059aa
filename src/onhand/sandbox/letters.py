"""What a webhook looks like when it is sent, and how long each platform waits and tries, whoever carries it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import msgspec

from onhand.sandbox import third_party
from onhand.sandbox.clouds import is_cloud, post_to_queue, push
from onhand.sandbox.markets import MARKETS, Manners
from onhand.sandbox.signing import shopify_headers
from onhand.sandbox.state import Sandbox
from onhand.sandbox.world.outbox import Delivery, finds, trimmed
from onhand.sandbox.world.payloads import level_payload

# Shopify gives a listener 5 s and retries 8 times over 4 hours, each wait twice the last: 56 s ... 2 h.
SHOPIFY_MANNERS = Manners(timeout_s=5.0, retries_s=tuple(56.0 * 2**retry for retry in range(8)))


THIRD_PARTY_MANNERS = Manners(timeout_s=15.0, retries_s=(5.0, 300.0, 1_800.0))


def manners_of(platform: str) -> Manners:
    """Return how long a platform waits for an answer and when it tries again."""
    if platform == "shopify":
        return SHOPIFY_MANNERS
    return THIRD_PARTY_MANNERS if platform == "third_party" else MARKETS[platform].manners


def body_of(sandbox: Sandbox, delivery: Delivery) -> bytes | None:
    """Return the body as it is sent now: a level's is made at this moment.

    None when that level is gone, is not one that the subscription's filter finds, or is told as it was told last.
    """
    if delivery.body is not None:
        return delivery.body
    assert delivery.level is not None  # a delivery has a body or a level
    payload = level_payload(sandbox.world, *delivery.level)
    outbox = sandbox.world.outbox
    subscription = outbox.subscriptions.get(delivery.subscription_id or 0)
    if payload is None or not finds(subscription, payload):
        return None
    body = msgspec.json.encode(trimmed(payload, delivery.include_fields))
    if subscription is not None and outbox.is_repeat(subscription, body, delivery.delivery_id):
        return None
    return body


class Letter(NamedTuple):
    """What is posted where."""

    address: str
    headers: dict[str, str]
    body: bytes


def letter_of(sandbox: Sandbox, delivery: Delivery, body: bytes, now: datetime) -> Letter | None:
    """Return what is posted; None where it goes to a cloud from which nobody on this machine is to have it."""
    headers, uri = headers_of(sandbox, delivery, body), delivery.address
    if not is_cloud(uri):
        return Letter(uri, headers, body)
    route = sandbox.cloud_routes.get(uri)
    if route is None:
        return None
    wrap = post_to_queue if uri.startswith("arn:") else push
    return Letter(route.address, *wrap(uri, route, headers, body, event_id=delivery.delivery_id, now=now))


def headers_of(sandbox: Sandbox, delivery: Delivery, body: bytes) -> dict[str, str]:
    """Return the headers, signed with the shop's own secrets."""
    secrets = sandbox.secrets
    if delivery.platform == "shopify":
        shop = sandbox.settings.shop
        secret, family = secrets.client_secret, sandbox.settings.webhook_headers
        return shopify_headers(delivery, shop=shop, client_secret=secret, body=body, family=family)
    if delivery.platform == "third_party":
        return third_party.headers(delivery, body)
    return MARKETS[delivery.platform].headers(sandbox, delivery, body)
