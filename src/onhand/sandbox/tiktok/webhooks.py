"""Where TikTok Shop sends its webhooks."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from onhand.sandbox.tiktok.asks import WebhookChange
from onhand.sandbox.tiktok.replies import INVALID, CallRefused, Data
from onhand.sandbox.world.world import World

# The event types that this call takes; inventory (68, 71) and stock alerts (27) are switched on in Partner Center.
EVENT_TYPES = frozenset(
    (
        "CANCELLATION_STATUS_CHANGE",
        "NEW_CONVERSATION",
        "NEW_MESSAGE",
        "ORDER_STATUS_CHANGE",
        "PACKAGE_UPDATE",
        "PRODUCT_STATUS_CHANGE",
        "RECIPIENT_ADDRESS_UPDATE",
        "RETURN_STATUS_CHANGE",
        "REVERSE_STATUS_UPDATE",
        "SELLER_DEAUTHORIZATION",
        "UPCOMING_AUTHORIZATION_EXPIRATION",
    )
)
ADDRESS_CHARACTERS_MAX = 255
_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))


def put_webhook(world: World, ask: WebhookChange, now: datetime) -> Data:
    """PUT /event/202309/webhooks: one address an event type; raises CallRefused."""
    _check_type(ask.event_type)
    address = ask.address or ""
    parts = urlsplit(address)
    # The real platform takes https on a domain; a sandbox on one machine has neither, so loopback may be plain.
    plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not plain and (parts.scheme != "https" or not parts.hostname or parts.port is not None):
        raise CallRefused(INVALID, f"Invalid address {address!r}: https without a port, or http on loopback.")
    if len(address) > ADDRESS_CHARACTERS_MAX:
        message = f"Invalid address: at most {ADDRESS_CHARACTERS_MAX} characters, got {len(address)}."
        raise CallRefused(INVALID, message)
    world.outbox.subscribe_tiktok(event_type=ask.event_type, address=address, now=now)
    return {}


def delete_webhook(world: World, ask: WebhookChange) -> Data:
    """DELETE /event/202309/webhooks; raises CallRefused for an event type without an address."""
    _check_type(ask.event_type)
    if not world.outbox.unsubscribe_tiktok(ask.event_type):
        raise CallRefused(INVALID, f"Invalid event_type: nothing is sent for {ask.event_type}.")
    return {}


def list_webhooks(world: World) -> Data:
    """GET /event/202309/webhooks."""
    held = world.outbox.tiktok_subscriptions.values()
    rows = [
        {
            "event_type": one.event_type,
            "address": one.address,
            "create_time": int(one.updated_at.timestamp()),
            "update_time": int(one.updated_at.timestamp()),
        }
        for one in held
    ]
    return {"webhooks": rows, "total_count": len(rows)}


def _check_type(event_type: str) -> None:
    if event_type not in EVENT_TYPES:
        raise CallRefused(INVALID, f"Invalid event_type {event_type!r}.")
