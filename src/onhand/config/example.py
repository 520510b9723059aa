"""What `onhand init` writes: a commented onhand.toml, and beside it a key that only its owner can read."""

import os
from pathlib import Path

from onhand.channels import CHANNELS
from onhand.ports.errors import ConfigError

KEY_FILE = "onhand.key"

SOLD = """\
locations = ["Warehouse"]
buffer_units = 2
armed = false
orders_imported_to_shopify = "auto"   # yes | no | auto: while unknown, Shopify is not told of these orders
"""

EXAMPLE = """\
# onhand.toml: everything onhand is told before it starts. `onhand doctor` checks it, `onhand config show --origin`
# shows what counts and where it came from. A secret is never written here: "env:NAME" names an environment variable,
# "file:PATH" a file. Relative paths begin beside this file. Every key can be overridden by an environment variable:
# ONHAND__AUDIT__EVERY_S=600, ONHAND__CHANNEL__ONLINE_STORE__BUFFER_UNITS=3.

database = "onhand.db"                  # or "postgresql://…", or "env:NAME" where the address carries a password
# log = "onhand-log.db"                 # webhooks as they came; beside the database where nothing is said;
                                        # or "nats://a:4222,b:4222,c:4222": kept by NATS servers, see docs/jetstream.md
encryption_key = "file:{key_file}"      # tokens and webhook bodies at rest. Keep a copy apart; keep it out of git
# old_encryption_keys = ["file:onhand.old.key"]  # while you replace the key: `onhand keys rotate` says when it may go
retention_days = 7                      # the raw bodies of webhooks go after so many days

[ingress]
listen = "127.0.0.1:8001"               # webhooks only: the port that a tunnel or proxy may publish
# public_url = "https://hooks.example.com"  # where Shopify reaches it; onhand subscribes by itself once this is set

[server]
listen = "127.0.0.1:8000"               # pages and API, for this machine only
# hosts = ["stock.example.com"]         # names under which tills and sites with a key reach the API: docs/holds.md

[[shop]]
domain = "{domain}"
client_id = "env:SHOPIFY_CLIENT_ID"     # from the app's settings in Shopify's Dev Dashboard
client_secret = "env:SHOPIFY_CLIENT_SECRET"
# old_client_secret = "env:SHOPIFY_OLD_CLIENT_SECRET"  # while you rotate it: both are accepted
# access_token = "env:SHOPIFY_ACCESS_TOKEN"            # only for a custom app that has one
# api_version = "2026-10"
# webhooks = "https"                    # to public_url; or "eventbridge", "pubsub": see docs/webhooks.md
# page_rows = 50                        # smaller pages of what is read, where Shopify answers large ones late or never
# app_config_topics = ["orders/create"]  # subscribed to by the app's own configuration file: no API shows them

# Who is believed at a location where the counts differ. Locations that are not named: shopify.
# [[location]]
# name = "Boston"
# authority = "shopify"      # or "onhand": where they differ our numbers are written back, once "shopify" is armed
# online = false              # what stands here is not meant for the Online Store: make no problem of it

# A channel sells from its locations, less its buffer. Nothing is written to it until it is armed: `onhand shadow`
# shows what would be written, `onhand arm CHANNEL` begins. online_store and shopify_pos sell Shopify's own levels and
# need no section; "shopify" itself is told of what was sold elsewhere, once it is armed.
{marketplaces}
# Shopify knows no buffer. With enforce_buffer its units are moved to safety_stock at locations that serve no till (name
# those that do under shopify_pos); there they are hidden from every channel. `onhand buffers` shows and returns them.
# [[channel]]
# name = "online_store"
# buffer_units = 3
# enforce_buffer = true
# [[channel]]
# name = "shopify_pos"
# locations = ["Boston"]

# A workbook in Google Sheets that is kept equal to the books: see docs/google-sheets.md
# [google_sheets]
# spreadsheet = "1AbC…"                 # the long part of its address; share it with the service account as Editor
# credentials = "file:service-account.json"
# shop = "{domain}"                     # where several shops are configured
# flush_every_s = 5

# Sensors at doors count the people who come: see docs/foot-traffic.md
# [[traffic]]
# name = "axis"
# places = {{ "store-1" = "Boston" }}     # its names of places, and your locations
# timezone = "America/New_York"         # its midnights, and times that name no zone
# secret = "env:AXIS_SECRET"            # signs its webhooks (Standard Webhooks)
# broker = "mqtts://broker.example:8883"

# Others can be told by webhooks of ours (Standard Webhooks) what each channel may sell; `onhand webhooks ls` shows it.
# [[webhook]]
# name = "erp"
# url = "https://erp.example.com/onhand"
# secret = "env:ERP_WEBHOOK_SECRET"     # whsec_ and base64 of 24 bytes or more; both sides have it
# channels = ["online_store"]           # all, where nothing is said
# skus = ["TEE-BLK-M"]                  # all, where nothing is said
# tells = ["numbers", "problems"]       # also of what a person must see; numbers where nothing is said

[audit]
every_s = 3600                          # everything is read and compared
poll_every_s = 60                       # orders that changed, in case a webhook was lost
grace_s = 5                             # a gap younger than this is looked at again before it counts

[guard]
zero_share = 0.05                       # a run that would zero more of a channel's listings stops and asks
"""


def write_example(domain: str = "your-shop.myshopify.com", key_file: str = KEY_FILE) -> str:
    """Return the text of a commented onhand.toml for one shop, with its key kept in `key_file` beside it."""
    return EXAMPLE.format(domain=domain, key_file=key_file, marketplaces=_marketplaces())


def _marketplaces() -> str:
    """Return a commented section for every channel of the table."""
    return "\n".join(
        f'# [[channel]]\n# name = "{name}"\n' + "".join(f"# {line}\n" for line in (SOLD + entry.example).splitlines())
        for name, entry in CHANNELS.items()
    )


def write_files(path: Path, domain: str, key: str) -> tuple[Path, Path]:
    """Write the configuration and beside it a file with the new encryption key, and return both paths.

    Raises ConfigError where one of them exists already: a key that is lost cannot be replaced.
    """
    key_path = path.with_name(KEY_FILE)
    for existing in (path, key_path):
        if existing.exists():
            raise ConfigError(f"{existing}: exists already; move it away first, onhand never writes over it")
    try:
        _create(key_path, f"{key}\n", mode=0o600)
        _create(path, write_example(domain), mode=0o644)
    except OSError as error:
        raise ConfigError(f"{path.parent}: cannot write there: {error.strerror}") from error
    return path, key_path


def write_key(path: Path, key: str) -> None:
    """Write a key into a new file that only its owner can read. Raises ConfigError where there is one already."""
    try:
        _create(path, f"{key}\n", mode=0o600)
    except FileExistsError:
        raise ConfigError(f"{path}: exists already; onhand never writes over a key") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error


def _create(path: Path, text: str, mode: int) -> None:
    # The mode is given when the file is made: there is no moment at which others can read the key.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
