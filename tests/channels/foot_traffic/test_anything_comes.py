"""Whatever a sensor sends, a reader says which row or field was wrong: nothing escapes it but UnreadableDelivery."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.channels.foot_traffic.csv_file import read_csv
from onhand.channels.foot_traffic.framed import Framed, Hours
from onhand.channels.foot_traffic.standard import read_standard
from onhand.channels.foot_traffic.vendors import read_axis, read_butlr
from onhand.domain.traffic import DoorCount, bins_of, ceil_bin, floor_bin
from onhand.ports.errors import UnreadableDelivery
from tests.channels.foot_traffic.test_forms import AT_STORE_1, EXAMPLES, FRAMED, NEW_YORK

READERS: dict[str, tuple[Callable[[bytes, Framed], list[DoorCount]], Framed]] = {
    "interval.json": (read_standard, FRAMED),
    "cumulative.json": (read_standard, FRAMED),
    "axis-live-sum.json": (read_axis, AT_STORE_1),
    "butlr.json": (read_butlr, AT_STORE_1),
    "hours.csv": (lambda body, framed: read_csv(body, Hours(), framed), AT_STORE_1),
}

_PIECES = st.one_of(
    st.binary(max_size=6),
    st.sampled_from(
        [
            b"null", b"-1", b"1e999", b"[]", b"{}", b'""', b'"\\ud800"', b"\xff", b"\0", b"\r\n", b",", b"9" * 400,
            b"true", b"NaN", b"2026-02-30T25:61:00Z", b"2026-11-01T01:30", b"\xef\xbb\xbf", b'"', b"9999-12-31T23:59",
            b"0001-01-01", b"1e15", b"-62135596800",
        ]
    ),
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, body: bytes) -> bytes:
    """Draw a body with some bytes taken out, doubled, or replaced by something that does not belong there."""
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(body)))
        end = min(len(body), begin + draw(st.integers(0, 12)))
        body = body[:begin] + draw(st.one_of(_PIECES, st.just(body[begin:end] * 2))) + body[end:]
    return body


def looked_at(name: str, body: bytes) -> str:
    """Read a body, make bins of what it says, and return what was said about it."""
    read, framed = READERS[name]
    try:
        counts = read(body, framed)
    except UnreadableDelivery as trouble:
        return str(trouble)
    for count in counts:
        begin, end = floor_bin(count.reading.begin), ceil_bin(count.reading.end)
        assert all(
            row.in_people is None or row.in_people >= 0 for row in bins_of([count.reading], begin, end, NEW_YORK)
        )
    return "message m-1 of axis: read"


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
@settings(deadline=None, max_examples=2 * settings().max_examples)  # 10,000 of each by HYPOTHESIS_PROFILE=long
def test_a_damaged_message_is_read_or_says_where_it_is_damaged(name: str, data: st.DataObject) -> None:
    said = looked_at(name, data.draw(mutated((EXAMPLES / name).read_bytes())))
    assert said.startswith("message m-1 of axis")
    assert said.isprintable(), "a person reads it on one line"


@pytest.mark.parametrize("name", READERS)
@given(body=st.binary(max_size=300))
@settings(deadline=None)
def test_bytes_of_a_stranger_are_refused_in_words(name: str, body: bytes) -> None:
    read, framed = READERS[name]
    with pytest.raises(UnreadableDelivery, match="message m-1 of axis"):
        read(body, framed)


_ANYTHING = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=3), st.floats(), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=3), inner, max_size=2)),
    max_leaves=4,
)


@pytest.mark.parametrize("name", [name for name in READERS if name.endswith(".json")])
@given(data=st.data())
@settings(deadline=None)
def test_any_value_in_any_field_is_read_or_the_field_is_named(name: str, data: st.DataObject) -> None:
    body: dict[str, Any] = json.loads((EXAMPLES / name).read_bytes())
    rows = [body, *body.get("counts", []), *(value for value in body.values() if isinstance(value, dict))]
    row = data.draw(st.sampled_from(rows))
    row[data.draw(st.sampled_from(sorted(row)))] = data.draw(_ANYTHING)
    assert looked_at(name, json.dumps(body).encode()).startswith("message m-1 of axis")
