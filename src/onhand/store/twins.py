"""Orders that another app brings to the platform, and the orders there that stand for them."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from onhand.domain.orders import OrderPicture
from onhand.store.engine import Sql
from onhand.store.times import from_us, to_us


class Awaited(NamedTuple):
    """An order that waits to be shipped, of which no order at the platform is known."""

    cause: str
    placed_at: datetime


class Twins:
    """The twins of one shop's orders from elsewhere."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def keep(self, picture: OrderPicture, *, waits: bool) -> None:
        """Keep the newest picture of an order that is, or will be, imported: a twin changes what is booked of it.

        `waits`: more of it is to come.
        """
        row = (self._shop, picture.cause, msgspec.msgpack.encode(picture), to_us(picture.placed_at), waits)
        self._sql.run("keep_imported", row)

    def picture(self, cause: str) -> OrderPicture | None:
        """Return the newest picture of an imported order, None while it is not known."""
        row = self._sql.row("imported", (self._shop, cause))
        return None if row is None else msgspec.msgpack.decode(row[0], type=OrderPicture)

    def cover(self, cause: str, twin: str, units: Mapping[str, int]) -> bool:
        """Keep what a twin has claimed for an order, by item; return whether that is news."""
        before = {item: many for item, many in self._sql.rows("twin_covers", (self._shop, cause, twin)) if many}
        if before == dict(units):
            return False
        rows = [(self._shop, cause, twin, item, units.get(item, 0)) for item in sorted({*before, *units})]
        self._sql.run_many("put_cover", rows)
        return True

    def covers(self, cause: str) -> dict[str, int]:
        """Return what the twins of an order have claimed for it together, by item."""
        return dict(self._sql.rows("covers", (self._shop, cause)))

    def stood_for(self, twin: str) -> list[str]:
        """Return the orders that an order at the platform stands for, or stood for once."""
        return [cause for (cause,) in self._sql.rows("stood_for", (self._shop, twin))]

    def awaited(self, before: datetime) -> list[Awaited]:
        """Return imported orders that wait to be shipped, were placed before a time, and have no twin."""
        rows = self._sql.rows("awaited_twins", {"shop": self._shop, "before": to_us(before)})
        return [Awaited(cause, from_us(placed_at)) for cause, placed_at in rows]

    def forget(self, before: datetime) -> None:
        """Forget orders that wait for nothing and were placed before a time, and their twins."""
        row = {"shop": self._shop, "before": to_us(before)}
        self._sql.run("forget_covers", row)
        self._sql.run("forget_imported", row)
