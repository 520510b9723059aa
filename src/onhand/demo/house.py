"""onhand as the demo runs it: an ordinary configuration in a folder, so that every other command works beside it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onhand.config import Config, load_config
from onhand.demo.kiosk import HOST
from onhand.demo.own_site import CHANNEL
from onhand.demo.own_site import NAME as SITE
from onhand.demo.own_site import SECRET as SITES_SECRET
from onhand.demo.third_party import NAME
from onhand.log import Seal
from onhand.sandbox.door_sensors import slug


def write_config(
    folder: Path,
    addresses: Mapping[str, Any],
    *,
    port: int,
    throttled: bool = True,
    sheet: bool = False,
    kept_at: str | None = None,
    own_site: str | None = None,
) -> Path:
    """Write an `onhand.toml` that connects to a sandbox, with its secrets in files, and return its path.

    With `sheet` its spreadsheet, too, where the sandbox has one. `kept_at` is the location that a third party keeps
    in a shop whose doors have sensors, None: there is neither. `own_site` is where the merchant's own site listens.
    """
    shopify = addresses["shopify"]
    secrets = {
        "encryption_key": Seal.generate_key(),
        "client_id": shopify["client_id"],
        "client_secret": shopify["client_secret"],
        "access_token": shopify["access_token"],
    }
    text = _TOML.format(shopify=shopify, port=port, host=HOST)
    for name, channel in addresses["channels"].items():
        secrets |= {f"{name}_{key}": secret for key, secret in channel["secret"].items()}
        text += _channel(name, channel, throttled=throttled)
    if kept_at is not None:
        secrets[NAME] = addresses["third_party"]["secret"]
        text += _THIRD_PARTY.format(name=NAME, location=kept_at)
        secrets["doors"] = addresses["third_party"]["secret"]
        text += _DOORS.format(places=", ".join(f'"{slug(name)}" = "{name}"' for name in addresses["locations"]))
    google = addresses["google_sheets"] if sheet else None
    if google is not None:
        secrets["service_account"] = json.dumps(google["credentials"])
        text += _SHEET.format(google=google)
    if own_site is not None:
        secrets[SITE] = SITES_SECRET
        text += _OWN_SITE.format(name=SITE, url=own_site, channel=CHANNEL)
    (folder / "secrets").mkdir(mode=0o700, exist_ok=True)
    for name, secret in secrets.items():
        kept = folder / "secrets" / name
        kept.touch(mode=0o600)
        kept.write_text(secret, encoding="utf-8")
    path = folder / "onhand.toml"
    path.write_text(text, encoding="utf-8")
    return path


def _channel(name: str, channel: Mapping[str, Any], *, throttled: bool) -> str:
    """Return the section of a marketplace; where nothing is `throttled`, our own pace is not, either."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in channel["plain"].items()]
    lines += [f'{key} = "file:secrets/{name}_{key}"' for key in channel["secret"]]
    lines += [] if throttled else [f"{key} = {value}" for key, value in channel["unthrottled"].items()]
    return _CHANNEL.format(name=name, locations=json.dumps(channel["locations"])) + "\n".join(lines) + "\n"


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
hosts = ["{host}"]

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
"""

_CHANNEL = """
[[channel]]
name = "{name}"
armed = true
locations = {locations}
orders_imported_to_shopify = "no"
"""

_THIRD_PARTY = """
[[threepl]]
name = "{name}"
places = {{ "{location}" = "{location}" }}
secret = "file:secrets/{name}"
grace_s = 4

[[location]]
name = "{location}"
authority = "{name}"
"""

_DOORS = """
[[traffic]]
name = "doors"
places = {{ {places} }}
timezone = "UTC"
secret = "file:secrets/doors"
"""

_OWN_SITE = """
[[webhook]]
name = "{name}"
url = "{url}"
secret = "file:secrets/{name}"
channels = ["{channel}"]
on_this_machine = true
"""

_SHEET = """
[google_sheets]
spreadsheet = "{google[spreadsheet]}"
credentials = "file:secrets/service_account"
api_url = "{google[url]}"
"""
