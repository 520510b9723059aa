"""How PostgreSQL takes in a million levels: it must look each up, however little it knows of a table."""

from collections.abc import Collection, Iterator
from typing import Any

import psycopg
import pytest

from onhand.store import open_store
from onhand.store.statements import load_script, load_statements
from tests.support.postgres import PostgresServer

LARGE = {"openings", "levels", "observed", "observations", "comparisons"}
VALUES = {"shop": 1, "source": "shopify", "opens": True, "reading": 1, "at": 1}


def scans(plan: dict[str, Any], large: Collection[str] = LARGE) -> Iterator[tuple[str, str]]:
    """Yield each large table that a plan reads, with what it is looked up by."""
    if plan.get("Relation Name") in large and "Scan" in plan["Node Type"]:
        below = [plan, *plan.get("Plans", ())]
        yield plan["Relation Name"], " ".join(str(node.get("Index Cond", "")) for node in below)
    for below_it in plan.get("Plans", ()):
        yield from scans(below_it, large)


@pytest.fixture(scope="module")
def unknown_tables(postgres: PostgresServer) -> Iterator[str]:
    """A database of which the server has no statistics: other tests' rows would teach it that tables are small."""
    dsn = postgres.fresh_database()
    open_store(dsn).close()
    yield dsn
    postgres.drop_database(dsn)


@pytest.mark.parametrize(
    "name",
    [
        "weigh_census_levels",
        "append_census_levels",
        "settle_census_levels",
        "agree_census_levels",
        "census_levels_are_compared",
    ],
)
def test_levels_of_a_census_are_looked_up_by_their_item_and_no_table_is_read_whole(
    name: str, unknown_tables: str
) -> None:
    statement = load_statements("postgres")[name]
    with psycopg.connect(unknown_tables) as connection:
        connection.execute(load_script("postgres", "scratch.sql").encode())
        cursor = psycopg.RawCursor(connection)
        explain = f"EXPLAIN (FORMAT JSON) {statement.text}".encode()
        row = cursor.execute(explain, [VALUES[key] for key in statement.names]).fetchone()
        connection.rollback()
    assert row is not None
    found = list(scans(row[0][0]["Plan"]))
    assert found
    assert [table for table, looked_up_by in found if "item = " not in looked_up_by] == []


def test_holds_are_looked_up_by_their_keys_though_there_were_none_when_that_was_planned(unknown_tables: str) -> None:
    """Otherwise a till that asks from the first day on waits longer with every hold that was ever made."""
    statement = load_statements("postgres")["holds_of_keys"]
    with psycopg.connect(unknown_tables) as connection:
        explain = f"EXPLAIN (FORMAT JSON) {statement.text}".encode()
        values = {"shop": 1, "keys": '["basket-1"]'}
        row = psycopg.RawCursor(connection).execute(explain, [values[key] for key in statement.names]).fetchone()
    assert row is not None
    (looked_up_by,) = [looked_up_by for table, looked_up_by in scans(row[0][0]["Plan"], {"holds"})]
    assert "shop = " in looked_up_by
    assert "key = " in looked_up_by
