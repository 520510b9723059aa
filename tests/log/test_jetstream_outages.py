"""Servers that die, hang or are away while senders wait: nothing is lost, nothing comes twice, nobody waits long."""

import gc
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from onhand.cli.checks.kept import check_stream
from onhand.config import JetStreamConfig
from onhand.log import nats_wire
from onhand.log.group_commit import GroupCommit, Kept
from onhand.log.jetstream import CONFIRM_WITHIN_S, REST_S, JetStreamLog
from tests.log.deliveries import delivery, open_stream
from tests.log.patience import JumpingClock, Wait
from tests.support.nats import NatsCluster
from tests.support.waiting import until

# nats-py drops a connection that dies in the middle of its greeting without closing it; collecting it does.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <StreamWriter:ResourceWarning")

SENDERS = 8
NOT_FOR_EVER_S = 60.0
"""How long an answer may take by the machine's clock: a second of it is the quorum's, which the tests below measure by
a clock of their own; the rest is this disk's, which other tests flush as well. The figure is printed.
"""
MANY = 100
"""Deliveries that are answered before or while something fails."""


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

    def until_answered(self, more: int) -> None:
        """Wait until so many more deliveries were answered."""
        wanted = len(self.sent) + more
        until(lambda: len(self.sent) >= wanted, "senders are answered")

    def go_on_with(self, log: JetStreamLog) -> None:
        """Have nothing more to send: the process that took it is started again."""
        self.commit.stop()
        self.commit = GroupCommit(log)

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
        kept = heard.get(timeout=NOT_FOR_EVER_S)
        self.answers_s.append(time.monotonic() - began)
        assert isinstance(kept, bool), kept
        self.answered[kept] += 1
        self.sent.add(delivery(number).delivery_id)


def leader(log: JetStreamLog) -> str:
    """Return the server that leads, once there is one."""
    return until(lambda: log.state().leader, "a server leads") or ""


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
    until(lambda: log.state().in_sync == 3, "all three are in step")
    yield log
    log.close()
    gc.collect()


def judge(senders: Senders, log: JetStreamLog) -> None:
    """Nothing lost, nothing twice, nobody kept waiting, and what waited on this machine has gone on."""
    senders.stop()
    until(lambda: log.waiting() == 0, "the spool is forwarded")
    senders.commit.stop()
    found = read_all(log)
    answers_s = sorted(senders.answers_s)
    print(  # noqa: T201 - the figures of docs/reliability.md: run with -s
        f"{len(found)} deliveries, {senders.answered[False]} answered as repeats, {log.spool.last_position()} through "
        f"the spool; answers p50 {answers_s[len(answers_s) // 2] * 1000:.1f} ms, longest {answers_s[-1] * 1000:.0f} ms"
    )
    assert len(found) == len(set(found))
    assert set(found) == senders.sent
    assert log.counts().accepted == len(found)
    assert answers_s[-1] < NOT_FOR_EVER_S


def test_a_leader_killed_under_load_loses_and_doubles_nothing_and_keeps_nobody_waiting(
    log: JetStreamLog, cluster: NatsCluster
) -> None:
    senders = Senders(log)
    senders.until_answered(MANY)
    cluster.kill(leader(log))
    senders.until_answered(MANY)  # all through the election
    until(lambda: log.wire.is_ready and log.waiting() == 0, "the spool is forwarded")
    judge(senders, log)
    until(lambda: log.state().in_sync == 2, "the two others are in step")
    told, *_ = check_stream(JetStreamConfig(servers=cluster.addresses, stream=log.wire.stream.name), log)
    assert (told.status, "2 of 3 replicas" in told.why) == ("warn", True)


def test_a_leader_that_hangs_costs_one_deadline_and_no_delivery(log: JetStreamLog, cluster: NatsCluster) -> None:
    senders = Senders(log)
    senders.until_answered(MANY)
    hangs = leader(log)
    cluster.pause(hangs)
    until(lambda: log.waiting() > 0, "the spool takes what comes")  # the deadline is over
    senders.until_answered(MANY)
    cluster.resume(hangs)
    judge(senders, log)


def test_all_servers_killed_at_once_lose_nothing_that_was_answered(log: JetStreamLog, cluster: NatsCluster) -> None:
    senders = Senders(log)
    senders.until_answered(MANY)
    cluster.kill_all()
    until(lambda: log.waiting() > 0, "the spool takes what comes")
    senders.until_answered(MANY)
    cluster.start()
    judge(senders, log)


