"""A small shop with everything at work: one of a test's own, or one that a module's tests share, each with its SKUs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.merchant import Choices, Merchant, open_shop


@pytest.fixture
def merchant(tmp_path: Path) -> Iterator[Merchant]:
    """A shop with twelve items at three locations, every channel armed, no rate limits."""
    with open_shop(tmp_path) as merchant:
        yield merchant


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    """The same with more items, for all tests of a module: each takes SKUs that nobody has touched."""
    with open_shop(tmp_path_factory.mktemp("market"), Choices(items=40)) as merchant:
        yield merchant
