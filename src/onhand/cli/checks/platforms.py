"""The platforms: do they answer, may we do what we need, do webhooks verify?"""

import hmac
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from onhand.cli.checks.check import Check, fail, ok
from onhand.config import ShopConfig
from onhand.ports.delivery import Request
from onhand.ports.errors import BadSignature

if TYPE_CHECKING:
    from onhand.app.parts import ShopParts

PROBE = b'{"probe": "onhand doctor"}'


def check_platforms(parts: "ShopParts", shop: ShopConfig, now: datetime) -> Iterator[Check]:
    """Look at the platforms of one shop. Only reads."""
    yield _check_signature(parts, shop, now)


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
