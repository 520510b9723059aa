"""Connecting a shop: with the app's own credentials, or by a code that the merchant's agreement is worth."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from onhand.app.clock import SystemClock
from onhand.app.parts import shopify_settings
from onhand.app.sealing import seal_of
from onhand.app.tokens import ShopifyVault, tokens_of
from onhand.channels.shopify import Grant, ShopifySettings, authorize, scopes
from onhand.channels.shopify.grants import TokenEndpoint
from onhand.config import Config, ShopConfig
from onhand.ports.clock import Clock
from onhand.ports.errors import ConfigError, NotConnected

TIMEOUT_S = 20.0

OPEN_FOR = timedelta(minutes=10)
"""How long the merchant has to agree: an address that lay around longer connects nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Connected:
    """How a shop is connected now, what the merchant granted, and what is lacking for reading (and writing)."""

    shop: str
    way: str
    scopes: tuple[str, ...]
    missing: tuple[str, ...]
    until: datetime | None


class Connecting:
    """One attempt to connect a shop by a code: the page to open, then the redirect that came of it."""

    def __init__(
        self, config: Config, shop: ShopConfig, redirect_uri: str, *, writes: bool, clock: Clock | None = None
    ) -> None:
        self._settings = _checked(shop)
        self._clock = clock or SystemClock()
        self._until = self._clock.now() + OPEN_FOR
        self._vault = ShopifyVault(tokens_of(config, seal_of(config)), shop.domain, self._settings.client_id or "")
        self._state = secrets.token_hex(16)
        self._finished = False
        self._writes = writes
        wanted = scopes.needed(writes=writes)
        self.page = authorize.page(self._settings, wanted, redirect_uri, self._state)

    def finish(self, redirect: str) -> Connected:
        """Prove the redirect, exchange its code, and keep the pair. Raises BadSignature, ChannelUnavailable,
        NotConnected, ConfigError.
        """
        now = self._clock.now()
        if now > self._until or self._finished:
            raise NotConnected(f"{self._settings.shop}: this address served once, for 10 minutes: begin anew")
        code = authorize.read_redirect(self._settings, redirect, self._state)
        self._finished = True
        with httpx.Client(timeout=TIMEOUT_S) as http:
            grant = TokenEndpoint(self._settings, http).of_code(code, now)
        try:
            self._vault.keep(grant)
        except OSError as error:
            raise ConfigError(f"the tokens of {self._settings.shop} cannot be kept: {error}; connect again") from error
        return _connected(self._settings, "authorization_code", grant, writes=self._writes)


def connect_with_credentials(shop: ShopConfig, *, writes: bool) -> Connected:
    """Prove that the app's own credentials get a token. Raises ChannelUnavailable, NotConnected, ConfigError."""
    settings = _checked(shop)
    with httpx.Client(timeout=TIMEOUT_S) as http:
        grant = TokenEndpoint(settings, http).with_credentials(SystemClock().now())
    return _connected(settings, "client_credentials", grant, writes=writes)


def _checked(shop: ShopConfig) -> ShopifySettings:
    if shop.access_token is not None:
        raise ConfigError(
            f"shop[{shop.domain}].access_token is configured and counts more than a connection: take it out first"
        )
    return shopify_settings(shop)


def _connected(settings: ShopifySettings, way: str, grant: Grant, *, writes: bool) -> Connected:
    gap = scopes.compare(grant.scopes, writes=writes)
    missing = tuple(scope for scope, _ in (*gap.missing, *gap.lesser))
    until = grant.refresh_expires_at
    return Connected(shop=settings.shop, way=way, scopes=grant.scopes, missing=missing, until=until)
