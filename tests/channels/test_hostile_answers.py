"""Answers made to hurt: a few kilobytes that unpack to gigabytes, JSON without a bottom, addresses of this network."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from functools import cache

import httpx
import msgspec
import pytest

from onhand.channels.bounded import MOST_BYTES, AnswerTooLarge, ask
from onhand.channels.shopify import ShopifySettings
from onhand.channels.shopify.addresses import check_file_address
from onhand.intake.lookup import Lookup
from onhand.ports.channel import Unknown, Wanted
from onhand.ports.errors import ChannelUnavailable, IncompleteReading
from onhand.ports.level_writes import Telling
from tests.channels.shopify.scripted import Reply, channel_at, in_turn, platform
from tests.channels.shopify.test_troubles import ORDER_AWAY
from tests.channels.tiktok_shop.test_troubles import LISTING, written
from tests.channels.tiktok_shop.test_troubles import channel_at as tiktok_at

SHOP = "tees.myshopify.com"
DEEP = b'{"data":{"locations":' + b"[" * 200_000
TOKEN = {"access_token": None, "client_id": "app", "client_secrets": ("shpss_canary",)}


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=60) as client:
        yield client


@cache
def packed(kind: str, unpacked_bytes: int) -> Reply:
    """Return an answer of spaces and then a number: harmless JSON, were it not for its size."""
    plain = b" " * unpacked_bytes + b"1"
    body = gzip.compress(plain, 1) if kind == "gzip" else zlib.compress(plain, 1)
    return Reply(body=body, headers={"Content-Encoding": kind})


def bomb() -> Reply:
    """Return one that is a byte larger than any answer may be."""
    return packed("gzip", MOST_BYTES)


def deep() -> Reply:
    return Reply(body=DEEP)


def deep_data() -> Reply:
    return Reply(body=b'{"code":0,"data":' + b"[" * 200_000)


@pytest.mark.parametrize("kind", ["gzip", "deflate"])
def test_an_answer_is_read_no_further_than_its_bound_however_small_it_came(kind: str, http: httpx.Client) -> None:
    reply = packed(kind, 20_000_000)
    assert len(reply.body) < 200_000
    with platform(in_turn(reply)) as running:
        with pytest.raises(AnswerTooLarge, match="1000000 bytes"):
            ask(http, "GET", running.url, timeout_s=5, most_bytes=1_000_000)
        assert len(ask(http, "GET", running.url, timeout_s=5, most_bytes=20_000_001).content) == 20_000_001


@pytest.mark.parametrize("hostile", [bomb, deep])
def test_shopifys_api_cannot_fill_the_memory_or_end_a_thread(hostile: Callable[[], Reply], http: httpx.Client) -> None:
    with platform(in_turn(hostile())) as running:
        with pytest.raises(ChannelUnavailable):
            channel_at(running, http).read(Wanted.LOCATIONS, ["all"], 1, Lookup())
        channel = channel_at(running, http)
        telling: Telling = ORDER_AWAY
        ((parcel, _),) = channel.pack([telling], "run-1", "run-1")
        assert isinstance(channel.send(parcel), Unknown)


@pytest.mark.parametrize("hostile", [bomb, deep])
def test_nor_can_its_token_endpoint(hostile: Callable[[], Reply], http: httpx.Client) -> None:
    with platform(in_turn(hostile())) as running, pytest.raises(ChannelUnavailable):
        channel_at(running, http, **TOKEN).read(Wanted.LOCATIONS, ["all"], 1, Lookup())


@pytest.mark.parametrize("hostile", [bomb, deep, deep_data])
def test_nor_can_tiktok_shop(hostile: Callable[[], Reply], http: httpx.Client) -> None:
    outcome, _ = written(in_turn(hostile()), http)
    assert isinstance(outcome, Unknown)
    with platform(in_turn(hostile())) as running, pytest.raises(ChannelUnavailable):
        tiktok_at(running, http, access_token=None).read_shown([LISTING])


@pytest.mark.parametrize(
    "url",
    [
        "http://storage.googleapis.com/file",
        "ftp://storage.googleapis.com/file",
        "file:///etc/passwd",
        "https:///file",
        "https://127.0.0.1/file",
        "https://localhost:8001/file",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.7/file",
        "https://192.168.1.1/file",
        "https://[::1]/file",
        "https://[::ffff:127.0.0.1]/file",
        "https://[fe80::1]/file",
        "https://2130706433/file",
        "https://0x7f.1/file",
        "https://user@8.8.8.8/file",
    ],
)
def test_the_file_of_a_bulk_operation_is_not_fetched_from_this_network(url: str) -> None:
    with pytest.raises(IncompleteReading, match="nothing was asked there"):
        check_file_address(url, ShopifySettings(shop=SHOP))


def test_a_public_address_and_the_host_of_a_configured_sandbox_are_asked() -> None:
    check_file_address("https://8.8.8.8/file?Signature=x", ShopifySettings(shop=SHOP))
    sandbox = ShopifySettings(shop=SHOP, api_url="http://127.0.0.1:9000/admin")
    check_file_address("http://127.0.0.1:9000/bulk/1", sandbox)
    with pytest.raises(IncompleteReading):
        check_file_address("http://127.0.0.2:9000/bulk/1", sandbox)


def test_an_answer_that_leads_elsewhere_is_not_followed(http: httpx.Client) -> None:
    with (
        platform(in_turn(Reply(body=b"{}"))) as elsewhere,
        platform(in_turn(Reply(status=307, headers={"Location": elsewhere.url}))) as running,
        httpx.Client(follow_redirects=True, timeout=60) as eager,
    ):
        assert ask(eager, "POST", running.url, timeout_s=60, content=b"secret").status_code == 307
        assert elsewhere.asked == []
        refused, _ = written(in_turn(Reply(status=307, headers={"Location": elsewhere.url})), http)
        assert isinstance(refused, Unknown)
        assert elsewhere.asked == []


def test_a_deep_json_is_what_it_is_meant_to_be() -> None:
    with pytest.raises(RecursionError):
        msgspec.json.decode(DEEP)
