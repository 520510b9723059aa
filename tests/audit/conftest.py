"""A small shop in a real SQLite database: two locations that sell online, five items, TikTok Shop beside them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from onhand.store import Store
from tests.answers.shop import opened_shop


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The books of the shop, opened at eight in the morning."""
    with opened_shop(tmp_path / "onhand.db") as opened:
        yield opened
