"""Is this webhook from Shopify? Answered from the raw bytes, before anything is parsed.

Sources: shopify.dev "Verify webhook deliveries" (base64 of HMAC-SHA256 over the raw body, keyed with the client
secret) and "Ignore duplicates" (X-Shopify-Webhook-Id names the delivery, X-Shopify-Event-Id the merchant's action).
"""

import hashlib
import hmac
import re
from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from onhand.channels.shopify.settings import NAME
from onhand.ports.delivery import Delivery, Request
from onhand.ports.errors import BadSignature

# Longer ids do not come from Shopify (it sends UUIDs); a header is unsigned and must not become a giant key.
MAX_ID_CHARACTERS = 128


# Shopify signs the parameters of a redirect with the same secret: whoever sees one could send them here as a body.
_SIGNED_QUERY = re.compile(rb"[a-z_]+=")


class Verifier:
    """Checks the signature of webhooks against every secret of the app."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = tuple(secret.encode() for secret in secrets)

    def verify(self, request: Request, received_at: datetime) -> Delivery:
        """Return the delivery when one of the secrets signed it. Raises BadSignature.

        Only the body is signed: the topic is taken from the path where the address names one, the header is second.
        """
        headers, body = request.headers, request.body
        signature = _header(headers, "hmac-sha256")
        if signature is None:
            raise BadSignature(f"a webhook for {request.shop} carries no signature: it is not from Shopify")
        # Bytes, not text: compare_digest raises TypeError on non-ASCII text from a stranger.
        claimed = signature.encode()
        genuine = False
        for key in self._keys:  # no early exit: the time must not tell which secret, if any, it was
            made = b2a_base64(hmac.digest(key, body, "sha256"), newline=False)
            genuine |= hmac.compare_digest(made, claimed)
        if not genuine:
            raise BadSignature(f"a webhook for {request.shop} is signed with none of the {len(self._keys)} secrets")
        if _SIGNED_QUERY.match(body):
            raise BadSignature(f"a webhook for {request.shop} carries the signature of a redirect, not of a webhook")
        topic = request.path_topic or _header(headers, "topic") or ""
        return delivery_of(request.shop, topic, headers, body, received_at)


def delivery_of(
    shop: str,
    topic: str,
    headers: Mapping[str, str],
    body: bytes,
    received_at: datetime,
    *,
    fallback_id: str | None = None,
) -> Delivery:
    """Return a genuine webhook as a delivery; header names are in lower case.

    `fallback_id` names it where Shopify's own id is missing; None takes one that only the same body under the same
    topic has.
    """
    delivery_id = _header(headers, "webhook-id") or fallback_id
    if delivery_id is None or len(delivery_id) > MAX_ID_CHARACTERS:
        delivery_id = hashlib.sha256(topic.encode() + b"\n" + body).hexdigest()
    event_id = _header(headers, "event-id")
    return Delivery(
        shop=shop,
        channel=NAME,
        topic=topic,
        delivery_id=delivery_id,
        event_id=event_id[:MAX_ID_CHARACTERS] if event_id else None,
        triggered_at=_moment(_header(headers, "triggered-at")),
        received_at=received_at,
        body=body,
    )


def _header(headers: Mapping[str, str], name: str) -> str | None:
    """Return a header of Shopify's; next-generation events leave out the leading "x-"."""
    return headers.get("x-shopify-" + name) or headers.get("shopify-" + name)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):  # unsigned, so no reason to refuse the delivery
        return None
