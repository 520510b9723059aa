"""The real adapters, for what they do without a network: packing parcels."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from onhand.channels.shopify import ShopifyChannel, ShopifySettings
from onhand.channels.tiktok_shop import TikTokSettings, TikTokShopChannel
from tests.answers.shop import SHOP, WAREHOUSE

NOBODY = "http://127.0.0.1:9"


@contextmanager
def shopify_channel() -> Iterator[ShopifyChannel]:
    """Give Shopify's adapter; nothing listens behind it."""
    with httpx.Client(timeout=60) as http:
        yield ShopifyChannel(ShopifySettings(shop=SHOP, client_secrets=("s",), access_token="t", api_url=NOBODY), http)


@contextmanager
def tiktok_channel() -> Iterator[TikTokShopChannel]:
    """Give TikTok Shop's adapter; nothing listens behind it."""
    settings = TikTokSettings(
        shop=SHOP,
        shop_id="7495",
        app_key="k",
        app_secrets=("s",),
        default_location=WAREHOUSE,
        access_token="t",
        api_url=NOBODY,
    )
    with httpx.Client(timeout=60) as http:
        yield TikTokShopChannel(settings, http)
