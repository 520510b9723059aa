"""What a sender hears, and what is kept: the fault table's A01 to A19 over real sockets."""

import gzip
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from random import Random

import httpx
import pytest

from onhand.ports.errors import ConfigError
from onhand.web import ingress, ingress_server
from onhand.web.ingress_server import IngressServer, bind
from tests.web.senders import (
    LEVEL,
    OLD_SECRET,
    SECRET,
    SHOP,
    Door,
    SystemClock,
    reporters,
    shopify_headers,
    tiktok_webhook,
)

ROOT = Path(__file__).parents[2]
PATH = f"/webhooks/shopify/{SHOP}/inventory_levels/update"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    door = Door(tmp_path)
    yield door
    door.close()


@pytest.fixture
def client(door: Door) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=door.url, timeout=20) as client:
        yield client


def read_to_end(connection: socket.socket) -> bytes:
    received = b""
    while part := connection.recv(65536):
        received += part
    return received


def test_a_signed_delivery_is_kept_byte_for_byte_and_answered_200(door: Door, client: httpx.Client) -> None:
    response = client.post(PATH, content=LEVEL, headers=shopify_headers(LEVEL))
    assert (response.status_code, response.content) == (200, b"")
    (logged,) = door.log.read(0, 10)
    kept = logged.delivery
    assert (kept.shop, kept.channel, kept.topic, kept.body) == (SHOP, "shopify", "inventory_levels/update", LEVEL)
    assert kept.delivery_id == "b1a7c0de-0000-4000-8000-000000000001"
    assert kept.event_id == "event-1"
    assert kept.triggered_at is not None
    assert door.figures.accepted_bytes == len(LEVEL)


def test_tiktok_shop_deliveries_come_in_by_their_own_door(door: Door, client: httpx.Client) -> None:
    body, headers = tiktok_webhook()
    assert client.post(f"/webhooks/tiktok-shop/{SHOP}", content=body, headers=headers).status_code == 200
    (logged,) = door.log.read(0, 10)
    assert (logged.delivery.channel, logged.delivery.topic, logged.delivery.delivery_id) == (
        "tiktok_shop",
        "1",
        "7000001",
    )


def test_the_topic_in_the_path_is_believed_and_the_header_is_not(door: Door, client: httpx.Client) -> None:
    client.post(PATH, content=LEVEL, headers=shopify_headers(LEVEL, topic="app/uninstalled"))
    client.post(
        f"/webhooks/shopify/{SHOP}", content=LEVEL, headers=shopify_headers(LEVEL, number=2, topic="orders/paid")
    )
    client.post(f"/webhooks/shopify/{SHOP}/orders%2Fcreate", content=LEVEL, headers=shopify_headers(LEVEL, number=3))
    assert door.topics() == ["inventory_levels/update", "orders/paid", "orders/create"]


def test_a01_a_repeat_hears_200_and_is_kept_once_also_when_both_come_together(door: Door, client: httpx.Client) -> None:
    headers = shopify_headers(LEVEL)
    answers: list[int] = []
    senders = [
        threading.Thread(target=lambda: answers.append(client.post(PATH, content=LEVEL, headers=headers).status_code))
        for _ in range(8)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert answers == [200] * 8
    assert len(door.log.read(0, 100)) == 1
    assert (door.figures.accepted, door.figures.duplicates) == (1, 7)
    assert door.log.counts() == (1, 7, 0)


def test_a12_during_a_rotation_both_secrets_are_good(door: Door, client: httpx.Client) -> None:
    for number, secret in enumerate((SECRET, OLD_SECRET)):
        headers = shopify_headers(LEVEL, number=number, secret=secret)
        assert client.post(PATH, content=LEVEL, headers=headers).status_code == 200
    assert door.figures.accepted == 2


@pytest.mark.parametrize(
    "signature", [None, "", "AAAA", "not base64 ¹", "é" * 44, "0" * 5000, "QUJD" * 11], ids=lambda value: str(value)[:9]
)
def test_a09_a_forged_or_missing_signature_hears_401_and_nothing_else(
    door: Door, client: httpx.Client, signature: str | None
) -> None:
    headers = [(name.encode(), value.encode()) for name, value in shopify_headers(LEVEL).items()]
    headers = [pair for pair in headers if pair[0] != b"X-Shopify-Hmac-Sha256"]
    if signature is not None:
        headers.append((b"X-Shopify-Hmac-Sha256", signature.encode()))
    response = client.post(PATH, content=LEVEL, headers=headers)
    assert (response.status_code, response.content) == (401, b"")
    assert (door.log.last_position(), door.log.counts().rejected, door.figures.rejected) == (0, 1, 1)


def test_a07_another_body_under_a_good_signature_hears_401(client: httpx.Client) -> None:
    forged = LEVEL.replace(b'"available":7', b'"available":9')
    assert client.post(PATH, content=forged, headers=shopify_headers(LEVEL)).status_code == 401
    assert client.post(PATH, content=LEVEL[:-20], headers=shopify_headers(LEVEL)).status_code == 401
    assert client.post(PATH, content=b"", headers=shopify_headers(LEVEL)).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\xff",
        b"{",
        b"[" * 50_000,
        b'{"available":NaN}',
        b'\xef\xbb\xbf{"a":1}\r\n',
        b'{"id":1,"id":2}',
        b"3.0",
    ],
    ids=["empty", "bytes", "cut", "deep", "NaN", "BOM", "twice", "number"],
)
def test_a08_what_is_genuine_but_nonsense_is_kept_and_hears_200(door: Door, client: httpx.Client, body: bytes) -> None:
    assert client.post(PATH, content=body, headers=shopify_headers(body)).status_code == 200
    (logged,) = door.log.read(0, 10)
    assert logged.delivery.body == body


