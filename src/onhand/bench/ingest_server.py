"""The servers of the ingest bench, in a process of their own: the real ingress, or the same server with no work."""

import asyncio
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import uvicorn
import uvloop

from onhand.channels.shopify import ShopifyChannel, ShopifySettings
from onhand.log import GroupCommit, Seal, SqliteLog
from onhand.web.ingress_server import IngressServer, bind, server_config

SHOP = "bench.myshopify.com"
SECRET = "bench-secret"  # noqa: S105 - opens nothing

Busy = Callable[[Path, SqliteLog, threading.Event], None]
"""What keeps the process busy beside the ingress: the folder for its files, the log to work off, when to end."""


class _SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


async def _no_work(_scope: Any, receive: Any, send: Any) -> None:
    """Read the request as the ingress does, and answer 200."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def serve_no_work() -> None:
    """Serve until the process is told to end."""
    listener = bind("127.0.0.1:0")
    print(listener.getsockname()[1], flush=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(server_config(_no_work)).serve(sockets=[listener]))


def serve_ingress(folder: Path, busy: Busy | None) -> None:
    """Serve until the process is told to end; every 200 is behind an fsync in `folder`."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: ended.set())
    log = SqliteLog(folder / "onhand-log.db", Seal([Seal.generate_key()]))
    commit = GroupCommit(log)
    with httpx.Client() as http:
        settings = ShopifySettings(shop=SHOP, client_id="bench", client_secrets=(SECRET,))
        server = IngressServer(
            "127.0.0.1:0", {("shopify", SHOP): ShopifyChannel(settings, http)}, commit, _SystemClock()
        )
        server.start()
        print(server.port, flush=True)
        if busy is not None:
            busy(folder, log, ended)
        ended.wait()
        server.stop()
        commit.stop()
    figures = commit.figures
    print(figures.commit_s.count, figures.batch_deliveries.total, log.last_position(), flush=True)
    log.close()


def main() -> None:
    """Serve `no-work`, or `ingress FOLDER [MODULE:FUNCTION]` with what keeps it busy."""
    kind, *rest = sys.argv[1:]
    if kind == "no-work":
        serve_no_work()
        return
    busy: Busy | None = None
    if len(rest) > 1:
        module, _, function = rest[1].partition(":")
        busy = getattr(import_module(module), function)
    serve_ingress(Path(rest[0]), busy)


if __name__ == "__main__":
    main()
