"""Orders that are older than the opening of their levels, booked into a real store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from onhand.domain.orders import Added, OrderLine, OrderPicture, Placed, Shipped
from onhand.domain.pictures import Version
from onhand.domain.stock import Bin, LevelKey, State
from onhand.intake.book import book
from onhand.ports.channel import Report, Wanted
from onhand.store import Store

SHOP = "tees.myshopify.com"
T0 = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
AVAILABLE, COMMITTED, RESERVED = (Bin("Boston", state) for state in (State.AVAILABLE, State.COMMITTED, State.RESERVED))
AWAY = Bin("Boston", State.CUSTOMER)


def at(minute: int) -> datetime:
    return T0 + timedelta(minutes=minute)


def seen(minute: int, *, reading: int = 0, cause: str = "shopify/order/1", **parts: object) -> OrderPicture:
    base = OrderPicture(
        cause=cause,
        origin=cause.partition("/")[0],
        version=Version(at=at(minute), reading=reading),
        placed_at=T0,
        lines=(OrderLine("L1", "TEE", 2),),
    )
    return replace(base, **parts)  # type: ignore[arg-type]


def levels_after(store: Store, *pictures: OrderPicture, imported: str = "no") -> dict[Bin, int]:
    """Book pictures into a shop whose levels were opened in the tenth minute."""
    with store.writing() as session:
        books = session.of(SHOP)
        books.ledger.set_cuts({LevelKey("TEE", place): at(10) for place in ("Boston", "Warehouse")})
        books.channels.set_imported("tiktok_shop", imported)  # type: ignore[arg-type]
        for picture in pictures:
            book(books, picture.origin, Report(pictures=(picture,)), at(60))
        return {bin_: units for (_, bin_), units in books.ledger.levels(["TEE"]).items() if units}


def asked(store: Store) -> list[str]:
    with store.reading() as session:
        return [ask.because for ask in session.of(SHOP).asks.all("shopify", Wanted.ORDER, 10)]


WAITING = (Placed("L1", "Boston", 2),)


def test_what_a_webhook_tells_of_an_older_order_is_read_before_it_is_believed(store: Store) -> None:
    told = seen(20, lines=(OrderLine("L1", "TEE", 3),), shipped=(Shipped("L1", "Boston", 3, at(20)),))
    assert levels_after(store, told) == {COMMITTED: -3, AWAY: 3}
    assert asked(store) == ["it is older than an opening of its levels"]
    read = replace(told, version=Version(at=at(20), reading=1), added=(Added("L1", 1, at(15)),))
    assert levels_after(store, read) == {AVAILABLE: -1, COMMITTED: -2, AWAY: 3}


def test_an_older_order_that_was_read_is_known_for_good(store: Store) -> None:
    assert levels_after(store, seen(5, reading=1, placed=WAITING)) == {}
    moved = seen(20, reading=2, placed=(Placed("L1", "Warehouse", 2),))
    there = {Bin("Warehouse", State.AVAILABLE): -2, Bin("Warehouse", State.COMMITTED): 2}
    assert levels_after(store, moved) == {AVAILABLE: 2, COMMITTED: -2} | there
    again = replace(moved, version=Version(at=at(20), reading=3))
    assert levels_after(store, again) == {AVAILABLE: 2, COMMITTED: -2} | there
    back = seen(30, placed=(Placed("L1", None, 2),))  # a webhook says no place: it is where the last reading had it
    assert levels_after(store, back) == {AVAILABLE: 2, COMMITTED: -2} | there


def test_a_reading_that_shows_what_a_webhook_told_makes_an_older_order_known(store: Store) -> None:
    shipped = (Shipped("L1", "Boston", 2, at(5)),)
    levels_after(store, seen(5, shipped=shipped), seen(5, reading=1, shipped=shipped))
    with store.reading() as session:
        found = session.of(SHOP).pictures.seen("shopify/order/1")
    assert found is not None
    assert (found.known_at, found.holds) == (at(5), True)


@pytest.mark.parametrize(
    ("imported", "levels"),
    [("no", {AVAILABLE: -2, RESERVED: 2}), ("unknown", {AVAILABLE: -2, RESERVED: 2}), ("yes", {})],
)
def test_an_older_order_from_elsewhere_is_in_the_opening_only_where_it_is_brought_there(
    store: Store, imported: str, levels: dict[Bin, int]
) -> None:
    order = seen(5, reading=1, cause="tiktok_shop/order/7", placed=WAITING, hold=State.RESERVED)
    assert levels_after(store, order, imported=imported) == levels


def test_what_had_left_for_elsewhere_before_the_opening_is_not_missing_from_it(store: Store) -> None:
    gone = seen(
        5, reading=1, cause="tiktok_shop/order/7", hold=State.RESERVED, shipped=(Shipped("L1", "Boston", 2, at(5)),)
    )
    assert levels_after(store, gone) == {}
    both = replace(
        gone,
        version=Version(at=at(20), reading=2),
        lines=(OrderLine("L1", "TEE", 3),),
        shipped=(*gone.shipped, Shipped("L1", "Boston", 1, at(20))),
    )
    assert levels_after(store, both) == {AVAILABLE: -1, AWAY: 1}
