"""A simulated Shopify on a free port, with a channel connected to it."""

from collections.abc import Iterator

import httpx
import pytest

from onhand.sandbox.server import Options, Running, SandboxThread
from tests.channels.shopify.platform import Shop, connect


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """An HTTP client that is closed in the end."""
    with httpx.Client(timeout=60) as client:
        yield client


@pytest.fixture
def running() -> Iterator[Running]:
    """A shop of 12 items at 3 locations."""
    with SandboxThread(Options(items=12)) as sandbox:
        yield sandbox


@pytest.fixture
def shop(running: Running, http: httpx.Client) -> Shop:
    """The shop with a channel connected to it."""
    return Shop(running=running, http=http, channel=connect(running, http))
