"""One process at a time: claims, and the fence that shuts out whoever was replaced."""

from time import monotonic, sleep

import pytest

from onhand.ports.errors import ConfigError, TakenOver
from onhand.store import Store, claim, open_store
from onhand.store.claims import Release
from tests.store.goods import SHOP, at, sale


def claimed_in_time(address: str, part: str) -> Release:
    """Return the claim, once a server has seen that the one before has hung up."""
    give_up_at = monotonic() + 60
    while (release := claim(address, part)) is None:
        assert monotonic() < give_up_at, "nobody has it, and it is not given"
        sleep(0.05)
    return release


def test_a_part_that_one_has_is_given_to_nobody_else_until_it_is_released(address: str) -> None:
    first = claim(address, "worker")
    assert first is not None
    assert claim(address, "worker") is None
    other_part = claim(address, "publisher")
    assert other_part is not None
    first()
    second = claimed_in_time(address, "worker")
    second()
    other_part()


def test_where_no_lock_can_be_made_the_way_out_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    missing = tmp_path_factory.mktemp("claims") / "missing" / "onhand.db"
    with pytest.raises(ConfigError, match="check the folder and its rights"):
        claim(str(missing), "worker")


def test_c10_whoever_was_replaced_books_nothing_more(store: Store, address: str) -> None:
    store.take_over("worker")
    with store.writing() as session:
        session.of(SHOP).ledger.append([sale("order/1/1")], at(1))
    replacing = open_store(address)
    replacing.take_over("worker")
    with pytest.raises(TakenOver, match="number 1, number 2 is at work"), store.writing() as session:
        session.of(SHOP).ledger.append([sale("order/2/1")], at(2))
    with replacing.writing() as session:
        assert session.of(SHOP).ledger.head()[0] == 1
        session.of(SHOP).ledger.append([sale("order/3/1")], at(3))
    replacing.close()


def test_who_does_another_part_and_who_only_visits_go_on_booking(store: Store, address: str) -> None:
    store.take_over("worker")
    publisher, visitor = open_store(address), open_store(address)
    publisher.take_over("publisher")
    for one in (store, publisher, visitor):
        with one.writing() as session:
            session.move_position("log", 1)
    publisher.close()
    visitor.close()
