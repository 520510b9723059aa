"""Logs of both kinds, and the three servers behind one of them."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from onhand.log import KeptLog
from onhand.log.jetstream import JetStreamLog
from tests.log.deliveries import open_log, open_stream
from tests.support.nats import NatsCluster

_names = (f"onhand-{number}" for number in count(1))


@pytest.fixture(scope="session")
def nats() -> Iterator[NatsCluster]:
    """Three servers for the whole run; who kills one of them starts servers of its own."""
    cluster = NatsCluster()
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture
def stream_name() -> str:
    """The name of a stream that no other test has."""
    return next(_names)


@pytest.fixture(params=["file", "stream"])
def log(request: pytest.FixtureRequest, tmp_path: Path, stream_name: str) -> Iterator[KeptLog]:
    """A log of either kind."""
    log: KeptLog
    if request.param == "file":
        log = open_log(tmp_path)
    else:
        log = open_stream(tmp_path, request.getfixturevalue("nats"), stream_name)
    yield log
    log.close()


@pytest.fixture
def stream_log(tmp_path: Path, nats: NatsCluster, stream_name: str) -> Iterator[JetStreamLog]:
    """A log in a stream of its own."""
    log = open_stream(tmp_path, nats, stream_name)
    yield log
    log.close()
