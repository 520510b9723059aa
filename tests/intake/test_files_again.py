"""A file of changes that a third party sends again is booked once, whatever it is called and whenever it comes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from onhand.channels.threepl.door import Party, ThreeplDoor, delivery_of, file_id
from onhand.domain.stock import Bin, LevelKey, State
from onhand.intake.book_notices import book_notice
from onhand.intake.lookup import Lookup
from onhand.store import Books, Store
from tests.answers.shop import SHOP, later, opened_shop

DOOR = ThreeplDoor(SHOP, [Party(name="acme", places={"EAST": "Boston"}, authorities={"Boston": "acme"}, zone=UTC)])
CHANGES = b"sku,location,delta,reason\nTEE,EAST,-2,damage\nTEE,EAST,1,found\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_shop(tmp_path / "onhand.db") as opened:
        yield opened


def booked(store: Store, body: bytes, written_at: datetime) -> str:
    """Let a file that was written at a time be booked as it is when it is fetched; return what is said of it."""
    with store.writing() as session:
        books = session.of(SHOP)
        delivery = delivery_of(
            SHOP,
            "acme",
            wire="csv",
            place="",
            message_id=file_id(body, written_at),
            body=body,
            sent_at=written_at,
            received_at=written_at,
        )
        (told,) = DOOR.parse(delivery, Lookup()).notices
        return book_notice(books, told, written_at).partition(": ")[2]


def in_boston(books: Books) -> tuple[int, int]:
    item = books.catalog.item_by_sku("TEE")[0].item
    place = next(row.location for row in books.catalog.locations() if row.name == "Boston")
    levels = books.ledger.all_levels()
    return levels[item, Bin(place, State.AVAILABLE)], levels.get((item, Bin(place, State.DAMAGED)), 0)


def test_the_same_bytes_sent_again_later_move_nothing(store: Store) -> None:
    with store.reading() as session:
        available, damaged = in_boston(session.of(SHOP))
    assert booked(store, CHANGES, later(10)) == "2 of 2 changes at Boston booked"
    assert booked(store, CHANGES, later(90)) == "0 of 2 changes at Boston booked"
    with store.reading() as session:
        assert in_boston(session.of(SHOP)) == (available - 1, damaged + 2)


def test_other_changes_of_the_same_goods_are_booked(store: Store) -> None:
    assert booked(store, CHANGES, later(10)) == "2 of 2 changes at Boston booked"
    assert booked(store, CHANGES.replace(b"-2", b"-1"), later(90)) == "2 of 2 changes at Boston booked"


def test_a_whole_count_that_does_not_name_an_item_brings_it_to_nothing_from_below_too(store: Store) -> None:
    with store.reading() as session:
        books = session.of(SHOP)
        (available, _), item = in_boston(books), books.catalog.item_by_sku("TEE")[0].item
        place = next(row.location for row in books.catalog.locations() if row.name == "Boston")
    booked(store, f"sku,location,delta,reason\nTEE,EAST,{-available - 2},found\n".encode(), later(10))
    said = booked(store, b"sku,location,on_hand\nTWIN,EAST,4\n", later(90))
    with store.reading() as session:
        counts = session.of(SHOP).counts.of([LevelKey(item, place)])
        assert in_boston(session.of(SHOP))[0] == -2
    assert [count.units for count in counts] == [0], said
