"""Rows of the input tab and answers of the Sheets API with anything in them: judged, or waited out, in words.

The profile `long` takes ten thousand of each.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onhand.app.sheet_counts import Waiting
from onhand.app.sheet_inputs import judge_inputs
from onhand.channels.google_sheets import InputRow
from onhand.ports.errors import OnhandError
from onhand.sandbox.sheets.service import TOKEN_PATH
from tests.sheet.shop import CHANNELS, SHOP, SheetShop

MANY = 2 * settings().max_examples
SHARED = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)

STRANGE: list[Any] = [
    None, True, False, 0, -1, 7, 2**63, 10**30, 0.5, -0.0, 1e308, float("inf"), float("nan"), "", " ", "x",
    "\ud800", "\0", "=IMPORTXML(1)", "7" * 400, "default", "TEE", [], {}, [[]], [[[]]], [None], {"values": 3},
    {"metadataKey": None},
]  # fmt: skip


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SheetShop]:
    shop = SheetShop(Path(tmp_path_factory.mktemp("mutated")), per_minute=None)
    shop.run()
    yield shop
    shop.close()


class _Spoiled(httpx.BaseTransport):
    """Google's answers to readings with something wrong in them; writes are answered and not carried out."""

    def __init__(self, shop: SheetShop) -> None:
        self._google = shop.google
        self.chance: random.Random | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("atchUpdate"):
            return httpx.Response(200, json={"spreadsheetId": "1"}, request=request)
        answer = self._google.handle_request(request)
        if self.chance is None or TOKEN_PATH in request.url.path or self.chance.random() < 0.3:
            return answer
        return httpx.Response(answer.status_code, content=_mutate(answer.read(), self.chance), request=request)


def _mutate(body: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.15:
        return body[: chance.randrange(len(body) + 1)]
    found = json.loads(body)
    for _ in range(chance.randint(1, 3)):
        _spoil(found, chance)
    return json.dumps(found).encode()


def _spoil(thing: Any, chance: random.Random) -> None:
    while isinstance(thing, dict | list) and thing:
        key = chance.choice(list(thing)) if isinstance(thing, dict) else chance.randrange(len(thing))
        below = thing[key]
        if not isinstance(below, dict | list) or not below or chance.random() < 0.1:
            if chance.random() < 0.2:
                del thing[key]
            else:
                thing[key] = chance.choice(STRANGE)
            return
        thing = below


class _Hostile:
    """The keeper of a sheet whose readings can be spoiled."""

    def __init__(self, shop: SheetShop) -> None:
        self.transport = _Spoiled(shop)
        self.http = httpx.Client(transport=self.transport)
        was, shop.http = shop.http, self.http
        self.keeper = shop.new_keeper()
        self.clock = shop.clock
        shop.http = was
        self.keeper.title()


@pytest.fixture(scope="module")
def hostile(shared: SheetShop) -> Iterator[_Hostile]:
    made = _Hostile(shared)
    yield made
    made.http.close()


@given(seed=st.integers(0, 2**62), whole=st.booleans())
@settings(deadline=None, max_examples=MANY, suppress_health_check=SHARED)
def test_whatever_google_answers_is_written_down_or_waited_out(hostile: _Hostile, seed: int, whole: bool) -> None:
    hostile.transport.chance = None
    hostile.clock.advance(5)  # or Google's quota would be all that answers
    hostile.keeper.gather()
    if whole:
        hostile.keeper.look_again()
    hostile.transport.chance = random.Random(seed)
    said = ""
    try:
        hostile.keeper.flush()
        hostile.keeper.title()
    except OnhandError as trouble:
        said = str(trouble)
    assert not said or "google" in said
    assert said.isprintable(), "a person reads it on one line"


_CELLS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["TEE", "CAP", "tiktok_shop", "default", "4", "-4", "4.5", "1e9", "\uff19", "=1+1", "\ud800", " "]),
    st.integers(),
    st.floats(),
    st.booleans(),
)
_WORDS = st.one_of(st.sampled_from(["", "TEE", "CAP", "tiktok_shop", "online_store", "Boston"]), st.text(max_size=6))


@given(
    rows=st.lists(
        st.builds(
            InputRow,
            row=st.just(0),
            sku=_WORDS,
            channel=_WORDS,
            location=_WORDS,
            buffer=st.one_of(st.just(""), _CELLS),
            counted=st.one_of(st.just(""), _CELLS),
            verdict=st.just(""),
        ),
        max_size=4,
    )
)
@settings(deadline=None, max_examples=MANY, suppress_health_check=SHARED)
def test_every_row_that_somebody_has_written_gets_a_verdict_in_words(shared: SheetShop, rows: list[InputRow]) -> None:
    numbered = [row._replace(row=number) for number, row in enumerate(rows, start=1)]
    with shared.store.writing() as session:
        judged = judge_inputs(
            session.of(SHOP), numbered, CHANNELS, authorities={}, waiting=Waiting(), now=shared.clock.now()
        )
    for row in numbered:
        verdict = judged.verdicts.get(row.row, "")
        assert verdict.partition(":")[0] in ({""} if row.blank else {"accepted", "refused", "conflict"})
        assert len(verdict) < 500
