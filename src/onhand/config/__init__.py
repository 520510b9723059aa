"""The configuration: one TOML file, overridden by the environment, checked before anything starts."""

from onhand.config.example import write_example, write_files, write_key
from onhand.config.load import load_config
from onhand.config.model import (
    CHANNEL_NAMES,
    ONHAND,
    ONLINE_STORE,
    SHOPIFY,
    SHOPIFY_POS,
    AuditConfig,
    ChannelConfig,
    Config,
    EventBridgeConfig,
    GoogleSheetsConfig,
    GuardConfig,
    IngressConfig,
    JetStreamConfig,
    Listen,
    LocationConfig,
    PubSubConfig,
    ServerConfig,
    Setting,
    ShopConfig,
    WebhookConfig,
)
from onhand.config.reader import hide_password
from onhand.config.secret import Secret

__all__ = [
    "CHANNEL_NAMES",
    "ONHAND",
    "ONLINE_STORE",
    "SHOPIFY",
    "SHOPIFY_POS",
    "AuditConfig",
    "ChannelConfig",
    "Config",
    "EventBridgeConfig",
    "GoogleSheetsConfig",
    "GuardConfig",
    "IngressConfig",
    "JetStreamConfig",
    "Listen",
    "LocationConfig",
    "PubSubConfig",
    "Secret",
    "ServerConfig",
    "Setting",
    "ShopConfig",
    "WebhookConfig",
    "hide_password",
    "load_config",
    "write_example",
    "write_files",
    "write_key",
]
