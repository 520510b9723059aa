"""The web face put together: `build_web` makes the app, `WebServer` runs it in a thread of its own."""

import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute

from onhand.answers import NotKnown
from onhand.app.holding import Holding
from onhand.ports.clock import Clock
from onhand.ports.delivery import Log
from onhand.ports.errors import ConfigError, OnhandError
from onhand.store import Store
from onhand.web.api import READINGS
from onhand.web.assets import Assets
from onhand.web.desk import Desk, Health, Switches
from onhand.web.feed import Feeds
from onhand.web.guard import Guard, is_loopback
from onhand.web.holds import HOLDS
from onhand.web.openapi import describe, openapi_route
from onhand.web.pages import Pages
from onhand.web.probes import PROBES
from onhand.web.problem import STATUS_TITLES, Refused, Trouble, as_response, of_error
from onhand.web.routes import Route, judge_bearer
from onhand.web.stream import STREAM
from onhand.web.switching import switch_routes

STOP_S = 5.0
"""How long open connections get when the server stops."""

KEEP_ALIVE_S = 30
"""Longer than most clients keep a connection: where both give it up at once, a call is lost."""

MOST_CONNECTIONS = 1_000
"""Far more than tills and pages there are, and far fewer than files a process may have open."""


def no_health() -> Mapping[str, object]:
    """Know nothing of the process: for one that only shows pages."""
    return {}


def build_web(
    store: Store,
    log: Log,
    shops: Iterable[str],
    clock: Clock,
    health: Health = no_health,
    *,
    switches: Switches | None = None,
    holding: Holding | None = None,
    hosts: Collection[str] = (),
) -> Starlette:
    """Return the app with pages, JSON API and live stream. Nothing in it waits for a platform.

    `shops` are the configured domains. `health` says what no table holds (`desk.Health`). `switches` pauses and arms
    channels; None leaves the buttons away. `holding` grants holds; None refuses them. The app answers this
    machine, and under the names in `hosts` whoever shows a key: see `guard`.
    """
    desk = Desk(store=store, log=log, shops=shops, clock=clock, health=health, switches=switches, holding=holding)
    feeds, assets = Feeds(desk), Assets()
    pages = Pages(assets)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await feeds.close()
        desk.close()

    app = Starlette(
        routes=[
            *(_mount(route, desk) for route in _table(pages)),
            StarletteRoute("/static/{digest}/{name}", assets.serve, methods=["GET"]),
        ],
        middleware=[Middleware(Guard, desk=desk, hosts=hosts)],
        exception_handlers=_handlers(desk, pages),
        lifespan=lifespan,
    )
    app.state.feeds = feeds
    return app


def describe_api() -> dict[str, Any]:
    """Return the OpenAPI document of every address, as /openapi.json has it."""
    return describe(_table(Pages(Assets())))


def _table(pages: Pages) -> list[Route]:
    table = [*pages.routes(), *READINGS, STREAM, *HOLDS, *switch_routes(), *PROBES]
    return [*table, openapi_route(table)]


def _mount(route: Route, desk: Desk) -> StarletteRoute:
    async def endpoint(request: Request) -> Response:
        judge_bearer(desk, route, request)
        return await route.endpoint(desk, request)

    return StarletteRoute(route.path, endpoint, methods=[route.method])


