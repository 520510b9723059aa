"""An order of TikTok Shop that a connector brings to Shopify is held once, whichever comes first."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.domain.orders import OrderLine, OrderPicture, Placed, Refunded, Restock, Shipped
from onhand.domain.pictures import Version
from onhand.domain.selling import SellingRule
from onhand.domain.stock import Bin, State
from onhand.intake.book import book
from onhand.intake.missing_twins import MISSING, file_missing_twins
from onhand.ports.channel import Report
from onhand.store import Store, open_store

SHOP, HERE, NUMBER = "tees.myshopify.com", "Warehouse", "576000000000000001"
ELSEWHERE = f"tiktok_shop/order/{NUMBER}"
T0 = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
SHELF, RESERVED, COMMITTED = Bin(HERE, State.AVAILABLE), Bin(HERE, State.RESERVED), Bin(HERE, State.COMMITTED)
SOLD = Bin(HERE, State.CUSTOMER)


def tiktok(minute: int, waiting: int = 2, left: int = 0, off: int = 0, cap: int = 0) -> OrderPicture:
    """TikTok Shop's order: units of TEE that wait, have left and were cancelled, and units of CAP that wait."""
    lines = [OrderLine("1", "TEE", waiting + left + off), *([OrderLine("2", "CAP", cap)] if cap else [])]
    return OrderPicture(
        cause=ELSEWHERE,
        origin="tiktok_shop",
        version=Version(at=T0 + timedelta(minutes=minute), reading=1),
        placed_at=T0,
        lines=tuple(lines),
        placed=(*([Placed("1", HERE, waiting)] if waiting else []), *([Placed("2", HERE, cap)] if cap else [])),
        shipped=(Shipped("1", HERE, left, T0 + timedelta(minutes=minute)),) if left else (),
        refunded=(Refunded("1", HERE, off, Restock.CANCEL, T0 + timedelta(minutes=minute)),) if off else (),
        hold=State.RESERVED,
    )


def shopify(minute: int, waiting: int = 2, left: int = 0, off: int = 0, known_as: str = NUMBER) -> OrderPicture:
    """The order that the connector made in Shopify."""
    at = T0 + timedelta(minutes=minute)
    return OrderPicture(
        cause="shopify/order/1001",
        origin="shopify",
        version=Version(at=at, reading=1),
        placed_at=T0 + timedelta(hours=1),
        lines=(OrderLine("L", "TEE", waiting + left + off),),
        placed=(Placed("L", HERE, waiting),),
        shipped=(Shipped("L", HERE, left, at),) if left else (),
        refunded=(Refunded("L", HERE, off, Restock.CANCEL, at),) if off else (),
        known_as=(known_as,),
    )


def open_books(path: Path, imported: str = "yes") -> Store:
    store = open_store(str(path / "onhand.db"))
    with store.writing() as session:
        session.add_shop(SHOP, NOW)
        books = session.of(SHOP)
        books.channels.set_rules([SellingRule(channel="tiktok_shop", locations=(HERE,))], NOW)
        books.channels.set_imported("tiktok_shop", imported)  # type: ignore[arg-type]
        books.offers.ensure([("tiktok_shop", "SKU-1", "TEE")], NOW)
        books.offers.told("tiktok_shop", "SKU-1", 9, T0 - timedelta(minutes=1))
    return store


def book_all(store: Store, *pictures: OrderPicture) -> None:
    for one in pictures:
        with store.writing() as session:
            book(session.of(SHOP), one.origin, Report(pictures=(one,)), NOW)


def units(store: Store, item: str = "TEE") -> dict[Bin, int]:
    with store.reading() as session:
        found = session.of(SHOP).ledger.levels([item])
    return {bin_: many for (_, bin_), many in found.items() if many}


def counted_by_tiktok(store: Store) -> int:
    """Return how many open units of TEE the books think TikTok Shop counts: what more it shows is an unknown order."""
    with store.reading() as session:
        books = session.of(SHOP)
        held = books.pictures.held_units("tiktok_shop", ["TEE"]).get("TEE", 0)
        return held + books.bundles.open_units("tiktok_shop", ["TEE"]).get("TEE", 0)


def told(store: Store) -> int | None:
    with store.reading() as session:
        (row,) = session.of(SHOP).offers.rows(channel="tiktok_shop", items=["TEE"])
    return row.told_units


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_books(tmp_path)


def test_the_reservation_is_retired_in_the_transaction_that_books_the_twin(store: Store) -> None:
    book_all(store, tiktok(1))
    assert units(store) == {SHELF: -2, RESERVED: 2}
    book_all(store, shopify(61))
    assert units(store) == {SHELF: -2, COMMITTED: 2}
    assert counted_by_tiktok(store) == 2
    assert told(store) == 7
    with store.reading() as session:
        assert session.of(SHOP).owed.units([]) == {}


