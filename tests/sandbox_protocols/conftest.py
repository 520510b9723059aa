"""A sandbox on a free port for each test, and one without limits for tests that only read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from onhand.sandbox.server import Options, SandboxThread
from onhand.sandbox.state import Settings
from tests.sandbox_protocols.clients import Shop, shop_of

UNLIMITED = Settings(bucket_points=None, tiktok_reads_per_s=None, tiktok_writes_per_s=None)


@contextmanager
def opened(settings: Settings, *, items: int = 12) -> Iterator[Shop]:
    """Run a sandbox for as long as the context lasts."""
    with SandboxThread(Options(seed=5, items=items, settings=settings)) as running, httpx.Client(timeout=60) as http:
        yield shop_of(running, http)


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A shop of this test's own, without limits."""
    with opened(UNLIMITED) as one:
        yield one


@pytest.fixture(scope="module")
def quiet_shop() -> Iterator[Shop]:
    """A shop that the tests of a module only read, or that refuses all they ask of it."""
    with opened(UNLIMITED) as one:
        yield one
