"""Shopify's global ids and our names for what stands behind them.

An item is named by Shopify's inventory item id, a location by Shopify's location id, an order by its order id, each as
decimal text. A level's global id is opaque (it holds no location) and is kept as it came.
"""

import re

_GID = re.compile(r"gid://shopify/([A-Za-z]+)/([0-9]{1,20})(?:\?.*)?\Z", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,20}\Z", re.ASCII)


def gid(kind: str, number: str) -> str:
    """Return the global id of a thing of `kind`, such as Order."""
    return f"gid://shopify/{kind}/{number}"


def number_of(text: str, kind: str | None = None) -> str | None:
    """Return the number inside a global id, or None when it is none, or one of another kind than asked for."""
    found = _GID.match(text)
    if found is None or (kind is not None and found[1] != kind):
        return None
    return found[2]


def is_number(text: str) -> bool:
    """Tell whether `text` can stand in a global id of Shopify."""
    return _NUMBER.match(text) is not None
