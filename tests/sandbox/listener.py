"""A webhook listener for tests: keeps every request it gets and answers as it is told."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request: header names in lower case."""

    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> dict[str, object]:
        """The body as JSON."""
        return dict(json.loads(self.body))


@dataclass(kw_only=True)
class Listener:
    """Listens on a free loopback port; `answer` says with which status, and None closes without an answer."""

    answer: Callable[[Received], int | None] = lambda _: 200
    received: list[Received] = field(default_factory=list)
    chunked: bool = False
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests on one connection until it closes."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while await self._one(reader, writer):
                pass
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = [line.partition(":") for line in head[1:] if line]
        headers = {name.lower(): value.strip() for name, _, value in fields}
        body = await reader.readexactly(int(headers["content-length"]))
        request = Received(target=head[0].split(" ")[1], headers=headers, body=body)
        self.received.append(request)
        status = self.answer(request)
        if status is None:
            return False
        tail = (
            "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" if self.chunked else "Content-Length: 2\r\n\r\nok"
        )
        writer.write(f"HTTP/1.1 {status} X\r\n{tail}".encode())
        await writer.drain()
        return True

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Listener]:
        """Listen for as long as the context lasts."""
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
