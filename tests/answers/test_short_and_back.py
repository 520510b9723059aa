"""What was sold and is not there, and goods on their way back: each with its next step."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from onhand.answers import NotKnown, oversells, returns
from onhand.domain.catalog import Item
from onhand.domain.pictures import Version
from onhand.domain.returns import Restocked, ReturnLine, ReturnPicture, ReturnStatus
from onhand.domain.stock import Bin, State
from onhand.intake.book import book
from onhand.ports.channel import Report
from onhand.store import Store
from tests.answers.shop import BOSTON, MORNING, SHOP, WAREHOUSE, happen, later, moved, opened_shop, sold


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_shop(tmp_path / "onhand.db") as opened:
        yield opened


def call(store: Store, cause: str, name: str) -> None:
    """Keep what people call an order."""
    with store.writing() as session:
        books = session.of(SHOP)
        books.pictures.remember(
            cause, "shopify", Version(at=MORNING), "digest", told=True, recorded_at=MORNING, name=name
        )


def test_nothing_is_oversold_while_every_level_holds_what_was_sold(store: Store) -> None:
    happen(store, [sold("shopify/order/1", "1", BOSTON, 5, at=later(5))], later(5))
    with store.reading() as session:
        assert oversells(session.of(SHOP), SHOP) == []


def test_an_oversell_names_who_took_what_was_not_there_and_where_more_stands(store: Store) -> None:
    call(store, "shopify/order/2", "#1002")
    happen(store, [sold("shopify/order/1", "1", BOSTON, 4, at=later(5))], later(5))
    happen(store, [sold("shopify/order/2", "1", BOSTON, 3, at=later(6))], later(6))
    with store.reading() as session:
        (row,) = oversells(session.of(SHOP), SHOP)
    assert (row.sku, row.location, row.units, row.gone_units, row.since) == ("TEE", "Boston", 2, 0, later(6))
    assert [(claim.name, claim.units) for claim in row.taken_by] == [("#1002", 2)]
    assert [(claim.name, claim.units, claim.at) for claim in row.waiting] == [("#1002", 2, later(6))]
    assert [(there.location, there.units) for there in row.elsewhere] == [("Warehouse", 10), ("Back room", 7)]
    assert row.next_step == "ship #1002 from Warehouse (10 there), Back room (7 there), or receive 2 at Boston"


def test_the_last_one_sold_twice_is_received_or_cancelled(store: Store) -> None:
    with store.writing() as session:
        cap = Item(item="2", sku="CAP", title="Cap", price=Decimal("19.50"), currency="EUR")
        session.of(SHOP).catalog.put_items([cap], later(1))
    happen(store, [sold("shopify/order/1", "2", WAREHOUSE, 1, at=later(5))], later(5))
    happen(store, [sold("tiktok_shop/order/9", "2", WAREHOUSE, 1, at=later(6), origin="tiktok_shop")], later(6))
    with store.reading() as session:
        (row,) = oversells(session.of(SHOP), SHOP, "CAP")
        assert oversells(session.of(SHOP), SHOP, "TEE") == []
        with pytest.raises(NotKnown):
            oversells(session.of(SHOP), SHOP, "KAP")
    assert [(claim.cause, claim.channel) for claim in row.waiting] == [("tiktok_shop/order/9", "tiktok_shop")]
    assert (row.value_at_risk, row.currency) == (19.5, "EUR")
    assert row.next_step == "receive 1 at Warehouse, or cancel order 9"


def test_what_was_carried_out_and_is_not_there_is_counted(store: Store) -> None:
    out = moved("shopify/order/3", "3", Bin(BOSTON, State.AVAILABLE), Bin(BOSTON, State.CUSTOMER), 6, at=later(5))
    happen(store, [out], later(5))
    with store.reading() as session:
        (row,) = oversells(session.of(SHOP), SHOP)
    assert (row.units, row.gone_units, row.waiting) == (2, 2, ())
    assert row.next_step == "count it at Boston: 2 more left than the books had"


def test_what_shopify_may_sell_below_zero_is_said_to_be_meant(store: Store) -> None:
    with store.writing() as session:
        session.of(SHOP).catalog.put_items([Item(item="2", sku="CAP", title="Cap", sells_below_zero=True)], later(1))
    happen(store, [sold("shopify/order/1", "2", WAREHOUSE, 4, at=later(5))], later(5))
    with store.reading() as session:
        (row,) = oversells(session.of(SHOP), SHOP)
    assert row.sells_below_zero
    assert "allowed to sell below zero" in row.next_step


def test_an_order_that_nothing_is_left_for_anywhere_is_oversold_before_its_location_is_known(store: Store) -> None:
    with store.writing() as session:
        session.of(SHOP).pictures.set_unplaced("shopify/order/4", {"2": 3, "1": 3}, later(5))
    with store.reading() as session:
        (row,) = oversells(session.of(SHOP), SHOP)
    assert (row.sku, row.location, row.units) == ("CAP", None, 2)
    assert [(claim.cause, claim.units) for claim in row.waiting] == [("shopify/order/4", 2)]


def back(number: int, status: ReturnStatus, *lines: ReturnLine, restocked_units: int = 0) -> ReturnPicture:
    """Return a return of order 1 that was opened in a minute of its number."""
    restocked = (Restocked(lines[0].line, BOSTON, restocked_units, later(number)),) if restocked_units else ()
    return ReturnPicture(
        cause=f"shopify/return/{number}",
        origin="shopify",
        version=Version(at=later(number), reading=number),
        order="shopify/order/1",
        name=f"#1001-R{number}",
        status=status,
        ordered_at=later(number),
        opened_at=later(number),
        lines=lines,
        restocked=restocked,
    )


def take(store: Store, *pictures: ReturnPicture) -> None:
    with store.writing() as session:
        book(session.of(SHOP), "shopify", Report(pictures=pictures), later(60))


def test_returned_goods_are_shown_until_somebody_has_decided_upon_them(store: Store) -> None:
    call(store, "shopify/order/1", "#1001")
    opened = back(1, ReturnStatus.OPEN, ReturnLine("a", "1", 3, processing_units=1), restocked_units=1)
    take(store, opened)
    with store.reading() as session:
        (row,) = returns(session.of(SHOP), SHOP, later(60), timedelta(days=60))
    assert (row.name, row.order, row.status, row.sku) == ("#1001-R1", "#1001", "open", "TEE")
    assert (row.units, row.restocked_units, row.processing_units, row.awaited_units) == (3, 1, 1, 1)
    assert row.next_step == (
        "restock or discard the 1 that arrived; 1 have not arrived: restock or discard them in Shopify when they do"
    )
    discarded = replace(
        opened,
        version=Version(at=later(2), reading=2),
        status=ReturnStatus.CLOSED,
        lines=(ReturnLine("a", "1", 3, discarded_units=1, missing_units=1),),
    )
    take(store, discarded)
    with store.reading() as session:
        assert returns(session.of(SHOP), SHOP, later(60), timedelta(days=60)) == []
        (row,) = returns(session.of(SHOP), SHOP, later(60), timedelta(days=60), decided=True)
    assert (row.discarded_units, row.missing_units, row.next_step) == (1, 1, None)


def test_what_a_closed_return_leaves_open_is_shown_for_a_while_and_what_was_declined_never(store: Store) -> None:
    take(
        store,
        back(1, ReturnStatus.CLOSED, ReturnLine("a", "1", 2)),
        back(2, ReturnStatus.DECLINED, ReturnLine("a", "1", 2)),
        back(3, ReturnStatus.REQUESTED, ReturnLine("a", "1", 1)),
    )
    with store.reading() as session:
        rows = returns(session.of(SHOP), SHOP, later(60), timedelta(days=60))
        late = returns(session.of(SHOP), SHOP, later(60) + timedelta(days=61), timedelta(days=60))
    assert [row.name for row in rows] == ["#1001-R1", "#1001-R3"]
    assert rows[0].next_step == ("closed, and nobody said what became of 2: reopen it in Shopify and restock what came")
    assert rows[1].next_step == "approve or decline it in Shopify"
    assert [row.name for row in late] == ["#1001-R3"]


def test_what_was_promised_before_the_first_reading_waits_without_a_name(store: Store) -> None:
    shelf, held = Bin(WAREHOUSE, State.AVAILABLE), Bin(WAREHOUSE, State.COMMITTED)
    happen(store, [moved("opening/2@20 held", "2", shelf, held, 3, at=later(1))], later(1))
    with store.reading() as session:
        (row,) = oversells(session.of(SHOP), SHOP)
    assert [claim.name for claim in row.taken_by] == ["the first reading"]
    assert row.next_step == "receive 2 at Warehouse, or cancel orders from before the first reading"
