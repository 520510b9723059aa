"""Transfers are booked into a real store: what an opening balance held already is not booked again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from onhand.answers import transfers
from onhand.domain.pictures import Version
from onhand.domain.stock import Bin, LevelKey, State
from onhand.domain.transfers import UNDATED, Sent, TransferLine, TransferPicture, TransferStatus
from onhand.intake.book import book
from onhand.ports.channel import Report, Wanted
from onhand.store import Store

SHOP = "tees.myshopify.com"
T0 = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
SHELF, ASIDE = Bin("Warehouse", State.AVAILABLE), Bin("Warehouse", State.RESERVED)
UNDER_WAY, NOWHERE = Bin("Boston", State.INCOMING), Bin("Boston", State.SUPPLIER)


def at(minute: int) -> datetime:
    return T0 + timedelta(minutes=minute)


def seen(minute: int, status: TransferStatus, *sent: Sent) -> TransferPicture:
    return TransferPicture(
        cause="shopify/transfer/7",
        origin="shopify",
        version=Version(at=UNDATED, reading=minute),
        name="#T0007",
        status=status,
        created_at=T0,
        seen_at=at(minute),
        from_location="Warehouse",
        to_location="Boston",
        lines=(TransferLine("TEE", 5),),
        sent=sent,
    )


def books_after(store: Store, *pictures: TransferPicture) -> dict[Bin, int]:
    """Book pictures into a shop whose levels were opened in the tenth minute."""
    with store.writing() as session:
        books = session.of(SHOP)
        books.ledger.set_cuts({LevelKey("TEE", place): at(10) for place in ("Warehouse", "Boston")})
        for picture in pictures:
            book(books, "shopify", Report(pictures=(picture,)), picture.seen_at)
        return {bin_: units for (_, bin_), units in books.ledger.levels(["TEE"]).items() if units}


READY = TransferStatus.READY_TO_SHIP
IN_PROGRESS = TransferStatus.IN_PROGRESS


def test_what_was_put_aside_before_the_opening_is_not_put_aside_again(store: Store) -> None:
    assert books_after(store, seen(12, READY)) == {}
    sent = seen(15, IN_PROGRESS, Sent("9", "TEE", 5, at(14)))
    assert books_after(store, seen(13, READY), sent) == {ASIDE: -5, UNDER_WAY: 5}
    received = replace(sent, version=Version(at=UNDATED, reading=16), seen_at=at(16))
    assert books_after(store, received) == {ASIDE: -5, UNDER_WAY: 5}


def test_a_draft_older_than_the_opening_reserves_when_it_is_made_ready(store: Store) -> None:
    assert books_after(store, seen(12, TransferStatus.DRAFT), seen(15, READY)) == {SHELF: -5, ASIDE: 5}
    assert books_after(store, seen(16, IN_PROGRESS, Sent("9", "TEE", 5, at(16)))) == {SHELF: -5, UNDER_WAY: 5}
    assert books_after(store, seen(17, TransferStatus.CANCELLED)) == {}


def test_d12_open_transfers_say_what_they_hold_and_what_to_do_when_nothing_happens(store: Store) -> None:
    one = seen(20, READY)
    books_after(store, seen(12, TransferStatus.DRAFT), one)
    with store.reading() as session:
        (fresh,) = transfers(session.of(SHOP), SHOP, at(21), timedelta(days=7))
        assert (fresh.name, fresh.transfer, fresh.reserved_units) == ("#T0007", "7", 5)
        assert (fresh.stuck, fresh.next_step) == (False, None)
        (old,) = transfers(session.of(SHOP), SHOP, at(20) + timedelta(days=8), timedelta(days=7))
        assert (old.stuck, old.next_step) == (True, "ship it in Shopify, or cancel it")
    books_after(store, seen(22, IN_PROGRESS, Sent("9", "TEE", 5, at(22))))
    with store.reading() as session:
        (sent,) = transfers(session.of(SHOP), SHOP, at(22) + timedelta(days=8), timedelta(days=7))
        assert (sent.reserved_units, sent.under_way_units, sent.since) == (0, 5, at(22))
        assert [(row.location, row.state, row.units) for row in sent.held] == [("Boston", "incoming", 5)]
        assert sent.next_step == "receive it in Shopify, or reject what is lost"
    done = seen(30, TransferStatus.TRANSFERRED, Sent("9", "TEE", 5, at(22), 5, 0, at(29)))
    books_after(store, done)
    with store.reading() as session:
        assert transfers(session.of(SHOP), SHOP, at(31), timedelta(0)) == []


GONE = replace(seen(40, TransferStatus.VANISHED), name="", from_location=None, to_location=None, lines=())


def problems(store: Store) -> list[str]:
    with store.reading() as session:
        return [row.message for row in session.of(SHOP).problems.open()]


def test_a_transfer_that_vanished_gives_back_what_it_had_put_aside(store: Store) -> None:
    assert books_after(store, seen(12, TransferStatus.DRAFT), seen(15, READY), GONE) == {}
    assert problems(store) == []
    with store.reading() as session:
        levels = session.of(SHOP).asks.all("shopify", Wanted.LEVEL, 10)
        assert session.of(SHOP).pictures.still_open("shopify/transfer/") == []
    assert [ask.key for ask in levels] == ["TEE@Warehouse"]
    again = replace(GONE, version=Version(at=UNDATED, reading=41))
    assert books_after(store, again) == {}


def test_what_an_opening_held_of_a_transfer_that_vanished_is_free_again(store: Store) -> None:
    assert books_after(store, seen(12, READY), GONE) == {SHELF: 5, ASIDE: -5}


def test_units_under_way_in_a_transfer_that_vanished_are_named_to_a_person(store: Store) -> None:
    sent = seen(15, IN_PROGRESS, Sent("9", "TEE", 3, at(14)))
    assert books_after(store, seen(12, TransferStatus.DRAFT), sent, GONE) == {SHELF: -3, NOWHERE: 3}
    (message,) = problems(store)
    assert "3 of TEE to Boston were under way" in message


def test_a_transfer_that_nobody_ever_saw_is_nothing_to_book(store: Store) -> None:
    assert books_after(store, GONE) == {}
    assert problems(store) == []
