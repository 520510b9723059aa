"""TikTok Shop's tokens: one authorization code, then pairs that replace each other."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from onhand.sandbox.marked import drawn
from onhand.sandbox.state import Secrets
from onhand.sandbox.tiktok.replies import CHECK_FAILED, EXPIRED_TOKEN, INVALID, CallRefused

# Partner Center: a code is good for half an hour, once. How long a refresh token lives is the seller's choice.
CODE_LIFE = timedelta(minutes=30)
REFRESH_LIFE = timedelta(days=365)


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenPair:
    """An access token and the refresh token that replaces both."""

    access_token: str
    access_until: datetime
    refresh_token: str
    refresh_until: datetime


class Tokens:
    """The tokens of one seller; the first pair is valid from the start.

    A refresh token works once. An access token that was replaced stays valid until it expires.
    """

    def __init__(self, *, secrets: Secrets, life_s: int, rng: random.Random, now: datetime) -> None:
        self._life = timedelta(seconds=life_s)
        self._rng = rng
        self._access_until = {secrets.tiktok_access_token: now + self._life}
        self._refresh_until = {secrets.tiktok_refresh_token: now + REFRESH_LIFE}
        self._code_until = {secrets.tiktok_auth_code: now + CODE_LIFE}

    def check(self, access_token: str, now: datetime) -> None:
        """Raise CallRefused unless a token is one of this seller's and not expired."""
        until = self._access_until.get(access_token)
        if until is None:
            raise CallRefused(INVALID, "Invalid credentials. The 'access_token' is not one of this app and seller.")
        if now >= until:
            raise CallRefused(EXPIRED_TOKEN, "Expired credentials. Refresh the 'access_token'.")

    def agree(self, now: datetime) -> str:
        """Return a new authorization code: the seller has agreed to the app once more."""
        code = "ROW_" + drawn(self._rng, 160)
        self._code_until[code] = now + CODE_LIFE
        return code

    def of_code(self, code: str, now: datetime) -> TokenPair:
        """Return the pair for an authorization code; raises CallRefused for one that is used, old or unknown."""
        return self._exchange(self._code_until, code, "auth_code", now)

    def of_refresh_token(self, refresh_token: str, now: datetime) -> TokenPair:
        """Return a new pair for a refresh token, which then works no more; raises CallRefused as `of_code`."""
        return self._exchange(self._refresh_until, refresh_token, "refresh_token", now)

    def _exchange(self, held: dict[str, datetime], given: str, name: str, now: datetime) -> TokenPair:
        until = held.pop(given, None)
        if until is None or now >= until:
            raise CallRefused(CHECK_FAILED, f"The {name} is invalid, was used before, or has expired.")
        pair = TokenPair(
            access_token="ROW_" + drawn(self._rng, 256),
            access_until=now + self._life,
            refresh_token="ROW_" + drawn(self._rng, 192),
            refresh_until=now + REFRESH_LIFE,
        )
        self._access_until[pair.access_token] = pair.access_until
        self._refresh_until[pair.refresh_token] = pair.refresh_until
        return pair


def pair_row(pair: TokenPair, shop_id: str) -> Mapping[str, object]:
    """Return a pair as the auth host writes it; the `_expire_in` are absolute Unix seconds in spite of their name."""
    return {
        "access_token": pair.access_token,
        "access_token_expire_in": int(pair.access_until.timestamp()),
        "refresh_token": pair.refresh_token,
        "refresh_token_expire_in": int(pair.refresh_until.timestamp()),
        "open_id": f"open{shop_id}",
        "seller_name": "onhand sandbox",
        "seller_base_region": "US",
        "user_type": 0,
        "granted_scopes": [
            "seller.authorization.info",
            "seller.order.info",
            "seller.product.basic",
            "seller.product.write",
        ],
    }
