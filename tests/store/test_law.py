"""A shop can be erased to the last row, and another shop's rows stay; a ledger is otherwise never shortened."""

from collections.abc import Callable

import pytest

from onhand.domain.drift import Observation
from onhand.domain.stock import State
from onhand.ports.channel import Problem
from onhand.ports.errors import ConfigError
from onhand.ports.subscriptions import TopicState
from onhand.store import Books, Store
from tests.store.goods import BOSTON, OTHER, SHOP, TEE, at, move


def fill(books: Books) -> None:
    """Put something into tables of every kind."""
    books.ledger.append(
        [move("m-1", State.SUPPLIER, State.AVAILABLE), move("m-2", State.SUPPLIER, State.DAMAGED)], at(1)
    )
    books.observations.put(
        Observation(source="shopify", item=TEE, location=BOSTON, units={State.AVAILABLE: 3}, observed_at=at(1)), at(1)
    )
    books.problems.raise_(Problem("a kind", "a key", "message", "next step"), at(1))
    books.channels.arm("shopify", armed=True)
    books.arrivals.note("shopify", "orders/create", [at(1)])
    books.subscriptions.keep("shopify", TopicState("orders/create", "held", (), None, whole=False), at(1))
    books.subscriptions.lapse("shopify", TopicState("orders/create", "missing", (), None, whole=False), at(1), at(2))
    books.redactions.ask(["1001"], at(1))
    books.audits.record(at(1), 1.0, {})
    books.count("anything")


def test_an_erased_shop_is_gone_from_every_table_and_the_other_one_is_whole(
    store: Store, count_rows: Callable[[str], dict[str, int]]
) -> None:
    with store.writing() as session:
        fill(session.of(SHOP))
        fill(session.of(OTHER))
    before = count_rows(OTHER)
    assert sum(before.values()) > 10
    assert count_rows(SHOP) == before
    with store.writing() as session:
        session.of(SHOP).erasure.ask("the shop removed the app", at(5))
        session.erase(SHOP)
        session.count_erased(SHOP, 7)
    assert count_rows(OTHER) == before
    assert not any(count_rows(SHOP).values())
    with store.reading() as session:
        assert session.shops() == [OTHER]
        assert session.erased_deliveries() == 7
        assert session.of(OTHER).ledger.verify([]).problems == []
    with store.writing() as session:  # installed again: it begins anew
        fill(session.of(SHOP))
        assert session.of(SHOP).ledger.head()[0] == 2
        session.count_erased(SHOP, 9)
        assert session.erased_deliveries() == 9


def test_nothing_is_erased_that_nobody_asked_for(store: Store) -> None:
    with store.writing() as session:
        fill(session.of(SHOP))
        with pytest.raises(ConfigError, match="nobody has asked"):
            session.erase(SHOP)
        with pytest.raises(ConfigError, match="not in the database"):
            session.erase("unknown.myshopify.com")


def test_a_movement_is_removed_only_while_its_shop_is_erased(store: Store, run_sql: Callable[[str], None]) -> None:
    with store.writing() as session:
        fill(session.of(SHOP))
        fill(session.of(OTHER))
        session.of(SHOP).erasure.ask("asked for", at(5))
    with pytest.raises(Exception, match="never edited or removed"):
        run_sql("DELETE FROM movements")
    with pytest.raises(Exception, match="never edited or removed"):
        run_sql("UPDATE movements SET units = units + 1")


def test_a_request_to_forget_is_open_until_it_is_done(store: Store) -> None:
    with store.writing() as session:
        redactions = session.of(SHOP).redactions
        redactions.ask(["1002", "1001", "1001"], at(1))
        redactions.ask(["1002", "1001"], at(1))
        (redaction,) = redactions.open()
        assert (redaction.ids, redaction.asked_at) == (("1001", "1002"), at(1))
        redactions.end(redaction, 3, at(2))
        assert redactions.open() == []
