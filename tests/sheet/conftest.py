"""One shop a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sheet.shop import SheetShop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SheetShop]:
    """A shop whose sheet has been written for the first time."""
    shop = SheetShop(tmp_path)
    shop.run()
    yield shop
    shop.close()
