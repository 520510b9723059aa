"""A small HTTP/1.1 poster with kept connections: webhooks are many, alike, and go to one listener."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

# Only this machine is ever called, whatever address somebody subscribes with.
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
# Shopify waits one second for a connection.
CONNECT_TIMEOUT_S = 1.0
_HEAD_BYTES_MAX = 65_536


class PostError(Exception):
    """No answer came: nobody listens, the connection broke, or the answer is not HTTP."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where to post: a loopback host over plain HTTP."""

    host: str
    port: int
    target: str


def parse_address(uri: str) -> Address:
    """Split an address; raises PostError for anything but plain HTTP to this machine."""
    try:
        parts = urlsplit(uri)
        port = parts.port or 80
    except ValueError as error:
        raise PostError(f"{uri!r} is no address: {error}") from error
    if parts.scheme != "http" or parts.hostname not in LOOPBACK_HOSTS:
        raise PostError(f"{uri!r}: the sandbox delivers over http:// and on loopback addresses only")
    target = parts.path or "/"
    return Address(host=parts.hostname, port=port, target=f"{target}?{parts.query}" if parts.query else target)


class Poster:
    """Posts bodies and reads statuses; idle connections are kept and used again."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, int], list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]] = {}

    async def post(self, address: Address, headers: Mapping[str, str], body: bytes, *, timeout_s: float) -> int:
        """Return the status of the answer; raises PostError when none came within `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._post(address, _head(address, headers, len(body)) + body)
        except TimeoutError as error:
            raise PostError(f"no answer within {timeout_s} s") from error
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
            raise PostError(f"no answer: {error!r}") from error

    async def _post(self, address: Address, request: bytes) -> int:
        key = (address.host, address.port)
        idle = self._idle.setdefault(key, [])
        while idle:
            reader, writer = idle.pop()
            if not writer.is_closing() and not reader.at_eof():
                # Should it break now, nobody can say whether the listener read the request: that is a failure.
                return await self._exchange(key, reader, writer, request)
            writer.close()
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(*key, limit=_HEAD_BYTES_MAX)
        return await self._exchange(key, reader, writer, request)

    async def _exchange(
        self,
        key: tuple[str, int],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        request: bytes,
    ) -> int:
        keep = False
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            status, keep = await _read_answer(head, reader)
            return status
        finally:
            if keep:
                self._idle[key].append((reader, writer))
            else:
                writer.close()

    async def close(self) -> None:
        """Close every kept connection."""
        for idle in self._idle.values():
            while idle:
                _, writer = idle.pop()
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()


def _head(address: Address, headers: Mapping[str, str], length: int) -> bytes:
    host = f"[{address.host}]" if ":" in address.host else address.host
    lines = [f"POST {address.target} HTTP/1.1", f"Host: {host}:{address.port}", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _read_answer(head: bytes, reader: asyncio.StreamReader) -> tuple[int, bool]:
    """Return the status and whether the connection can be used again; the answer's body is read away."""
    status_line, _, rest = head.partition(b"\r\n")
    status = int(status_line.split(b" ", 2)[1])
    fields = {}
    for line in rest.split(b"\r\n"):
        name, _, value = line.partition(b":")
        fields[name.strip().lower()] = value.strip().lower()
    if status == 204:
        return status, True
    if b"content-length" in fields:
        await reader.readexactly(int(fields[b"content-length"]))
        return status, fields.get(b"connection") != b"close"
    if fields.get(b"transfer-encoding") == b"chunked":
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            await reader.readexactly(size + 2)
        await reader.readuntil(b"\r\n")
        return status, fields.get(b"connection") != b"close"
    return status, False  # the body ends where the connection does: what it says does not matter here
