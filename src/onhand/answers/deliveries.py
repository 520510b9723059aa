"""Webhooks and what became of them: booked, waiting, parked, repeated, refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from onhand.answers.lookup import NotKnown
from onhand.intake.process import POSITION
from onhand.ports.delivery import Log
from onhand.store import Books, Session

Status = Literal["waiting", "done", "parked"]
STATUSES: tuple[str, ...] = get_args(Status)


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryRow:
    """One webhook. `note` and `finished_at` are None while it waits; the note of a parked one is the reason."""

    position: int
    shop: str
    channel: str
    topic: str
    delivery_id: str
    received_at: datetime
    status: Status
    note: str | None
    finished_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Inbox:
    """Deliveries since the log began, over all shops: one log serves them all. `deliveries` are rows of one shop."""

    accepted: int
    done: int
    waiting: int
    parked: int
    duplicates: int
    rejected: int
    deliveries: tuple[DeliveryRow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryShown:
    """One webhook with its body; None where the body is gone after the retention time."""

    delivery: DeliveryRow
    event_id: str | None
    triggered_at: datetime | None
    body: str | None


def inbox(session: Session, log: Log, shop: str, status: str | None = None, limit: int = 50) -> Inbox:
    """Return the counts, and up to `limit` rows of the shop: first those that wait, then the newest of the others.

    The store is read before the log, so nothing is booked here that the log has not counted. Raises NotKnown for a
    status that there is not.
    """
    if status is not None and status not in STATUSES:
        raise NotKnown(f"deliveries are {', '.join(STATUSES)}; there is no status {status!r}")
    counts = [session.of(name).deliveries.counts() for name in session.shops()]
    done = sum(count["done"] for count in counts)
    parked = sum(count["parked"] for count in counts)
    rows: list[DeliveryRow] = []
    if status in (None, "waiting"):
        rows += _waiting(session, log, shop, limit)
    if status in (None, "done", "parked"):
        wanted: Literal["done", "parked"] | None = "done" if status == "done" else "parked" if status else None
        rows += _finished(session.of(shop), shop, wanted, limit - len(rows))
    accepted, duplicates, rejected = log.counts()
    return Inbox(
        accepted=accepted,
        done=done,
        waiting=accepted - done - parked - session.erased_deliveries(),
        parked=parked,
        duplicates=duplicates,
        rejected=rejected,
        deliveries=tuple(rows),
    )


def delivery(session: Session, log: Log, shop: str, position: int) -> DeliveryShown:
    """Return one webhook of a shop. Raises NotKnown where the log has none of that position."""
    found = [row for row in _rows_at(session, log, shop, position) if row.position == position]
    if not found:
        raise NotKnown(f"{shop} has no delivery at position {position}; `onhand inbox ls` shows the newest")
    logged = log.find(position)
    return DeliveryShown(
        delivery=found[0],
        event_id=logged.delivery.event_id if logged else None,
        triggered_at=logged.delivery.triggered_at if logged else None,
        body=logged.delivery.body.decode("utf-8", "backslashreplace") if logged else None,
    )


def _rows_at(session: Session, log: Log, shop: str, position: int) -> Sequence[DeliveryRow]:
    finished = session.of(shop).deliveries.get(position)
    if finished is None:
        return _waiting(session, log, shop, 1, after=position - 1)
    return [
        DeliveryRow(
            position=finished.position,
            shop=shop,
            channel=finished.channel,
            topic=finished.topic,
            delivery_id=finished.delivery_id,
            received_at=finished.received_at,
            status=finished.status,
            note=finished.note,
            finished_at=finished.finished_at,
        )
    ]


def _waiting(session: Session, log: Log, shop: str, limit: int, after: int | None = None) -> list[DeliveryRow]:
    start = session.position(POSITION) if after is None else after
    return [
        DeliveryRow(
            position=logged.position,
            shop=shop,
            channel=logged.delivery.channel,
            topic=logged.delivery.topic,
            delivery_id=logged.delivery.delivery_id,
            received_at=logged.delivery.received_at,
            status="waiting",
            note=None,
            finished_at=None,
        )
        for logged in log.read(start, limit)
        if logged.delivery.shop == shop
    ]


def _finished(books: Books, shop: str, status: Literal["done", "parked"] | None, limit: int) -> list[DeliveryRow]:
    if limit <= 0:
        return []
    return [
        DeliveryRow(
            position=row.position,
            shop=shop,
            channel=row.channel,
            topic=row.topic,
            delivery_id=row.delivery_id,
            received_at=row.received_at,
            status=row.status,
            note=row.note,
            finished_at=row.finished_at,
        )
        for row in books.deliveries.rows(status=status, limit=limit)
    ]
