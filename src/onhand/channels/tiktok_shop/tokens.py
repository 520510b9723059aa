"""Tokens: refreshing replaces both at once, so they are kept before they are used, by one caller for all who wait.

Source: Partner Center, "Authorization": GET /api/v2/token/refresh. `*_expire_in` are absolute Unix seconds.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlencode

import httpx
import msgspec

from onhand.channels.bounded import ask
from onhand.channels.tiktok_shop.settings import AUTH_URL, TikTokSettings, Tokens
from onhand.channels.tiktok_shop.trouble import NO_CODE, NotCarriedOut, Refused

_log = logging.getLogger(__name__)

_RETRY_S = 5.0
_MOST_BYTES = 64 * 1024  # a pair of tokens has a few hundred
# Refreshed at half its life: a refused refresh then leaves days to mend it, not seconds.
_USED_SHARE = 0.5

SaveTokens = Callable[[Tokens], None]


class _Granted(msgspec.Struct):
    access_token: str
    refresh_token: str
    access_token_expire_in: int = 0
    refresh_token_expire_in: int = 0


class _Answer(msgspec.Struct):
    code: int
    message: str = ""
    data: _Granted | None = None


class TokenKeeper:
    """The tokens in use. `save` is called with a new pair before it is used; None keeps it in memory only."""

    def __init__(
        self, settings: TikTokSettings, http: httpx.Client, save: SaveTokens | None, wall_s: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._http = http
        self._save = save
        self._wall_s = wall_s
        self._lock = threading.Lock()
        self._access = settings.access_token
        self._refresh_token = settings.refresh_token
        self._refresh_at_s: float | None = None

    def token(self) -> str:
        """Return the access token, a new one when the old has lived half its life.

        Raises NotCarriedOut (the call that needed the token was not made), Refused.
        """
        with self._lock:
            late = self._refresh_at_s is not None and self._wall_s() >= self._refresh_at_s
            if self._access is None or (late and self._refresh_token is not None):
                self._refresh()
            assert self._access is not None  # _refresh raises otherwise
            return self._access

    def renew(self, expired: str) -> bool:
        """Replace a token that was refused, unless somebody has done so; False when there is no way to.

        Raises as `token` does.
        """
        with self._lock:
            if self._access == expired:
                if self._refresh_token is None:
                    return False
                self._refresh()
            return True

    def _refresh(self) -> None:
        settings = self._settings
        asked = f"refreshing the tokens of {settings.shop}"
        if self._refresh_token is None:
            raise Refused(NO_CODE, f"{asked}: no refresh_token is configured; connect the shop again")
        query = {
            "app_key": settings.app_key,
            "app_secret": settings.app_secrets[0],
            "refresh_token": self._refresh_token,
            "grant_type": "refresh_token",
        }
        url = f"{(settings.auth_url or AUTH_URL).rstrip('/')}/api/v2/token/refresh"
        began_s = self._wall_s()
        try:
            response = ask(
                self._http,
                "GET",
                f"{url}?{urlencode(query)}",
                timeout_s=settings.request_timeout_s,
                most_bytes=_MOST_BYTES,
            )
        except httpx.HTTPError as error:  # the chain would show the URL, and with it the secret
            raise NotCarriedOut(f"{asked}: no answer ({type(error).__name__})", _RETRY_S) from None
        if response.status_code == 429 or response.status_code >= 500:
            raise NotCarriedOut(f"{asked}: TikTok Shop answered {response.status_code}", _RETRY_S)
        try:
            answer = msgspec.json.decode(response.content, type=_Answer)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise NotCarriedOut(f"{asked}: the answer cannot be read", _RETRY_S) from error
        if answer.code != 0 or answer.data is None:
            raise Refused(NO_CODE, f"{asked}: {answer.message}; connect the shop again")
        self._take(answer.data, began_s)

    def _take(self, granted: _Granted, began_s: float) -> None:
        tokens = Tokens(
            access_token=granted.access_token,
            refresh_token=granted.refresh_token,
            access_expires_at=_moment(granted.access_token_expire_in),
            refresh_expires_at=_moment(granted.refresh_token_expire_in),
        )
        # From here on the old pair is void: ours is the only copy until it is kept.
        self._access, self._refresh_token = tokens.access_token, tokens.refresh_token
        life_s = granted.access_token_expire_in - began_s
        self._refresh_at_s = began_s + life_s * _USED_SHARE if life_s > 0 else None
        if self._save is not None:
            self._save(tokens)
        _log.info("new tokens for %s, good until %s", self._settings.shop, tokens.access_expires_at)


def _moment(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 2**40 else None
