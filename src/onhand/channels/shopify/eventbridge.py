"""Webhooks through Amazon EventBridge: the envelope that arrives in a queue, and who may have put it there.

Shape of the envelope: EventBridge's own fields (AWS, "Events structure"), and in `detail` the payload beside metadata
with Shopify's headers; the latter is documented by no page that could be read, and taken from events that several
public projects have recorded (2023 to 2026, all alike). There is no signature: what lies in our queue was put there by
our rule, and the envelope must name our account and our event source.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from onhand.channels.shopify.envelopes import Unopened, keep_unopened, open_letter
from onhand.channels.shopify.settings import NAME
from onhand.ports.delivery import Delivery, Request

DETAIL_TYPE = "shopifyWebhook"


@dataclass(frozen=True, kw_only=True, slots=True)
class EventSource:
    """Where events must come from: `source` is the end of the event source's ARN, `account` the AWS account."""

    source: str
    account: str


class _Detail(msgspec.Struct):
    payload: msgspec.Raw
    metadata: dict[str, Any]


class _Event(msgspec.Struct):
    id: str
    source: str
    account: str
    detail_type: str = msgspec.field(name="detail-type")
    detail: msgspec.Raw = msgspec.Raw(b"null")


_read_event = msgspec.json.Decoder(_Event).decode
_read_detail = msgspec.json.Decoder(_Detail).decode


class EventBridgeDoor:
    """Opens events of one source. It refuses nothing: what is no webhook of ours is kept, and parked with why."""

    name = NAME

    def __init__(self, expected: EventSource) -> None:
        self._expected = expected

    def verify(self, request: Request, received_at: datetime) -> Delivery:
        """Return the webhook in a message; the shop is the one it names, or `request.shop` where it cannot be read."""
        try:
            return self._open(request.body, received_at)
        except Unopened as trouble:
            message_id = hashlib.sha256(request.body).hexdigest()
            return keep_unopened(request.shop, message_id, str(trouble), request.body, received_at)

    def _open(self, message: bytes, received_at: datetime) -> Delivery:
        try:
            event = _read_event(message)
        except (ValueError, RecursionError) as error:
            raise Unopened(f"a message in the queue is no event of EventBridge's: {error}") from error
        self._check(event)
        try:
            detail = _read_detail(event.detail)
        except (ValueError, RecursionError) as error:
            raise Unopened(f"event {event.id[:64]} holds no webhook: {error}") from error
        headers = {name: str(value) for name, value in detail.metadata.items()}
        return open_letter(headers, bytes(detail.payload), event.id, received_at)

    def _check(self, event: _Event) -> None:
        """Raise Unopened for an event of somebody else's."""
        pairs = (
            ("detail-type", event.detail_type, DETAIL_TYPE),
            ("source", event.source, self._expected.source),
            ("account", event.account, self._expected.account),
        )
        for field, found, expected in pairs:
            if found != expected:
                raise Unopened(
                    f"event {event.id[:64]} has {field} {found[:200]!r}, {expected!r} is expected: let the rule of the "
                    "event bus send nothing else to this queue, or correct event_source or aws_account"
                )
