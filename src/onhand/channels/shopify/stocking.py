"""Stocking items at locations: levels are connected and disconnected.

Source: Admin API 2026-10. `inventoryActivate` takes one level and an idempotency key; `inventoryBulkToggleActivation`
takes up to 250 locations of one item and no key, so that its outcome is found by reading back.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

import msgspec

from onhand.channels.shopify.gids import gid
from onhand.channels.shopify.settings import NAME
from onhand.channels.shopify.writing import MAX_ROWS, ParcelBody
from onhand.ports.channel import Parcel
from onhand.ports.level_writes import Packed, Stocking

ACTIVATE: Final = "activate_level"
TOGGLE: Final = "toggle_levels"


def pack(writes: Sequence[Stocking], key: str) -> list[Packed]:
    """Return parcels that connect and disconnect levels: one connection under a key, more of an item in one call."""
    latest = {(write.item, write.location): write for write in writes}
    parcels: list[Packed] = []
    for item, rows in groupby(sorted(latest.values()), key=lambda write: write.item):
        of_item = list(rows)
        for begin in range(0, len(of_item), MAX_ROWS):
            chunk = of_item[begin : begin + MAX_ROWS]
            number = f"{key}/stocking-{len(parcels) + 1}"
            body = _activation(chunk[0], number) if len(chunk) == 1 and chunk[0].stocked else _toggling(item, chunk)
            parcels.append((Parcel(key=number, channel=NAME, body=msgspec.json.encode(body)), tuple(chunk)))
    return parcels


def wanted(body: ParcelBody) -> dict[str, bool]:
    """Return whether a parcel without a key connects or disconnects, by the global id of each location."""
    return {update["locationId"]: update["activate"] for update in body.variables["updates"]}


def _activation(write: Stocking, key: str) -> ParcelBody:
    variables: dict[str, Any] = {
        "item": gid("InventoryItem", write.item),
        "location": gid("Location", write.location),
        "key": key,
    }
    return ParcelBody(document=ACTIVATE, variables=variables)


def _toggling(item: str, writes: Sequence[Stocking]) -> ParcelBody:
    updates = [{"locationId": gid("Location", write.location), "activate": write.stocked} for write in writes]
    return ParcelBody(document=TOGGLE, variables={"item": gid("InventoryItem", item), "updates": updates})
