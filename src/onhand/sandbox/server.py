"""One server for a whole sandbox: the platforms' faces and the control on one loopback port."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace

import msgspec
import uvicorn
import uvloop
from starlette.applications import Starlette

from onhand.sandbox import third_party
from onhand.sandbox.build import ShopPlan, build_shop
from onhand.sandbox.control import Control
from onhand.sandbox.control_routes import control_routes
from onhand.sandbox.markets import MARKETS, connections
from onhand.sandbox.orders_by_hand import Row
from onhand.sandbox.sender import Sender
from onhand.sandbox.sheets import app as sheets_app
from onhand.sandbox.sheets.start import address as sheets_address
from onhand.sandbox.shopify import app as shopify_app
from onhand.sandbox.state import Sandbox, Settings, sandbox_around, utc_now
from onhand.sandbox.world.world import WorldSettings

# How often the sandbox looks whether the process that started it is still there.
_PARENT_EVERY_S = 0.5
# A fault may hold an answer back for long; the end of the sandbox does not wait for it.
_LAST_ANSWERS_S = 1
# Longer than clients keep a connection (5 s are usual): where both give it up at once, a call is lost.
_KEEP_ALIVE_S = 60


@dataclass(frozen=True, kw_only=True)
class Options:
    """What sandbox to run; port 0 takes a free one.

    `retry_speed` divides the platforms' waits between two tries at a webhook; `concurrency` bounds how many are under
    way at once.
    """

    port: int = 0
    seed: int = 7
    items: int = 200
    locations: int = 3
    woocommerce_items: int = 0
    settings: Settings = field(default_factory=Settings)
    world: WorldSettings = field(default_factory=WorldSettings)
    retry_speed: float = 120.0
    concurrency: int = 32


@dataclass(frozen=True, kw_only=True)
class Running:
    """A sandbox that listens; `addresses` is the document with every address, token and secret."""

    sandbox: Sandbox
    sender: Sender
    control: Control
    addresses: Row


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the loop: several servers may live in one process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def make_sandbox(options: Options) -> Sandbox:
    """Grow the shop and draw secrets and faults, all from the seed."""
    now = utc_now()
    # One shop has one domain: the world shows it, the platforms' settings and webhooks name it.
    world_settings = replace(options.world, shop=options.settings.shop)
    plan = ShopPlan(
        seed=options.seed,
        items=options.items,
        locations=options.locations,
        woocommerce_items=options.woocommerce_items,
    )
    world = build_shop(plan, settings=world_settings, now=now)
    return sandbox_around(world, settings=options.settings, seed=options.seed, clock=utc_now)


def addresses(sandbox: Sandbox) -> Row:
    """Return the document with every address, token and secret to connect with."""
    base, secrets, settings = sandbox.base_url, sandbox.secrets, sandbox.settings
    warehouse = sandbox.world.tiktok.warehouse
    return {
        "control": f"{base}/control",
        "shopify": {
            "shop": settings.shop,
            "url": f"{base}/shopify/{settings.shop}",
            "client_id": secrets.client_id,
            "client_secret": secrets.client_secret,
            "access_token": secrets.shopify_access_token,
            "api_version": settings.api_version,
        },
        "tiktok_shop": {
            "url": f"{base}/tiktok",
            "auth_url": f"{base}/tiktok-auth",
            "app_key": secrets.tiktok_app_key,
            "app_secret": secrets.tiktok_app_secret,
            "access_token": secrets.tiktok_access_token,
            "refresh_token": secrets.tiktok_refresh_token,
            "shop_cipher": secrets.tiktok_shop_cipher,
            "shop_id": sandbox.world.tiktok.shop_id,
        },
        "google_sheets": sheets_address(sandbox.sheets),
        "third_party": {"secret": third_party.SECRET, "stock_url": f"{base}/third-party"},
        "channels": {name: connection._asdict() for name, connection in connections(sandbox).items()},
        "locations": [location.name for location in sandbox.world.catalog.locations.values()],
        "tiktok_location": None if warehouse is None else warehouse.name,
    }


@contextlib.asynccontextmanager
async def serving(options: Options) -> AsyncIterator[Running]:
    """Run a sandbox on the running event loop for as long as the context lasts."""
    sandbox = make_sandbox(options)
    sender = Sender(sandbox, concurrency=options.concurrency, retry_speed=options.retry_speed)
    control = Control(sandbox, sender, seed=options.seed)
    listener = _listen(options.port)
    sandbox.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    routes = [
        *control_routes(sandbox, sender, control, lambda: addresses(sandbox)),
        *shopify_app.routes(sandbox),
        *sheets_app.routes(sandbox.sheets, sandbox.clock, sandbox.log),
        *third_party.routes(control.third_party),
        *(route for market in MARKETS.values() for route in market.routes(sandbox)),
    ]
    config = uvicorn.Config(
        Starlette(routes=routes),
        log_level="warning",
        access_log=False,
        lifespan="off",
        http="httptools",
        timeout_graceful_shutdown=_LAST_ANSWERS_S,
        timeout_keep_alive=_KEEP_ALIVE_S,
    )
    server = _Server(config)
    serve = asyncio.create_task(server.serve(sockets=[listener]))
    sender.start()
    try:
        yield Running(sandbox=sandbox, sender=sender, control=control, addresses=addresses(sandbox))
    finally:
        for running in control.tasks():
            if running.task is not None:
                running.task.cancel()
        await sender.stop()
        server.should_exit = True
        await serve
        sandbox.on_close.close()


class SandboxThread:
    """A sandbox on a thread and event loop of its own, for callers that are not asynchronous.

    >>> with SandboxThread(Options(seed=7)) as running: ...   # doctest: +SKIP
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._loop = uvloop.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._running: Running | None = None
        self._failure: OSError | ValueError | None = None
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    def __enter__(self) -> Running:
        """Start and return once it listens; raises what kept it from starting."""
        self._thread.start()
        self._ready.wait()
        if self._running is None:
            raise self._failure or OSError("the sandbox did not start")
        return self._running

    def __exit__(self, *_: object) -> None:
        """Stop the sandbox and wait until its thread has ended."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except (OSError, ValueError) as error:
            self._failure = error
        finally:
            self._ready.set()
            self._loop.close()

    async def _serve(self) -> None:
        async with serving(self._options) as running:
            self._running = running
            self._ready.set()
            await self._stop.wait()


def run(options: Options, *, parent_pid: int | None = None, watch_stdin: bool = False) -> None:
    """Run a sandbox until SIGTERM or SIGINT; the first line on standard output is its addresses as JSON.

    With `parent_pid` it also ends when that process is no longer its parent, with `watch_stdin` when its standard
    input is closed. Raises OSError when the port is taken.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(options, parent_pid, watch_stdin=watch_stdin))


async def _run(options: Options, parent_pid: int | None, *, watch_stdin: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serving(options) as running:
        sys.stdout.write(msgspec.json.encode(running.addresses).decode() + "\n")
        sys.stdout.flush()
        if watch_stdin:
            loop.add_reader(sys.stdin.fileno(), _end_of_stdin, loop, stop)
        watch = None if parent_pid is None else asyncio.create_task(_watch_parent(parent_pid, stop))
        await stop.wait()
        if watch is not None:
            watch.cancel()
        if watch_stdin:
            loop.remove_reader(sys.stdin.fileno())


def _end_of_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        loop.remove_reader(sys.stdin.fileno())
        stop.set()


async def _watch_parent(parent_pid: int, stop: asyncio.Event) -> None:
    while os.getppid() == parent_pid:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _PARENT_EVERY_S)
            return
    stop.set()


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise OSError(f"the sandbox cannot listen on 127.0.0.1:{port}: {error}; choose another --port") from error
    return listener
