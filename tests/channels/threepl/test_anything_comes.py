"""Whatever comes, a reader says which row or field was wrong: nothing escapes it but UnreadableDelivery.

The profile `long` takes ten thousand damaged files of each form.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.channels.threepl.csv_file import CsvForm, read_csv
from onhand.channels.threepl.edi import EdiForm, read_edi
from onhand.channels.threepl.standard import Framed, read_standard
from onhand.channels.threepl.vendors import read_vendor
from onhand.ports.errors import UnreadableDelivery

EXAMPLES = Path(__file__).parents[3] / "docs" / "3pl"
FRAMED = Framed(
    source="acme",
    message_id="m-1",
    received_at=datetime(2026, 11, 23, tzinfo=UTC),
    location=None,
    zone=UTC,
)
AT_CICERO = FRAMED._replace(location="Cicero")
GERMAN = CsvForm(
    columns={"sku": "Artikel", "on_hand": "Bestand"}, delimiter=";", encoding="latin-1", decimal=","
)  # fmt: skip
READERS: dict[str, Callable[[bytes], object]] = {
    "snapshot.json": lambda body: read_standard(body, FRAMED),
    "delta.json": lambda body: read_standard(body, FRAMED),
    "shiphero-update.json": lambda body: read_vendor(body, "shiphero", FRAMED),
    "shiphero-change.json": lambda body: read_vendor(body, "shiphero", FRAMED),
    "shipbob.json": lambda body: read_vendor(body, "shipbob", AT_CICERO),
    "count.csv": lambda body: read_csv(body, GERMAN, FRAMED),
    "846.edi": lambda body: read_edi(body, EdiForm(), FRAMED),
    "944.edi": lambda body: read_edi(body, EdiForm(), FRAMED),
    "945.edi": lambda body: read_edi(body, EdiForm(), FRAMED),
    "947.edi": lambda body: read_edi(body, EdiForm(), FRAMED),
}

MANY = 2 * settings().max_examples

# A row, a field or a segment before its trouble; a line or a byte; or what is wrong with the whole of it.
SAYS_WHERE = re.compile(
    r"nothing of it is used: [^:]+: |line \d+|byte \d+|segment \d+|\b(ISA|IEA|GS|GE|ST|SE)\b|element|is not JSON"
    r"|is empty|character 0|no row|is not \S+ text"
)

_PIECES = st.one_of(
    st.binary(max_size=6),
    st.sampled_from(
        [
            b"null", b"-1", b"1e999", b"[]", b"{}", b'""', b'"\\ud800"', b"\xff", b"\0", b"\r\n", b"~", b"*", b'"',
            b";", b"9" * 400, b"true", b"NaN", b"2026-02-30T25:61:00Z", b"\xef\xbb\xbf", b"ISA", b"IEA*1*1~",
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


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
@settings(deadline=None, max_examples=MANY)
def test_a_damaged_file_is_read_or_says_where_it_is_damaged(name: str, data: st.DataObject) -> None:
    said = ""
    try:
        READERS[name](data.draw(mutated((EXAMPLES / name).read_bytes())))
    except UnreadableDelivery as trouble:
        said = str(trouble)
    assert said.isprintable(), "a person reads it on one line"
    assert not said or "acme" in said
    assert not said or SAYS_WHERE.search(said.partition("acme")[2]), said


@pytest.mark.parametrize("name", READERS)
@given(body=st.binary(max_size=300))
@settings(deadline=None)
def test_bytes_of_a_stranger_are_refused_in_words(name: str, body: bytes) -> None:
    with pytest.raises(UnreadableDelivery, match="acme"):
        READERS[name](body)


_ANYTHING = st.one_of(st.none(), st.integers(), st.text(max_size=3), st.floats(), st.booleans())
_FIELDS = ("on_hand", "available", "delta", "reason")


@given(
    rows=st.lists(
        st.fixed_dictionaries({"sku": st.text(max_size=4)}, optional=dict.fromkeys(_FIELDS, _ANYTHING)),
        max_size=4,
    )
)
@settings(deadline=None)
def test_any_rows_in_our_own_form_are_read_or_named(rows: list[dict[str, object]]) -> None:
    body = json.dumps({"kind": "snapshot", "as_of": "2026-11-23T04:15:00Z", "items": rows}).encode()
    trouble = None
    try:
        assert len(read_standard(body, FRAMED).rows) == len(rows) > 0
    except UnreadableDelivery as refused:
        trouble = refused
    assert trouble is None or "acme" in str(trouble)
