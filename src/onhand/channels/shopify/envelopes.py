"""Envelopes: what a cloud puts around a webhook, and the deliveries inside them.

The headers of a webhook stand in an envelope under their own names, the body beside them. Who sent it is said by the
queue or by a token, not by the body's signature: Amazon's envelope carries the body as JSON, not as Shopify's bytes.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from onhand.channels.shopify.settings import NAME
from onhand.channels.shopify.webhooks import delivery_of
from onhand.ports.delivery import Delivery

UNREADABLE: Final = "onhand/unreadable"
"""The topic under which a message is kept that is from where it should be, and is no webhook: it is parked with why."""

_SHOP = re.compile(r"[a-z0-9][a-z0-9.-]{0,252}")


class Kept(msgspec.Struct):
    """A message that could not be opened, with what is wrong with it."""

    trouble: str
    message: str


class Unopened(Exception):
    """A message is no webhook of Shopify's; the text says why."""


def open_letter(headers: Mapping[str, str], body: bytes, fallback_id: str, received_at: datetime) -> Delivery:
    """Return the webhook inside an envelope; `headers` under the names that Shopify gives them. Raises Unopened."""
    named = {name.lower(): value for name, value in headers.items()}
    topic, shop = named.get("x-shopify-topic", ""), named.get("x-shopify-shop-domain", "").lower()
    if not topic or not _SHOP.fullmatch(shop):
        missing = "X-Shopify-Shop-Domain" if topic else "X-Shopify-Topic"
        raise Unopened(f"its headers do not say which {'shop' if topic else 'topic'} it is of: {missing} is missing")
    return delivery_of(shop, topic, named, body, received_at, fallback_id=fallback_id)


def keep_unopened(shop: str, message_id: str, trouble: str, message: bytes, received_at: datetime) -> Delivery:
    """Return a message that could not be opened as a delivery, so that it is parked and not lost."""
    kept = Kept(trouble=trouble, message=message.decode("utf-8", "backslashreplace"))
    return Delivery(
        shop=shop,
        channel=NAME,
        topic=UNREADABLE,
        delivery_id=message_id,
        event_id=None,
        triggered_at=None,
        received_at=received_at,
        body=msgspec.json.encode(kept),
    )
