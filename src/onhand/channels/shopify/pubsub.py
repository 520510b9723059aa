"""Webhooks through Google Cloud Pub/Sub, pushed to us: the token says who sent them, the message holds them.

Sources: Google Cloud, "Authentication for push subscriptions" (the token's claims) and "Push subscriptions" (the body);
the attributes bear the names of Shopify's headers, as public projects that receive them show.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt
import msgspec

from onhand.channels.shopify.envelopes import Unopened, keep_unopened, open_letter
from onhand.channels.shopify.google_keys import GoogleKeys
from onhand.channels.shopify.settings import NAME
from onhand.ports.delivery import Delivery, Request
from onhand.ports.errors import BadSignature

DOOR: Final = "shopify_pubsub"
"""The name of the route: /webhooks/shopify-pubsub/SHOP."""

_ISSUERS: Final = ("accounts.google.com", "https://accounts.google.com")
_LEEWAY = timedelta(seconds=60)
_CLAIMS: Final = ["iss", "aud", "exp", "iat", "email", "email_verified"]
_TOKEN_CHARACTERS = 8192


@dataclass(frozen=True, kw_only=True, slots=True)
class PushSettings:
    """The push subscription: the audience and the service account that it was given when it was made."""

    audience: str
    service_account: str


class _Message(msgspec.Struct):
    data: str = ""
    attributes: dict[str, str] = {}
    message_id: str = msgspec.field(name="messageId", default="")


class _Push(msgspec.Struct):
    message: _Message
    subscription: str = ""


_read_push = msgspec.json.Decoder(_Push).decode


class PubSubDoor:
    """Takes what Google pushes for one shop's app, once its token is proven. It may have to ask Google for keys."""

    name = NAME

    def __init__(self, settings: PushSettings, keys: GoogleKeys) -> None:
        self._settings = settings
        self._keys = keys

    def verify(self, request: Request, received_at: datetime) -> Delivery:
        """Return the webhook in a push. Raises BadSignature, and ChannelUnavailable where Google's keys are not had.

        A message that is proven to come from our subscription and holds no webhook is kept, and parked with the reason.
        """
        self._check_token(request, received_at)
        try:
            push = _read_push(request.body)
            data = base64.b64decode(push.message.data, validate=True)
            fallback_id = push.message.message_id or hashlib.sha256(request.body).hexdigest()
            return open_letter(push.message.attributes, data, fallback_id, received_at)
        except Unopened as trouble:
            why = str(trouble)
        except (ValueError, RecursionError, binascii.Error) as error:
            why = f"a push of Pub/Sub holds no message that can be read: {error}"
        message_id = hashlib.sha256(request.body).hexdigest()
        return keep_unopened(request.shop, message_id, why, request.body, received_at)

    def count_keys(self) -> int:
        """Return how many public keys Google has now. Raises ChannelUnavailable."""
        return self._keys.count()

    def _check_token(self, request: Request, now: datetime) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token or len(token) > _TOKEN_CHARACTERS:
            raise BadSignature(f"a push for {request.shop} carries no bearer token: it is not from Pub/Sub")
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key = self._keys.key(kid) if isinstance(kid, str) else None
            if key is None:
                raise BadSignature(f"a push for {request.shop} is signed with a key that Google does not have")
            claims = jwt.decode(
                token,
                key,
                algorithms=["RS256"],  # whatever the token says of itself: it must not choose how it is checked
                audience=self._settings.audience,
                issuer=_ISSUERS,
                # Times are compared below, with the time that is passed in.
                options={"require": _CLAIMS, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
        except jwt.PyJWTError as error:
            raise BadSignature(f"a push for {request.shop}: its token is not taken: {error}") from error
        self._check_claims(claims, request.shop, now)

    def _check_claims(self, claims: dict[str, Any], shop: str, now: datetime) -> None:
        try:
            issued_at, expires_at = (datetime.fromtimestamp(float(claims[name]), UTC) for name in ("iat", "exp"))
        except (TypeError, ValueError, OverflowError, OSError) as error:
            raise BadSignature(f"a push for {shop}: its token has no times that can be read: {error}") from error
        if now > expires_at + _LEEWAY or now < issued_at - _LEEWAY:
            raise BadSignature(f"a push for {shop}: its token was good from {issued_at} to {expires_at}, it is {now}")
        if claims["email_verified"] is not True or claims["email"] != self._settings.service_account:
            raise BadSignature(
                f"a push for {shop} comes from {str(claims['email'])[:200]!r}, {self._settings.service_account!r} is "
                "configured as pubsub_service_account"
            )
