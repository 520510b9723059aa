"""A simulated TikTok Shop on a free port, with a channel connected to it."""

from collections.abc import Iterator

import httpx
import pytest

from onhand.sandbox.server import Options, Running, SandboxThread
from onhand.sandbox.state import Settings
from tests.channels.tiktok_shop.shop import Shop, open_shop


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """An HTTP client that is closed in the end."""
    with httpx.Client(timeout=60) as client:
        yield client


@pytest.fixture
def running() -> Iterator[Running]:
    """A shop of 12 items, with no limit on calls."""
    unlimited = Settings(tiktok_reads_per_s=None, tiktok_writes_per_s=None)
    with SandboxThread(Options(items=12, settings=unlimited)) as sandbox:
        yield sandbox


@pytest.fixture
def shop(running: Running, http: httpx.Client) -> Shop:
    """The shop with a channel connected to it."""
    return open_shop(running, http)
