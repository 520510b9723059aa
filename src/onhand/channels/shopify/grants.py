"""What Shopify's token endpoint gives, and what it says when it gives nothing.

Sources: shopify.dev "Client credentials grant", "Authorization code grant", "Offline access tokens": POST
/admin/oauth/access_token, form-encoded. A token lives `expires_in` seconds: 24 hours for the app's own credentials,
one hour for an expiring offline token, whose refresh token lives 90 days and is replaced with every refresh.
"""

import hashlib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import httpx
import msgspec

from onhand.channels.bounded import Answered, ask
from onhand.channels.shopify.settings import ShopifySettings
from onhand.ports.errors import ChannelUnavailable, NotConnected

# A token is replaced this long before it expires, as Shopify's own libraries do.
RENEW_EARLY = timedelta(minutes=5)
MOST_BYTES = 64 * 1024  # a token endpoint answers with a few hundred


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """An access token, until when it is good, and what replaces it.

    None in a time: it does not expire. `asked_with` marks the client secret that asked: Shopify ends a token with the
    secret it was asked for with ("Rotate or revoke client credentials").
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    granted_at: datetime
    access_expires_at: datetime | None
    refresh_expires_at: datetime | None
    scopes: tuple[str, ...]
    asked_with: str

    def is_fresh(self, now: datetime) -> bool:
        """Tell whether the access token is good for a while; a short-lived one is replaced after half its life."""
        if self.access_expires_at is None:
            return True
        life = self.access_expires_at - self.granted_at
        return now < max(self.access_expires_at - RENEW_EARLY, self.granted_at + life / 2)

    def is_good(self, now: datetime) -> bool:
        """Tell whether the access token has not expired."""
        return self.access_expires_at is None or now < self.access_expires_at


class Vault(Protocol):
    """Where a shop's grant is kept, sealed, for every process of this install."""

    def read(self) -> Grant | None:
        """Return the grant, None where the shop was never connected by a code. Raises DataDamaged."""

    def keep(self, grant: Grant) -> None:
        """Keep a grant durably in the place of the one before. Raises OSError: do not use it then."""

    def alone(self, wait_s: float) -> AbstractContextManager[bool]:
        """Let one thread of one process in at a time; False when nobody left within `wait_s`."""


def mark_of(secret: str) -> str:
    """Return what tells one client secret from another without saying it."""
    return hashlib.sha256(b"onhand asked with " + secret.encode()).hexdigest()[:16]


class _Given(msgspec.Struct):
    access_token: str
    scope: str = ""
    expires_in: float | None = None
    refresh_token: str | None = None
    refresh_token_expires_in: float | None = None


class _Refusal(msgspec.Struct):
    error: str = ""
    error_description: str = ""


class TokenEndpoint:
    """One shop's token endpoint, asked with the app's current secret."""

    def __init__(self, settings: ShopifySettings, http: httpx.Client) -> None:
        self._settings = settings
        self._http = http

    def with_credentials(self, now: datetime) -> Grant:
        """Return a token for the app's own credentials. Raises ChannelUnavailable, NotConnected."""
        way_out = (
            "is the app installed in this shop, and are client_id and client_secret those of its current version? An "
            f"app of another organisation is connected by `onhand connect shopify --shop {self._settings.shop} --code`"
        )
        return self._ask({"grant_type": "client_credentials"}, now, way_out)

    def of_code(self, code: str, now: datetime) -> Grant:
        """Return the expiring pair for an authorization code, which works once. Raises as `with_credentials`."""
        form = {"code": code, "expiring": "1"}
        return self._ask(form, now, "a code works once and not for long: run `onhand connect shopify` again")

    def refreshed(self, refresh_token: str, now: datetime) -> Grant:
        """Return the pair that replaces another. Raises as `with_credentials`.

        After a lost answer the same refresh token may be sent again until the new one is used, for 30 days at most
        (Shopify changelog, 2026-08-28).
        """
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._ask(form, now, f"connect the shop again: `onhand connect shopify --shop {self._settings.shop}`")

    def _ask(self, form: Mapping[str, str], now: datetime, way_out: str) -> Grant:
        settings = self._settings
        asked = f"asking {settings.shop} for an access token"
        if settings.client_id is None or not settings.client_secrets:
            raise NotConnected(
                f"{settings.shop} has no access_token, and not both client_id and client_secret to ask for one"
            )
        secret = settings.client_secrets[0]
        try:
            response = ask(
                self._http,
                "POST",
                f"{settings.admin_url}/oauth/access_token",
                form={"client_id": settings.client_id, "client_secret": secret, **form},
                headers={"Accept": "application/json"},
                timeout_s=settings.request_timeout_s,
                most_bytes=MOST_BYTES,
            )
        except httpx.HTTPError as error:
            raise ChannelUnavailable(f"{asked}: no answer ({type(error).__name__})") from error
        if response.status_code == 429 or response.status_code >= 500:
            raise ChannelUnavailable(f"{asked}: shopify answered {response.status_code}")
        if response.status_code != 200:
            raise NotConnected(f"{asked}: shopify answered {response.status_code}{_said(response)}: {way_out}")
        try:
            given = msgspec.json.decode(response.content, type=_Given)
        except (ValueError, RecursionError) as error:
            raise ChannelUnavailable(f"{asked}: the answer cannot be read") from error
        return _grant(given, now, mark_of(secret))


def _grant(given: _Given, now: datetime, asked_with: str) -> Grant:
    return Grant(
        access_token=given.access_token,
        refresh_token=given.refresh_token,
        granted_at=now,
        access_expires_at=_after(now, given.expires_in),
        refresh_expires_at=_after(now, given.refresh_token_expires_in),
        scopes=tuple(sorted(scope for scope in given.scope.split(",") if scope)),
        asked_with=asked_with,
    )


def _after(now: datetime, life_s: float | None) -> datetime | None:
    return None if life_s is None else now + timedelta(seconds=life_s)


def _said(response: Answered) -> str:
    """Return Shopify's own words for a refusal, " (invalid_grant: …)", or nothing."""
    try:
        refusal = msgspec.json.decode(response.content, type=_Refusal)
    except (ValueError, RecursionError):
        return ""
    words = ": ".join(word for word in (refusal.error, refusal.error_description) if word)
    return f" ({words[:200]})" if words else ""
