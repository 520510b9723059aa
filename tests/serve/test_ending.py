"""SIGTERM and SIGINT at bad moments: answers are given, work is not left half done, the end comes soon and with 0."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from onhand.sandbox.build import sku_name
from onhand.sandbox.server import Options, SandboxThread
from onhand.sandbox.state import Settings
from onhand.serve import ending
from onhand.serve.ending import Ended, end
from onhand.serve.server import STOP_WITHIN_S
from onhand.serve.turns import Turns
from tests.serve.platforms import Platforms, opened
from tests.serve.process import OnhandProcess
from tests.serve.test_network import by_way_of
from tests.support.bad_network import TROUBLES, WELL, BadNetwork
from tests.support.waiting import until

UNLIMITED = Settings(bucket_points=None, tiktok_writes_per_s=None, tiktok_reads_per_s=None)
SHOP, ITEMS = "tees.myshopify.com", 8
ENDED_WITHIN_S = 90.0
"""A container gets ten seconds, which a test counts by a clock of its own; beside many others an end takes longer."""


@contextmanager
def shop(folder: Path, *, synced: bool = True) -> Iterator[tuple[OnhandProcess, Platforms, BadNetwork]]:
    """A shop, onhand beside it not yet started, and the way of its calls."""
    with (
        SandboxThread(Options(items=ITEMS, settings=UNLIMITED, retry_speed=400.0)) as running,
        httpx.Client(base_url=str(running.addresses["control"]), timeout=60) as control,
        BadNetwork(urlsplit(running.sandbox.base_url).port or 0).up() as calls,
    ):
        addresses = by_way_of(dict(running.addresses), calls.port)
        onhand = OnhandProcess(folder, addresses, poll_every_s=1, every_s=3, grace_s=0.5)
        if synced:
            onhand.sync()
        try:
            yield onhand, Platforms(control), calls
        finally:
            if onhand.is_running():
                onhand.kill()


def ended(onhand: OnhandProcess, *signals: signal.Signals) -> int:
    """Send signals, and return with which code it ended; fail where it goes on for long."""
    began = monotonic()
    for each in signals:
        onhand.signal(each)
    code = onhand.wait(ENDED_WITHIN_S)
    print(f"ended after {monotonic() - began:.1f} s")  # noqa: T201 - the figures of docs/reliability.md: run with -s
    return code


def is_whole(onhand: OnhandProcess, platforms: Platforms) -> None:
    """Everything answered 200 is in the log once, the ledger verifies, and no write was left between two states."""
    answered = platforms.answered_200()
    with opened(onhand) as app:
        kept = [row.delivery.delivery_id for row in app.log.read(0, 100_000)]
        with app.store.reading() as session:
            books = session.of(SHOP)
            assert books.ledger.verify(app.log.anchors(SHOP)).problems == []
            assert [row.key for row in books.intents.unsettled() if row.status == "sent"] == []
    assert len(kept) == len(set(kept))
    assert answered <= set(kept)


class Slow:
    """A part that needs so many seconds to end from when it is told, by a clock that all parts share."""

    def __init__(self, clock: list[float], needs_s: float) -> None:
        self._clock, self._needs_s = clock, needs_s
        self.told_at_s: float | None = None

    def leave(self) -> None:
        if self.told_at_s is None:
            self.told_at_s = self._clock[0]

    def stop(self, within_s: float) -> bool:
        self.leave()
        assert self.told_at_s is not None
        left_s = max(0.0, self.told_at_s + self._needs_s - self._clock[0])
        self._clock[0] += min(left_s, within_s)
        return left_s <= within_s


def test_c13_however_many_parts_hang_all_together_have_seven_of_a_containers_ten_seconds() -> None:
    clock = [100.0]
    doors, log = [Slow(clock, 4.0), Slow(clock, 2.0)], Slow(clock, 1.0)
    works = [Slow(clock, needs_s) for needs_s in (0.0, 60.0, 6.0, 60.0, 6.5, *[60.0] * 20)]
    late = end([*doors, *works], [doors[0], log, doors[1], *works], STOP_WITHIN_S, lambda: clock[0])
    assert clock[0] - 100.0 == STOP_WITHIN_S < 10.0
    assert late == [work for work in works if work._needs_s == 60.0]  # those that end in time are not blamed for others
    assert log.told_at_s == 104.0  # what the doors have let in is kept first


def test_c13_work_that_hangs_is_left_behind_and_work_that_does_not_is_concluded() -> None:
    free = threading.Event()
    hung, quick = Chore("hung", free), Chore("quick", None)
    threads = [Turns(chore, lambda _name, _fatal: None) for chore in (hung, quick)]
    for thread in threads:
        thread.start()
    assert hung.begun.wait(ENDED_WITHIN_S)
    assert quick.begun.wait(ENDED_WITHIN_S)
    assert [str(part) for part in end(threads, threads[:1], 0.05, monotonic)] == ["hung"]
    assert threads[1].stop(ENDED_WITHIN_S)
    free.set()
    assert threads[0].stop(ENDED_WITHIN_S)
    assert Turns(quick, lambda _name, _fatal: None).stop(0)  # it never began


class Chore:
    """Work whose turn lasts until something happens."""

    idle_s = 60.0

    def __init__(self, name: str, until_: threading.Event | None) -> None:
        self.name, self._until = name, until_
        self.begun = threading.Event()

    def turn(self) -> bool:
        self.begun.set()
        if self._until is not None:
            self._until.wait(ENDED_WITHIN_S)
        return False


@pytest.mark.parametrize("signals", [(signal.SIGINT,), (signal.SIGTERM, signal.SIGTERM)])
def test_c13_ended_while_a_shop_sells_it_has_answered_kept_and_concluded_everything(
    tmp_path: Path, signals: tuple[signal.Signals, ...]
) -> None:
    with shop(tmp_path) as (onhand, platforms, _):
        onhand.start()
        platforms.do("play", for_s=6, orders_per_s=15, baseline=False, seed=2)
        until(lambda: len(platforms.answered_200()) > 40, "the shop sells")
        assert ended(onhand, *signals) == 0
        is_whole(onhand, platforms)


def test_c13_ended_while_platforms_hang_it_does_not_wait_for_them(tmp_path: Path) -> None:
    with shop(tmp_path) as (onhand, platforms, network):
        onhand.start()
        until(platforms.marks, "it writes")
        network.be(TROUBLES["silent back"])
        platforms.do("order", channel="tiktok_shop", lines=[{"sku": sku_name(1), "units": 1}])
        until(lambda: network.troubled, "a call hangs")
        assert ended(onhand, signal.SIGTERM) == 0
        network.be(WELL)
        onhand.start()  # a write whose answer hung was left behind as sent: the next process asks what became of it
        assert onhand.stop() == 0
        is_whole(onhand, platforms)


def test_c13_a_signal_at_whatever_moment_of_waiting_ends_the_waiting() -> None:
    time_to_end = Ended()

    def handler(frame: FrameType, event: str, _arg: object) -> Any:
        if event == "line":
            time_to_end.set()
        return handler if frame.f_code.co_filename in (ending.__file__, threading.__file__) else None

    before = sys.gettrace()
    sys.settrace(handler)
    try:
        time_to_end.wait()
    finally:
        sys.settrace(before)
    assert time_to_end.is_set()


def test_c13_ended_in_its_first_reading_it_reads_the_shop_when_it_is_started_again(tmp_path: Path) -> None:
    with shop(tmp_path, synced=False) as (onhand, platforms, network):
        network.be(TROUBLES["silent back"])
        onhand.begin()
        until(lambda: network.troubled, "the first reading is under way")
        assert ended(onhand, signal.SIGTERM) == 0
        network.be(WELL)
        onhand.start()
        with opened(onhand) as app, app.store.reading() as session:
            assert len(session.of(SHOP).catalog.items()) == ITEMS
        assert onhand.stop() == 0
        is_whole(onhand, platforms)
