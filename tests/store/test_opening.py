"""Opening a store: new, known, newer than this onhand, or no store at all."""

from collections.abc import Callable
from pathlib import Path

import apsw
import psycopg
import pytest

from onhand.ports.errors import ConfigError, DataDamaged
from onhand.store import Store, open_store
from onhand.store.migrations import MIGRATIONS, NEWEST
from onhand.store.sqlite import check_version
from onhand.store.statements import COPY, load_script, load_statements
from tests.store.goods import SHOP, at
from tests.support.postgres import PostgresServer

RunSql = Callable[[str], None]


def test_a_new_database_gets_the_newest_tables(postgres: PostgresServer, tmp_path: Path) -> None:
    dsn = postgres.fresh_database()
    for address in (dsn, str(tmp_path / "new.db")):
        store = open_store(address)
        assert store.schema_version == NEWEST
        store.close()
    postgres.drop_database(dsn)


def test_both_engines_have_the_same_versions() -> None:
    assert {engine: len(versions) for engine, versions in MIGRATIONS.items()} == {"sqlite": NEWEST, "postgres": NEWEST}


def test_opening_again_changes_nothing(store: Store, address: str) -> None:
    again = open_store(address)
    assert again.schema_version == NEWEST
    with again.reading() as session:
        assert SHOP in session.shops()
    again.close()


def test_a_database_of_a_newer_onhand_is_refused_with_both_numbers(store: Store, address: str, run_sql: RunSql) -> None:
    run_sql("INSERT INTO schema_version (version) VALUES (99)")
    with pytest.raises(ConfigError, match=f"version 99.*up to {NEWEST}"):
        open_store(address)
    run_sql("DELETE FROM schema_version WHERE version = 99")
    open_store(address).close()


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = str(tmp_path / "half.db")
    broken = load_script("sqlite", "schema.sql") + "SELECT nonsense;"
    monkeypatch.setattr("onhand.store.sqlite.scripts_of", lambda *_: broken)
    with pytest.raises(apsw.SQLError, match="nonsense"):
        open_store(address)
    monkeypatch.undo()
    connection = apsw.Connection(address)
    assert connection.execute("SELECT name FROM sqlite_schema WHERE name = 'shops'").fetchall() == []
    connection.close()
    open_store(address).close()


def test_a_file_that_is_no_database_is_called_damaged(tmp_path: Path) -> None:
    file = tmp_path / "notes.db"
    file.write_text("milk, eggs, " * 1000)
    with pytest.raises(DataDamaged, match=r"notes\.db"):
        open_store(str(file))


@pytest.mark.parametrize("name", ["", ":memory:", "file:x?mode=memory", "."])
def test_what_is_no_file_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="no file"):
        open_store(name)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="missing"):
        open_store(str(tmp_path / "missing" / "onhand.db"))


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refusal:
        open_store(f"postgresql://me:secret@/shop?host={tmp_path}")
    assert str(tmp_path) in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_an_sqlite_that_can_damage_its_file_is_refused() -> None:
    check_version("3.51.3")
    check_version("3.100.0")
    for version in ("3.40.1", "3.51.2"):
        with pytest.raises(ConfigError, match=rf"{version}.*3\.51\.3"):
            check_version(version)


def test_every_statement_is_understood_by_its_engine(store: Store, address: str) -> None:
    if store.engine == "sqlite":
        connection = apsw.Connection(address)
        connection.execute(load_script("sqlite", "scratch.sql"))
        for statement in load_statements("sqlite").values():
            connection.execute(f"EXPLAIN {statement.text}", dict.fromkeys(statement.names))
        connection.close()
        return
    with psycopg.connect(address) as postgres:
        postgres.execute(load_script("postgres", "scratch.sql").encode())
        for name, statement in load_statements("postgres").items():
            if statement.text.startswith(COPY):
                with postgres.cursor().copy(statement.text.encode()):
                    pass
            elif not statement.text.startswith("TRUNCATE"):  # which cannot be prepared either
                postgres.execute(f"PREPARE {name} AS {statement.text}".encode())


def test_a_large_shop_is_found_by_index_and_not_by_reading_everything(tmp_path: Path) -> None:
    address = str(tmp_path / "onhand.db")
    open_store(address).close()
    wanted = {
        "movements_by_id": "movements_by_id",
        "movements_by_cause": "movements_by_cause",
        "movements_of_item": "movements_by_item",
        "untold_offers": "offers_untold",
        "items_by_sku": "items_by_sku",
        "open_adoptions": "adoptions_by_level",
        "unexplained_units": "movements_unexplained",
        "parked_deliveries": "deliveries_parked",
        "due_asks": "asks_due",
    }
    connection = apsw.Connection(address)
    statements = load_statements("sqlite")
    for name, index in wanted.items():
        statement = statements[name]
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement.text}", dict.fromkeys(statement.names)).fetchall()
        assert any(
            f"INDEX {index} (shop=? AND" in str(row[3]) or f"INDEX {index} (shop=?)" in str(row[3]) for row in plan
        ), name
    connection.close()


def test_a_shop_met_by_a_delivery_can_be_added_later(store: Store) -> None:
    with store.writing() as session:
        session.of("late.myshopify.com").count("seen")
        session.add_shop("late.myshopify.com", at(5))
        session.add_shop(SHOP, at(6))
        assert session.of("late.myshopify.com").counter("seen") == 1
        assert session.shops().count("late.myshopify.com") == 1
