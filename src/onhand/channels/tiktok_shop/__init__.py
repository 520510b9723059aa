"""TikTok Shop: a channel that sells, is read, and reports by webhooks (Partner API 202309, 202502)."""

from onhand.channels.tiktok_shop.account import ENTRY, TikTokAccount
from onhand.channels.tiktok_shop.channel import TikTokShopChannel
from onhand.channels.tiktok_shop.settings import TikTokSettings
from onhand.channels.tiktok_shop.tokens import Tokens

__all__ = ["ENTRY", "TikTokAccount", "TikTokSettings", "TikTokShopChannel", "Tokens"]
