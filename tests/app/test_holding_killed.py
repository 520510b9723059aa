"""A process is killed while it grants a hold: before the commit nothing was held, after it the same key finds it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from onhand.app.clock import SystemClock
from onhand.app.hold_wishes import HoldAsked
from onhand.app.holding import Holding
from onhand.domain.stock import Bin, State
from onhand.publish.holds import Granted
from tests.answers.shop import SHOP, WAREHOUSE, opened_shop

CAP = HoldAsked(sku="CAP", location="Warehouse", for_s=86_400)
ENDS_WITHIN_S = 120

ASKER = """
import os, signal, sys
from onhand.app.clock import SystemClock
from onhand.app.hold_wishes import HoldAsked
from onhand.app.holding import Holding
from onhand.store import open_store

database, moment, shop = sys.argv[1:]

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def watch(frame, event, _):
    if event == "return" and frame.f_code.co_name == "_grant":
        die()

if moment == "before the commit":
    sys.setprofile(watch)
asked = HoldAsked(sku="CAP", location="Warehouse", for_s=86_400)
Holding(open_store(database), SystemClock(), on_change=die).hold(shop, "basket 1", asked)
"""


@pytest.mark.parametrize(("moment", "held"), [("before the commit", False), ("after the commit", True)])
def test_a_killed_process_has_held_all_of_it_or_nothing(tmp_path: Path, moment: str, held: bool) -> None:
    database = tmp_path / "onhand.db"
    with opened_shop(database) as store:
        words = [sys.executable, "-c", ASKER, str(database), moment, SHOP]
        killed = subprocess.run(words, timeout=ENDS_WITHIN_S, check=False)
        assert killed.returncode == -signal.SIGKILL
        holding = Holding(store, SystemClock())
        answer = holding.hold(SHOP, "basket 1", CAP)
        assert isinstance(answer, Granted)
        assert answer.repeated is held
        assert not isinstance(holding.hold(SHOP, "basket 2", CAP), Granted)
        with store.reading() as session:
            books = session.of(SHOP)
            assert books.ledger.levels(["2"])[("2", Bin(WAREHOUSE, State.RESERVED))] == 1
            assert books.ledger.verify([]).problems == []
