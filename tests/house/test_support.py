"""The servers that other tests lean on are real, separate and gone afterwards."""

import os
from pathlib import Path

import psycopg
from playwright.sync_api import Page

from tests.support.postgres import PostgresServer


def test_a_fresh_database_knows_nothing_of_its_sister(postgres: PostgresServer) -> None:
    first, second = postgres.fresh_database(), postgres.fresh_database()
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE shelf (units integer)")
    with psycopg.connect(second) as connection:
        row = connection.execute("SELECT to_regclass('shelf')").fetchone()
    assert row == (None,)
    postgres.drop_database(first)
    postgres.drop_database(second)


def test_a_database_can_be_copied_with_what_is_in_it(postgres: PostgresServer) -> None:
    filled = postgres.fresh_database()
    with psycopg.connect(filled) as connection:
        connection.execute("CREATE TABLE shelf AS SELECT 7 AS units")
        name = connection.info.dbname
    copy = postgres.fresh_database(template=name)
    with psycopg.connect(copy) as connection:
        assert connection.execute("SELECT units FROM shelf").fetchone() == (7,)
    postgres.drop_database(copy)
    postgres.drop_database(filled)


def test_a_stopped_server_leaves_neither_a_process_nor_a_folder() -> None:
    server = PostgresServer()
    with psycopg.connect(server.dsn) as connection:
        found = connection.execute("SHOW data_directory").fetchone()
        assert found is not None
        folder = Path(found[0])
    pid = int((folder / "postmaster.pid").read_text().split()[0])
    server.stop()
    assert not folder.parent.exists()
    assert not _runs(pid)


def test_the_browser_renders_and_runs_scripts(page: Page) -> None:
    page.set_content("<p id=units>0</p><script>units.textContent = 3 + 4</script>")
    assert page.text_content("#units") == "7"


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
