"""The file that the books lie in."""

import os
from pathlib import Path

import pytest

from onhand.ports.errors import ConfigError
from onhand.store import open_store
from tests.store.goods import SHOP, at


def test_nobody_else_may_read_the_books_or_what_sqlite_lays_beside_them(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = open_store(str(tmp_path / "onhand.db"))
        with store.writing() as session:
            session.add_shop(SHOP, at(0))
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert {"onhand.db", "onhand.db-wal"} <= modes.keys()
    assert set(modes.values()) == {0o600}


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="check the folder"):
        open_store(str(tmp_path / "nowhere" / "onhand.db"))
