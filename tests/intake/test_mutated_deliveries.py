"""Genuine bodies with something wrong in them: booked or set aside with the field that is wrong, never a surprise.

They go the whole way: into the log, through `process`, into the books of a real store. The profile `long` takes twelve
thousand of each channel.
"""

import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onhand.channels.shopify import ShopifyChannel, ShopifySettings
from onhand.channels.tiktok_shop import TikTokShopChannel
from onhand.intake.process import Sender, process
from onhand.log import Seal, SqliteLog
from onhand.ports.delivery import Delivery
from onhand.store import Store, open_store
from tests.channels.shopify import bodies
from tests.intake.samples import SHOP, SHOPIFY, TIKTOK, TIKTOK_BODIES

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
A_BATCH = 12
SAMPLES = {"shopify": SHOPIFY, "tiktok_shop": TIKTOK_BODIES}

# A reason names the field (msgspec: `$.line_items[0].id` or "field `id`"), or says what is wrong with the whole.
NAMES_THE_FIELD = re.compile(
    r"`[^`]+`|no JSON|JSON|stands twice|is about|is no id|is not the id|names no|shop_id is|type -?\d+|nested|recursion"
    r"|decode|surrogate|malformed|truncated|date|year|year|offset|out of range|overflow",
    flags=re.IGNORECASE,
)

VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [
        None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, 10**30, 1.5, -0.0, 1e300, "", "0", "-1", "1e3",
        "7" * 400, "gid://shopify/Order/1", "gid://shopify/Order/", "2026-13-45T99:00:00Z", "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00", "2026-11-23T10:00:02", "\x00", "\ud800", "\u202etxt", "x" * 5000, "NaN",
        [], {}, [[]], [None], [{}], {"id": 1}, {"": ""}, [1, "2", None],
    ]
) | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)  # fmt: skip
RAW = (
    b"\xff\xfe", b"\x00", b"NaN", b"Infinity", b"1e400", b"-", b"\xed\xa0\x80", b'"', b"}", b",,", b"[" * 3000,
    b'{"id":' * 3000, b'"id":1,', b"\xef\xbb\xbf", b"\r\n",
)  # fmt: skip


class Mutated(NamedTuple):
    """A body to deliver, and the topic under which it comes."""

    topic: str
    body: bytes


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything in a document but itself."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield (*path, key)
        yield from places(below, (*path, key))


PLACES = {(channel, topic): list(places(whole)) for channel, held in SAMPLES.items() for topic, whole in held.items()}


@st.composite
def mutations(draw: st.DrawFn, channel: str) -> Mutated:
    """Draw a genuine body with one to three things wrong in it."""
    topic = draw(st.sampled_from(sorted(SAMPLES[channel])))
    payload = json.loads(json.dumps(SAMPLES[channel][topic]))
    for _ in range(draw(st.integers(0, 2))):
        _spoil(draw, payload, draw(st.sampled_from(PLACES[channel, topic])))
    body = json.dumps(payload).encode()
    how = draw(st.sampled_from(("whole", "whole", "cut", "insert", "flip", "wrap", "double")))
    at = draw(st.integers(0, len(body) - 1))
    if how == "cut":
        body = body[:at]
    elif how == "insert":
        body = body[:at] + draw(st.sampled_from(RAW)) + body[at:]
    elif how == "flip":
        body = body[:at] + bytes([body[at] ^ draw(st.integers(1, 255))]) + body[at + 1 :]
    elif how == "wrap":
        body = b"[" + body + b"]"
    elif how == "double":
        body = body[:1] + body[1:-1] + b"," + body[1:]
    return Mutated(topic, body)


def _spoil(draw: st.DrawFn, payload: Any, path: tuple[Any, ...]) -> None:
    """Replace or remove what lies at a path, where an earlier mutation has left it."""
    target = payload
    for key in path[:-1]:
        if not _holds(target, key):
            return
        target = target[key]
    if _holds(target, path[-1]):
        if isinstance(target, dict) and draw(st.booleans()):
            del target[path[-1]]
        else:
            target[path[-1]] = draw(VALUES)


