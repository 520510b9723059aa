"""Processing from a real log into real books: a delivery that fails leaves nothing, the others are booked."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest

from onhand.domain.drift import Observation
from onhand.domain.orders import OrderLine, OrderPicture, Shipped
from onhand.domain.pictures import Version
from onhand.domain.stock import Bin, Movement, State
from onhand.intake.lookup import Lookup
from onhand.intake.process import Sender, Senders, process
from onhand.log import Seal, SqliteLog
from onhand.ports.channel import Report
from onhand.ports.delivery import Delivery, Request
from onhand.ports.errors import StoreUnavailable
from onhand.store import Store
from tests.support.full_disk import limit_pages

SHOP = "tees.myshopify.com"
T0 = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
SHELF, CUSTOMER = Bin("Boston", State.AVAILABLE), Bin("Boston", State.CUSTOMER)


class Till:
    """A channel whose deliveries say what a test has prepared for their topics."""

    name = "till"

    def __init__(self, reports: Mapping[str, Report]) -> None:
        self._reports = reports

    def verify(self, request: Request, received_at: datetime) -> NoReturn:
        """Nothing comes in over the network here."""
        raise NotImplementedError

    def parse(self, delivery: Delivery, catalog: object) -> Report:  # noqa: ARG002 - others look there
        """Return what was prepared."""
        return self._reports[delivery.topic]


def senders(**reports: Report) -> Senders:
    return {(SHOP, "till"): Sender(channel=Till(reports), lookup=Lookup())}


def sale(number: int) -> OrderPicture:
    return OrderPicture(
        cause=f"till/order/{number}",
        origin="till",
        version=Version(at=T0, reading=0),
        placed_at=T0,
        lines=(OrderLine("L1", "TEE", 2),),
        shipped=(Shipped("L1", "Boston", 2, T0),),
    )


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    log = SqliteLog(tmp_path / "onhand-log.db", Seal(["M" * 43 + "="]))
    yield log
    log.close()


def deliver(log: SqliteLog, *topics: str) -> None:
    rows = [
        Delivery(
            shop=SHOP,
            channel="till",
            topic=topic,
            delivery_id=f"d-{topic}",
            event_id=None,
            triggered_at=T0,
            received_at=T0,
            body=topic.encode(),
        )
        for topic in topics
    ]
    assert log.append(rows) == [True] * len(rows)


def book_other_movement(store: Store, number: int) -> None:
    """Book something else under the name that the first movement of a sale will have."""
    other = Movement(
        id=f"till/order/{number}/1",
        item="TEE",
        source=SHELF,
        target=CUSTOMER,
        units=7,
        cause="somebody",
        origin="till",
        reason="sold",
        occurred_at=T0,
    )
    with store.writing() as session:
        assert session.of(SHOP).ledger.append([other], T0) == 1


def test_a_delivery_that_fails_half_way_leaves_nothing_and_the_others_are_booked(store: Store, log: SqliteLog) -> None:
    level = Observation(source="till", item="TEE", location="Boston", units={State.AVAILABLE: 5}, observed_at=T0)
    book_other_movement(store, 2)
    deliver(log, "fine", "torn", "also_fine")
    said = senders(
        fine=Report(pictures=(sale(1),)),
        torn=Report(pictures=(sale(3), sale(2)), observations=(level,)),  # the second of the sales cannot be booked
        also_fine=Report(pictures=(sale(4),)),
    )
    processed = process(store, log, said, NOW)
    assert (processed.done, processed.parked) == (2, 1)
    with store.reading() as session:
        books = session.of(SHOP)
        assert [len(books.ledger.caused_by(f"till/order/{number}")) for number in (1, 2, 3, 4)] == [1, 0, 0, 1]
        assert books.pictures.seen("till/order/3") is None
        assert books.ledger.levels(["TEE"])[("TEE", CUSTOMER)] == 2 + 7 + 2
        assert [row.status for row in books.deliveries.rows(limit=10)].count("parked") == 1
        assert "booked as" in next(row.note or "" for row in books.deliveries.rows(limit=10) if row.status == "parked")
        assert books.ledger.verify(log.anchors(SHOP)).problems == []


def test_a_disk_that_is_full_is_no_fault_of_a_delivery_that_finds_it(store: Store, log: SqliteLog) -> None:
    deliver(log, "large")
    sales = tuple(sale(number) for number in range(1, 400))
    said = senders(large=Report(pictures=sales))
    limit_pages(store, 20)
    with pytest.raises(StoreUnavailable, match="full"):
        process(store, log, said, NOW)
    limit_pages(store, 1_000_000)
    processed = process(store, log, said, NOW)
    assert (processed.done, processed.parked) == (1, 0)
    with store.reading() as session:
        assert session.of(SHOP).ledger.levels(["TEE"])["TEE", CUSTOMER] == 2 * len(sales)