def test_while_no_server_was_ever_there_webhooks_are_answered_at_once_and_arrive_later(
    tmp_path: Path, cluster: NatsCluster, stream_name: str
) -> None:
    cluster.kill_all()
    clock = JumpingClock()
    log = open_stream(tmp_path, cluster, stream_name, waits=False, clock=clock)
    senders = Senders(log)
    senders.until_answered(MANY)
    senders.stop()
    assert clock.waits == []  # nobody waits for servers that are known to be away
    log.close()
    log = open_stream(tmp_path, cluster, stream_name, waits=False)
    senders.go_on_with(log)
    assert log.waiting() == log.counts().accepted == len(senders.sent) > 0
    asked = JetStreamConfig(servers=cluster.addresses, stream=stream_name)
    (told,) = check_stream(asked, log)
    assert told.status == "fail"
    cluster.start()
    judge(senders, log)
    log.close()
    gc.collect()


@pytest.fixture
def patient(
    tmp_path: Path, cluster: NatsCluster, stream_name: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[JetStreamLog, JumpingClock]]:
    """A log over three servers that are well; a connection that shows no sign of life is never given up."""
    monkeypatch.setattr(nats_wire, "_PING_EVERY_S", 3600)
    cluster.start()
    clock = JumpingClock()
    log = open_stream(tmp_path, cluster, stream_name, clock=clock)
    until(lambda: log.state().in_sync == 3, "all three are in step")
    yield log, clock
    log.close()
    gc.collect()


@pytest.fixture
def vain(
    patient: tuple[JetStreamLog, JumpingClock], cluster: NatsCluster
) -> Iterator[tuple[JetStreamLog, JumpingClock]]:
    """A log whose servers neither answer nor hang up any more: who waits for them does in vain."""
    log, clock = patient
    with cluster.paused():
        yield log, clock


@pytest.mark.parametrize("waited_s", [0.0, 0.75, CONFIRM_WITHIN_S, 30.0])
def test_whatever_servers_do_a_sender_waits_for_them_until_its_second_is_over_and_the_spool_answers(
    vain: tuple[JetStreamLog, JumpingClock], waited_s: float
) -> None:
    log, clock = vain
    assert log.append([delivery(1), delivery(2)], waited_s) == [True, True]
    assert waited_s + clock.now_s() == max(waited_s, CONFIRM_WITHIN_S)
    assert log.waiting() == 2
    assert log.append([delivery(1), delivery(3)], 0.5) == [False, True]  # nobody after them waits at all
    assert len(clock.waits) == (waited_s < CONFIRM_WITHIN_S)


def test_who_has_waited_for_others_waits_for_the_quorum_so_much_less(
    patient: tuple[JetStreamLog, JumpingClock], cluster: NatsCluster
) -> None:
    log, clock = patient
    clock.in_vain = False
    commit = GroupCommit(log, monotonic_s=clock.now_s)
    heard: SimpleQueue[Kept] = SimpleQueue()
    told, go_on = threading.Event(), threading.Event()

    def dawdle(kept: Kept) -> None:
        heard.put(kept)
        told.set()
        go_on.wait(NOT_FOR_EVER_S)

    commit.submit(delivery(1), dawdle)
    assert told.wait(NOT_FOR_EVER_S)
    until(lambda: is_direct(log, clock), "the servers keep what comes")
    commit.submit(delivery(2), heard.put)
    with cluster.paused():
        clock.in_vain = True
        clock.advance(0.25)
        go_on.set()
        assert [heard.get(timeout=NOT_FOR_EVER_S) for _ in range(2)] == [True, True]
        asked = [wait for wait in clock.waits if wait.thread == "log-commit"]
    commit.stop()
    assert asked == [Wait("log-commit", CONFIRM_WITHIN_S - 0.25)]
    clock.in_vain = False
    until(lambda: forwarded(log) == 2, "what was kept by the servers after all is known for the same as in the spool")


def forwarded(log: JetStreamLog) -> int:
    """Forward what waits in the spool, as upkeep does; return how many deliveries count as accepted then."""
    log.flush()
    return log.counts().accepted


def is_direct(log: JetStreamLog, clock: JumpingClock) -> bool:
    """Tell whether servers are asked again; where they were not well for a moment, its rest is over by now."""
    if log._spooling:
        clock.advance(REST_S)
    return not log._spooling


def test_a_crowd_at_the_door_is_answered_within_the_second_of_its_first(
    vain: tuple[JetStreamLog, JumpingClock],
) -> None:
    log, clock = vain
    heard: SimpleQueue[Kept] = SimpleQueue()
    commit = GroupCommit(log, max_batch=4, monotonic_s=clock.now_s)
    with log.spool._lock:  # the disk is busy: the first goes to the servers, those behind it wait
        commit.submit(delivery(0), heard.put)
        until(lambda: clock.waits, "the servers were waited for")
        for number in range(1, 40):
            commit.submit(delivery(number), heard.put)
        clock.advance(0.5)
    assert [heard.get(timeout=NOT_FOR_EVER_S) for _ in range(40)] == [True] * 40
    commit.stop()
    waited = [wait.seconds for wait in clock.waits if wait.thread == "log-commit"]
    assert waited == [CONFIRM_WITHIN_S]