def _handlers(desk: Desk, pages: Pages) -> dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]]:
    """Return what answers each error: a page where a person looks, problem details everywhere else."""

    def show(request: Request, trouble: Trouble) -> Response:
        path = request.url.path
        if path == "/" or path.startswith("/items/"):
            return pages.trouble(desk, trouble, request.query_params.get("shop"))
        return as_response(trouble)

    async def on_refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return show(request, error.trouble)

    async def on_unknown(request: Request, error: Exception) -> Response:
        return show(request, Trouble(status=404, title=STATUS_TITLES[404], detail=str(error)))

    async def on_onhand(request: Request, error: Exception) -> Response:
        assert isinstance(error, OnhandError)
        return show(request, of_error(error))

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        title = STATUS_TITLES.get(error.status_code, error.detail)
        detail = f"{request.method} {request.url.path}: {error.detail}; /openapi.json lists every address"
        return show(request, Trouble(status=error.status_code, title=title, detail=detail, headers=error.headers or {}))

    async def on_crash(request: Request, _error: Exception) -> Response:
        # The message may hold anything: it goes to the server's log, never to the page.
        detail = "onhand's own log has the details; the books are as they were"
        return show(request, Trouble(status=500, title=STATUS_TITLES[500], detail=detail))

    return {
        Refused: on_refused,
        NotKnown: on_unknown,
        OnhandError: on_onhand,
        HTTPException: on_http,
        Exception: on_crash,
    }


def read_listen(listen: str, hosts: Collection[str] = ()) -> tuple[str, int]:
    """Return host and port of an address such as 127.0.0.1:8000 or [::1]:8000. Raises ConfigError.

    Only loopback is possible where no name is given under which programs with a key may ask.
    """
    host, colon, port = listen.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ConfigError(f"[server] listen: {listen!r} is no address, write host:port as in 127.0.0.1:8000")
    if not is_loopback(bare) and not hosts:
        raise ConfigError(
            f"[server] listen: {listen!r} is not loopback, and pages without a login stay on this machine; "
            "use 127.0.0.1:8000 and bring it to yours with ssh -L 8000:127.0.0.1:8000 HOST, or name in [server] hosts "
            "under which names programs with a key ask"
        )
    return bare, int(port)


class WebServer:
    """The app behind a port of this machine, in a thread of its own. Port 0 takes a free one."""

    def __init__(self, listen: str, app: Starlette, hosts: Collection[str] = ()) -> None:
        self._host, self._port = read_listen(listen, hosts)
        self._app = app
        self._socket: socket.socket | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address of the dashboard, without a slash at its end; known once started."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def start(self) -> None:
        """Take the port and answer from now on. Raises ConfigError where the port is taken."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((self._host, self._port))
        except OSError as error:
            listening.close()
            raise ConfigError(
                f"[server] listen: port {self._port} on {self._host} cannot be taken ({error.strerror}); "
                "stop what holds it, or choose another with --port"
            ) from error
        self._port = listening.getsockname()[1]
        self._socket = listening
        config = uvicorn.Config(
            self._app,
            log_config=None,
            access_log=False,
            proxy_headers=False,  # nobody speaks for another address here
            server_header=False,
            ws="none",
            limit_concurrency=MOST_CONNECTIONS,
            lifespan="on",
            timeout_graceful_shutdown=int(STOP_S),
            timeout_keep_alive=KEEP_ALIVE_S,
        )
        self._server = _Server(config, self._app)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listening]}, name="onhand-pages", daemon=True
        )
        self._thread.start()
        _wait_until_started(self._server, self._thread)

    def leave(self) -> None:
        """End streams and take no more connections; wait for nothing."""
        if self._server is not None:
            self._server.should_exit = True

    def stop(self, within_s: float = STOP_S * 2) -> bool:
        """End streams and answers that run, let the port go, and return whether that was done in time."""
        if self._server is None or self._thread is None or self._socket is None:
            return True
        self.leave()
        self._thread.join(within_s)
        ended = not self._thread.is_alive()
        self._socket.close()
        self._server = self._thread = self._socket = None
        return ended


class _Server(uvicorn.Server):
    """Ends the endless answers first: uvicorn waits for open connections before it tells the app to shut down."""

    def __init__(self, config: uvicorn.Config, app: Starlette) -> None:
        super().__init__(config)
        self._feeds: Feeds = app.state.feeds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._feeds.close()
        await super().shutdown(sockets)


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    while not server.started and thread.is_alive():
        thread.join(0.01)
    if not server.started:
        raise ConfigError("the pages could not be started; onhand's log says why")