def test_a15_compressed_and_chunked_bodies_are_hashed_as_they_came(door: Door, client: httpx.Client) -> None:
    packed = gzip.compress(LEVEL)
    headers = shopify_headers(packed) | {"Content-Encoding": "gzip"}
    assert client.post(PATH, content=packed, headers=headers).status_code == 200
    chunks = iter([LEVEL[:10], LEVEL[10:11], LEVEL[11:]])
    assert client.post(PATH, content=chunks, headers=shopify_headers(LEVEL, number=2)).status_code == 200
    assert [logged.delivery.body for logged in door.log.read(0, 10)] == [packed, LEVEL]


def test_a15_header_names_come_in_any_case(door: Door, client: httpx.Client) -> None:
    shouted = {name.upper(): value for name, value in shopify_headers(LEVEL).items()}
    assert client.post(PATH, content=LEVEL, headers=shouted).status_code == 200
    assert len(door.topics()) == 1


def test_a13_one_mebibyte_is_kept_whole_and_five_are_noted(door: Door, client: httpx.Client) -> None:
    one, five = Random(1).randbytes(1_000_000), Random(5).randbytes(5_000_000)
    assert client.post(PATH, content=one, headers=shopify_headers(one)).status_code == 200
    assert client.post(PATH, content=five, headers=shopify_headers(five, number=2)).status_code == 200
    assert client.post(PATH, content=five, headers=shopify_headers(one, number=3)).status_code == 401
    bodies = [logged.delivery.body for logged in door.log.read(0, 10)]
    assert bodies == [one, b"body dropped: 5000000 bytes came, 2097152 are kept at most"]
    assert door.figures.dropped_bodies == 1


def test_a13_beyond_all_bounds_a_body_is_not_even_hashed(
    door: Door, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingress, "HARD_CAP_BYTES", 100_000)
    body = Random(1).randbytes(150_000)
    assert client.post(PATH, content=body, headers=shopify_headers(body)).status_code == 413
    assert (
        client.post(PATH, content=iter([body[:60_000], body[60_000:]]), headers=shopify_headers(body)).status_code
        == 413
    )
    assert door.figures.too_large == 2
    assert client.post(PATH, content=LEVEL, headers=shopify_headers(LEVEL)).status_code == 200


def test_bodies_that_arrive_together_have_a_bound_and_room_comes_back(
    door: Door, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingress, "HELD_BYTES", 200_000)
    body = Random(1).randbytes(600_000)
    response = client.post(PATH, content=body, headers=shopify_headers(body))
    assert (response.status_code, response.headers["retry-after"]) == (503, "10")
    small = body[:100_000]
    assert client.post(PATH, content=small, headers=shopify_headers(small)).status_code == 200
    assert door.server.ingress._held_bytes == 0


@pytest.mark.parametrize(
    "path", ["/", "/webhooks", "/webhooks/shopify", "/webhooks/shopify/", "/webhooks/ebay/x", PATH + "/?<"]
)
def test_a_wrong_address_hears_404(door: Door, client: httpx.Client, path: str) -> None:
    assert client.post(path.replace("?", "%3F"), content=LEVEL, headers=shopify_headers(LEVEL)).status_code == 404
    assert door.figures.misaddressed == 1


def test_only_post_opens_the_door(client: httpx.Client) -> None:
    for method in ("GET", "PUT", "DELETE", "HEAD", "OPTIONS"):
        response = client.request(method, PATH)
        assert (response.status_code, response.headers["allow"]) == (405, "POST")


