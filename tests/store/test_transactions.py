"""Transactions: all or nothing, one writer, and readers who wait for nobody."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from onhand.domain.stock import Bin, State
from onhand.ports.errors import ConfigError, StoreUnavailable
from onhand.store import Session, Store, open_store
from tests.store.goods import BOSTON, CAP, OTHER, SHOP, TEE, at, sale
from tests.support.full_disk import limit_pages

SOLD_TEE = (TEE, Bin(BOSTON, State.CUSTOMER))


class Oops(Exception):
    """Something that went wrong."""


def sold_units(session: Session) -> int:
    return session.of(SHOP).ledger.all_levels().get(SOLD_TEE, 0)


def test_what_was_written_is_there_after_opening_again(store: Store, address: str) -> None:
    with store.writing() as session:
        session.of(SHOP).ledger.append([sale("order/1/1")], at(1))
        session.move_position("log", 17)
    store.close()
    again = open_store(address)
    with again.reading() as session:
        assert sold_units(session) == 1
        assert session.position("log") == 17
        assert session.shops() == [SHOP, OTHER]
    again.close()


def test_the_position_moves_only_with_what_was_booked(store: Store) -> None:
    def crash(session: Session) -> None:
        session.of(SHOP).ledger.append([sale("order/1/1")], at(1))
        session.move_position("log", 17)
        raise Oops

    with pytest.raises(Oops), store.writing() as session:
        crash(session)
    with store.reading() as session:
        assert sold_units(session) == 0
        assert session.position("log") == 0


def fail_after_booking(session: Session) -> None:
    books = session.of(SHOP)
    books.ledger.append([sale("order/2/1")], at(2))
    with session.savepoint():
        books.ledger.append([sale("order/3/1")], at(2))
    raise Oops


def test_c16_one_bad_delivery_takes_only_its_own_effects_with_it(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        with session.savepoint():
            books.ledger.append([sale("order/1/1")], at(1))
        with pytest.raises(Oops), session.savepoint():
            fail_after_booking(session)
        with session.savepoint():
            books.ledger.append([sale("order/4/1")], at(3))
        session.move_position("log", 3)
    with store.reading() as session:
        ledger = session.of(SHOP).ledger
        assert [movement.id for _, movement, _ in ledger.history(TEE, limit=9)] == ["order/4/1", "order/1/1"]
        assert ledger.verify([]).problems == []
        assert session.position("log") == 3


def test_a_delivery_that_the_database_refused_does_not_end_the_batch(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        with pytest.raises(Exception, match=r"(?i)check"), session.savepoint():
            books.channels.set_imported("tiktok_shop", "perhaps")  # type: ignore[arg-type]
        books.ledger.append([sale("order/1/1")], at(1))
    with store.reading() as session:
        assert sold_units(session) == 1


def test_a_shop_met_in_a_delivery_that_failed_is_unknown_again(store: Store) -> None:
    stranger = "stranger.myshopify.com"

    def meet(session: Session) -> None:
        session.of(stranger).count("seen")
        raise Oops

    with store.writing() as session:
        with pytest.raises(Oops), session.savepoint():
            meet(session)
        assert session.shops() == [SHOP, OTHER]
        assert session.of(stranger).count("seen") == 1
        assert session.shops() == [SHOP, OTHER, stranger]


def test_a_snapshot_of_an_unknown_shop_says_which_ones_there_are(store: Store) -> None:
    with store.reading() as session, pytest.raises(ConfigError, match=f"stranger.*{SHOP}"):
        session.of("stranger.myshopify.com")


def test_readers_see_a_snapshot_while_somebody_writes(store: Store) -> None:
    with store.reading() as before:
        assert sold_units(before) == 0
        with store.writing() as session:
            session.of(SHOP).ledger.append([sale("order/1/1")], at(1))
            with store.reading() as during:
                assert sold_units(during) == 0
        assert sold_units(before) == 0
        with store.reading() as after:
            assert sold_units(after) == 1


def test_a_snapshot_begins_when_it_is_opened_and_not_when_it_is_first_read(store: Store) -> None:
    with store.reading() as before:
        with store.writing() as session:
            session.of(SHOP).ledger.append([sale("order/1/1")], at(1))
        assert sold_units(before) == 0


def test_a_reader_may_finish_while_the_store_is_closed(address: str) -> None:
    store = open_store(address)
    with store.writing() as session:
        session.add_shop(SHOP, at(0))
    with store.reading() as session:
        store.close()
        assert sold_units(session) == 0


def test_nothing_can_be_written_through_a_snapshot(store: Store) -> None:
    with pytest.raises(Exception, match=r"(?i)read-?\s?only"), store.reading() as session:
        session.of(SHOP).count("seen")
    with store.reading() as session:
        assert session.of(SHOP).counter("seen") == 0


def test_writing_inside_writing_is_refused_instead_of_waiting_for_ever(store: Store) -> None:
    with store.writing(), pytest.raises(RuntimeError, match="inside"), store.writing():
        pass
    with store.writing() as session:
        session.move_position("log", 1)


def test_writers_take_turns_and_lose_nothing(store: Store, address: str) -> None:
    other = open_store(address)
    begin = threading.Barrier(4)

    def sell(number: int) -> None:
        begin.wait()
        for order in range(10):
            with (store, other)[number % 2].writing() as session:
                books = session.of(SHOP)
                books.ledger.append([sale(f"order/{number}-{order}/1")], at(order))
                session.move_position("log", session.position("log") + 1)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sell, range(4)))
    other.close()
    with store.reading() as session:
        assert session.position("log") == 40
        assert sold_units(session) == 40
        verified = session.of(SHOP).ledger.verify([])
        assert (verified.movements, verified.problems) == (40, [])


def test_many_readers_look_on_while_one_writes(store: Store) -> None:
    done = threading.Event()

    def look() -> int:
        looks = 0
        while not done.is_set() or not looks:
            with store.reading() as session:
                levels = session.of(SHOP).ledger.all_levels()
                assert sum(levels.values()) == 0
                assert levels.get(SOLD_TEE, 0) == levels.get((CAP, Bin(BOSTON, State.CUSTOMER)), 0)
            looks += 1
        return looks

    with ThreadPoolExecutor(3) as pool:
        looking = [pool.submit(look) for _ in range(3)]
        for order in range(30):
            with store.writing() as session:
                ledger = session.of(SHOP).ledger
                ledger.append([sale(f"order/{order}/1")], at(order))
                ledger.append([sale(f"order/{order}/2", item=CAP)], at(order))
            store.checkpoint()
        done.set()
        assert all(future.result() for future in looking)


def test_the_store_says_on_what_its_durability_rests(store: Store) -> None:
    settings = store.pragmas()
    if store.engine == "sqlite":
        assert (settings["journal_mode"], settings["synchronous"]) == ("wal", "FULL")
        assert settings["sqlite_version"].startswith("3.")
    else:
        assert set(settings) == {"server_version", "synchronous_commit", "fsync", "full_page_writes"}


def test_c03_a_disk_that_fills_up_inside_a_delivery_is_no_fault_of_the_delivery(tmp_path: Path) -> None:
    address = str(tmp_path / "onhand.db")
    store = open_store(address)
    with store.writing() as session:
        session.add_shop(SHOP, at(0))
    store.checkpoint()

    def book(first: int) -> None:
        with store.writing() as session, session.savepoint():
            session.of(SHOP).ledger.append([sale(f"order/{number}/1") for number in range(first, first + 400)], at(1))

    limit_pages(store, 20)
    with pytest.raises(StoreUnavailable, match="full"):
        book(1)
    limit_pages(store, 1_000_000)
    book(1)  # without a restart
    with store.reading() as session:
        assert sold_units(session) == 400
    store.close()
