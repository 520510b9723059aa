"""Holds over HTTP: the web face in a process of its own, asked with a key as a till elsewhere asks."""

import http.client
import json
import multiprocessing
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

from onhand.app.api_keys import make_key
from onhand.app.clock import SystemClock
from onhand.app.holding import Holding
from onhand.bench.holds_doors import PLACE
from onhand.domain.api_keys import May
from onhand.log import Seal, SqliteLog
from onhand.store import open_store
from onhand.web.server import WebServer, build_web

STARTED_WITHIN_S = 120.0
ANSWERED_WITHIN_S = 120.0


class OverHttp:
    """A door that is asked over a connection of each asker's own, kept open."""

    def __init__(self, url: str, key: str) -> None:
        self._address = urlsplit(url).netloc
        self._key = key
        self._of_thread = threading.local()
        self._opened: list[http.client.HTTPConnection] = []

    def ask(self, item: str, key: str) -> bool:
        """Return whether a unit of an item was held. Raises RuntimeError where the answer is neither yes nor no."""
        connection = self._connection()
        body = json.dumps({"item": item, "location": PLACE, "for_s": 3_600})
        headers = {
            "content-type": "application/json",
            "idempotency-key": key,
            "authorization": f"Bearer {self._key}",
        }
        connection.request("POST", "/api/v1/holds", body, headers)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status not in (201, 409):
            raise RuntimeError(f"a hold was answered with {answer.status}: {said[:300]!r}")
        return answer.status == 201

    def _connection(self) -> http.client.HTTPConnection:
        found: http.client.HTTPConnection | None = getattr(self._of_thread, "connection", None)
        if found is None:
            found = self._of_thread.connection = http.client.HTTPConnection(self._address, timeout=ANSWERED_WITHIN_S)
            self._opened.append(found)
        return found

    def close(self) -> None:
        """Let the connections go; nobody asks any more."""
        for connection in self._opened:
            connection.close()


@contextmanager
def served(database: str, shop: str) -> Iterator[OverHttp]:
    """Serve a shop's holds from another process while the block lasts."""
    store = open_store(database)
    try:
        with store.writing() as session:
            _, key = make_key(session.of(shop), "bench", [May.HOLDS], SystemClock().now())
    finally:
        store.close()
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(database, shop, there))
    process.start()
    try:
        if not here.poll(STARTED_WITHIN_S):
            raise RuntimeError(f"the server of the bench did not start within {STARTED_WITHIN_S} s")
        with closing(OverHttp(here.recv(), key)) as door:
            yield door
    finally:
        here.send("end")
        process.join(STARTED_WITHIN_S)


def _serve(database: str, shop: str, told: Connection) -> None:
    store = open_store(database)
    with tempfile.TemporaryDirectory(prefix="onhand-bench-") as folder:
        log = SqliteLog(Path(folder) / "log.db", Seal([Seal.generate_key()]))
        clock = SystemClock()
        server = WebServer("127.0.0.1:0", build_web(store, log, [shop], clock, holding=Holding(store, clock)))
        server.start()
        told.send(server.url)
        told.recv()
        server.stop()
        log.close()
    store.close()
