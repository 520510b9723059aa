"""Tokens: refreshing replaces both at once, so they are kept before they are used, by one caller for all who wait.

Source: Partner Center, "Authorization": GET /api/v2/token/get and /refresh. `*_expire_in` are absolute Unix seconds.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urlencode

import httpx
import msgspec

from onhand.channels.bounded import ask
from onhand.channels.tiktok_shop.settings import AUTH_URL, TikTokSettings
from onhand.channels.tiktok_shop.trouble import NotCarriedOut, VoidTokens

_log = logging.getLogger(__name__)

_RETRY_S = 5.0
_MOST_BYTES = 64 * 1024  # a pair of tokens has a few hundred
# Refreshed at half its life: a refused refresh then leaves days to mend it, not seconds.
_USED_SHARE = 0.5
# How long another process may take to refresh; a call to the auth host ends after `request_timeout_s`.
ALONE_WITHIN_S = 30.0
# While the old access token still serves, a refresh that failed is not repeated sooner.
AGAIN_AFTER_S = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Tokens:
    """A pair of tokens. Refreshing replaces both, and the old ones stop working: keep them before they are used.

    Times are None where TikTok Shop did not say; `renew_at` is when the access token has lived half its life.
    """

    access_token: str | None = field(repr=False)
    refresh_token: str | None = field(repr=False)
    renew_at: datetime | None = None
    access_expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None


class Vault(Protocol):
    """Where the pair in use lies, for every process of this installation."""

    def read(self) -> Tokens | None:
        """Return the pair that a refresh or a connection left, None where there was none. Raises DataDamaged."""

    def keep(self, tokens: Tokens) -> None:
        """Keep a pair durably in the place of the one before. Raises OSError: do not use it then."""

    def alone(self, wait_s: float) -> AbstractContextManager[bool]:
        """Let one thread of one process in at a time; False when nobody left within `wait_s`."""


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
    """The tokens in use. Without a vault a new pair lasts as long as the process."""

    def __init__(
        self, settings: TikTokSettings, http: httpx.Client, vault: Vault | None, wall_s: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._http = http
        self._vault = vault
        self._wall_s = wall_s
        self._lock = threading.Lock()
        configured = Tokens(access_token=settings.access_token, refresh_token=settings.refresh_token)
        self._held = (vault.read() if vault is not None else None) or configured
        self._unkept: Tokens | None = None
        self._refused: str | None = None
        self._dead: str | None = None
        self._trouble: str | None = None
        self._again_at_s = 0.0

    @property
    def trouble(self) -> str | None:
        """Why the tokens in use cannot be refreshed although they still serve; None where all is well."""
        return self._trouble

    @property
    def is_due(self) -> bool:
        """Whether the tokens in use have lived half their life, and should have been refreshed."""
        return self._is_due(self._held)

    def token(self) -> str:
        """Return the access token, a new one when the old has lived half its life or was refused.

        Raises NotCarriedOut (the call that needed the token was not made), VoidTokens.
        """
        with self._lock:
            if self._unkept is not None or not self._serves(self._held):
                self._held = self._replaced()
            assert self._held.access_token is not None  # nothing else serves
            return self._held.access_token

    def renew(self, refused: str) -> None:
        """Use a token no more that was refused, unless somebody has replaced it meanwhile."""
        with self._lock:
            if self._held.access_token == refused:
                self._refused = refused
                self._again_at_s = 0.0

    def connect(self, code: str) -> Tokens:
        """Exchange an authorization code and keep what it is worth. Raises NotCarriedOut, VoidTokens, OSError."""
        query = {"auth_code": code, "grant_type": "authorized_code"}
        with self._lock, self._alone():  # before the code is spent: it serves once
            granted = self._ask(f"connecting {self._settings.shop}", "token/get", query)
            if self._vault is not None:
                self._vault.keep(granted)
            self._held, self._unkept, self._trouble = granted, None, None
        return granted

    def _serves(self, held: Tokens) -> bool:
        if not self._is_good(held):
            return False
        return not self._is_due(held) or held.refresh_token is None or self._wall_s() < self._again_at_s

    def _is_due(self, held: Tokens) -> bool:
        return held.renew_at is not None and self._wall_s() >= held.renew_at.timestamp()

    def _is_good(self, held: Tokens) -> bool:
        if held.access_token is None or held.access_token == self._refused:
            return False
        return held.access_expires_at is None or self._wall_s() < held.access_expires_at.timestamp()

    def _replaced(self) -> Tokens:
        """Return a pair that serves; the old one while it does and nothing replaces it."""
        held = self._held
        try:
            with self._alone():
                fresh = self._fresh()
        except (NotCarriedOut, VoidTokens) as trouble:
            if not self._is_good(held):
                raise
            self._again_at_s = self._wall_s() + AGAIN_AFTER_S
            self._trouble = str(trouble) if isinstance(trouble, VoidTokens) else self._trouble
            return held
        self._trouble = None
        return fresh

    def _fresh(self) -> Tokens:
        """Return what another process has kept meanwhile, or a new pair of TikTok Shop's."""
        if self._unkept is not None:
            return self._keep(self._unkept)
        held = (self._vault.read() if self._vault is not None else None) or self._held
        if held.access_token != self._held.access_token and self._serves(held):
            return held
        return self._keep(self._refreshed(held))

    def _keep(self, fresh: Tokens) -> Tokens:
        # The refresh token before is void by now: ours is the only copy of this pair until it is kept.
        self._unkept = fresh
        if self._vault is not None:
            try:
                self._vault.keep(fresh)
            except OSError as error:
                message = f"new tokens of {self._settings.shop} cannot be kept ({error}), so they are not used yet"
                raise NotCarriedOut(message, _RETRY_S) from error
        self._unkept = None
        _log.info("new tokens for %s, good until %s", self._settings.shop, fresh.access_expires_at)
        return fresh

    def _refreshed(self, held: Tokens) -> Tokens:
        asked, again = f"refreshing the tokens of {self._settings.shop}", self._again()
        if held.refresh_token is None:
            raise VoidTokens(f"{asked}: no refresh_token is known; {again}")
        if held.refresh_expires_at is not None and self._wall_s() >= held.refresh_expires_at.timestamp():
            raise VoidTokens(f"{asked}: the refresh token expired on {held.refresh_expires_at:%Y-%m-%d}; {again}")
        if held.refresh_token == self._dead:  # not asked again: it would be refused again
            raise VoidTokens(f"{asked}: TikTok Shop does not take the refresh token any more; {again}")
        try:
            query = {"refresh_token": held.refresh_token, "grant_type": "refresh_token"}
            return self._ask(asked, "token/refresh", query)
        except VoidTokens:
            self._dead = held.refresh_token
            raise

    def _ask(self, asked: str, path: str, query: dict[str, str]) -> Tokens:
        settings = self._settings
        full = {"app_key": settings.app_key, "app_secret": settings.app_secrets[0], **query}
        url = f"{(settings.auth_url or AUTH_URL).rstrip('/')}/api/v2/{path}?{urlencode(full)}"
        began_s = self._wall_s()
        try:
            response = ask(self._http, "GET", url, timeout_s=settings.request_timeout_s, most_bytes=_MOST_BYTES)
        except httpx.HTTPError as error:  # the chain would show the URL, and with it the secret
            raise NotCarriedOut(f"{asked}: no answer ({type(error).__name__})", _RETRY_S) from None
        if response.status_code == 429 or response.status_code >= 500:
            raise NotCarriedOut(f"{asked}: TikTok Shop answered {response.status_code}", _RETRY_S)
        try:
            answer = msgspec.json.decode(response.content, type=_Answer)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise NotCarriedOut(f"{asked}: the answer cannot be read", _RETRY_S) from error
        if answer.code != 0 or answer.data is None:
            raise VoidTokens(f"{asked}: {answer.message} (code {answer.code}); {self._again()}")
        return _tokens(answer.data, began_s)

    def _again(self) -> str:
        return f"connect the shop again: `onhand connect tiktok-shop --code --shop {self._settings.shop}`"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._vault is None:
            yield
            return
        with ExitStack() as stack:
            try:
                alone = stack.enter_context(self._vault.alone(ALONE_WITHIN_S))
            except OSError as error:
                message = f"tokens of {self._settings.shop} could not be kept ({error}), so none are asked for"
                raise NotCarriedOut(message, _RETRY_S) from error
            if not alone:
                message = f"another process has been refreshing tokens of {self._settings.shop} for {ALONE_WITHIN_S} s"
                raise NotCarriedOut(message, _RETRY_S)
            yield


def _tokens(granted: _Granted, began_s: float) -> Tokens:
    life_s = granted.access_token_expire_in - began_s
    return Tokens(
        access_token=granted.access_token,
        refresh_token=granted.refresh_token,
        renew_at=_moment(began_s + life_s * _USED_SHARE) if life_s > 0 else None,
        access_expires_at=_moment(granted.access_token_expire_in) if life_s > 0 else None,
        refresh_expires_at=_moment(granted.refresh_token_expire_in),
    )


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 2**36 else None
