"""Signatures: of the calls that we make, and of the webhooks that come.

Source: TikTok Shop Partner Center, "Sign your API request" and "Webhooks overview".
"""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

_UNSIGNED = ("sign", "access_token")


def sign(app_secret: str, path: str, query: Mapping[str, str], body: bytes) -> str:
    """Return the signature of a call: over the path, the decoded query sorted by name, and the exact body bytes."""
    words = "".join(name + value for name, value in sorted(query.items()) if name not in _UNSIGNED)
    key = app_secret.encode()
    return hmac.digest(key, key + (path + words).encode() + body + key, hashlib.sha256).hex()


def signed_query(app_secret: str, path: str, query: Mapping[str, str], body: bytes) -> str:
    """Return the query string to send, its signature included. Values are signed decoded and sent encoded."""
    signed = {**query, "sign": sign(app_secret, path, query, body)}
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(signed.items()))


class WebhookSigner:
    """Makes what TikTok Shop writes into a webhook's Authorization header: lower-case hex, no prefix.

    The keyed part is made once and copied for each body, which is twice as fast as beginning anew.
    """

    def __init__(self, app_key: str, app_secret: str) -> None:
        self._keyed = HMAC(app_secret.encode(), SHA256())
        self._keyed.update(app_key.encode())

    def sign(self, body: bytes) -> bytes:
        """Return the signature of a raw body, as the bytes of its hex digits."""
        begun = self._keyed.copy()
        begun.update(body)
        return begun.finalize().hex().encode()
