"""holds ls and holds release: to people and to programs."""

import pytest

from onhand.app.clock import SystemClock
from onhand.app.hold_wishes import HoldAsked
from onhand.app.holding import Holding
from onhand.publish.holds import Granted
from onhand.store import Store
from tests.answers.shop import SHOP
from tests.cli.conftest import Ask

pytestmark = pytest.mark.usefixtures("folder")


def test_a_hold_is_shown_with_whom_it_is_for_and_can_be_ended_by_hand(ask: Ask, store: Store) -> None:
    assert "Nothing is held." in ask("holds", "ls").out
    asked = HoldAsked(sku="CAP", location="Warehouse", for_s=3600, reference="till 7")
    assert isinstance(Holding(store, SystemClock()).hold(SHOP, "a", asked), Granted)
    (row,) = ask("holds", "ls", "--json").document
    assert (row["shop"], row["sku"], row["units"], row["reference"], row["status"]) == (
        SHOP,
        "CAP",
        1,
        "till 7",
        "held",
    )
    assert "till 7" in ask("holds", "ls").out
    assert "goes on selling these units" in ask("holds", "ls").out
    number = str(row["id"])
    assert ask("holds", "release", number, "--json").document["status"] == "released"
    assert "released" in ask("holds", "release", number).out
    assert ask("holds", "ls", "--json").document == []
    assert [each["id"] for each in ask("holds", "ls", "--status", "all", "--json").document] == [row["id"]]


def test_an_unknown_hold_and_an_unknown_status_are_usage(ask: Ask, store: Store) -> None:
    assert ask("holds", "release", "99").code == 2
    assert ask("holds", "ls", "--status", "hold").code == 2
