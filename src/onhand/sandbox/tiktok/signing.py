"""TikTok Shop's request signature (Partner Center, "Sign your API request")."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

_UNSIGNED = frozenset(("sign", "access_token"))


def request_signature(app_secret: str, path: str, query: Mapping[str, str], body: bytes) -> str:
    """Return the lower-case hex signature of a call: path, decoded query sorted by name, exact body bytes.

    `path` is the API's own, beginning with "/" and without anything the API is mounted under.
    """
    pairs = "".join(f"{name}{query[name]}" for name in sorted(query) if name not in _UNSIGNED)
    secret = app_secret.encode()
    message = secret + path.encode() + pairs.encode() + body + secret
    return hmac.digest(secret, message, hashlib.sha256).hex()
