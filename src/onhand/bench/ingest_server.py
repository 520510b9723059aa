"""The servers of the ingest bench, in a process of their own.

Three kinds: the same server with no work, the ingress alone, and everything that `onhand serve` runs, connected to a
sandbox in one more process. Each says where it listens and what to send it, in one line of JSON.
"""

import asyncio
import json
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import uvicorn
import uvloop

from onhand.app import build
from onhand.channels.shopify import ShopifyChannel, ShopifySettings
from onhand.demo.house import load, write_config
from onhand.demo.sandbox import SandboxProcess
from onhand.domain.stock import State
from onhand.log import GroupCommit, KeptLog, Seal, SqliteLog
from onhand.serve import Serving
from onhand.serve.ending import Ended
from onhand.web.ingress_server import IngressServer, bind, server_config

_SHOP = "bench.myshopify.com"
_SECRET = "bench-secret"  # noqa: S105 - opens nothing
_ITEMS = 200
_LEVELS = [[1_000_000 + number, 101 + number % 3, number % 90] for number in range(_ITEMS)]


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
    _say_where(listener.getsockname()[1], _SHOP, _SECRET, _LEVELS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(server_config(_no_work)).serve(sockets=[listener]))


def serve_ingress(folder: Path, ended: Ended) -> None:
    """Serve the ingress alone; every 200 is behind an fsync in `folder`."""
    log = SqliteLog(folder / "onhand-log.db", Seal([Seal.generate_key()]))
    commit = GroupCommit(log)
    with httpx.Client() as http:
        settings = ShopifySettings(shop=_SHOP, client_id="bench", client_secrets=(_SECRET,))
        channel = ShopifyChannel(settings, http)
        server = IngressServer("127.0.0.1:0", {("shopify", _SHOP): channel}, commit, _SystemClock())
        server.start()
        _say_where(server.port, _SHOP, _SECRET, _LEVELS)
        ended.wait()
        server.stop()
        commit.stop()
    _say_what_was_kept(commit, log, booked=None)
    log.close()


def serve_everything(folder: Path, ended: Ended) -> None:
    """Serve as `onhand serve` does: the worker books what comes, the publisher tells a simulated TikTok Shop."""
    with SandboxProcess(seed=7, items=_ITEMS, locations=3) as sandbox:
        app = build(load(write_config(folder, sandbox.addresses, port=0)))
        shopify = sandbox.addresses["shopify"]
        app.sync(shopify["shop"])
        serving = Serving(app)
        serving.start()
        assert serving.ingress is not None
        assert serving.commit is not None
        with app.store.reading() as session:
            shown = session.of(shopify["shop"]).ledger.all_levels()
        levels = [
            [int(item), int(bin_.location), units]
            for (item, bin_), units in sorted(shown.items())
            if bin_.state is State.AVAILABLE
        ]
        _say_where(serving.ingress.port, shopify["shop"], shopify["client_secret"], levels)
        ended.wait()
        serving.stop()
        with app.store.reading() as session:
            booked = sum(session.of(shopify["shop"]).deliveries.counts().values())
        _say_what_was_kept(serving.commit, app.log, booked=booked)
        app.close()


def main() -> None:
    """Serve `no-work`, `ingress FOLDER` or `everything FOLDER` until SIGTERM."""
    kind, *rest = sys.argv[1:]
    if kind == "no-work":
        serve_no_work()
        return
    ended = Ended()
    signal.signal(signal.SIGTERM, lambda _number, _frame: ended.set())
    {"ingress": serve_ingress, "everything": serve_everything}[kind](Path(rest[0]), ended)


def _say(facts: Mapping[str, object]) -> None:
    print(json.dumps(facts), flush=True)


def _say_where(port: int, shop: str, secret: str, levels: Sequence[Sequence[int]]) -> None:
    _say({"port": port, "shop": shop, "secret": secret, "levels": levels})


def _say_what_was_kept(commit: GroupCommit, log: KeptLog, *, booked: int | None) -> None:
    _say(
        {
            "kept": int(commit.figures.batch_deliveries.total),
            "last_position": log.last_position(),
            "booked": booked,
        }
    )


if __name__ == "__main__":
    main()
