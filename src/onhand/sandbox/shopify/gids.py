"""Global ids as Shopify writes them: gid://shopify/<Type>/<number>."""

from __future__ import annotations

import re

_GID = re.compile(r"gid://shopify/([A-Za-z]+)/([0-9]{1,19})(?:\?[A-Za-z_]+=[A-Za-z0-9_]*)*\Z")


def gid(kind: str, number: int) -> str:
    """Return the global id of one object."""
    return f"gid://shopify/{kind}/{number}"


def level_gid(level_id: int, item_id: int) -> str:
    """Return a level's global id: an opaque number, with the item in the query part."""
    return f"gid://shopify/InventoryLevel/{level_id}?inventory_item_id={item_id}"


def split_gid(text: str) -> tuple[str, int] | None:
    """Return type and number of a global id, or None when `text` is not one."""
    found = _GID.match(text)
    return None if found is None else (found[1], int(found[2]))


def number_of(kind: str, text: str) -> int | None:
    """Return the number in a global id of type `kind`, or None when it is not such an id."""
    found = split_gid(text)
    return found[1] if found is not None and found[0] == kind else None
