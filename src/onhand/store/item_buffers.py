"""Buffers of one item on one channel, which people set in place of the channel's own."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from onhand.store.engine import Sql
from onhand.store.json_text import texts
from onhand.store.times import to_us


class ItemBuffer(NamedTuple):
    """Units that are kept back, and who said so."""

    buffer_units: int
    said_by: str


class ItemBuffers:
    """Such buffers of one shop."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def of(self, items: Iterable[str]) -> dict[tuple[str, str], ItemBuffer]:
        """Return the buffers of some items by (channel, item)."""
        rows = self._sql.rows("item_buffers", (self._shop, texts(items)))
        return {(channel, item): ItemBuffer(units, said_by) for channel, item, units, said_by in rows}

    def all(self) -> dict[tuple[str, str], ItemBuffer]:
        """Return every one by (channel, item)."""
        rows = self._sql.rows("all_item_buffers", (self._shop,))
        return {(channel, item): ItemBuffer(units, said_by) for channel, item, units, said_by in rows}

    def set(self, channel: str, item: str, buffer: ItemBuffer, at: datetime) -> None:
        """Keep back so many units; what the item's channels may sell is computed anew where that changes it."""
        row = {"shop": self._shop, "channel": channel, "item": item, "units": buffer.buffer_units}
        self._sql.run("set_item_buffer", {**row, "said_by": buffer.said_by, "at": to_us(at)})

    def forget(self, channel: str, item: str) -> None:
        """Let the channel's own buffer count again."""
        self._sql.run("forget_item_buffer", {"shop": self._shop, "channel": channel, "item": item})
