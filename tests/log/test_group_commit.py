"""Group commit: one flush for many, an answer for each, and none before it is safe."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from onhand.log.group_commit import GroupCommit, Kept, LoopCommit
from onhand.log.sqlite_log import SqliteLog
from onhand.ports.errors import LogUnavailable
from tests.log.deliveries import delivery, open_log
from tests.support.waiting import until


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    log = open_log(tmp_path)
    yield log
    log.close()


class Answers:
    """What the senders were told, by delivery."""

    def __init__(self) -> None:
        self.told: dict[int, Kept] = {}
        self.arrived = threading.Semaphore(0)

    def note(self, number: int, kept: Kept) -> None:
        self.told[number] = kept
        self.arrived.release()

    def bring(self, commit: GroupCommit, numbers: Sequence[int]) -> None:
        for number in numbers:
            commit.submit(delivery(number), lambda kept, number=number: self.note(number, kept))  # type: ignore[misc]

    def wait(self, count: int) -> None:
        for _ in range(count):
            assert self.arrived.acquire(timeout=60)


def test_everybody_is_answered_and_many_share_a_commit(log: SqliteLog) -> None:
    commit, answers = GroupCommit(log), Answers()
    with log._lock:  # the disk is busy while they come
        answers.bring(commit, range(500))
    answers.wait(500)
    commit.stop()
    assert answers.told == dict.fromkeys(range(500), True)
    assert log.last_position() == 500
    assert commit.figures.batch_deliveries.total == 500
    assert commit.figures.commit_s.count < 250
    assert len(commit.figures.recent_commit_s) == commit.figures.commit_s.count
    assert commit.waiting_deliveries == 0


def test_nobody_is_answered_before_the_delivery_can_be_read_back(log: SqliteLog) -> None:
    missing = []
    done = threading.Semaphore(0)

    def check(number: int) -> None:
        found = {logged.delivery.delivery_id for logged in log.read(0, 1000)}
        if delivery(number).delivery_id not in found:
            missing.append(number)
        done.release()

    commit = GroupCommit(log, max_batch=8)
    for number in range(40):
        commit.submit(delivery(number), lambda _kept, number=number: check(number))  # type: ignore[misc]
    for _ in range(40):
        assert done.acquire(timeout=60)
    commit.stop()
    assert missing == []


def test_a_repeat_is_answered_as_a_repeat(log: SqliteLog) -> None:
    commit, answers = GroupCommit(log), Answers()
    answers.bring(commit, [1, 2])
    answers.wait(2)
    answers.bring(commit, [2])
    answers.wait(1)
    commit.stop()
    assert answers.told == {1: True, 2: False}


def test_too_many_that_wait_are_refused_at_once_and_room_comes_back(log: SqliteLog) -> None:
    commit, answers = GroupCommit(log, max_waiting=5), Answers()
    with log._lock:  # the disk is busy
        answers.bring(commit, range(5))
        with pytest.raises(LogUnavailable, match="5 deliveries wait for the disk, 5 may"):
            answers.bring(commit, [5])
    answers.wait(5)
    answers.bring(commit, [6])
    answers.wait(1)
    commit.stop()
    assert answers.told == dict.fromkeys([0, 1, 2, 3, 4, 6], True)


def test_a_full_disk_answers_those_it_hits_with_the_error_and_keeps_later_ones(log: SqliteLog) -> None:
    commit, answers = GroupCommit(log), Answers()
    log._writer.pragma("max_page_count", log._writer.pragma("page_count"))
    commit.submit(delivery(1, body=Random(7).randbytes(100_000)), lambda kept: answers.note(1, kept))
    answers.wait(1)
    log._writer.pragma("max_page_count", 1_000_000)
    answers.bring(commit, [2])
    answers.wait(1)
    commit.stop()
    assert isinstance(answers.told[1], LogUnavailable)
    assert answers.told[2] is True
    assert commit.figures.failed_commits == 1


def test_trouble_is_over_once_the_log_can_be_written_though_nobody_comes(log: SqliteLog) -> None:
    commit, answers = GroupCommit(log), Answers()
    with log._lock:
        log._writer.pragma("max_page_count", log._writer.pragma("page_count"))
    commit.submit(delivery(1, body=Random(7).randbytes(100_000)), lambda kept: answers.note(1, kept))
    answers.wait(1)
    until(lambda: "no room is left on its disk" in (commit.trouble or ""), "trouble is told")
    with log._lock:
        log._writer.pragma("max_page_count", 1_000_000)
    until(lambda: commit.trouble is None, "trouble is over")
    commit.stop()


def test_stopping_keeps_what_was_brought_and_takes_no_more(log: SqliteLog) -> None:
    commit, answers = GroupCommit(log), Answers()
    answers.bring(commit, range(300))
    commit.stop()
    commit.stop()
    assert answers.told == dict.fromkeys(range(300), True)
    with pytest.raises(LogUnavailable, match="stopping"):
        answers.bring(commit, [301])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_when_the_writing_thread_dies_nobody_waits_for_ever(log: SqliteLog) -> None:
    commit, answers = GroupCommit(log), Answers()

    def stumble(_kept: Kept) -> None:
        raise RuntimeError("a bug in whoever waits")

    commit.submit(delivery(1), stumble)
    commit._threads[0].join(60)
    assert commit.stopped is not None
    with pytest.raises(LogUnavailable, match="has died"):
        answers.bring(commit, [2])
    commit.stop()


def test_a_loop_is_woken_once_a_commit_and_hears_of_each_delivery(log: SqliteLog) -> None:
    async def bring() -> tuple[list[bool], list[int]]:
        loop = asyncio.get_running_loop()
        commit = LoopCommit(group, loop)
        wakes: list[int] = []
        tell = commit._tell

        def count_wake(told: list[Any]) -> None:
            wakes.append(len(told))
            tell(told)

        commit._tell = count_wake  # type: ignore[method-assign]
        futures = [commit.keep(delivery(number % 80)) for number in range(100)]
        return list(await asyncio.gather(*futures)), wakes

    group = GroupCommit(log, max_batch=1000)
    kept, wakes = asyncio.run(bring())
    group.stop()
    assert kept == [True] * 80 + [False] * 20
    assert wakes == [1]
    assert group.figures.commit_s.count == 1


def test_a_coroutine_hears_that_the_log_is_full_or_gave_up(log: SqliteLog) -> None:
    async def bring() -> list[object]:
        commit = LoopCommit(group, asyncio.get_running_loop())
        futures = [commit.keep(delivery(number)) for number in range(3)]
        return list(await asyncio.gather(*futures, return_exceptions=True))

    group = GroupCommit(log, max_waiting=2)
    told = asyncio.run(bring())
    group.stop()
    assert [type(one) for one in told] == [LogUnavailable] * 3
    assert log.last_position() == 0


def test_a_request_that_was_given_up_does_not_disturb_the_others(log: SqliteLog) -> None:
    async def bring() -> bool:
        commit = LoopCommit(group, asyncio.get_running_loop())
        given_up, other = commit.keep(delivery(1)), commit.keep(delivery(2))
        given_up.cancel()
        return await other

    group = GroupCommit(log)
    assert asyncio.run(bring()) is True
    group.stop()
    assert log.last_position() == 2
