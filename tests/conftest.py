"""Fixtures for every test: Hypothesis profiles, a PostgreSQL server, a browser."""

import logging
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Page

from tests.support.browser import SHOWN_WITHIN_S, running_browser
from tests.support.canaries import Watch, leaks_in_files, told
from tests.support.postgres import PostgresServer

# No deadline, and no haste: two cores shared with a browser and a database make an example slow for no reason of ours.
# Chance stays chance in CI too; a failure prints the blob that repeats it.
_NO_HURRY = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", _NO_HURRY, max_examples=60)
settings.register_profile("ci", _NO_HURRY, max_examples=100, derandomize=False)
settings.register_profile("long", _NO_HURRY, max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))

TESTS = Path(__file__).parent

TAKE_LONG = ("kills", "serve", "demo", "bench", "log", "web_pages", "simulator", "flow")
"""Folders whose files take long, those with the longest tests first: no worker begins such a file as the last one."""
MORE_THAN_CORES = 2
"""Much of a test's time is waiting: for a process to start, a second to pass, a platform to be read again."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the folders that take long first; the order of files within a folder stays."""
    places = {TESTS / folder: place for place, folder in enumerate(TAKE_LONG)}
    items.sort(key=lambda item: min((places[up] for up in item.path.parents if up in places), default=len(places)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return how many workers `-n auto` means: this process may be kept to some of the machine's cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + MORE_THAN_CORES


TURNED_DOWN = ("onhand",)
"""The logger whose level the command line sets."""


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """A command that a test runs in this process sets up logging for itself: the next test finds it as it was."""
    root, levels = logging.getLogger(), {name: logging.getLogger(name).level for name in TURNED_DOWN}
    handlers = [*root.handlers]
    yield
    for handler in [*root.handlers]:
        if handler not in handlers:
            root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


WATCH = Watch()
LOGGERS = ("onhand", "uvicorn", "asyncio", "botocore", "nats", "py.warnings")
"""Not httpx: whoever plays a browser in a test uses it too, and onhand lets libraries tell warnings alone."""


@pytest.fixture(scope="session", autouse=True)
def _nothing_leaks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whatever the run logs, prints or keeps in files names no secret and no shopper: see tests/support/canaries.py."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    for logger in loggers:
        logger.addHandler(WATCH)  # not to the root: a command takes every handler away from that
    logging.getLogger("onhand").setLevel(logging.DEBUG)
    yield
    for logger in loggers:
        logger.removeHandler(WATCH)
    WATCH.found += leaks_in_files(tmp_path_factory.getbasetemp())
    assert not WATCH.found, told(WATCH.found)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Look through what a test has let onhand print."""
    report = yield
    for name, text in report.sections:
        if "log" not in name:  # the watch has heard it already
            WATCH.look(name, text)
    return report


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for the whole run; `fresh_database()` gives addresses of empty databases."""
    server = PostgresServer()
    yield server
    server.stop()
    WATCH.found += server.leaks


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
    context.set_default_timeout(SHOWN_WITHIN_S * 1000)
    yield context.new_page()
    context.close()
