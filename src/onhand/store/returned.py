"""Goods on their way back, and what became of them."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from onhand.domain.orders import NotPutBack
from onhand.domain.returns import ReturnPicture
from onhand.store.engine import Sql
from onhand.store.json_text import texts
from onhand.store.times import from_us, to_us

REFUNDED, WRITTEN_OFF = "refunded", "written off"
"""The status of a line that an order's refund put back nowhere: its units had left, or they never did."""


class ReturnedRow(NamedTuple):
    """A line of a return, or of an order whose refund put nothing back.

    Units that are in none of the four counts are still awaited. What was written off without having left stands there
    and waits for a decision: it counts as `processing_units`. A refund has no `name` of its own.
    """

    cause: str
    line: str
    order_cause: str
    name: str
    status: str
    item: str
    units: int
    restocked_units: int
    discarded_units: int
    missing_units: int
    processing_units: int
    opened_at: datetime

    @property
    def awaited_units(self) -> int:
        """Units of which nothing was said yet."""
        known = self.restocked_units + self.discarded_units + self.missing_units + self.processing_units
        return max(0, self.units - known)


class Returned:
    """The returns of one shop."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def put(self, picture: ReturnPicture) -> None:
        """Keep what a return's newest picture says of each line, and forget lines that it has no more."""
        self._sql.run("forget_returned", (self._shop, picture.cause, texts(line.line for line in picture.lines)))
        self._sql.run_many(
            "put_returned",
            [
                (
                    self._shop,
                    picture.cause,
                    line.line,
                    picture.order,
                    picture.name,
                    picture.status.value,
                    line.item,
                    line.units,
                    picture.restocked_units(line.line),
                    line.discarded_units,
                    line.missing_units,
                    line.processing_units,
                    to_us(picture.opened_at),
                )
                for line in picture.lines
            ],
        )

    def put_refunded(self, cause: str, rows: Iterable[NotPutBack]) -> None:
        """Keep what an order's refunds put back nowhere."""
        self._sql.run_many(
            "put_returned",
            [
                (
                    self._shop,
                    cause,
                    row.line if row.left else f"{row.line} written off",
                    cause,
                    "",
                    REFUNDED if row.left else WRITTEN_OFF,
                    row.item,
                    row.units,
                    0,
                    0,
                    0,
                    0 if row.left else row.units,
                    to_us(row.refunded_at),
                )
                for row in rows
            ],
        )

    def open_of(self, items: Iterable[str]) -> list[str]:
        """Return the causes of returns of some items that are not over."""
        return [cause for (cause,) in self._sql.rows("open_returns_of_items", (self._shop, texts(items)))]

    def of_item(self, item: str, limit: int) -> list[tuple[ReturnedRow, datetime]]:
        """Return the newest `limit` lines of an item, each with when it was booked last."""
        rows = self._sql.rows("returned_of_item", (self._shop, item, limit))
        return [(ReturnedRow._make((*row[:-2], from_us(row[-2]))), from_us(row[-1])) for row in rows]

    def unrestocked(self) -> list[ReturnedRow]:
        """Return lines with units that were not restocked, the oldest first; declined and cancelled ones are not."""
        rows = self._sql.rows("unrestocked", (self._shop,))
        return [ReturnedRow._make((*row[:-1], from_us(row[-1]))) for row in rows]
