"""Strangers at the door of the real process: whatever they send, genuine webhooks are taken and memory has a bound."""

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx

from onhand.sandbox.build import sku_name
from onhand.sandbox.server import Options, SandboxThread
from onhand.sandbox.state import Settings
from tests.serve.platforms import Platforms
from tests.serve.process import OnhandProcess
from tests.support.waiting import WITHIN_S, until

UNLIMITED = Settings(bucket_points=None, tiktok_writes_per_s=None, tiktok_reads_per_s=None)
PATH = "/webhooks/shopify/tees.myshopify.com/orders/create"
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: x\r\n"
SILENT, DAWDLING, FORGED, LARGE = 300, 60, 400, 4
MIB = 1024 * 1024
MOST_MORE_MIB = 250
"""64 MiB of bodies may be held at once; the rest is what Python and the kernel keep around them."""


def memory_mib(pid: int) -> float:
    """Return what a process holds in memory."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def answer_to(port: int, *parts: bytes) -> bytes:
    """Send something over a connection of its own; return what came until it was closed, or nothing."""
    received = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S) as connection:
            for part in parts:
                connection.sendall(part)
            while piece := connection.recv(65536):
                received += piece
    except OSError:  # cut off while it was still sending
        return received
    return received


def test_c14_whatever_strangers_send_a_genuine_webhook_is_answered_and_memory_has_a_bound(tmp_path: Path) -> None:
    with (
        SandboxThread(Options(items=6, settings=UNLIMITED, retry_speed=400.0)) as running,
        httpx.Client(base_url=str(running.addresses["control"]), timeout=60) as control,
        ThreadPoolExecutor(16) as strangers,
        ExitStack() as open_connections,
    ):
        onhand, platforms = OnhandProcess(tmp_path, running.addresses), Platforms(control)
        onhand.sync()
        onhand.start()
        open_connections.callback(lambda: onhand.kill() if onhand.is_running() else None)
        until(platforms.are_subscribed_to, "webhooks are subscribed to")
        before_mib, port = memory_mib(onhand.pid), onhand.ingress_port
        for number in range(SILENT + DAWDLING):
            connection = socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S)
            open_connections.enter_context(connection)
            if number >= SILENT:
                connection.sendall(f"{HEAD}Content-Length: 100\r\n\r\n{{".encode())
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        large = f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode()
        sent = [strangers.submit(answer_to, port, large, *[chunk] * 520) for _ in range(LARGE)]
        body = b'{"id":1}'
        forged = f"{HEAD}Content-Length: {len(body)}\r\nX-Shopify-Hmac-Sha256: AAAA\r\n\r\n".encode() + body
        last = forged.replace(b"Host: x\r\n", b"Host: x\r\nConnection: close\r\n")
        piped = [strangers.submit(answer_to, port, forged * 19 + last) for _ in range(FORGED // 20)]
        many = "".join(f"X-Stranger-{number}: {'y' * 500}\r\n" for number in range(500))
        headed = strangers.submit(answer_to, port, f"{HEAD}{many}\r\n".encode())
        answered = len(platforms.answered_200())
        platforms.do("sale", location="Boston", sku=sku_name(1), units=1)
        until(lambda: len(platforms.answered_200()) > answered, "a genuine webhook is answered")
        statuses = b"".join(one.result(WITHIN_S) for one in piped)
        assert statuses.count(b"HTTP/1.1 401 ") == FORGED
        assert all(b" 200 " not in one.result(WITHIN_S) for one in [*sent, headed])
        assert memory_mib(onhand.pid) - before_mib < MOST_MORE_MIB
        assert onhand.stop() == 0
