"""What TikTok Shop checks of every call before it looks at what is asked."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from onhand.sandbox.state import Secrets
from onhand.sandbox.tiktok.replies import BAD_SIGN, FOREIGN_SHOP, INVALID, NO_CIPHER, CallRefused
from onhand.sandbox.tiktok.signing import request_signature
from onhand.sandbox.tiktok.tokens import Tokens

# Partner Center: a timestamp may lie five minutes back; common errors: it may run ahead by thirty seconds.
OLDEST_S = 300
AHEAD_S = 30
COMMON_PARAMETERS = frozenset(("app_key", "timestamp", "sign", "version"))
TOKEN_HEADER = "x-tts-access-token"


@dataclass(frozen=True, kw_only=True, slots=True)
class Signed:
    """A call as it came in; `path` is the API's own, without what it is mounted under here."""

    path: str
    query: Mapping[str, str]
    body: bytes
    content_type: str
    access_token: str


def check_call(
    call: Signed, *, secrets: Secrets, tokens: Tokens, wants_cipher: bool, parameters: frozenset[str], now: datetime
) -> None:
    """Raise CallRefused for a call that is not signed, not fresh, not allowed, or has a parameter too many."""
    _check_key_and_time(call.query, secrets.tiktok_app_key, now)
    expected = request_signature(secrets.tiktok_app_secret, call.path, call.query, call.body)
    if not hmac.compare_digest(expected.encode(), call.query.get("sign", "").encode()):
        raise CallRefused(
            BAD_SIGN, "The sign is invalid. Check app_secret, path, parameters and the body's exact bytes."
        )
    tokens.check(call.access_token, now)
    _check_cipher(call.query, secrets.tiktok_shop_cipher, wanted=wants_cipher)
    known = COMMON_PARAMETERS | parameters | ({"shop_cipher"} if wants_cipher else frozenset())
    strangers = sorted(set(call.query) - known)
    if strangers:
        raise CallRefused(INVALID, f"Invalid parameter: {', '.join(strangers)} is not known for this path.")
    if call.body and not call.content_type.startswith("application/json"):
        raise CallRefused(INVALID, f"Invalid content-type {call.content_type!r}: application/json is needed.")


def _check_key_and_time(query: Mapping[str, str], app_key: str, now: datetime) -> None:
    if query.get("app_key") != app_key:
        raise CallRefused(INVALID, f"Invalid app_key {query.get('app_key')!r}.")
    stamp = query.get("timestamp", "")
    if not (stamp.isdecimal() and len(stamp) == 10):
        raise CallRefused(INVALID, f"Invalid timestamp {stamp!r}: ten digits of Unix seconds are needed.")
    age_s = now.timestamp() - int(stamp)
    if not -AHEAD_S <= age_s <= OLDEST_S:
        raise CallRefused(
            INVALID,
            f"Invalid timestamp {stamp}: it is {age_s:.0f} s old, allowed are {-AHEAD_S} to {OLDEST_S}.",
        )


def _check_cipher(query: Mapping[str, str], shop_cipher: str, *, wanted: bool) -> None:
    given = query.get("shop_cipher")
    if not wanted:
        if given is not None:
            raise CallRefused(INVALID, "Unexpected identifier: this path takes no shop_cipher.")
        return
    if given is None:
        raise CallRefused(NO_CIPHER, "The shop_cipher is missing.")
    if given != shop_cipher:
        raise CallRefused(FOREIGN_SHOP, "The shop_cipher does not belong to the seller of this access token.")
