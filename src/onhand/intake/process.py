"""Processing at our own pace: deliveries from the log become books, a batch a transaction, a savepoint each."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from onhand.intake.book import book
from onhand.intake.lookup import Lookup
from onhand.ports.channel import Problem, Reports
from onhand.ports.delivery import Log, Logged
from onhand.ports.errors import DataDamaged, MovementConflict, StoreUnavailable, UnreadableDelivery
from onhand.store import Books, Session, Store

POSITION = "log"
"""The name under which the store keeps how far the log is booked."""

BATCH = 400
"""Deliveries a transaction: enough to share its flush, few enough to be done within some 100 ms."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """Who stands behind the deliveries of one shop's channel."""

    channel: Reports
    lookup: Lookup


Senders = Mapping[tuple[str, str], Sender]
"""By (shop, channel)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Processed:
    """What one batch came to. `waiting` is True when the log held at least as much as a batch may take.

    `oldest_received_at` is when the first of them came in; None for an empty batch.
    """

    done: int
    parked: int
    waiting: bool
    oldest_received_at: datetime | None = None


def process(store: Store, log: Log, senders: Senders, now: datetime, limit: int = BATCH) -> Processed:
    """Book up to `limit` deliveries behind the position; the position moves in the same transaction.

    The log is read before that transaction begins: it may be on other machines. Trouble with one delivery parks that
    one and only that one.
    """
    with store.reading() as session:
        position = session.position(POSITION)
    batch = log.read(position, limit)
    if not batch:
        return Processed(done=0, parked=0, waiting=False)
    with store.writing() as session:
        if session.position(POSITION) != position:  # somebody else has booked them meanwhile
            return Processed(done=0, parked=0, waiting=True)
        parked = sum(not _process_one(session, senders, logged, now) for logged in batch)
        _note_arrivals(session, batch)
        session.move_position(POSITION, batch[-1].position)
    return Processed(
        done=len(batch) - parked,
        parked=parked,
        waiting=len(batch) == limit,
        oldest_received_at=batch[0].delivery.received_at,
    )


def _note_arrivals(session: Session, batch: Sequence[Logged]) -> None:
    """Note when each topic came: a topic that falls silent may have lost its subscription."""
    came: defaultdict[tuple[str, str, str], list[datetime]] = defaultdict(list)
    for _, delivery in batch:
        came[delivery.shop, delivery.channel, delivery.topic].append(delivery.received_at)
    for (shop, channel, topic), times in came.items():
        session.of(shop).arrivals.note(channel, topic, times)


def replay(store: Store, log: Log, senders: Senders, position: int, now: datetime) -> str | None:
    """Book one delivery again, usually a parked one; return the line for the log, None if its body is gone."""
    logged = log.find(position)
    if logged is None:
        return None
    with store.writing() as session:
        _process_one(session, senders, logged, now)
        row = session.of(logged.delivery.shop).deliveries.get(position)
    return row.note if row else None


def _process_one(session: Session, senders: Senders, logged: Logged, now: datetime) -> bool:
    position, delivery = logged
    books = session.of(delivery.shop)
    try:
        with session.savepoint():
            note = _book_delivery(books, senders, logged, now)
            books.deliveries.finish(position, delivery, "done", note, now)
            return True
    except (StoreUnavailable, DataDamaged):
        raise  # the delivery is not to blame: the whole batch is booked once the database can be used again
    except UnreadableDelivery as error:
        reason = str(error)
    except MovementConflict as error:
        reason = str(error)
        problem = Problem("movement conflict", str(position), reason, "compare both rows and call support")
        books.problems.raise_(problem, now)
    except Exception as error:  # the one place where anything may fail: the delivery is kept, the others go on
        reason = f"{type(error).__name__}: {error}"
        logger.exception("delivery %s of %s at position %s", delivery.delivery_id, delivery.shop, position)
    books.deliveries.finish(position, delivery, "parked", reason, now)
    logger.warning("parked position %s (%s of %s): %s", position, delivery.topic, delivery.shop, reason)
    return False


def _book_delivery(books: Books, senders: Senders, logged: Logged, now: datetime) -> str:
    delivery = logged.delivery
    sender = senders.get((delivery.shop, delivery.channel))
    if sender is None:
        raise UnreadableDelivery(
            f"no shop {delivery.shop!r} with channel {delivery.channel!r} is configured: add it, then replay this one"
        )
    report = sender.channel.parse(delivery, sender.lookup)
    sender.lookup.learn(report.listings, report.level_ids, report.locations)
    return book(books, delivery.channel, report, now)
