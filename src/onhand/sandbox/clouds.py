"""The clouds that webhooks may take their way through: the envelopes of Amazon EventBridge and Google Pub/Sub.

The shapes are those that public projects have recorded of Shopify's own events; the clouds themselves are not played:
an envelope is posted to a queue or a push endpoint on this machine that somebody has named, or is taken for delivered.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

import msgspec

CLOUD_SCHEMES = ("arn:", "pubsub://")


@dataclass(frozen=True, kw_only=True, slots=True)
class CloudRoute:
    """Where envelopes for one event source or topic go: a queue of SQS's, or a push endpoint and its token."""

    address: str
    account: str
    token: str | None


def is_cloud(uri: str) -> bool:
    """Return whether a subscription goes through a cloud."""
    return uri.startswith(CLOUD_SCHEMES)


def post_to_queue(
    uri: str, route: CloudRoute, headers: Mapping[str, str], body: bytes, *, event_id: str, now: datetime
) -> tuple[dict[str, str], bytes]:
    """Return headers and body of the call with which SQS takes an event of EventBridge's (SendMessage, 2012-11-05)."""
    event = {
        "version": "0",
        "id": event_id,
        "detail-type": "shopifyWebhook",
        "source": uri.partition("event-source/")[2],
        "account": route.account,
        "time": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": uri.split(":")[3],
        "resources": [],
        "detail": {"payload": msgspec.Raw(body), "metadata": dict(headers)},
    }
    form = {"Action": "SendMessage", "Version": "2012-11-05", "MessageBody": msgspec.json.encode(event).decode()}
    # Nobody on this machine checks a signature: by region and service in this header stand-ins find the queue.
    scope = f"sandbox/{now:%Y%m%d}/{event['region']}/sqs/aws4_request"
    sent = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none",
    }
    return sent, urlencode(form).encode()


def push(
    uri: str, route: CloudRoute, headers: Mapping[str, str], body: bytes, *, event_id: str, now: datetime
) -> tuple[dict[str, str], bytes]:
    """Return headers and body of a push of Pub/Sub's."""
    project, _, topic = uri.removeprefix("pubsub://").partition(":")
    published = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    message = {
        "data": base64.b64encode(body).decode(),
        "attributes": dict(headers),
        "messageId": event_id,
        "message_id": event_id,
        "publishTime": published,
        "publish_time": published,
    }
    sent = {"Content-Type": "application/json", "User-Agent": "CloudPubSub-Google"}
    if route.token is not None:
        sent["Authorization"] = f"Bearer {route.token}"
    return sent, msgspec.json.encode(
        {"message": message, "subscription": f"projects/{project}/subscriptions/{topic}-push"}
    )
