"""A database or a log that cannot be written any more: what is answered is kept, people are told, and it passes."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from onhand.demo.quiet import wait_for_quiet
from onhand.log import Seal, SqliteLog
from onhand.ports.errors import LogUnavailable, StoreUnavailable
from onhand.sandbox.build import sku_name
from onhand.sandbox.server import Options, SandboxThread
from onhand.sandbox.state import Settings
from onhand.store import open_store
from tests.serve.platforms import Platforms, opened
from tests.serve.process import OnhandProcess
from tests.support.bad_disk import FULL, NO_RIGHTS, READ_ONLY, REFUSED, BadDisk, program
from tests.support.parity import differences
from tests.support.waiting import WITHIN_S, until

SHOP = "tees.myshopify.com"
UNLIMITED = Settings(bucket_points=None, tiktok_writes_per_s=None, tiktok_reads_per_s=None)
SKU = sku_name(1)
BOOKS, LOG = "onhand.db", "onhand-log.db"
WAYS_OUT = {
    READ_ONLY: "read-only: let onhand write to it",
    FULL: "no room is left on its disk",
    REFUSED: "whether its file system became read-only",
    NO_RIGHTS: "let onhand's user read and write the file and its folder",
}


class Shop:
    """A shop whose onhand works on a disk that can be told to refuse."""

    def __init__(self, folder: Path, onhand: OnhandProcess, platforms: Platforms, ready: str) -> None:
        self.onhand, self.platforms = onhand, platforms
        self._told, self._ready = folder / "trouble", ready

    def trouble(self, **told: str) -> None:
        """Let something be wrong from now on."""
        names = {"books": BOOKS, "log": LOG}
        fresh = self._told.with_suffix(".new")
        fresh.write_text(json.dumps({names[part]: kind for part, kind in told.items()}), encoding="utf-8")
        fresh.replace(self._told)

    def mend(self) -> None:
        """Let all be well, and wait until it is ready again and has made good what it missed."""
        self.trouble()
        until(lambda: self.ready()[0] == 200, "it is ready again")
        self.platforms.do("heal")
        self.platforms.until("log", backlog=0, held=0)
        with opened(self.onhand) as app:
            going_on = wait_for_quiet(app, SHOP, WITHIN_S)
            assert not going_on, going_on
            assert differences(app, SHOP, self.platforms.see("truth")) == []
            with app.store.reading() as session:
                rows = {row.delivery_id for row in session.of(SHOP).deliveries.rows(limit=10_000)}
        assert self.platforms.answered_200() <= rows
        assert self.onhand.is_running()

    def sale(self) -> None:
        """Sell a unit: its webhooks come at once."""
        self.platforms.do("sale", location="Boston", sku=SKU, units=1)

    def ready(self) -> tuple[int, str]:
        """Return what /readyz answers."""
        answer = httpx.get(self._ready, timeout=60)
        return answer.status_code, answer.text

    def until_told(self, kind: str) -> None:
        """Wait until /readyz says 503, and what a person does about it."""
        until(lambda: self.ready()[0] == 503 and WAYS_OUT[kind] in self.ready()[1], f"readyz says what to do: {kind}")

    def until_more(self, count: Callable[[], int], before: int) -> None:
        """Wait until something happened once more."""
        until(lambda: count() > before, "a sender is answered")

    def refused(self) -> int:
        """Return how many webhooks were answered 503."""
        return sum(row["status"] == 503 for row in self.platforms.see("log")["deliveries"])


@contextmanager
def shop(folder: Path) -> Iterator[Shop]:
    """A shop that is read and subscribed to."""
    with (
        SandboxThread(Options(items=8, settings=UNLIMITED, retry_speed=400.0)) as running,
        httpx.Client(base_url=str(running.addresses["control"]), timeout=60) as control,
    ):
        onhand, platforms = (
            OnhandProcess(folder, running.addresses, poll_every_s=2, every_s=5, grace_s=1),
            Platforms(control),
        )
        platforms.do("receive", location="Boston", sku=SKU, units=50)
        onhand.sync()
        onhand.program = program(folder / "trouble")
        ready = f"{onhand.start()['dashboard']}/readyz"
        try:
            until(platforms.are_subscribed_to, "webhooks are subscribed to")
            yield Shop(folder, onhand, platforms, ready)
            assert onhand.stop() == 0
        finally:
            if onhand.is_running():
                onhand.kill()


def test_c03_a_log_that_cannot_be_written_answers_503_says_the_way_out_and_goes_on(tmp_path: Path) -> None:
    with shop(tmp_path) as tees:
        for kind in (READ_ONLY, FULL, REFUSED):
            before = tees.refused()
            tees.trouble(log=kind)
            tees.sale()
            tees.until_more(tees.refused, before)
            tees.until_told(kind)
            tees.mend()


def test_c03_books_that_cannot_be_written_keep_no_sender_waiting_and_are_made_good(tmp_path: Path) -> None:
    with shop(tmp_path) as tees:
        for kind in (READ_ONLY, FULL, REFUSED):
            answered = len(tees.platforms.answered_200())
            tees.trouble(books=kind)
            tees.sale()
            tees.until_more(lambda: len(tees.platforms.answered_200()), answered)
            tees.until_told(kind)
            tees.mend()
        assert tees.refused() == 0


def test_c03_the_write_ahead_logs_of_what_cannot_be_written_wait_until_it_can(tmp_path: Path) -> None:
    told = tmp_path / "trouble"
    disk = BadDisk(told)
    try:
        store, log = open_store(str(tmp_path / BOOKS)), SqliteLog(tmp_path / LOG, Seal([Seal.generate_key()]))
        for kind in (READ_ONLY, FULL, REFUSED):
            store.touch()
            log.touch()
            told.write_text(json.dumps({BOOKS: kind, LOG: kind}), encoding="utf-8")
            for write in (store.checkpoint, store.touch):
                with pytest.raises(StoreUnavailable, match=WAYS_OUT[kind]):
                    write()
            for keep in (log.checkpoint, log.touch):
                with pytest.raises(LogUnavailable, match=WAYS_OUT[kind]):
                    keep()
            told.unlink()
            store.checkpoint()
            log.checkpoint()
        log.close()
        store.close()
    finally:
        disk.unregister()


@pytest.mark.parametrize("kind", [READ_ONLY, NO_RIGHTS])
def test_c03_doctor_names_a_database_that_cannot_be_used_and_the_way_out(tmp_path: Path, kind: str) -> None:
    with shop(tmp_path) as tees:
        tees.trouble(books=kind, log=kind)
        told = tees.onhand.run("doctor", "--json")
        assert told.returncode == 3, told.stderr
        failed = [row for row in json.loads(told.stdout) if row["status"] == "fail"]
        assert any(WAYS_OUT[kind] in f"{row['why']} {row['mend']}" for row in failed), failed
        tees.sale()
        tees.mend()
