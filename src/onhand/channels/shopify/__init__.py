"""Shopify: webhooks in, pictures and levels read back, levels written, all on Admin API 2026-10."""

from onhand.channels.shopify.channel import Ping, ShopifyChannel
from onhand.channels.shopify.grants import Grant, Vault
from onhand.channels.shopify.settings import ShopifySettings
from onhand.channels.shopify.subscriptions import TOPICS, Ensured
from onhand.channels.shopify.tokens import Connection, Kept
from onhand.channels.shopify.topic_help import Explained, TopicHelp, explain

__all__ = [
    "TOPICS",
    "Connection",
    "Ensured",
    "Explained",
    "Grant",
    "Kept",
    "Ping",
    "ShopifyChannel",
    "ShopifySettings",
    "TopicHelp",
    "Vault",
    "explain",
]
