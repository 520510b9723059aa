"""Fixtures for every test: Hypothesis profiles, a PostgreSQL server, a browser."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Page

from tests.support.browser import running_browser
from tests.support.postgres import PostgresServer

# No deadline: two cores shared with a browser and a database make an example slow for no reason of ours.
# Chance stays chance in CI too; a failure prints the blob that repeats it.
settings.register_profile("dev", deadline=None, max_examples=60, print_blob=True)
settings.register_profile("ci", deadline=None, max_examples=100, print_blob=True, derandomize=False)
settings.register_profile(
    "long", deadline=None, max_examples=5_000, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for the whole run; `fresh_database()` gives addresses of empty databases."""
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_dsn(postgres: PostgresServer) -> str:
    """The address of the server's maintenance database: make your own database, leave this one empty."""
    return postgres.dsn


@pytest.fixture
def fresh_postgres_dsn(postgres: PostgresServer) -> Iterator[str]:
    """The address of an empty database of this test's own."""
    dsn = postgres.fresh_database()
    yield dsn
    postgres.drop_database(dsn)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless Chromium for one module: while it runs, its event loop occupies the thread that all tests run in."""
    with running_browser() as browser:
        yield browser


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page in a browser context of its own: no cookies of other tests."""
    context = chromium.new_context()
    yield context.new_page()
    context.close()