def test_a_twin_that_is_heard_of_first_leaves_nothing_to_reserve(store: Store) -> None:
    book_all(store, shopify(61), tiktok(1))
    assert units(store) == {SHELF: -2, COMMITTED: 2}
    assert counted_by_tiktok(store) == 2
    assert told(store) == 7


def test_the_goods_leave_once_whoever_tells_of_it(store: Store) -> None:
    book_all(store, tiktok(1), shopify(61), tiktok(90, waiting=0, left=2))
    assert units(store) == {SHELF: -2, COMMITTED: 2}
    assert counted_by_tiktok(store) == 0
    book_all(store, shopify(91, waiting=0, left=2))
    assert units(store) == {SHELF: -2, SOLD: 2}


def test_a_twin_that_is_cancelled_gives_the_units_back_to_the_order_it_stood_for(store: Store) -> None:
    book_all(store, tiktok(1), shopify(61), shopify(70, waiting=0, off=2))
    assert units(store) == {SHELF: -2, RESERVED: 2}
    assert counted_by_tiktok(store) == 2
    book_all(store, tiktok(80, waiting=0, off=2))
    assert units(store) == {}


def test_a_twin_that_comes_cancelled_claims_nothing(store: Store) -> None:
    book_all(store, shopify(61, waiting=0, off=2), tiktok(1))
    assert units(store) == {SHELF: -2, RESERVED: 2}


def test_a_twin_with_other_lines_claims_what_it_carries_and_no_more(store: Store) -> None:
    book_all(store, tiktok(1, waiting=2, cap=1), shopify(61, waiting=1))
    assert units(store) == {SHELF: -2, RESERVED: 1, COMMITTED: 1}
    assert units(store, "CAP") == {SHELF: -1, RESERVED: 1}


def test_an_order_that_names_no_order_of_tiktok_shop_retires_nothing(store: Store) -> None:
    book_all(store, tiktok(1), shopify(61, known_as="576000000000000002"))
    assert units(store) == {SHELF: -4, RESERVED: 2, COMMITTED: 2}


def test_an_order_that_claims_no_stock_stands_for_nothing(store: Store) -> None:
    book_all(store, tiktok(1), shopify(61))
    with store.writing() as session:
        session.of(SHOP).pictures.set_unclaimed("shopify/order/1001", "TEE")
    book_all(store, shopify(62))
    assert units(store) == {SHELF: -2, RESERVED: 2}


def test_where_orders_are_not_imported_a_number_says_nothing(tmp_path: Path) -> None:
    store = open_books(tmp_path, imported="no")
    book_all(store, tiktok(1), shopify(61))
    assert units(store) == {SHELF: -4, RESERVED: 2, COMMITTED: 2}


@pytest.mark.parametrize("first", ["tiktok", "shopify"])
def test_a_twin_that_comes_says_that_orders_are_imported(tmp_path: Path, first: str) -> None:
    store = open_books(tmp_path, imported="unknown")
    pictures = [tiktok(1), shopify(61)] if first == "tiktok" else [shopify(61), tiktok(1)]
    book_all(store, *pictures)
    assert units(store) == {SHELF: -2, COMMITTED: 2}
    with store.reading() as session:
        assert session.of(SHOP).channels.get("tiktok_shop").imported == "yes"


def test_a_twin_that_never_comes_is_missed_after_a_day_and_its_units_stay_held(store: Store) -> None:
    book_all(store, tiktok(1))

    def missed(at: datetime) -> list[str]:
        with store.writing() as session:
            file_missing_twins(session.of(SHOP), at)
            return list(session.of(SHOP).problems.keys(MISSING))

    assert missed(T0 + timedelta(hours=23)) == []
    assert missed(T0 + timedelta(hours=25)) == [ELSEWHERE]
    assert units(store) == {SHELF: -2, RESERVED: 2}
    book_all(store, shopify(26 * 60))
    assert missed(T0 + timedelta(hours=27)) == []
    book_all(store, tiktok(30 * 60, waiting=0, left=2))
    assert missed(T0 + timedelta(days=365)) == []
    with store.reading() as session:
        assert session.of(SHOP).twins.picture(ELSEWHERE) is None  # nothing of it can change any more


LIFE = (tiktok(1), tiktok(50), tiktok(90, waiting=1, left=1), tiktok(95, waiting=0, left=2))
TWIN = (shopify(61), shopify(91, waiting=1, left=1), shopify(96, waiting=0, left=2))


def final(pictures: Sequence[OrderPicture]) -> dict[Bin, int]:
    with TemporaryDirectory() as folder:
        store = open_books(Path(folder))
        try:
            book_all(store, *pictures)
            return units(store)
        finally:
            store.close()


@settings(max_examples=25)
@given(st.permutations([*LIFE, *TWIN]), st.lists(st.sampled_from([*LIFE, *TWIN]), max_size=4))
def test_in_whatever_order_and_however_often_they_are_heard_of_the_books_end_the_same(
    pictures: list[OrderPicture], repeats: list[OrderPicture]
) -> None:
    assert final([*pictures, *repeats]) == {SHELF: -2, SOLD: 2}
