"""The log in a stream: what three servers, a spool and an identity make of it, while nobody is killed."""

import asyncio
from dataclasses import replace
from pathlib import Path
from random import Random
from time import sleep

import pytest
from nats import connect

from onhand.cli.checks.check import Check
from onhand.cli.checks.kept import check_stream
from onhand.config import JetStreamConfig
from onhand.log import Seal, SqliteLog
from onhand.log.jetstream import JetStreamLog
from onhand.log.jetstream_rows import identity
from onhand.log.nats_wire import Stream
from onhand.ports.errors import DataDamaged, LogUnavailable
from tests.log.deliveries import KEY, NOON, START_WITHIN_S, delivery, open_stream, until_shown
from tests.support.nats import NatsCluster
from tests.support.waiting import until


def test_a_repeat_is_known_after_the_servers_have_forgotten_its_message_id(
    stream_log: JetStreamLog, nats: NatsCluster, stream_name: str
) -> None:
    stream_log.append([delivery(1), delivery(2)])
    stream_log.erase(delivery(1).shop)
    until_shown(lambda: stream_log.read(0, 10), [])
    stream_log.append([delivery(3)])
    asyncio.run(shorten_window(nats, stream_name))
    sleep(1.0)
    assert stream_log.append([delivery(number) for number in (1, 2, 3, 4)]) == [False, False, False, True]
    assert [logged.delivery for logged in stream_log.read(0, 10)] == [delivery(3), delivery(4)]


async def shorten_window(nats: NatsCluster, stream_name: str) -> None:
    client = await connect(list(nats.addresses))
    config = (await client.jetstream().stream_info(stream_name)).config
    await client.jetstream().update_stream(replace(config, duplicate_window=0.1))
    await client.close()


def test_what_was_kept_without_our_hearing_of_it_is_forwarded_without_a_double(
    stream_log: JetStreamLog, tmp_path: Path
) -> None:
    stream_log.append([delivery(1)])
    stream_log.spool.append([delivery(1), delivery(2)])  # the confirmation of the first was lost
    assert stream_log.waiting() == 2
    stream_log.flush()
    assert stream_log.waiting() == 0
    assert [logged.delivery for logged in stream_log.read(0, 10)] == [delivery(1), delivery(2)]
    assert b"available" not in (tmp_path / "onhand-spool.db").read_bytes()


def test_two_machines_with_a_spool_each_keep_one_log(
    stream_log: JetStreamLog, tmp_path: Path, nats: NatsCluster, stream_name: str
) -> None:
    (tmp_path / "other").mkdir()
    other = open_stream(tmp_path / "other", nats, stream_name)
    assert stream_log.append([delivery(1)]) == [True]
    assert other.append([delivery(1), delivery(2)]) == [False, True]
    assert stream_log.append([delivery(2)]) == [False]
    assert [logged.delivery for logged in other.read(0, 10)] == stream_deliveries(stream_log)
    assert (stream_log.counts(), other.counts()) == ((2, 1, 0), (2, 1, 0))
    other.close()


def stream_deliveries(log: JetStreamLog) -> list[object]:
    return [logged.delivery for logged in log.read(0, 10)]


def test_no_customer_can_be_read_on_the_servers_disks(stream_log: JetStreamLog, nats: NatsCluster) -> None:
    body = b'{"customer":{"first_name":"Wilhelmina"},"note":"' + b"ring twice " * 300 + b'"}'
    stream_log.append([delivery(1, body=body), delivery(2, body=b'{"email":"wilhelmina@example.com"}')])
    on_disk = nats.on_disk()
    assert b"ilhelmina" not in on_disk
    assert b"ring twice" not in on_disk
    assert identity(delivery(1)).encode() in on_disk


def test_a_body_larger_than_the_servers_take_is_noted_instead_of_waiting_for_ever(stream_log: JetStreamLog) -> None:
    large = bytes(range(256)) * 4 * 9000  # compresses to little
    assert stream_log.append([delivery(1, body=large)]) == [True]
    stream_log.wire._client._max_payload = 5000  # type: ignore[union-attr]
    assert stream_log.append([delivery(2, body=Random(7).randbytes(20_000))]) == [True]
    whole, noted = stream_log.read(0, 10)
    assert whole.delivery.body == large
    assert noted.delivery.body.startswith(b"body dropped: ")
    assert b"max_payload" in noted.delivery.body