def _holds(target: Any, key: Any) -> bool:
    if isinstance(target, dict):
        return key in target
    return isinstance(target, list) and isinstance(key, int) and key < len(target)


class House:
    """A log, books, and the two channels: all real, and nobody to ask."""

    def __init__(self, folder: Path, http: httpx.Client) -> None:
        self.log = SqliteLog(folder / "onhand-log.db", Seal(["M" * 43 + "="]))
        self.store: Store = open_store(str(folder / "onhand.db"))
        with self.store.writing() as session:
            session.add_shop(SHOP, NOW)
        shopify = ShopifyChannel(ShopifySettings(shop=SHOP, client_secrets=("shpss_1",), access_token="shpat_1"), http)
        lookup = bodies.catalog()
        self.senders = {
            (SHOP, "shopify"): Sender(channel=shopify, lookup=lookup),
            (SHOP, "tiktok_shop"): Sender(channel=TikTokShopChannel(TIKTOK, http), lookup=lookup),
        }
        self._number = 0

    def book(self, channel: str, mutated: list[Mutated]) -> list[tuple[Mutated, str, str]]:
        """Keep and process bodies; return what became of each and why, once its bytes were found in the log."""
        start = self.log.last_position()
        assert self.log.append([self._delivery(channel, one) for one in mutated]) == [True] * len(mutated)
        process(self.store, self.log, self.senders, NOW)
        found: list[tuple[Mutated, str, str]] = []
        with self.store.reading() as session:
            for one, logged in zip(mutated, self.log.read(start, len(mutated)), strict=True):
                assert logged.delivery.body == one.body
                row = session.of(SHOP).deliveries.get(logged.position)
                assert row is not None
                found.append((one, row.status, row.note))
        return found

    def _delivery(self, channel: str, mutated: Mutated) -> Delivery:
        self._number += 1
        return Delivery(
            shop=SHOP,
            channel=channel,
            topic=mutated.topic,
            delivery_id=f"d-{self._number}",
            event_id=None,
            triggered_at=None,
            received_at=NOW,
            body=mutated.body,
        )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with httpx.Client(timeout=60) as http:
        house = House(tmp_path_factory.mktemp("mutated"), http)
        yield house
        house.store.close()
        house.log.close()


class Surprises(logging.Handler):
    """Hears what `process` tells of errors that nobody foresaw."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self.heard.append(f"{record.getMessage()}: {record.exc_info and record.exc_info[1]!r}")


@pytest.fixture(scope="module")
def surprises() -> Iterator[Surprises]:
    handler, logger = Surprises(), logging.getLogger("onhand.intake.process")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


@pytest.mark.parametrize("channel", SAMPLES)
def test_every_sample_is_read_as_it_is(house: House, channel: str) -> None:
    whole = [Mutated(topic, json.dumps(payload).encode()) for topic, payload in SAMPLES[channel].items()]
    assert {one.topic: note for one, status, note in house.book(channel, whole) if status != "done"} == {}


@pytest.mark.parametrize("channel", SAMPLES)
def test_a_body_with_something_wrong_in_it_is_booked_or_set_aside_with_what_is_wrong(
    house: House, surprises: Surprises, channel: str
) -> None:
    profile = settings.default
    assert profile is not None

    @settings(
        # 5,000 examples of the profile `long` are a thousand batches; a run of every day has a few.
        max_examples=max(25, profile.max_examples // 5),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(mutations(channel), min_size=A_BATCH, max_size=A_BATCH))
    def book(mutated: list[Mutated]) -> None:
        surprises.heard.clear()
        for one, status, note in house.book(channel, mutated):
            assert status in ("done", "parked"), one
            assert status == "done" or NAMES_THE_FIELD.search(note), (note, one)
        assert surprises.heard == []

    book()
