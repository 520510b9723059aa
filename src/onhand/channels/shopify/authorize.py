"""The authorization code grant: where the merchant is sent, and what proves that it is the merchant who comes back.

Source: shopify.dev "Authorization code grant" (2026-10): the redirect carries code, shop, state, timestamp and hmac,
the hex HMAC-SHA256 of the other parameters in the order of their names, keyed with the client secret. onhand itself
signs nothing with that secret: what it had signed could be sent back to it as a webhook's signature.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from onhand.channels.shopify.settings import ShopifySettings
from onhand.ports.errors import BadSignature, ConfigError

SHOP = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-]*\.myshopify\.com")
"""What a shop's address looks like; anything else is nobody to send a secret to."""


def page(settings: ShopifySettings, scopes: Sequence[str], redirect_uri: str, state: str) -> str:
    """Return the address of the page where the merchant agrees to `scopes`. Raises ConfigError."""
    if not SHOP.fullmatch(settings.shop):
        raise ConfigError(f"{settings.shop} is no address of a shop: it must end in .myshopify.com")
    if settings.client_id is None or not settings.client_secrets:
        raise ConfigError(f"{settings.shop}: client_id and client_secret are both needed to connect it")
    asked = {
        "client_id": settings.client_id,
        "scope": ",".join(scopes),
        "redirect_uri": redirect_uri,
        "state": state,
    }
    return f"{settings.admin_url}/oauth/authorize?{urlencode(asked)}"


def read_redirect(settings: ShopifySettings, address: str, state: str) -> str:
    """Return the code that a redirect carries. Raises BadSignature for one that Shopify did not send, or not to us."""
    answered = dict(parse_qsl(urlsplit(address.strip()).query, keep_blank_values=True))
    claimed = answered.pop("hmac", "").encode()
    if not _is_signed(settings, answered, claimed):
        raise BadSignature(f"the redirect for {settings.shop} is not signed by Shopify with client_secret")
    if not hmac.compare_digest(answered.get("state", "").encode(), state.encode()):
        raise BadSignature(f"the redirect for {settings.shop} answers another request: begin anew with the new address")
    shop = answered.get("shop", "")
    if not SHOP.fullmatch(shop) or shop.lower() != settings.shop.lower():
        raise BadSignature(f"the redirect is for {shop!r}, and {settings.shop} was to be connected")
    code = answered.get("code", "")
    if not code:
        raise BadSignature(f"the redirect for {settings.shop} carries no code: was the installation declined?")
    return code


def _is_signed(settings: ShopifySettings, answered: Mapping[str, str], claimed: bytes) -> bool:
    message = urlencode(sorted(answered.items())).encode()
    genuine = False
    for secret in settings.client_secrets:  # no early exit: the time must not tell which secret it was
        made = hmac.digest(secret.encode(), message, hashlib.sha256).hex().encode()
        genuine |= hmac.compare_digest(made, claimed)
    return genuine
