"""Whatever bytes are signed, reading them gives a report or parks them: nothing else ever comes out."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from onhand.channels.shopify.parse import READERS, parse
from onhand.ports.channel import Report
from onhand.ports.errors import UnreadableDelivery
from tests.channels.shopify import bodies
from tests.channels.shopify.test_told_orders import delivered

topics = st.sampled_from(sorted(READERS))
numbers = st.one_of(
    st.integers(), st.integers(-3, 9), st.floats(), st.sampled_from([0, -1, 10**9, 10**9 + 1, 2**53 + 1, 2**63, 10**30])
)
words = st.one_of(
    st.text(max_size=8), st.sampled_from(["success", "return", "2026-11-23T10:00:00Z", "gid://shopify/Order/1"])
)
values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, words),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
WHOLE = (bodies.order(), bodies.pos_sale(), bodies.level(), {"order_edit": {"order_id": 1}}, {"id": 1, "order_id": 2})


def read(body: bytes, topic: str) -> Report | None:
    try:
        return parse(delivered(body, topic), bodies.catalog())
    except UnreadableDelivery:
        return None


@given(st.binary(max_size=300), topics)
def test_any_bytes_are_read_or_parked(body: bytes, topic: str) -> None:
    read(body, topic)


@given(values, topics)
def test_any_json_is_read_or_parked(payload: object, topic: str) -> None:
    read(json.dumps(payload).encode(), topic)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, below in inner for place in _places(below, (*path, key)))]


@given(st.data(), st.sampled_from(WHOLE), topics)
def test_a_genuine_body_with_one_value_replaced_is_read_or_parked(data: st.DataObject, whole: Any, topic: str) -> None:
    payload = json.loads(json.dumps(whole))
    place = data.draw(st.sampled_from(_places(payload)[1:]))
    target = payload
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = data.draw(values)
    report = read(json.dumps(payload).encode(), topic)
    if report is not None and report.pictures:
        (picture,) = report.pictures
        assert all(line.units >= 0 for line in picture.lines)
        assert picture.version.at.utcoffset() is not None


@given(st.integers(0, 2_000), st.sampled_from(WHOLE))
def test_a_truncated_body_is_parked(length: int, whole: Any) -> None:
    body = json.dumps(whole).encode()
    if length < len(body):
        assert read(body[:length], "orders/updated") is None
