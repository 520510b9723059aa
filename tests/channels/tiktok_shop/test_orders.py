"""Orders of TikTok Shop as pictures: a row is a unit, and what becomes of it follows from its status."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onhand.channels.tiktok_shop.orders import Drawing, Order, draw
from onhand.domain.catalog import Listing
from onhand.domain.openings import Opened
from onhand.domain.orders import OrderLine, Placed, Refunded, Restock, Shipped
from onhand.domain.pictures import Version
from onhand.domain.settling import settle
from onhand.domain.stock import Bin, State, fold
from onhand.intake.lookup import Lookup
from tests.channels.tiktok_shop.shop import SETTINGS

T0, T1, T2 = 1_795_000_000, 1_795_000_600, 1_795_003_600
WAITING = ["UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "AWAITING_COLLECTION", "PARTIALLY_SHIPPING"]
GONE = ["IN_TRANSIT", "DELIVERED", "COMPLETED"]


def lookup() -> Lookup:
    known = Lookup()
    known.learn([Listing(channel="tiktok_shop", listing=f"S{n}", item=f"I{n}", sku=f"TEE-{n}") for n in (1, 2)], {})
    return known


def row(sku: str = "S1", status: str = "", **more: Any) -> dict[str, Any]:
    return {"id": "1", "sku_id": sku, "seller_sku": "TEE", "display_status": status, "product_name": "Tee", **more}


def shown(*rows: dict[str, Any], status: str = "AWAITING_SHIPMENT", **more: Any) -> Drawing:
    order = {
        "id": "5761",
        "status": status,
        "create_time": T0,
        "update_time": T2,
        "warehouse_id": "W2",
        "buyer_email": "ada@example.com",
        "line_items": list(rows),
    }
    return draw(msgspec.json.decode(msgspec.json.encode(order | more), type=Order), SETTINGS, lookup(), 9)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_three_rows_of_two_skus_are_two_lines() -> None:
    picture, problems = shown(row(), row("S2"), row())
    assert (picture.cause, picture.origin, picture.hold) == ("tiktok_shop/order/5761", "tiktok_shop", State.RESERVED)
    assert picture.version == Version(at=at(T2), reading=9)
    assert picture.placed_at == at(T0)
    assert picture.lines == (OrderLine("S1", "I1", 2), OrderLine("S2", "I2", 1))
    assert picture.placed == (Placed("S1", "L2", 2), Placed("S2", "L2", 1))
    assert (picture.shipped, picture.refunded, picture.complete, problems) == ((), (), True, ())


@pytest.mark.parametrize("status", WAITING)
def test_an_order_holds_its_units_until_they_leave(status: str) -> None:
    assert shown(row(), status=status).picture.placed == (Placed("S1", "L2", 1),)
    assert shown(row(status=status), status="COMPLETED").picture.placed == (Placed("S1", "L2", 1),)


@pytest.mark.parametrize("status", GONE)
def test_units_leave_when_the_carrier_has_them(status: str) -> None:
    picture = shown(row(), row(), status=status, collection_time=T1, rts_time=T0).picture
    assert picture.shipped == (Shipped("S1", "L2", 2, at(T1)),)
    assert picture.placed == ()


def test_without_the_carriers_time_the_next_best_is_taken() -> None:
    assert shown(row(rts_time=T1), status="DELIVERED").picture.shipped[0].shipped_at == at(T1)
    assert shown(row(), status="DELIVERED", rts_time=T1).picture.shipped[0].shipped_at == at(T1)
    assert shown(row(), status="DELIVERED").picture.shipped[0].shipped_at == at(T2)


def test_a_partly_shipped_order_is_counted_row_by_row() -> None:
    picture = shown(row(status="IN_TRANSIT"), row(status="AWAITING_SHIPMENT"), row(status="CANCELLED")).picture
    assert picture.lines == (OrderLine("S1", "I1", 3),)
    assert picture.shipped == (Shipped("S1", "L2", 1, at(T2)),)
    assert picture.placed == (Placed("S1", "L2", 1),)
    assert picture.refunded == (Refunded("S1", "L2", 1, Restock.CANCEL, at(T2)),)


@pytest.mark.parametrize("word", ["CANCELLED", "CANCEL"])
def test_a_cancelled_order_gives_its_units_back_at_the_time_it_was_cancelled(word: str) -> None:
    picture = shown(row(), row(), status=word, cancel_time=T1).picture
    assert picture.refunded == (Refunded("S1", "L2", 2, Restock.CANCEL, at(T1)),)
    booked = fold(settle(shown(row(), row()).picture, {}, Opened(), 0).movements)
    assert booked == {("I1", Bin("L2", State.AVAILABLE)): -2, ("I1", Bin("L2", State.RESERVED)): 2}
    movements = settle(picture, booked, Opened(), 1).movements
    assert fold(movements, start=booked) == {}


def test_an_unknown_status_keeps_the_units_and_asks_a_person() -> None:
    picture, problems = shown(row(status="TELEPORTED"))
    assert picture.placed == (Placed("S1", "L2", 1),)
    (problem,) = problems
    assert (problem.kind, problem.key) == ("unknown order status", "tiktok_shop/TELEPORTED")
    assert "5761" in problem.message


def test_a_listing_without_an_item_is_left_out_and_named() -> None:
    picture, problems = shown(row(), row("S9"), row("S9"))
    assert picture.lines == (OrderLine("S1", "I1", 1),)
    assert not picture.complete
    (problem,) = problems
    assert (problem.kind, problem.key) == ("unmapped listing", "tiktok_shop/S9")


def test_an_order_that_tiktok_ships_itself_takes_nothing_of_ours() -> None:
    picture, problems = shown(row(), row("S9"), fulfillment_type="FULFILLMENT_BY_TIKTOK")
    assert (picture.lines, picture.placed, picture.complete, problems) == ((), (), True, ())


@pytest.mark.parametrize("kind", ["PRE_ORDER", "BACK_ORDER", "MADE_TO_ORDER"])
def test_goods_that_do_not_exist_yet_are_counted_when_they_leave(kind: str) -> None:
    assert shown(row(), order_type=kind).picture.lines == ()
    assert shown(row(), order_type=kind, status="IN_TRANSIT").picture.shipped == (Shipped("S1", "L2", 1, at(T2)),)


def test_a_sample_is_goods_like_any_other() -> None:
    assert shown(row(), is_sample_order=True).picture.placed == (Placed("S1", "L2", 1),)


def test_a_bundle_is_counted_by_what_is_in_it() -> None:
    parts = [{"sku_id": "S1", "seller_sku": "a", "sku_count": 2}, {"sku_id": "S2", "seller_sku": "b", "sku_count": 1}]
    picture = shown(row("BUNDLE", combined_listing_skus=parts), row("BUNDLE", combined_listing_skus=parts)).picture
    assert picture.lines == (OrderLine("S1", "I1", 4), OrderLine("S2", "I2", 2))


def test_a_warehouse_that_is_not_mapped_counts_at_the_default_location() -> None:
    assert shown(row(), warehouse_id="W9").picture.placed == (Placed("S1", "L1", 1),)
    assert shown(row(), warehouse_id=None).picture.placed == (Placed("S1", "L1", 1),)


@given(st.lists(st.sampled_from([*WAITING, *GONE, "CANCELLED", "TELEPORTED"]), min_size=1, max_size=6))
def test_every_row_ends_in_exactly_one_place(statuses: list[str]) -> None:
    picture = shown(*(row(status=status) for status in statuses)).picture
    placed, shipped, refunded = (
        sum(one.units for one in picture.placed),
        sum(one.units for one in picture.shipped),
        sum(one.units for one in picture.refunded),
    )
    assert placed + shipped + refunded == picture.lines[0].units == len(statuses)
    ends = fold(settle(picture, {}, Opened(), 0).movements)
    gone, back = sum(s in GONE for s in statuses), sum(s == "CANCELLED" for s in statuses)
    assert ends.get(("I1", Bin("L2", State.CUSTOMER)), 0) == gone
    assert ends.get(("I1", Bin("L2", State.AVAILABLE)), 0) == back - len(statuses)
