"""SIGTERM and SIGINT at bad moments: answers are given, work is not left half done, the end comes soon and with 0."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from onhand.sandbox.build import sku_name
from onhand.sandbox.server import Options, SandboxThread
from onhand.sandbox.state import Settings
from tests.serve.platforms import Platforms, opened
from tests.serve.process import OnhandProcess
from tests.serve.test_network import by_way_of
from tests.support.bad_network import TROUBLES, WELL, BadNetwork
from tests.support.waiting import until

UNLIMITED = Settings(bucket_points=None, tiktok_writes_per_s=None, tiktok_reads_per_s=None)
SHOP, ITEMS = "tees.myshopify.com", 8
ENDED_WITHIN_S = 90.0
"""A container gets ten seconds; where many others work too, it gets more."""


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
    for each in signals:
        onhand.signal(each)
    return onhand.wait(ENDED_WITHIN_S)


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
        is_whole(onhand, platforms)


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
