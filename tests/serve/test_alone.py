"""Two processes on one database: one works, the other stands by, and takes over however the first one ends."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from onhand.sandbox.server import Options, SandboxThread
from tests.serve.process import OnhandProcess
from tests.support.waiting import until

STANDS_BY = "stands by"


@pytest.fixture(params=["sqlite", "postgresql"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[OnhandProcess, OnhandProcess]]:
    """Two processes of one shop, on the same database, the same log and the same port."""
    with SandboxThread(Options(items=4)) as running:
        first = OnhandProcess(tmp_path, running.addresses)
        second = OnhandProcess(tmp_path, running.addresses)
        second.take_place_of(first)
        if request.param == "postgresql":
            dsn = request.getfixturevalue("fresh_postgres_dsn")
            first.set("ONHAND__DATABASE", dsn)
            second.set("ONHAND__DATABASE", dsn)
        yield first, second
        for process in (first, second):
            if process.is_running():
                process.kill()


def is_served(process: OnhandProcess) -> bool:
    """Return whether webhooks are taken on the port: a stranger's is refused, and that is an answer."""
    url = f"http://127.0.0.1:{process.ingress_port}/webhooks/shopify/tees.myshopify.com/orders/create"
    try:
        return httpx.post(url, content=b"{}", timeout=2).status_code == 401
    except httpx.TransportError:
        return False


def test_c10_the_second_process_stands_by_and_takes_over_when_the_first_is_killed(
    pair: tuple[OnhandProcess, OnhandProcess],
) -> None:
    first, second = pair
    first.start()
    assert is_served(first)
    second.begin()
    until(lambda: STANDS_BY in second.errors(), "the second one stands by")
    assert first.is_running()
    assert second.is_running()
    first.kill()
    until(lambda: is_served(second), "the second one has taken over")
    second.until_ready()
    assert second.stop() == 0
