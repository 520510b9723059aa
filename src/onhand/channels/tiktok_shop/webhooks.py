"""Is this webhook from TikTok Shop? Answered from the raw bytes, before anything is parsed."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from onhand.channels.tiktok_shop.settings import NAME
from onhand.channels.tiktok_shop.signing import WebhookSigner
from onhand.ports.delivery import Delivery, Request
from onhand.ports.errors import BadSignature

MAX_ID_CHARACTERS = 128


class _Head(msgspec.Struct):
    """What of an envelope the log needs. Anything may be missing: a genuine delivery is kept, whatever it says."""

    type: object = None
    tts_notification_id: object = None
    timestamp: object = None


_decode_head = msgspec.json.Decoder(_Head).decode


class Verifier:
    """Checks the signature of webhooks against every secret of the app."""

    def __init__(self, app_key: str, app_secrets: Sequence[str]) -> None:
        self._signers = tuple(WebhookSigner(app_key, secret) for secret in app_secrets)

    def verify(self, request: Request, received_at: datetime) -> Delivery:
        """Return the delivery when one of the secrets signed it. Raises BadSignature.

        Everything that names the delivery stands in the signed body, and is read only once the signature holds.
        TikTok Shop tries for up to 15.5 hours, so no time in it is too old.
        """
        # Bytes, not text: compare_digest raises TypeError on non-ASCII text from a stranger.
        claimed = request.headers.get("authorization", "").encode()
        genuine = False
        for signer in self._signers:  # no early exit: the time must not tell which secret, if any, it was
            genuine |= hmac.compare_digest(signer.sign(request.body), claimed)
        if not genuine:
            reason = f"signed with none of the {len(self._signers)} secrets" if claimed else "not signed"
            raise BadSignature(f"a webhook for {request.shop} is {reason}: it is not from TikTok Shop")
        try:
            head = _decode_head(request.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            head = _Head()
        notification = head.tts_notification_id
        if not isinstance(notification, str | int) or not 0 < len(str(notification)) <= MAX_ID_CHARACTERS:
            notification = hashlib.sha256(request.body).hexdigest()
        kind = head.type if isinstance(head.type, int | str) else ""
        return Delivery(
            shop=request.shop,
            channel=NAME,
            topic=str(kind)[:MAX_ID_CHARACTERS],
            delivery_id=str(notification),
            event_id=None,
            triggered_at=_moment(head.timestamp),
            received_at=received_at,
            body=request.body,
        )


def _moment(seconds: object) -> datetime | None:
    if not isinstance(seconds, int) or not 0 < seconds < 2**40:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
