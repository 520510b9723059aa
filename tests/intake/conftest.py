"""A store in memory of one test: real SQLite, one shop."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from onhand.store import Store, open_store

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(str(tmp_path / "onhand.db"))
    with store.writing() as session:
        session.add_shop("tees.myshopify.com", NOW)
    yield store
    store.close()
