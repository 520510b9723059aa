"""A platform that answers what a test tells it to: for answers that no sane platform gives on purpose."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import msgspec

from onhand.channels.shopify import ShopifyChannel, ShopifySettings


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer. `cut` announces more bytes than it sends, and closes the connection."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(kw_only=True)
class Platform:
    """Answers requests with `script`, and keeps what was asked."""

    url: str
    script: Callable[[Asked], Reply]
    asked: list[Asked] = field(default_factory=list)


def graphql(data: Any = None, errors: Any = None, **cost: Any) -> Reply:
    """Return an answer of the Admin API; `cost` is requested, actual, available, maximum, rate."""
    body: dict[str, Any] = {"data": data} if errors is None else {"errors": errors}
    if cost:
        body["extensions"] = {
            "cost": {
                "requestedQueryCost": cost.get("requested", 10),
                "actualQueryCost": cost.get("actual"),
                "throttleStatus": {
                    "maximumAvailable": cost.get("maximum", 2000.0),
                    "currentlyAvailable": cost.get("available", 2000),
                    "restoreRate": cost.get("rate", 100.0),
                },
            }
        }
    return Reply(body=msgspec.json.encode(body), headers={"X-Shopify-API-Version": "2026-10"})


def in_turn(*replies: Reply) -> Callable[[Asked], Reply]:
    """Return a script of answers in their order; the last one repeats."""
    waiting = list(replies)
    return lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]


@contextmanager
def platform(script: Callable[[Asked], Reply]) -> Iterator[Platform]:
    """Run a scripted platform on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(path=self.path, headers=headers, body=self.rfile.read(length))
            running.asked.append(asked)
            reply = running.script(asked)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body) + (10 if reply.cut else 0)))
            self.end_headers()
            self.wfile.write(reply.body)
            self.close_connection = reply.cut

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running = Platform(url=f"http://127.0.0.1:{server.server_port}", script=script)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def channel_at(running: Platform, http: httpx.Client, **more: Any) -> ShopifyChannel:
    """Return a channel that speaks with a scripted platform; `sleep`, `clock` and settings replace its own."""
    sleep, clock = more.pop("sleep", time.sleep), more.pop("clock", time.monotonic)
    settings: dict[str, Any] = {"shop": "tees.myshopify.com", "access_token": "shpat_invented", "api_url": running.url}
    return ShopifyChannel(ShopifySettings(**(settings | more)), http, sleep=sleep, clock=clock)
