"""The platforms: do they answer, may we do what we need, do webhooks verify?"""

import hmac
from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from onhand.channels import CHANNELS
from onhand.channels.shopify import scopes
from onhand.channels.shopify.versions import supported_until
from onhand.cli.checks.check import Check, fail, ok, warn
from onhand.config import ShopConfig
from onhand.ports.delivery import Request
from onhand.ports.errors import BadSignature, ChannelRefused, ChannelUnavailable

if TYPE_CHECKING:
    from onhand.app.parts import ShopParts
    from onhand.channels.shopify import Connection
    from onhand.ports.channel import Marketplace

EXPIRES_SOON = timedelta(days=14)
"""A refresh token lives 90 days and is replaced every hour: one that is this near its end was forgotten."""

SUNSET_SOON = timedelta(days=60)
"""Time to update, with a quarter's change in between."""

PROBE = b'{"probe": "onhand doctor"}'


def check_platforms(parts: "ShopParts", shop: ShopConfig, now: datetime, *, writes: bool) -> Iterator[Check]:
    """Look at the platforms of one shop; `writes` where Shopify is armed. Only reads."""
    yield _check_signature(parts, shop, now)
    yield from _check_shopify(parts, shop, now, writes=writes)
    for market in parts.markets.values():
        yield _check_market(market, shop)


def _check_signature(parts: "ShopParts", shop: ShopConfig, now: datetime) -> Check:
    """Sign a webhook as Shopify does, by our own hand, and see that it is taken, and that a changed one is not."""
    name = f"webhook signatures of {shop.domain}"
    digest = hmac.digest(shop.client_secret.reveal().encode(), PROBE, "sha256")
    headers = {"x-shopify-hmac-sha256": b64encode(digest).decode(), "x-shopify-topic": "app/uninstalled"}
    try:
        parts.shopify.verify(Request(shop.domain, None, headers, PROBE), now)
    except BadSignature as error:
        mend = "look at client_secret: it must be the one of the app that sends the webhooks"
        return fail(name, f"our own signature is refused: {error}", mend)
    try:
        parts.shopify.verify(Request(shop.domain, None, headers, PROBE + b" "), now)
    except BadSignature:
        return ok(name, "one signed with client_secret is taken, a changed one is refused")
    return fail(name, "a changed webhook was taken as genuine", "stop serving, and report this")


def _check_shopify(parts: "ShopParts", shop: ShopConfig, now: datetime, *, writes: bool) -> Iterator[Check]:
    name = f"shopify for {shop.domain}"
    try:
        answer = parts.shopify.ping()
    except ChannelUnavailable as error:
        yield fail(name, str(error), "see whether this machine reaches it, and status.shopify.com")
        return
    except ChannelRefused as error:
        yield fail(name, str(error), "look at client_id, client_secret or access_token, and that the app is installed")
        return
    if answer.shop != shop.domain:
        yield warn(name, f"the credentials are those of {answer.shop}", f"use those of {shop.domain}")
    else:
        yield ok(name, f"{answer.name} answers, API {answer.api_version}")
    yield check_version(shop, now)
    yield _check_scopes(answer.scopes, shop, writes=writes)
    yield _check_connection(parts.shopify.connection(), shop, now)
    for problem in answer.problems:
        yield warn(f"{problem.kind} for {shop.domain}", problem.message, problem.next_step)


def check_version(shop: ShopConfig, now: datetime) -> Check:
    """Look how long the version of Shopify's API that is asked for will be there."""
    name = f"API version for {shop.domain}"
    until = supported_until(shop.api_version)
    if until is None:
        return warn(name, f"{shop.api_version} may change any day", "name a quarter in api_version")
    mend = "update onhand, and take api_version out of the configuration or name a newer quarter"
    if until <= now:
        return fail(name, f"{shop.api_version} is supported no more since {until:%Y-%m-%d}: calls fall forward", mend)
    if until - now < SUNSET_SOON:
        return warn(name, f"{shop.api_version} is supported until {until:%Y-%m-%d}", mend)
    return ok(name, f"{shop.api_version} is supported until {until:%Y-%m-%d} at least")


def _check_scopes(granted: Sequence[str], shop: ShopConfig, *, writes: bool) -> Check:
    name = f"scopes for {shop.domain}"
    gap = scopes.compare(granted, writes=writes)
    grant = "add them to the app's scopes in the Dev Dashboard, and approve them in the shop"
    if gap.missing:
        return fail(name, "; ".join(f"{scope} is missing: {lost}" for scope, lost in gap.missing), grant)
    if gap.lesser:
        return warn(name, "; ".join(f"{scope} is not granted: {lost}" for scope, lost in gap.lesser), grant)
    why = f"{len(granted)} granted, all that are needed among them"
    if gap.surplus:
        why += f"; asked for without need: {', '.join(gap.surplus)}"
    return ok(name, why)


def _check_connection(connection: "Connection", shop: ShopConfig, now: datetime) -> Check:
    """Look how the shop is connected, what must be done before the old client secret may be revoked, and until when."""
    name = f"connection of {shop.domain}"
    if connection.old_secret:
        why = "its tokens were asked for with an old client secret, and end when that is revoked"
        return warn(name, why, "let `onhand serve` or `onhand sync` run once: tokens are then those of client_secret")
    expires_at = connection.refresh_expires_at
    if expires_at is not None and expires_at - now < EXPIRES_SOON:
        why = f"by {connection.way}; not refreshed for long, and over at {expires_at:%Y-%m-%d}"
        return warn(name, why, "let `onhand serve` run: it refreshes")
    why = f"by {connection.way}" + ("" if expires_at is None else f", kept alive until {expires_at:%Y-%m-%d} at least")
    if shop.old_client_secret is not None:
        why += "; the old client secret may be revoked, and old_client_secret taken out an hour after that"
        if connection.way == "access_token":
            mend = (
                "get a token with the new secret before the old one is revoked: revoking ends the tokens it asked for"
            )
            return warn(name, "by access_token, and it is not known which client secret asked for it", mend)
    return ok(name, why)


def _check_market(channel: "Marketplace", shop: ShopConfig) -> Check:
    name = f"{channel.name} for {shop.domain}"
    try:
        return ok(name, f"{channel.ping()} answers")
    except ChannelUnavailable as error:
        return fail(name, str(error), "see whether this machine reaches it")
    except ChannelRefused as error:
        return fail(name, str(error), f"look at {', '.join(CHANNELS[channel.name].keys)} in its [[channel]]")
