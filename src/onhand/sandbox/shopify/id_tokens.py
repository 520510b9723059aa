"""ID tokens: what the admin hands an embedded app, signed with the client secret (Shopify, "Session tokens")."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from datetime import datetime

import msgspec

LIFE_S = 60


class _Claims(msgspec.Struct):
    dest: str
    aud: str
    exp: int


def issue(*, shop: str, client_id: str, secret: str, number: int, now: datetime) -> str:
    """Return an ID token of the shop's owner for this app."""
    issued = int(now.timestamp())
    claims = {
        "iss": f"https://{shop}/admin",
        "dest": f"https://{shop}",
        "aud": client_id,
        "sub": "1",
        "exp": issued + LIFE_S,
        "nbf": issued,
        "iat": issued,
        "jti": f"{number:08x}",
        "sid": f"{number:064x}",
    }
    signed = f"{_text(msgspec.json.encode({'alg': 'HS256', 'typ': 'JWT'}))}.{_text(msgspec.json.encode(claims))}"
    return f"{signed}.{_sign(secret, signed)}"


def is_genuine(token: str, *, shop: str, client_id: str, secrets: Sequence[str], now: datetime) -> bool:
    """Tell whether one of the app's secrets signed the token for this shop, and it has not expired."""
    signed, _, signature = token.rpartition(".")
    if not any(hmac.compare_digest(_sign(secret, signed).encode(), signature.encode()) for secret in secrets):
        return False
    try:
        claims = msgspec.json.decode(_bytes(signed.partition(".")[2]), type=_Claims)
    except (msgspec.DecodeError, Base64Error):
        return False
    return (claims.dest, claims.aud) == (f"https://{shop}", client_id) and now.timestamp() < claims.exp


def _sign(secret: str, signed: str) -> str:
    return _text(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
