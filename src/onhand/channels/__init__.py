"""The channels that onhand speaks with: one file or folder each. They do not know each other.

Shopify is the platform: it keeps levels and gives the catalog, so it is no entry. Every other channel is one entry of
the table, and nobody outside this package knows it by name. docs/channels.md shows how one is added.
"""

from collections.abc import Mapping
from typing import Final

from onhand.channels import tiktok_shop, woocommerce
from onhand.channels.entry import Entry

CHANNELS: Final[Mapping[str, Entry]] = {
    "tiktok_shop": tiktok_shop.ENTRY,
    "woocommerce": woocommerce.ENTRY,
}

__all__ = ["CHANNELS", "Entry"]
