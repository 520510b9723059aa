"""What became of every delivery that was read from the log."""

from datetime import datetime
from typing import Literal, NamedTuple

from onhand.ports.delivery import Delivery
from onhand.store.engine import Sql
from onhand.store.statements import Row
from onhand.store.times import from_us, to_us

Status = Literal["done", "parked"]

NO_LIMIT = 2**63 - 1


class DeliveryState(NamedTuple):
    """One delivery by its position in the log, and what became of it."""

    position: int
    channel: str
    topic: str
    delivery_id: str
    received_at: datetime
    status: Status
    note: str
    finished_at: datetime


class Deliveries:
    """The finished deliveries of one shop."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def finish(self, position: int, delivery: Delivery, status: Status, note: str, finished_at: datetime) -> None:
        """Keep what became of a delivery; a parked one that was tried again is overwritten."""
        self._sql.run(
            "finish_delivery",
            (
                self._shop,
                position,
                delivery.channel,
                delivery.topic,
                delivery.delivery_id,
                to_us(delivery.received_at),
                status,
                note,
                to_us(finished_at),
            ),
        )

    def rows(self, status: str | None = None, limit: int = 50, before: int | None = None) -> list[DeliveryState]:
        """Return up to `limit` deliveries, newest first; `before` is the position at which an earlier page ended."""
        page = {"shop": self._shop, "before": NO_LIMIT if before is None else before, "limit": limit}
        if status == "parked":
            return [_read(row) for row in self._sql.rows("parked_deliveries", page)]
        if status is not None:
            return [_read(row) for row in self._sql.rows("deliveries_of_status", {**page, "status": status})]
        return [_read(row) for row in self._sql.rows("deliveries", page)]

    def counts(self) -> dict[Status, int]:
        """Return how many deliveries are done and how many are parked."""
        found: dict[str, int] = dict(self._sql.rows("delivery_counts", (self._shop,)))
        return {"done": found.get("done", 0), "parked": found.get("parked", 0)}

    def get(self, position: int) -> DeliveryState | None:
        """Return what became of a delivery, or None while it was not read."""
        row = self._sql.row("delivery", (self._shop, position))
        return _read(row) if row else None

    def parked_positions(self) -> list[int]:
        """Return the positions of parked deliveries, oldest first."""
        return [position for (position,) in self._sql.rows("parked_positions", (self._shop,))]


def _read(row: Row) -> DeliveryState:
    position, channel, topic, delivery_id, received_at, status, note, finished_at = row
    return DeliveryState(
        position, channel, topic, delivery_id, from_us(received_at), status, note, from_us(finished_at)
    )
