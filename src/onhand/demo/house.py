"""onhand as the demo runs it: an ordinary configuration in a folder, so that every other command works beside it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onhand.config import Config, load_config
from onhand.log import Seal

THROTTLED_PER_S = (2.0, 5.0)
UNTHROTTLED_PER_S = (1_000.0, 1_000.0)
"""Writes and reads a second to TikTok Shop; the first pair is what its Partner Center advises to begin with."""


def write_config(folder: Path, addresses: Mapping[str, Any], *, port: int, throttled: bool = True) -> Path:
    """Write an `onhand.toml` that connects to a sandbox, with its secrets in files, and return its path."""
    shopify, tiktok = addresses["shopify"], addresses["tiktok_shop"]
    secrets = {
        "encryption_key": Seal.generate_key(),
        "client_id": shopify["client_id"],
        "client_secret": shopify["client_secret"],
        "access_token": shopify["access_token"],
        "app_key": tiktok["app_key"],
        "app_secret": tiktok["app_secret"],
        "tiktok_access_token": tiktok["access_token"],
        "refresh_token": tiktok["refresh_token"],
        "shop_cipher": tiktok["shop_cipher"],
    }
    (folder / "secrets").mkdir(mode=0o700, exist_ok=True)
    for name, secret in secrets.items():
        path = folder / "secrets" / name
        path.touch(mode=0o600)
        path.write_text(secret, encoding="utf-8")
    path = folder / "onhand.toml"
    writes_per_s, reads_per_s = THROTTLED_PER_S if throttled else UNTHROTTLED_PER_S
    text = _TOML.format(
        shopify=shopify,
        tiktok=tiktok,
        addresses=addresses,
        port=port,
        writes_per_s=writes_per_s,
        reads_per_s=reads_per_s,
    )
    path.write_text(text, encoding="utf-8")
    return path


def load(path: Path) -> Config:
    """Return the configuration that was written."""
    return load_config(path, {})


_TOML = """\
# Written by `onhand demo`: connects to the sandbox that runs with it, and only while it runs.
database = "onhand.db"
encryption_key = "file:secrets/encryption_key"

[ingress]
listen = "127.0.0.1:0"

[server]
listen = "127.0.0.1:{port}"

[audit]
poll_every_s = 10
grace_s = 4
every_s = 3600

[[shop]]
domain = "{shopify[shop]}"
client_id = "file:secrets/client_id"
client_secret = "file:secrets/client_secret"
access_token = "file:secrets/access_token"
api_url = "{shopify[url]}/admin"
api_version = "{shopify[api_version]}"

[[channel]]
name = "shopify"
armed = true

[[channel]]
name = "tiktok_shop"
armed = true
locations = ["{addresses[tiktok_location]}"]
orders_imported_to_shopify = "no"
shop_id = "{tiktok[shop_id]}"
app_key = "file:secrets/app_key"
app_secret = "file:secrets/app_secret"
access_token = "file:secrets/tiktok_access_token"
refresh_token = "file:secrets/refresh_token"
shop_cipher = "file:secrets/shop_cipher"
api_url = "{tiktok[url]}"
auth_url = "{tiktok[auth_url]}"
writes_per_s = {writes_per_s}
reads_per_s = {reads_per_s}
"""
