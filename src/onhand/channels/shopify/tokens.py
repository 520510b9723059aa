"""Access tokens: the one that was given, or one asked for with the app's own credentials.

Source: shopify.dev "Authenticate an app for stores in your organization": POST /admin/oauth/access_token, form-encoded;
the token lives `expires_in` seconds (24 hours) and there is no refresh token.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

import httpx
import msgspec

from onhand.channels.shopify.settings import ShopifySettings
from onhand.ports.errors import ChannelRefused, ChannelUnavailable

_log = logging.getLogger(__name__)

# A token is replaced this long before it expires, as Shopify's own libraries do.
RENEW_EARLY_S = 300.0


class TokenProvider(Protocol):
    """Whoever knows the access token."""

    def token(self) -> str:
        """Return a token to send. Raises ChannelUnavailable, ChannelRefused."""

    def renew(self, refused: str) -> bool:
        """Forget a token that Shopify refused; False when there is no way to get another one."""


class GivenToken:
    """The token of an existing custom app. It does not expire."""

    def __init__(self, token: str) -> None:
        self._token = token

    def token(self) -> str:
        """Return the token."""
        return self._token

    def renew(self, refused: str) -> bool:
        """Return False: only a person can get another one."""
        return self._token != refused


class _Granted(msgspec.Struct):
    access_token: str
    expires_in: float = 86399.0


class ClientCredentials:
    """Asks Shopify for a token, keeps it until shortly before it expires, and asks once for all who wait."""

    def __init__(
        self, settings: ShopifySettings, http: httpx.Client, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._lock = threading.Lock()
        self._token: str | None = None
        self._renew_at = 0.0

    def token(self) -> str:
        """Return the token in use, a new one when it is about to expire."""
        with self._lock:
            if self._token is None or self._clock() >= self._renew_at:
                self._grant()
            assert self._token is not None  # _grant raises otherwise
            return self._token

    def renew(self, refused: str) -> bool:
        """Forget `refused`, unless somebody has replaced it meanwhile."""
        with self._lock:
            if self._token == refused:
                self._token = None
            return True

    def _grant(self) -> None:
        settings = self._settings
        if settings.client_id is None or not settings.client_secrets:
            raise ChannelRefused(
                f"{settings.shop} has no access_token, and not both client_id and client_secret to ask for one"
            )
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": settings.client_secrets[0],
        }
        asked = f"asking {settings.shop} for an access token"
        started = self._clock()
        try:
            response = self._http.post(
                f"{settings.admin_url}/oauth/access_token",
                data=form,
                headers={"Accept": "application/json"},
                timeout=settings.request_timeout_s,
            )
        except httpx.HTTPError as error:
            raise ChannelUnavailable(f"{asked}: no answer ({type(error).__name__})") from error
        if response.status_code == 429 or response.status_code >= 500:
            raise ChannelUnavailable(f"{asked}: shopify answered {response.status_code}")
        if response.status_code != 200:
            raise ChannelRefused(
                f"{asked}: shopify answered {response.status_code}: is the app installed in this shop, and are "
                "client_id and client_secret those of its current version?"
            )
        try:
            granted = msgspec.json.decode(response.content, type=_Granted)
        except ValueError as error:
            raise ChannelUnavailable(f"{asked}: the answer cannot be read") from error
        self._token = granted.access_token
        # A short-lived token is renewed after half its life rather than at once.
        self._renew_at = started + max(granted.expires_in - RENEW_EARLY_S, granted.expires_in / 2)
        _log.info("new access token for %s, good for %.0f s", settings.shop, granted.expires_in)


def provider(
    settings: ShopifySettings, http: httpx.Client, clock: Callable[[], float] = time.monotonic
) -> TokenProvider:
    """Return the way to a token that the settings allow."""
    if settings.access_token is not None:
        return GivenToken(settings.access_token)
    return ClientCredentials(settings, http, clock)