def test_a17_a_shop_we_do_not_know_is_kept_apart_when_our_app_signed_it(door: Door, client: httpx.Client) -> None:
    stranger = "/webhooks/shopify/Gone.myshopify.com/orders/create"
    assert client.post(stranger, content=LEVEL, headers=shopify_headers(LEVEL)).status_code == 200
    assert client.post(stranger, content=LEVEL, headers=shopify_headers(LEVEL, secret="other")).status_code == 401
    (logged,) = door.log.read(0, 10)
    assert logged.delivery.shop == "gone.myshopify.com"
    assert (door.figures.unknown_shop, door.figures.rejected) == (1, 1)


def test_the_shops_name_is_found_in_any_case(door: Door, client: httpx.Client) -> None:
    assert client.post(PATH.replace("tees", "TeeS"), content=LEVEL, headers=shopify_headers(LEVEL)).status_code == 200
    (logged,) = door.log.read(0, 10)
    assert logged.delivery.shop == SHOP


def test_a06_when_too_many_wait_senders_hear_503_and_come_again(tmp_path: Path) -> None:
    door = Door(tmp_path, max_waiting=4)
    answers: list[int] = []

    def send(number: int) -> None:
        response = httpx.post(
            f"{door.url}{PATH}", content=LEVEL, headers=shopify_headers(LEVEL, number=number), timeout=20
        )
        assert response.status_code == 200 or response.headers["retry-after"] == "10"
        answers.append(response.status_code)

    senders = [threading.Thread(target=send, args=(number,)) for number in range(10)]
    with door.log._lock:  # the disk does not answer
        for sender in senders:
            sender.start()
        while len(answers) < 6:
            time.sleep(0.01)
    for sender in senders:
        sender.join()
    assert sorted(answers) == [200] * 4 + [503] * 6
    assert door.figures.unavailable == 6
    send(99)
    assert answers[-1] == 200
    assert len(door.topics()) == 5
    door.close()


def test_c03_a_full_disk_hears_503_and_the_next_delivery_is_kept(door: Door, client: httpx.Client) -> None:
    door.log._writer.pragma("max_page_count", door.log._writer.pragma("page_count"))
    body = Random(1).randbytes(50_000)
    response = client.post(PATH, content=body, headers=shopify_headers(body))
    assert (response.status_code, response.headers["retry-after"]) == (503, "10")
    door.log._writer.pragma("max_page_count", 1_000_000)
    assert client.post(PATH, content=body, headers=shopify_headers(body)).status_code == 200


def test_a14_a_sender_who_dawdles_is_cut_off_and_disturbs_nobody(
    door: Door, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingress_server, "READ_WITHIN_S", 0.5)
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n".encode()
    with door.connection() as silent, door.connection() as slow_head, door.connection() as slow_body:
        slow_head.sendall(head)
        slow_body.sendall(head + b"\r\n{")
        assert client.post(PATH, content=LEVEL, headers=shopify_headers(LEVEL)).status_code == 200
        began = time.monotonic()
        for connection in (silent, slow_head, slow_body):
            assert read_to_end(connection).startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - began < 5
    assert client.post(PATH, content=LEVEL, headers=shopify_headers(LEVEL, number=2)).status_code == 200
    assert door.figures.gave_up == 1


def test_a_connection_that_rests_between_requests_is_left_alone(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingress_server, "READ_WITHIN_S", 0.2)
    head = "".join(f"{name}: {value}\r\n" for name, value in shopify_headers(LEVEL).items())
    request = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(LEVEL)}\r\n{head}\r\n".encode() + LEVEL
    with door.connection() as connection:
        for _ in range(2):
            connection.sendall(request)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
            time.sleep(0.8)


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
            httpx.post(f"{door.url}{PATH}", content=LEVEL, headers=shopify_headers(LEVEL), timeout=20).status_code
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
        httpx.post(f"{door.url}{PATH}", content=LEVEL)
    door.close()


def test_a_taken_port_is_named_before_anything_starts(door: Door) -> None:
    with httpx.Client() as http, pytest.raises(ConfigError, match=r"listen = '127.0.0.1:\d+'.*in use.*running already"):
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
        with httpx.Client(timeout=5) as client:
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


def test_c15_while_the_loop_stands_still_senders_wait_and_hear_200_within_their_five_seconds(tmp_path: Path) -> None:
    door = Door(tmp_path, clock=StandingClock())
    try:
        with httpx.Client(base_url=door.url, timeout=5) as client, ThreadPoolExecutor(6) as senders:
            sent = [
                senders.submit(client.post, PATH, content=LEVEL, headers=shopify_headers(LEVEL, number=number))
                for number in range(6)
            ]
            assert [one.result().status_code for one in sent] == [200] * 6
        assert door.log.last_position() == 6
        assert door.figures.unavailable == 0
    finally:
        door.close()
