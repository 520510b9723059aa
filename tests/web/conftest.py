"""An ingress at work for every test of it, and a client."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.web.senders import Door


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    door = Door(tmp_path)
    yield door
    door.close()


@pytest.fixture
def client(door: Door) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=door.url, timeout=60) as client:
        yield client
