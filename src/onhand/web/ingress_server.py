"""The ingress on its own port, in its own thread with its own event loop: nobody's pages can delay an answer."""

import asyncio
import logging
import socket
import threading
from collections.abc import Mapping
from typing import Any

import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from onhand.log.group_commit import GroupCommit
from onhand.ports.channel import Verifies
from onhand.ports.clock import Clock
from onhand.ports.errors import ConfigError
from onhand.web.ingress import Ingress
from onhand.web.stock_face import StockFace

READ_WITHIN_S = 4.0  # from the first byte to the last: Shopify itself gives up after 5
_LOOK_EVERY_S = 0.25
_HEAD_BYTES = 64 * 1024
_CONNECTIONS = 1024
_KEEP_ALIVE_S = 30
_STOP_WITHIN_S = 5

_logger = logging.getLogger("onhand.ingress")
_LATE = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_LONG_HEAD = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 10\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class GuardedProtocol(HttpToolsProtocol):
    """HTTP/1.1 with what the server leaves open: a deadline for reading, a size of heads, a number of connections."""

    reading_since: float | None = None
    _head_bytes = 0
    _in_head = False

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: Any,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.logger = _logger
        self.access_log = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or turn it away where too many are open."""
        super().connection_made(transport)
        self.reading_since = self.loop.time()
        if len(self.connections) > _CONNECTIONS:
            self._end(_FULL)

    def data_received(self, data: bytes) -> None:
        """Read on; a head that does not end is cut off."""
        super().data_received(data)
        if self.reading_since is not None and self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > _HEAD_BYTES:
                self._end(_LONG_HEAD)

    def on_message_begin(self) -> None:
        """Begin to read a request: the clock runs."""
        super().on_message_begin()
        self.reading_since = self.loop.time()
        self._in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        """End reading a head."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End reading a request: from here on it is we who take the time."""
        super().on_message_complete()
        self.reading_since = None

    def end_if_late(self, now: float) -> None:
        """Close the connection when a request has been arriving for too long."""
        if self.reading_since is not None and now - self.reading_since > READ_WITHIN_S:
            self._end(_LATE)

    def _end(self, answer: bytes) -> None:
        self.reading_since = None
        if self.transport.is_closing():
            return
        if self._in_head or not getattr(self.cycle, "response_started", False):
            self.transport.write(answer)
        self.transport.close()


class _Server(uvicorn.Server):
    """A server that looks after late requests and says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._watch = asyncio.ensure_future(self._end_late_ones())
        self._ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._watch.cancel()
        await super().shutdown(sockets)

    async def _end_late_ones(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            now = loop.time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, GuardedProtocol):
                    connection.end_if_late(now)


class IngressServer:
    """Webhooks over HTTP. `listen` is `host:port`; port 0 takes a free one, `port` says which.

    Behind a proxy or tunnel nothing of what it adds is believed: the signature alone says who sent a delivery.
    """

    def __init__(
        self,
        listen: str,
        reporters: Mapping[tuple[str, str], Verifies],
        commit: GroupCommit,
        clock: Clock,
        *,
        stock: StockFace | None = None,
    ) -> None:
        self.ingress = Ingress(reporters, commit, clock, stock)
        self.figures = self.ingress.figures
        self._listen = listen
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self.port = 0

    def start(self) -> None:
        """Listen, and return once connections are taken. Raises ConfigError where the address cannot be used."""
        listener = bind(self._listen)
        self.port = listener.getsockname()[1]
        ready = threading.Event()
        self._server = _Server(server_config(self.ingress), ready)
        self._thread = threading.Thread(
            target=self._run, args=(self._server, listener, ready), name="ingress", daemon=True
        )
        self._thread.start()
        ready.wait()
        if not self.alive:
            raise ConfigError(f"[ingress] listen = {self._listen!r}: the server did not start; its log says why")

    @property
    def alive(self) -> bool:
        """Whether the ingress takes connections."""
        return self._thread is not None and self._thread.is_alive()

    def leave(self) -> None:
        """Take no more connections and answer what was received; wait for nothing."""
        if self._server is not None:
            self._server.should_exit = True

    def stop(self, within_s: float = _STOP_WITHIN_S * 2) -> bool:
        """Leave, and return whether that was done in time."""
        self.leave()
        if self._thread is not None:
            self._thread.join(within_s)
        return not self.alive

    @staticmethod
    def _run(server: _Server, listener: socket.socket, ready: threading.Event) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(server.serve(sockets=[listener]))
        finally:
            ready.set()


def server_config(app: Any) -> uvicorn.Config:
    """Return how the ingress is served; the benchmark serves an application that does nothing in the same way."""
    return uvicorn.Config(
        app,
        http=GuardedProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_STOP_WITHIN_S,
    )


def bind(listen: str) -> socket.socket:
    """Return a listening socket for `host:port`. Raises ConfigError."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit():
        raise ConfigError(f"[ingress] listen = {listen!r}: give an address and a port, such as 127.0.0.1:8001")
    host = host.removeprefix("[").removesuffix("]")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, int(port)))
    except OSError as error:
        listener.close()
        raise ConfigError(f"[ingress] listen = {listen!r}: {error.strerror}; is onhand running already?") from error
    listener.setblocking(False)
    return listener
