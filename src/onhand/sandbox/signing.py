"""How each platform signs a webhook, and the headers it sends with it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime

from onhand.sandbox.world.outbox import Delivery


def shopify_signature(client_secret: str, body: bytes) -> str:
    """Return X-Shopify-Hmac-Sha256: base64 of HMAC-SHA256 over the raw body (Shopify, webhook verification)."""
    return base64.b64encode(hmac.digest(client_secret.encode(), body, hashlib.sha256)).decode()


def tiktok_signature(app_key: str, app_secret: str, body: bytes) -> str:
    """Return TikTok Shop's Authorization: hex HMAC-SHA256 over app_key and raw body, without a prefix."""
    return hmac.digest(app_secret.encode(), app_key.encode() + body, hashlib.sha256).hex()


def nanosecond_stamp(moment: datetime) -> str:
    """Return a time as X-Shopify-Triggered-At has it, with nine digits of a second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond:06d}000Z"


def shopify_headers(
    delivery: Delivery, *, shop: str, client_secret: str, body: bytes, family: str = "classic"
) -> dict[str, str]:
    """Return the headers of a Shopify delivery; only the body is signed (API 2026-10, webhook headers).

    `family` "events" gives the names of next-generation events: lower case, without the leading X.
    """
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Shopify-Captain-Hook",
        "X-Shopify-Topic": delivery.topic,
        "X-Shopify-Hmac-Sha256": shopify_signature(client_secret, body),
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-API-Version": delivery.api_version,
        "X-Shopify-Webhook-Id": delivery.delivery_id,
        "X-Shopify-Event-Id": delivery.event_id,
        "X-Shopify-Triggered-At": nanosecond_stamp(delivery.triggered_at),
    }
    if delivery.subscription_name is not None:
        headers["X-Shopify-Name"] = delivery.subscription_name
    if family == "events":
        return {name.lower().removeprefix("x-"): value for name, value in headers.items()}
    return headers


def tiktok_headers(*, app_key: str, app_secret: str, body: bytes) -> dict[str, str]:
    """Return the headers of a TikTok Shop delivery."""
    return {
        "Content-Type": "application/json",
        "Authorization": tiktok_signature(app_key, app_secret, body),
    }
