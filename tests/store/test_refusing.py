"""A database that refuses for a moment, at any statement of any way in, says so in a word that the works wait out."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from onhand.ports.errors import StoreUnavailable
from onhand.simulator.crash import TROUBLES, CrashPoints, Watch
from onhand.store import Store, open_store
from tests.store.goods import OTHER, SHOP, at, sale
from tests.support.postgres import PostgresServer

MOST_STATEMENTS = 100


def book(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        with session.savepoint():
            books.ledger.append([sale(f"order/{books.ledger.head()[0]}/1")], at(1))


def look(store: Store) -> None:
    with store.reading() as session:
        session.of(SHOP).ledger.all_levels()


def be_asked_for(store: Store) -> None:
    store.take_over("worker")
    look(store)


WAYS: Mapping[str, Callable[[Store], object]] = {
    "writing": book,
    "reading": look,
    "take_over": be_asked_for,
    "schema_version": lambda store: store.schema_version,
    "pragmas": Store.pragmas,
    "touch": Store.touch,
    "checkpoint": Store.checkpoint,
}
"""Everything that can be asked of a store that is open."""

NO_WAY_IN = {"engine", "close"}


@pytest.fixture
def points() -> CrashPoints:
    """What the database is told to refuse; nobody's process ends here."""
    return CrashPoints(lambda _: None)


@pytest.fixture
def address(tmp_path: Path, points: CrashPoints) -> Iterator[str]:
    """A database of two shops in a folder whose every statement may be refused."""
    watch = Watch(tmp_path, points)
    database = str(tmp_path / "onhand.db")
    store = open_store(database)
    with store.writing() as session:
        session.add_shop(SHOP, at(0))
        session.add_shop(OTHER, at(0))
    store.close()
    yield database
    watch.close()


def refusals(points: CrashPoints, trouble: str, ask: Callable[[], object]) -> int:
    """Ask again and again, each time with a later statement refused; return how many times one was."""
    for nth in range(MOST_STATEMENTS):
        refused_before = points.refused
        points.disturb(trouble, nth, 1)
        with suppress(StoreUnavailable):
            ask()
        if points.refused == refused_before:
            points.calm()
            return nth
    raise AssertionError(f"{MOST_STATEMENTS} statements, and no end")


def test_every_way_into_the_database_is_among_those_that_are_tried() -> None:
    assert {name for name in vars(Store) if not name.startswith("_")} == WAYS.keys() | NO_WAY_IN


@pytest.mark.parametrize("way", WAYS)
def test_a_database_that_refuses_now_says_so_and_serves_a_moment_later(
    address: str, points: CrashPoints, way: str
) -> None:
    store = open_store(address)
    for trouble in TROUBLES:
        assert refusals(points, trouble, lambda: WAYS[way](store)) > 0
    for ask in WAYS.values():
        ask(store)
    store.close()


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_database_that_refuses_while_it_is_opened_says_so(address: str, points: CrashPoints, trouble: str) -> None:
    assert refusals(points, trouble, lambda: open_store(address).close()) > 0


@pytest.fixture
def server(postgres: PostgresServer) -> Iterator[str]:
    """A database of this test's own: whoever else is connected to it would be sent away."""
    dsn = postgres.fresh_database()
    yield dsn
    postgres.drop_database(dsn)


@pytest.fixture
def allow(postgres: PostgresServer, server: str) -> Callable[[str], None]:
    """Say "true" or "false" to connections to the database at the server; whoever is connected is sent away."""
    database = psycopg.conninfo.conninfo_to_dict(server)["dbname"]

    def say(allowed: str) -> None:
        with psycopg.connect(postgres.dsn, autocommit=True) as other:
            other.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS {allowed}".encode())
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database,))

    return say


def test_a_server_that_takes_nobody_for_a_while_serves_again_afterwards(
    server: str, allow: Callable[[str], None]
) -> None:
    store = open_store(server)
    with store.writing() as session:
        session.add_shop(SHOP, at(0))
    look(store)
    allow("false")
    ways = {name: way for name, way in WAYS.items() if name != "checkpoint"}  # which leaves PostgreSQL alone
    for _ in range(3):  # with the connections that were open, then with none
        for way in ways.values():
            with pytest.raises(StoreUnavailable, match="the database cannot be used now"):
                way(store)
    allow("true")
    for way in WAYS.values():
        way(store)
    store.close()
