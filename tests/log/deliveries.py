"""Deliveries and logs for the tests."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from onhand.log.jetstream import JetStreamLog
from onhand.log.nats_wire import Stream
from onhand.log.seal import Seal
from onhand.log.sqlite_log import SqliteLog
from onhand.ports.delivery import Delivery
from tests.log.patience import JumpingClock
from tests.support.nats import NatsCluster
from tests.support.waiting import until

NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
KEY = Seal.generate_key()
START_WITHIN_S = 60.0
LOOKS = 20
LEVEL_BODY = (
    b'{"inventory_item_id":49148385,"location_id":655441491,"available":7,"updated_at":"2026-11-23T07:00:00-05:00",'
    b'"admin_graphql_api_id":"gid://shopify/InventoryLevel/110012006577?inventory_item_id=49148385"}'
)


def delivery(
    number: int, *, shop: str = "tees.myshopify.com", body: bytes = LEVEL_BODY, after_s: float = 0
) -> Delivery:
    """A level webhook; equal numbers are repeats of one delivery."""
    return Delivery(
        shop=shop,
        channel="shopify",
        topic="inventory_levels/update",
        delivery_id=f"b1a7c0de-0000-4000-8000-{number:012}",
        event_id=f"event-{number}",
        triggered_at=NOON - timedelta(seconds=2),
        received_at=NOON + timedelta(seconds=after_s),
        body=body,
    )


def until_shown(see: Callable[[], object], wanted: object) -> None:
    """Wait until `see` sees what is wanted whichever server answers: of three any may, and one lags a moment."""
    until(lambda: all(see() == wanted for _ in range(LOOKS)), f"all servers show {wanted!r}")


def open_log(folder: Path) -> SqliteLog:
    """The log of a folder; opening it twice is what a restart does."""
    return SqliteLog(folder / "onhand-log.db", Seal([KEY]))


def open_stream(
    folder: Path, servers: NatsCluster, name: str, *, waits: bool = True, clock: JumpingClock | None = None
) -> JetStreamLog:
    """The log in a stream, with its spool in a folder; `waits` for the servers to have made the stream.

    `clock` None: the machine's, which lets the servers answer.
    """
    stream = Stream(servers=servers.addresses, name=name, replicas=3)
    spool = SqliteLog(folder / "onhand-spool.db", Seal([KEY]))
    if clock is None:
        log = JetStreamLog(spool, stream, Seal([KEY]))
    else:
        log = JetStreamLog(spool, stream, Seal([KEY]), monotonic_s=clock.now_s, wait=clock.wait)
    if waits:
        log.wire.wait(START_WITHIN_S)
    return log
