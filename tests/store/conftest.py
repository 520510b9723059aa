"""Both engines for every test of the store."""

from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import psycopg
import pytest

from onhand.store import Store, open_store
from tests.store.goods import OTHER, SHOP, at
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
    with psycopg.connect(dsn) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        # Without triggers: neither the guard of the ledger nor foreign keys shall stop the emptying.
        connection.execute("SET session_replication_role = replica")
        for (table,) in tables:
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
