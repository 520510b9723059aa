"""Connections to the ingress: slow, cut off, too many, killed; and the end of a process."""

import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from onhand.ports.errors import ConfigError
from onhand.web import ingress_server
from onhand.web.ingress_server import IngressServer, bind
from tests.web.senders import (
    LEVEL,
    SHOP,
    Door,
    SystemClock,
    reporters,
    shopify_headers,
)

ROOT = Path(__file__).parents[2]
PATH = f"/webhooks/shopify/{SHOP}/inventory_levels/update"


def read_to_end(connection: socket.socket) -> bytes:
    received = b""
    while part := connection.recv(65536):
        received += part
    return received


def test_a14_a_sender_who_dawdles_is_cut_off_and_disturbs_nobody(
    door: Door, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n".encode()
    with door.connection() as silent, door.connection() as slow_head, door.connection() as slow_body:
        slow_head.sendall(head)
        slow_body.sendall(head + b"\r\n{")
        assert client.post(PATH, content=LEVEL, headers=shopify_headers(LEVEL)).status_code == 200
        monkeypatch.setattr(ingress_server, "READ_WITHIN_S", 0.5)
        for connection in (silent, slow_head, slow_body):
            assert read_to_end(connection).startswith(b"HTTP/1.1 408 ")
        monkeypatch.undo()
    assert client.post(PATH, content=LEVEL, headers=shopify_headers(LEVEL, number=2)).status_code == 200
    assert door.figures.gave_up == 1


def test_a_connection_that_rests_between_requests_is_left_alone(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in shopify_headers(LEVEL).items())
    request = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(LEVEL)}\r\n{head}\r\n".encode() + LEVEL
    with door.connection() as connection:
        connection.sendall(request)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        monkeypatch.setattr(ingress_server, "READ_WITHIN_S", 0.2)
        time.sleep(0.8)
        monkeypatch.undo()
        connection.sendall(request)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_a07_a_sender_who_hangs_up_in_the_middle_leaves_nothing(door: Door, client: httpx.Client) -> None:
    with door.connection() as connection:
        connection.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{{".encode())
    while not door.figures.gave_up:
        time.sleep(0.01)
    assert door.log.last_position() == 0
    assert client.post(PATH, content=LEVEL, headers=shopify_headers(LEVEL)).status_code == 200


def test_a14_a_head_without_end_is_cut_off(door: Door) -> None:
    with door.connection() as connection:
        connection.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\n".encode())
        received = b""
        try:
            for number in range(40):
                connection.sendall(f"X-Filler-{number}: {'x' * 4000}\r\n".encode())
                time.sleep(0.005)
            received = read_to_end(connection)
        except ConnectionError:
            return
        assert received.startswith(b"HTTP/1.1 431 ")


def test_what_is_no_http_hears_400(door: Door, client: httpx.Client) -> None:
    with door.connection() as connection:
        connection.sendall(b"\x16\x03\x01 this is TLS, or so it thinks\r\n\r\n")
        assert read_to_end(connection).startswith(b"HTTP/1.1 400 ")
    for length in ("-1", "1e9", "99999999999999999999", "٣"):
        with door.connection() as connection:
            connection.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
            assert read_to_end(connection)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 413")
    assert client.post(PATH, content=LEVEL, headers=shopify_headers(LEVEL)).status_code == 200


def test_c14_too_many_connections_are_turned_away(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingress_server, "_CONNECTIONS", 2)
    with door.connection(), door.connection(), door.connection() as third:
        assert read_to_end(third).startswith(b"HTTP/1.1 503 ")


def test_c13_stopping_answers_what_was_received_and_then_takes_nothing(tmp_path: Path) -> None:
    door = Door(tmp_path)
    answers: list[int] = []

    def send() -> None:
        answers.append(
            httpx.post(f"{door.url}{PATH}", content=LEVEL, headers=shopify_headers(LEVEL), timeout=60).status_code
        )

    sender = threading.Thread(target=send)
    door.log._lock.acquire()
    sender.start()
    while not door.commit.waiting_deliveries:
        time.sleep(0.01)
    threading.Timer(0.3, door.log._lock.release).start()
    door.server.stop()
    sender.join()
    assert answers == [200]
    with pytest.raises(httpx.ConnectError):
        httpx.post(f"{door.url}{PATH}", content=LEVEL, timeout=60)
    door.close()


def test_a_taken_port_is_named_before_anything_starts(door: Door) -> None:
    with (
        httpx.Client(timeout=60) as http,
        pytest.raises(ConfigError, match=r"listen = '127.0.0.1:\d+'.*in use.*running already"),
    ):
        IngressServer(f"127.0.0.1:{door.server.port}", reporters(http), door.commit, SystemClock()).start()
    for nonsense in ("8001", "127.0.0.1:", "127.0.0.1:http"):
        with pytest.raises(ConfigError, match="give an address and a port"):
            bind(nonsense)


def test_c01_after_kill_minus_nine_every_delivery_that_heard_200_is_in_the_log_once(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "tests.web.lone_ingress", str(tmp_path)]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = f"http://127.0.0.1:{int(process.stdout.readline())}{PATH}"
    answered: list[int] = []

    def send(sender: int) -> None:
        with httpx.Client(timeout=60) as client:
            for number in range(sender * 1_000_000, sender * 1_000_000 + 100_000):
                try:
                    response = client.post(url, content=LEVEL, headers=shopify_headers(LEVEL, number=number))
                except httpx.TransportError:
                    return
                if response.status_code == 200:
                    answered.append(number)

    senders = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for sender in senders:
        sender.start()
    while len(answered) < 400:
        time.sleep(0.01)
    process.kill()
    for sender in senders:
        sender.join()
    process.wait()
    process.stdout.close()
    door = Door(tmp_path)
    kept = [int(logged.delivery.delivery_id[-12:]) for logged in door.log.read(0, 100_000)]
    door.close()
    assert len(kept) == len(set(kept))
    assert set(answered) <= set(kept)


class StandingClock(SystemClock):
    """A clock that lets whoever asks it first wait: the event loop, in this house."""

    def __init__(self) -> None:
        self.stands_s = 2.0

    def now(self) -> datetime:
        """Return the time, once it comes."""
        stands_s, self.stands_s = self.stands_s, 0.0
        time.sleep(stands_s)
        return super().now()


def test_c15_while_the_loop_stands_still_for_two_seconds_senders_wait_and_all_hear_200(tmp_path: Path) -> None:
    door = Door(tmp_path, clock=StandingClock())
    try:
        with httpx.Client(base_url=door.url, timeout=60) as client, ThreadPoolExecutor(6) as senders:
            sent = [
                senders.submit(client.post, PATH, content=LEVEL, headers=shopify_headers(LEVEL, number=number))
                for number in range(6)
            ]
            assert [one.result().status_code for one in sent] == [200] * 6
        assert door.log.last_position() == 6
        assert door.figures.unavailable == 0
    finally:
        door.close()
