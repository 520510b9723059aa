"""Access tokens in use: one that was given, one for the app's own credentials, or a pair that is rotated.

Whoever needs a token asks here. One thread of one process asks Shopify for all who wait, and a new pair is kept before
it is used: with its first use the one before is gone.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

import httpx

from onhand.channels.shopify.grants import Grant, TokenEndpoint, Vault, mark_of
from onhand.channels.shopify.settings import ShopifySettings
from onhand.ports.errors import ChannelUnavailable, NotConnected

_log = logging.getLogger(__name__)

# How long another process may take to refresh; a call to the token endpoint ends after 20 s.
ALONE_WITHIN_S = 30.0
# A refresh that failed is not repeated sooner while the old access token still serves.
AGAIN_AFTER = timedelta(seconds=10)

# Where nothing is kept, only the time between two looks at a clock counts.
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)

Now = Callable[[], datetime]


class TokenProvider(Protocol):
    """Whoever knows the access token."""

    def token(self) -> str:
        """Return a token to send. Raises ChannelUnavailable, NotConnected."""

    def renew(self, refused: str) -> bool:
        """Forget a token that Shopify refused; False when there is no way to get another one."""

    def connection(self) -> "Connection":
        """Return how the shop is connected, without asking Shopify. Raises DataDamaged."""


class Connection(NamedTuple):
    """How a shop is connected. `way` is access_token, client_credentials or authorization_code.

    `refresh_expires_at` None: nothing has to be rotated. `old_secret`: the tokens in use were asked for with a secret
    that is not the current one.
    """

    way: str
    scopes: tuple[str, ...] = ()
    refresh_expires_at: datetime | None = None
    old_secret: bool = False


class Kept(NamedTuple):
    """Where a shop's grant is kept, and what time it is: a grant outlives the process that asked for it."""

    vault: Vault
    now: Now


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

    def connection(self) -> Connection:
        """Return that a token was given."""
        return Connection("access_token")


class GrantedTokens:
    """Tokens that Shopify grants: by the pair in the vault where there is one, else by the app's credentials."""

    def __init__(self, settings: ShopifySettings, http: httpx.Client, now: Now, vault: Vault | None = None) -> None:
        self._settings = settings
        self._endpoint = TokenEndpoint(settings, http)
        self._now = now
        self._vault = vault
        self._lock = threading.Lock()
        self._grant: Grant | None = None
        self._refused: str | None = None
        self._dead: str | None = None
        self._again_at: datetime | None = None

    def token(self) -> str:
        """Return the token in use; a new one when it is about to expire, was refused, or hangs on an old secret."""
        with self._lock:
            now = self._now()
            if self._grant is None and self._vault is not None:
                self._grant = self._vault.read()
            if self._grant is None or not self._serves(self._grant, now):
                self._grant = self._replaced(self._grant, now)
            return self._grant.access_token

    def renew(self, refused: str) -> bool:
        """Forget `refused`, unless somebody has replaced it meanwhile."""
        with self._lock:
            if self._grant is not None and self._grant.access_token == refused:
                self._refused = refused
                self._again_at = None
            return True

    def connection(self) -> Connection:
        """Return how the shop is connected now, without asking Shopify. Raises DataDamaged."""
        kept = None if self._vault is None else self._vault.read()
        if kept is None:
            return Connection("client_credentials")
        return Connection("authorization_code", kept.scopes, kept.refresh_expires_at, not self._of_this_secret(kept))

    def _serves(self, grant: Grant, now: datetime) -> bool:
        if grant.access_token == self._refused or not grant.is_good(now):
            return False
        if self._again_at is not None and now < self._again_at:
            return True  # a moment ago it could not be replaced, and it is good for a while yet
        return grant.is_fresh(now) and (self._of_this_secret(grant) or grant.refresh_token is None)

    def _of_this_secret(self, grant: Grant) -> bool:
        secrets = self._settings.client_secrets
        return not secrets or grant.asked_with == mark_of(secrets[0])

    def _replaced(self, held: Grant | None, now: datetime) -> Grant:
        try:
            with self._alone():
                return self._fresh(now)
        except ChannelUnavailable:
            if held is None or held.access_token == self._refused or not held.is_good(now):
                raise
            self._again_at = now + AGAIN_AFTER
            return held

    def _fresh(self, now: datetime) -> Grant:
        """Return a grant that serves: what another process has kept meanwhile, or one of Shopify's."""
        kept = None if self._vault is None else self._vault.read()
        if kept is None:
            fresh = self._endpoint.with_credentials(now)
        elif self._serves(kept, now):
            return kept
        else:
            fresh = self._refreshed(kept, now)
        until = "for good" if fresh.access_expires_at is None else f"until {fresh.access_expires_at:%H:%M:%S} UTC"
        _log.info("new access token for %s, good %s", self._settings.shop, until)
        return fresh

    def _refreshed(self, kept: Grant, now: datetime) -> Grant:
        shop = self._settings.shop
        again = f"connect it again: `onhand connect shopify --shop {shop}`"
        if kept.refresh_token is None:
            raise NotConnected(f"the access token of {shop} is not valid any more, and nothing refreshes it: {again}")
        if kept.refresh_expires_at is not None and now >= kept.refresh_expires_at:
            raise NotConnected(f"the refresh token of {shop} expired on {kept.refresh_expires_at:%Y-%m-%d}: {again}")
        if kept.refresh_token == self._dead:  # not asked again: it would be refused again
            raise NotConnected(f"Shopify does not take the refresh token of {shop} any more: {again}")
        try:
            fresh = self._endpoint.refreshed(kept.refresh_token, now)
        except NotConnected:
            self._dead = kept.refresh_token
            raise
        assert self._vault is not None  # `kept` came out of it
        try:
            self._vault.keep(fresh)
        except OSError as error:  # the pair before stays good as long as this one is not used
            raise ChannelUnavailable(f"new tokens of {shop} cannot be kept ({error}), so they are not used") from error
        return fresh

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._vault is None:
            yield
            return
        with self._vault.alone(ALONE_WITHIN_S) as alone:
            if not alone:
                shop = self._settings.shop
                raise ChannelUnavailable(f"another process has been refreshing tokens of {shop} for {ALONE_WITHIN_S} s")
            yield


def provider(
    settings: ShopifySettings, http: httpx.Client, clock: Callable[[], float], kept: Kept | None = None
) -> TokenProvider:
    """Return the way to a token that the settings allow. Without `kept` a grant lasts as long as the process."""
    if settings.access_token is not None:
        return GivenToken(settings.access_token)
    if kept is not None:
        return GrantedTokens(settings, http, kept.now, kept.vault)
    return GrantedTokens(settings, http, lambda: _BEGINNING + timedelta(seconds=clock()))
