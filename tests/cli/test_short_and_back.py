"""oversells, returns, transfers: to people and to programs."""

import pytest

from onhand.domain.pictures import Version
from onhand.domain.returns import ReturnLine, ReturnPicture, ReturnStatus
from onhand.domain.transfers import UNDATED, TransferLine, TransferPicture, TransferStatus
from onhand.intake.book import book
from onhand.ports.channel import Report
from onhand.store import Store
from tests.answers.shop import BOSTON, MORNING, SHOP, WAREHOUSE, happen, later, sold
from tests.cli.conftest import Ask

pytestmark = pytest.mark.usefixtures("folder")


def test_oversells_are_shown_with_who_waits_and_what_to_do(ask: Ask, store: Store) -> None:
    assert "Nothing is oversold." in ask("oversells").out
    assert ask("oversells", "--json").document == []
    happen(store, [sold("shopify/order/2", "1", BOSTON, 7, at=later(6))], later(6))
    (row,) = ask("oversells", "TEE", "--json").document
    assert (row["shop"], row["sku"], row["location"], row["units"]) == (SHOP, "TEE", "Boston", 2)
    assert [claim["cause"] for claim in row["waiting"]] == ["shopify/order/2"]
    assert row["next_step"] in ask("oversells").out
    assert ask("oversells", "KAP").code == 2


def test_returns_are_shown_until_they_are_decided_upon(ask: Ask, store: Store) -> None:
    assert "Every return is restocked or decided upon." in ask("returns").out
    picture = ReturnPicture(
        cause="shopify/return/1",
        origin="shopify",
        version=Version(at=later(1), reading=1),
        order="shopify/order/1",
        name="#1001-R1",
        status=ReturnStatus.CLOSED,
        ordered_at=MORNING,
        opened_at=MORNING,
        lines=(ReturnLine("a", "1", 2, discarded_units=2),),
    )
    with store.writing() as session:
        book(session.of(SHOP), "shopify", Report(pictures=(picture,)), later(2))
    assert ask("returns", "--closed-days", "36500", "--json").document == []
    (row,) = ask("returns", "--all", "--closed-days", "36500", "--json").document
    assert (row["shop"], row["name"], row["discarded_units"], row["next_step"]) == (SHOP, "#1001-R1", 2, None)
    assert "#1001-R1" in ask("returns", "--all", "--closed-days", "36500").out


def test_transfers_go_by_the_names_that_people_know(ask: Ask, store: Store) -> None:
    picture = TransferPicture(
        cause="shopify/transfer/7",
        origin="shopify",
        version=Version(at=UNDATED, reading=1),
        name="#T0007",
        status=TransferStatus.READY_TO_SHIP,
        created_at=MORNING,
        seen_at=MORNING,
        from_location=WAREHOUSE,
        to_location=BOSTON,
        lines=(TransferLine("1", 4),),
    )
    with store.writing() as session:
        book(session.of(SHOP), "shopify", Report(pictures=(picture,)), MORNING)
    (row,) = ask("transfers", "--stuck-after-days", "0", "--json").document
    assert (row["shop"], row["name"], row["transfer"], row["reserved_units"]) == (SHOP, "#T0007", "7", 4)
    out = ask("transfers").out
    assert "#T0007" in out
    assert "4 TEE reserved at Warehouse" in out
