"""The works side by side: trouble of one passes, and what nobody foresaw ends the process instead of going unseen."""

import threading
from pathlib import Path
from time import sleep

import apsw
import pytest

from onhand.cli.exits import DEFECT
from onhand.ports.errors import ChannelUnavailable, DataDamaged, TakenOver
from onhand.sandbox.server import Options, SandboxThread
from onhand.serve import turns
from onhand.serve.turns import Fatal, Turns
from onhand.store import sqlite
from tests.flow.merchant import BOSTON, Choices, open_shop
from tests.serve.process import OnhandProcess

BUSY_MS = 300
"""How long the store waits for another writer here; in earnest five seconds."""


def test_c04_a_database_that_another_process_holds_for_long_is_waited_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_MS", BUSY_MS)
    with open_shop(tmp_path, Choices()) as merchant:
        tills = merchant.ats(merchant.tee, "shopify_pos")
        other = apsw.Connection(merchant.app.config.database)
        other.set_busy_timeout(30_000)
        other.execute("BEGIN IMMEDIATE")
        merchant.sale(merchant.tee, 2, at=BOSTON)
        merchant.order("tiktok_shop", merchant.tee, 1)
        sleep(BUSY_MS * 4 / 1000)
        other.execute("ROLLBACK")
        other.close()
        merchant.until_equal(lambda: merchant.ats(merchant.tee, "shopify_pos"), tills - 3)
        merchant.quiet()


class Errand:
    """Work that does in its turns what it is told to: raise something, or go on."""

    name = "errand"
    idle_s = 0.01

    def __init__(self, *does: Exception | None) -> None:
        self._does = list(does)
        self.turns = 0
        self.done = threading.Event()

    def turn(self) -> bool:
        self.turns += 1
        trouble = self._does.pop(0) if self._does else None
        if trouble is not None:
            raise trouble
        self.done.set()
        return False


def test_trouble_that_is_foreseen_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TROUBLE_S", 0.01)
    deaths: list[tuple[str, Fatal | None]] = []
    errand = Errand(ChannelUnavailable("away"), ChannelUnavailable("still away"), None)
    thread = Turns(errand, lambda name, fatal: deaths.append((name, fatal)))
    thread.start()
    assert errand.done.wait(60)
    assert thread.stop(60)
    assert errand.turns >= 3
    assert deaths == []


@pytest.mark.parametrize("fatal", [DataDamaged("the chain is broken at 17"), TakenOver("another one is at work")])
def test_what_no_waiting_mends_ends_the_part_and_says_so(fatal: Fatal) -> None:
    deaths: list[tuple[str, Fatal | None]] = []
    died = threading.Event()

    def note(name: str, why: Fatal | None) -> None:
        deaths.append((name, why))
        died.set()

    thread = Turns(Errand(fatal), note)
    thread.start()
    assert died.wait(60)
    assert thread.stop(60)
    assert deaths == [("errand", fatal)]


def test_a_part_that_ends_by_an_error_nobody_foresaw_ends_the_process(tmp_path: Path) -> None:
    """Half a process would go on answering 200 and book nothing; whoever keeps it running starts a new one."""
    with SandboxThread(Options(items=3)) as running:
        onhand = OnhandProcess(tmp_path, running.addresses)
        assert onhand.run("sync").returncode == 0
        onhand.start()
        try:
            books = apsw.Connection(str(tmp_path / "onhand.db"))
            books.set_busy_timeout(30_000)
            books.execute("DROP TABLE comparisons")
            books.close()
            assert onhand.wait(90) == DEFECT
            assert "no such table: comparisons" in onhand.errors()
            assert "worker has ended" in onhand.errors()
        finally:
            if onhand.is_running():
                onhand.kill()
