"""The channels that onhand speaks with: one file or folder each. They do not know each other."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from onhand.channels.shopify.channel import ShopifyChannel
from onhand.channels.tiktok_shop.channel import TikTokShopChannel
from onhand.ports.channel import Reports

# How a channel is made from its own settings and an HTTP client. A new channel is one line here.
CHANNELS: Final[Mapping[str, Callable[[Any, Any], Reports]]] = {
    "shopify": ShopifyChannel,
    "tiktok_shop": TikTokShopChannel,
}
