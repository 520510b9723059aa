"""The platforms: do they answer, may we do what we need, do webhooks verify?"""

import hmac
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from onhand.cli.checks.check import Check, fail, ok, warn
from onhand.config import ShopConfig
from onhand.ports.delivery import Request
from onhand.ports.errors import BadSignature, ChannelRefused, ChannelUnavailable

if TYPE_CHECKING:
    from onhand.app.parts import ShopParts
    from onhand.channels.tiktok_shop import TikTokShopChannel

PROBE = b'{"probe": "onhand doctor"}'


def check_platforms(parts: "ShopParts", shop: ShopConfig, now: datetime) -> Iterator[Check]:
    """Look at the platforms of one shop. Only reads."""
    yield _check_signature(parts, shop, now)
    yield from _check_shopify(parts, shop)
    if parts.tiktok is not None:
        yield _check_tiktok(parts.tiktok, shop)


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


def _check_shopify(parts: "ShopParts", shop: ShopConfig) -> Iterator[Check]:
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
    if answer.missing_scopes:
        mend = "add them to the app's scopes in the Dev Dashboard, and approve them in the shop"
        yield fail(f"scopes for {shop.domain}", f"missing: {', '.join(answer.missing_scopes)}", mend)
    else:
        yield ok(f"scopes for {shop.domain}", f"{len(answer.scopes)} granted, all that are needed among them")
    for problem in answer.problems:
        yield warn(f"{problem.kind} for {shop.domain}", problem.message, problem.next_step)


def _check_tiktok(channel: "TikTokShopChannel", shop: ShopConfig) -> Check:
    name = f"tiktok_shop for {shop.domain}"
    try:
        return ok(name, f"{channel.ping()} answers")
    except ChannelUnavailable as error:
        return fail(name, str(error), "see whether this machine reaches it")
    except ChannelRefused as error:
        return fail(name, str(error), "look at app_key, app_secret, the tokens and shop_id")
