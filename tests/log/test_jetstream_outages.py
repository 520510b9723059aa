"""Servers that die, hang or are away while senders wait: nothing is lost, nothing comes twice, nobody waits long."""

import gc
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from onhand.cli.checks.kept import check_stream
from onhand.config import JetStreamConfig
from onhand.log.group_commit import GroupCommit, Kept
from onhand.log.jetstream import JetStreamLog
from tests.log.deliveries import START_WITHIN_S, delivery, open_stream
from tests.support.nats import NatsCluster

# nats-py drops a connection that dies in the middle of its greeting without closing it; collecting it does.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <StreamWriter:ResourceWarning")

SENDERS = 8
NOT_FOR_EVER_S = 10.0
"""Three seconds are what is promised, and the figure is printed; other tests that flush the same disk add to it."""
FORWARDED_WITHIN_S = 30.0


@pytest.fixture(scope="module")
def cluster() -> Iterator[NatsCluster]:
    """Three servers that are killed."""
    cluster = NatsCluster()
    yield cluster
    cluster.stop()


class Senders:
    """Platforms that send without rest, each delivery once more now and then, and note how long each answer took."""

    def __init__(self, log: JetStreamLog) -> None:
        self.commit = GroupCommit(log)
        self.answers_s: list[float] = []
        self.answered: Counter[bool] = Counter()
        self.sent: set[str] = set()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(number,)) for number in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End when all have their answers."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _send(self, number: int) -> None:
        count = 0
        while not self._over.is_set():
            count += 1
            self._send_one(number * 1_000_000 + count)
            if count % 10 == 0:
                self._send_one(number * 1_000_000 + count - 5)
            time.sleep(0.005)

    def _send_one(self, number: int) -> None:
        heard: SimpleQueue[Kept] = SimpleQueue()
        began = time.monotonic()
        self.commit.submit(delivery(number), heard.put)
        kept = heard.get(timeout=30)
        self.answers_s.append(time.monotonic() - began)
        assert isinstance(kept, bool), kept
        self.answered[kept] += 1
        self.sent.add(delivery(number).delivery_id)


def until(is_so: Callable[[], bool], within_s: float) -> None:
    ends_at = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < ends_at, f"not so within {within_s} s"
        time.sleep(0.05)


def read_all(log: JetStreamLog) -> list[str]:
    ids: list[str] = []
    position = 0
    while page := log.read(position, 400):
        ids += [logged.delivery.delivery_id for logged in page]
        position = page[-1].position
    return ids


@pytest.fixture
def log(tmp_path: Path, cluster: NatsCluster, stream_name: str) -> Iterator[JetStreamLog]:
    cluster.start()
    log = open_stream(tmp_path, cluster, stream_name)
    until(lambda: log.state().in_sync == 3, START_WITHIN_S)
    yield log
    log.close()
    gc.collect()


def judge(senders: Senders, log: JetStreamLog) -> None:
    """Nothing lost, nothing twice, nobody kept waiting, and what waited on this machine has gone on."""
    senders.stop()
    until(lambda: log.waiting() == 0, FORWARDED_WITHIN_S)
    senders.commit.stop()
    found = read_all(log)
    answers_s = sorted(senders.answers_s)
    print(  # noqa: T201 - the figures of docs/reliability.md: run with -s
        f"{len(found)} deliveries, {senders.answered[False]} answered as repeats, {log.spool.last_position()} through "
        f"the spool; answers p50 {answers_s[len(answers_s) // 2] * 1000:.1f} ms, longest {answers_s[-1] * 1000:.0f} ms"
    )
    assert len(found) == len(set(found))
    assert set(found) == senders.sent
    assert max(senders.answers_s) < NOT_FOR_EVER_S
    assert log.counts().accepted == len(found)


def test_a_leader_killed_under_load_loses_and_doubles_nothing_and_keeps_nobody_waiting(
    log: JetStreamLog, cluster: NatsCluster
) -> None:
    senders = Senders(log)
    time.sleep(1.0)
    before = len(senders.sent)
    assert before > 100
    cluster.kill(log.state().leader or "")
    until(lambda: len(senders.sent) > before + 100, NOT_FOR_EVER_S)  # answered all through the election
    until(lambda: log.wire.is_ready and log.waiting() == 0, FORWARDED_WITHIN_S)
    judge(senders, log)
    until(lambda: log.state().in_sync == 2, START_WITHIN_S)
    told, *_ = check_stream(JetStreamConfig(servers=cluster.addresses, stream=log.wire.stream.name), log)
    assert (told.status, "2 of 3 replicas" in told.why) == ("warn", True)


def test_a_leader_that_hangs_costs_one_deadline_and_no_delivery(log: JetStreamLog, cluster: NatsCluster) -> None:
    senders = Senders(log)
    time.sleep(0.5)
    leader = log.state().leader or ""
    cluster.pause(leader)
    time.sleep(5.0)
    cluster.resume(leader)
    judge(senders, log)


def test_all_servers_killed_at_once_lose_nothing_that_was_answered(log: JetStreamLog, cluster: NatsCluster) -> None:
    senders = Senders(log)
    time.sleep(1.0)
    cluster.kill_all()
    until(lambda: log.waiting() > 0, NOT_FOR_EVER_S)
    cluster.start()
    judge(senders, log)


def test_while_no_server_was_ever_there_webhooks_are_answered_at_once_and_arrive_later(
    tmp_path: Path, cluster: NatsCluster, stream_name: str
) -> None:
    cluster.kill_all()
    log = open_stream(tmp_path, cluster, stream_name, waits=False)
    senders = Senders(log)
    time.sleep(0.5)
    senders.stop()
    assert max(senders.answers_s) < 1.0
    assert log.waiting() == log.counts().accepted == len(senders.sent) > 0
    asked = JetStreamConfig(servers=cluster.addresses, stream=stream_name)
    (told,) = check_stream(asked, log)
    assert told.status == "fail"
    cluster.start()
    judge(senders, log)
    log.close()
    gc.collect()
