"""What a sender hears, and what is kept: the fault table's A01 to A19 over real sockets."""

import gzip
import threading
import time
from pathlib import Path
from random import Random

import httpx
import pytest

from onhand.web import ingress
from tests.web.senders import (
    LEVEL,
    OLD_SECRET,
    SECRET,
    SHOP,
    Door,
    shopify_headers,
    tiktok_webhook,
)

ROOT = Path(__file__).parents[2]
PATH = f"/webhooks/shopify/{SHOP}/inventory_levels/update"


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
            f"{door.url}{PATH}", content=LEVEL, headers=shopify_headers(LEVEL, number=number), timeout=60
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
