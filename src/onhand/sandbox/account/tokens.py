"""Access tokens of the app: asked for with its credentials, or given for a code and then rotated.

Shopify, "Offline access tokens": an expiring token lives an hour, its refresh token 90 days, and each refresh gives
a new pair. Changelog of 2026-08-28: a refresh token stays usable until its replacement is used, at most 30 days from
its first use. "Rotate client credentials": a token dies with the client secret that asked for it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from onhand.sandbox.marked import drawn

REPEATABLE = timedelta(days=30)
# OAuth 2.0 (RFC 6749, 4.1.2) advises ten minutes at most; Shopify does not publish its own.
CODE_LIFE = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lives:
    """How long what is granted stays valid, in seconds."""

    credentials_s: int
    offline_s: int
    refresh_s: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """What an access token may do; `until` None never ends by itself. It dies with `secret`."""

    since: datetime
    until: datetime | None
    scopes: tuple[str, ...]
    secret: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """One answer of the token endpoint; without a `refresh_token` there is nothing to rotate."""

    access_token: str
    scopes: tuple[str, ...]
    expires_in_s: int | None
    refresh_token: str | None = None
    refresh_expires_in_s: int | None = None


@dataclass(kw_only=True, slots=True)
class _Refresh:
    since: datetime
    until: datetime
    scopes: tuple[str, ...]
    follows: str | None
    first_used_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Code:
    until: datetime
    scopes: tuple[str, ...]


class Tokens:
    """The tokens of one app at one shop; `first` is valid from the start."""

    def __init__(
        self, *, first: str, secret: str, scopes: tuple[str, ...], lives: Lives, rng: random.Random, now: datetime
    ) -> None:
        self._lives = lives
        self._rng = rng
        self._void_before = now
        self.installed = True
        self._access = {
            first: Access(since=now, until=now + timedelta(seconds=lives.credentials_s), scopes=scopes, secret=secret)
        }
        self._refresh: dict[str, _Refresh] = {}
        self._codes: dict[str, _Code] = {}

    def access(self, token: str, secrets: Sequence[str], now: datetime) -> Access | None:
        """Return what a token may do at `now`; None for one that is unknown, expired, void or of a revoked secret."""
        held = self._access.get(token)
        if not self.installed:
            return None
        if held is None or held.since < self._void_before or held.secret not in secrets:
            return None
        return None if held.until is not None and now >= held.until else held

    def of_credentials(self, secret: str, scopes: tuple[str, ...], now: datetime) -> Grant:
        """Return a token for the app's own credentials; older ones stay valid until they expire."""
        return self._grant(scopes, secret, self._lives.credentials_s, now)

    def code(self, scopes: tuple[str, ...], now: datetime) -> str:
        """Return an authorization code, good once: the merchant has agreed to `scopes`."""
        code = self._drawn("")
        self._codes[code] = _Code(until=now + CODE_LIFE, scopes=scopes)
        return code

    def of_code(self, code: str, secret: str, now: datetime, *, expiring: bool) -> Grant | None:
        """Return what an authorization code is worth; None for one that is unknown, used or old."""
        held = self._codes.pop(code, None)
        if held is None or now >= held.until:
            return None
        self.install(now)
        return self.offline(held.scopes, secret, now, expiring=expiring)

    def offline(self, scopes: tuple[str, ...], secret: str, now: datetime, *, expiring: bool) -> Grant:
        """Return an offline token: with a refresh token, or one that never expires."""
        return self._pair(scopes, secret, None, now) if expiring else self._grant(scopes, secret, None, now)

    def of_refresh_token(self, token: str, secret: str, now: datetime) -> Grant | None:
        """Return a new pair. None: the refresh token is unknown, expired, void, or its replacement was used."""
        held = self._refresh.get(token)
        if held is None or now >= held.until or held.since < self._void_before:
            return None
        if held.first_used_at is not None and now - held.first_used_at >= REPEATABLE:
            return None
        held.first_used_at = held.first_used_at or now
        if held.follows is not None:
            self._refresh.pop(held.follows, None)
            held.follows = None
        return self._pair(held.scopes, secret, token, now)

    def uninstall(self, now: datetime) -> None:
        """End the installation: every token is void, and none is given until the app is installed again."""
        self.installed = False
        self.void(now)

    def install(self, now: datetime) -> None:
        """Begin a new installation; what was given to an older one stays void."""
        if not self.installed:
            self.installed = True
            self.void(now)

    def void(self, now: datetime) -> None:
        """Let every token given before `now` be void."""
        self._void_before = now

    def _pair(self, scopes: tuple[str, ...], secret: str, follows: str | None, now: datetime) -> Grant:
        access = self._grant(scopes, secret, self._lives.offline_s, now)
        refresh_token = self._drawn("shprt_")
        until = now + timedelta(seconds=self._lives.refresh_s)
        self._refresh[refresh_token] = _Refresh(since=now, until=until, scopes=scopes, follows=follows)
        return Grant(
            access_token=access.access_token,
            scopes=scopes,
            expires_in_s=access.expires_in_s,
            refresh_token=refresh_token,
            refresh_expires_in_s=self._lives.refresh_s,
        )

    def _grant(self, scopes: tuple[str, ...], secret: str, life_s: int | None, now: datetime) -> Grant:
        token = self._drawn("shpat_")
        until = None if life_s is None else now + timedelta(seconds=life_s)
        self._access[token] = Access(since=now, until=until, scopes=scopes, secret=secret)
        return Grant(access_token=token, scopes=scopes, expires_in_s=life_s)

    def _drawn(self, prefix: str) -> str:
        return prefix + drawn(self._rng, 128)
