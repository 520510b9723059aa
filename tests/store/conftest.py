"""Both engines for every test of the store."""

from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import psycopg
import pytest

from onhand.store import Store, open_store
from tests.store.goods import OTHER, SHOP, at
from tests.support.canaries_in_postgres import tables_with_rows
from tests.support.postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres_address(postgres: PostgresServer) -> str:
    """A database with the newest tables, for one test after the other: emptying it is quicker than making it."""
    dsn = postgres.fresh_database()
    open_store(dsn).close()
    return dsn


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database."""
    if request.param == "sqlite":
        yield str(tmp_path / "onhand.db")
        return
    dsn: str = request.getfixturevalue("postgres_address")
    yield dsn
    request.getfixturevalue("postgres").look(dsn)
    with psycopg.connect(dsn) as connection:
        # Without triggers: neither the guard of the ledger nor foreign keys shall stop the emptying.
        connection.execute("SET session_replication_role = replica")
        for table in tables_with_rows(connection):
            if table != "schema_version":
                connection.execute(f"DELETE FROM {table}".encode())


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    """A store with two shops in it."""
    store = open_store(address)
    with store.writing() as session:
        session.add_shop(SHOP, at(0))
        session.add_shop(OTHER, at(0))
    yield store
    store.close()


@pytest.fixture
def count_rows(address: str) -> Callable[[str], dict[str, int]]:
    """Count the rows of a shop in every table that has shops, as the database itself names them."""
    return lambda shop: _count(address, shop)


def _count(address: str, shop: str) -> dict[str, int]:
    named = "SELECT count(*) FROM {} WHERE shop = (SELECT shop FROM shops WHERE name = '" + shop + "')"
    if address.startswith("postgresql"):
        tables = (
            "SELECT table_name FROM information_schema.columns WHERE column_name = 'shop' AND table_schema = 'public'"
        )
        with psycopg.connect(address) as postgres:
            names = [str(name) for (name,) in postgres.execute(tables).fetchall()]
            return {name: postgres.execute(named.format(name).encode()).fetchall()[0][0] for name in names}
    sqlite = apsw.Connection(address)
    try:
        tables = (
            "SELECT m.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'shop'"
        )
        names = [str(name) for (name,) in sqlite.execute(tables)]
        return {name: int(sqlite.execute(named.format(name)).get) for name in names}
    finally:
        sqlite.close()


@pytest.fixture
def run_sql(address: str) -> Callable[[str], None]:
    """Run SQL past the store, as somebody with the database's own tools would."""
    return lambda sql: _run(address, sql)


def _run(address: str, sql: str) -> None:
    if address.startswith("postgresql"):
        with psycopg.connect(address, autocommit=True) as postgres:
            postgres.execute(sql.encode())
        return
    connection = apsw.Connection(address)
    try:
        connection.execute(sql)
    finally:
        connection.close()