def test_a_stream_begins_behind_what_was_booked_from_another_log(
    tmp_path: Path, nats: NatsCluster, stream_name: str
) -> None:
    stream = Stream(servers=nats.addresses, name=stream_name, replicas=3, begins_at=501)
    for numbers, positions in (([1, 2], [501, 502]), ([3], [501, 502, 503])):
        log = JetStreamLog(SqliteLog(tmp_path / "spool.db", Seal([KEY])), stream, Seal([KEY]))
        log.wire.wait(START_WITHIN_S)
        log.append([delivery(number) for number in numbers])
        assert [logged.position for logged in log.read(500, 10)] == positions
        log.close()


def test_what_a_lagging_server_still_shows_is_forgotten_once(stream_log: JetStreamLog) -> None:
    stream_log.append([delivery(number) for number in range(5)])
    shown = next(stream_log._pages(f"{stream_log.wire.stream.name}.kept.>", stream_log.last_position()))
    assert [stream_log._forget(shown[:3]), stream_log._forget(shown)] == [3, 2]
    until_shown(lambda: stream_log.read(0, 10), [])
    assert (stream_log.last_position(), stream_log.counts().accepted) == (5, 5)
    assert stream_log.append([delivery(1)]) == [False]


def test_the_end_of_the_log_stays_where_it_was_when_its_last_bodies_go(stream_log: JetStreamLog) -> None:
    stream_log.append([delivery(number) for number in range(5)])
    stream_log.anchor(delivery(0).shop, 1, b"head", NOON)
    assert stream_log.erase(delivery(0).shop) == 5
    assert stream_log.last_position() == 5
    stream_log.append([delivery(9)])
    assert [logged.position for logged in stream_log.read(5, 10)] == [stream_log.last_position()]
    assert stream_log.counts().accepted == 6


def test_bodies_are_counted_by_their_key_and_a_key_that_is_missing_is_told(
    stream_log: JetStreamLog, tmp_path: Path, nats: NatsCluster, stream_name: str
) -> None:
    stream_log.append([delivery(1), delivery(2)])
    assert stream_log.sealed_with() == {Seal([KEY]).key_id: 2}
    stranger = Seal([Seal.generate_key()])
    stream = Stream(servers=nats.addresses, name=stream_name, replicas=3)
    other = JetStreamLog(SqliteLog(tmp_path / "other.db", stranger), stream, stranger)
    with pytest.raises(DataDamaged, match="old_encryption_keys"):
        other.read(0, 10)
    other.close()


def test_a_spool_whose_key_is_missing_waits_for_it_and_new_deliveries_go_on(
    tmp_path: Path, nats: NatsCluster, stream_name: str
) -> None:
    spool = SqliteLog(tmp_path / "onhand-spool.db", Seal([Seal.generate_key()]))
    spool.append([delivery(1)])
    spool.close()
    log = open_stream(tmp_path, nats, stream_name)
    with pytest.raises(LogUnavailable, match=r"cannot be forwarded.*old_encryption_keys"):
        log.flush()
    assert log.append([delivery(2)]) == [True]
    assert (log.waiting(), [logged.delivery for logged in log.read(0, 10)]) == (1, [delivery(2)])
    log.close()


@pytest.fixture
def asked(stream_name: str, nats: NatsCluster) -> JetStreamConfig:
    return JetStreamConfig(servers=nats.addresses, stream=stream_name)


def test_the_doctor_says_who_keeps_the_stream_and_what_waits_for_it(
    stream_log: JetStreamLog, asked: JetStreamConfig
) -> None:
    stream_log.append([delivery(1)])
    stream_log.spool.append([delivery(2)])
    checks: dict[str, Check] = {}

    def all_in_step() -> bool:
        checks.update((check.name, check) for check in check_stream(asked, stream_log))
        return checks[f"log stream {asked.stream}"].status == "ok"

    until(all_in_step, "the third server has it, too")
    stream = checks[f"log stream {asked.stream}"]
    assert ("1 messages" in stream.why, "3 of 3 replicas" in stream.why) == (True, True)
    assert checks["spool"].status == "warn"
    assert "message size" not in checks
