"""Returns of TikTok Shop as pictures: what comes back is held until somebody decides, and never sold by itself."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.channels.tiktok_shop.returns import OPEN, Return, draw_return
from onhand.domain.pictures import Version
from onhand.domain.returns import ReturnLine, ReturnPicture, ReturnStatus
from onhand.intake.book import book
from onhand.ports.channel import Problem, Report, Wanted
from onhand.ports.errors import ChannelRefused
from onhand.sandbox.tiktok import returns as sandbox_returns
from onhand.sandbox.tiktok.replies import CallRefused
from onhand.sandbox.world.tiktok import TikTokReturn
from onhand.store import Store
from onhand.store.returned import ReturnedRow
from tests.answers.shop import SHOP, opened_shop
from tests.channels.tiktok_shop.shop import Shop
from tests.channels.tiktok_shop.test_orders import T0, T2, at, lookup

COMPLETE = "RETURN_OR_REFUND_REQUEST_COMPLETE"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def shown(status: str, kind: str = "RETURN_AND_REFUND", **more: Any) -> tuple[ReturnPicture, tuple[Problem, ...]]:
    """Draw a return of two tees and a cap."""
    row = {
        "return_id": "9001",
        "order_id": "5761",
        "return_type": kind,
        "return_status": status,
        "create_time": T0,
        "update_time": T2,
        "return_reason_text": "too small, says ada@example.com",
        "return_line_items": [{"sku_id": sku, "seller_sku": "TEE"} for sku in ("S1", "S2", "S1")],
    }
    drawing = draw_return(msgspec.json.decode(msgspec.json.encode(row | more), type=Return), lookup(), 9)
    return drawing.picture, drawing.problems


def test_what_the_buyer_sends_is_awaited_line_by_line() -> None:
    picture, problems = shown("BUYER_SHIPPED_ITEM")
    assert (picture.cause, picture.order, picture.name) == ("tiktok_shop/return/9001", "tiktok_shop/order/5761", "9001")
    assert picture.version == Version(at=at(T2), reading=9)
    assert (picture.status, picture.opened_at) == (ReturnStatus.OPEN, at(T0))
    assert picture.lines == (ReturnLine("S1", "I1", 2), ReturnLine("S2", "I2", 1))
    assert (picture.restocked, picture.refunded, problems) == ((), (), ())


@pytest.mark.parametrize(
    ("status", "became", "arrived"),
    [
        ("RETURN_OR_REFUND_REQUEST_PENDING", ReturnStatus.REQUESTED, False),
        ("AWAITING_BUYER_RESPONSE", ReturnStatus.REQUESTED, False),
        ("AWAITING_BUYER_SHIP", ReturnStatus.OPEN, False),
        ("REJECT_RECEIVE_PACKAGE", ReturnStatus.OPEN, True),
        ("RETURN_OR_REFUND_REQUEST_SUCCESS", ReturnStatus.OPEN, True),
        (COMPLETE, ReturnStatus.CLOSED, True),
        ("REFUND_OR_RETURN_REQUEST_REJECT", ReturnStatus.DECLINED, False),
        ("RETURN_OR_REFUND_REQUEST_CANCEL", ReturnStatus.CANCELLED, False),
    ],
)
def test_how_far_a_return_has_come_says_its_status(status: str, became: ReturnStatus, *, arrived: bool) -> None:
    picture, problems = shown(status)
    assert picture.status is became
    assert [line.processing_units for line in picture.lines] == ([2, 1] if arrived else [0, 0])
    assert list(picture.back()) == []
    assert problems == ()
    assert (status in OPEN) == (became in {ReturnStatus.REQUESTED, ReturnStatus.OPEN})


@pytest.mark.parametrize(
    ("kind", "status", "more"),
    [
        ("REFUND", "RETURN_OR_REFUND_REQUEST_SUCCESS", {}),
        ("REPLACEMENT", "REPLACEMENT_REQUEST_COMPLETE", {"can_buyer_keep_item": True}),
        ("EXCHANGE", "EXCHANGE_REQUEST_REFUND_SUCCESS", {}),
        ("RETURN_AND_REFUND", "RETURN_OR_REFUND_REQUEST_PENDING", {"next_return_id": "9002"}),
    ],
)
def test_where_the_buyer_keeps_the_goods_nothing_is_awaited(kind: str, status: str, more: dict[str, Any]) -> None:
    assert shown(status, kind, **more)[0].lines == ()


def test_goods_that_are_exchanged_come_back() -> None:
    picture, _ = shown("EXCHANGE_REQUEST_COMPLETE", "EXCHANGE")
    assert (picture.status, picture.lines[0].units) == (ReturnStatus.OPEN, 2)


def test_of_a_virtual_bundle_its_parts_come_back() -> None:
    parts = [{"sku_id": "S1", "seller_sku": "a"}, {"sku_id": "S1", "seller_sku": "a"}, {"sku_id": "S2"}]
    picture, _ = shown(COMPLETE, return_line_items=[{"sku_id": "B", "return_sub_line_items": parts}])
    assert picture.lines == (ReturnLine("S1", "I1", 2, processing_units=2), ReturnLine("S2", "I2", 1, 0, 0, 1))


def test_what_nobody_knows_is_named_and_awaited() -> None:
    picture, problems = shown("BEAMED_BACK", return_line_items=[{"sku_id": "S1"}, {"sku_id": "S9", "seller_sku": "X"}])
    assert (picture.status, picture.lines) == (ReturnStatus.OPEN, (ReturnLine("S1", "I1", 1),))
    assert [(problem.kind, problem.key) for problem in problems] == [
        ("unknown return status", "tiktok_shop/BEAMED_BACK"),
        ("unmapped listing", "tiktok_shop/S9"),
    ]
    assert "return 9001 brings listing S9" in problems[1].message


# What was told and read, in any order and however often.


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder: Path = tmp_path_factory.mktemp("returns")
    with opened_shop(folder / "onhand.db") as opened:
        yield opened


NUMBERS = iter(range(1, 1_000_000))
STEPS = st.lists(
    st.tuples(st.sampled_from(sorted(OPEN)), st.sampled_from(["RETURN_AND_REFUND", "REFUND"]), st.integers(1, 3)),
    min_size=1,
    max_size=5,
)


def life_of(steps: Sequence[tuple[str, str, int]], number: str) -> list[ReturnPicture]:
    """Draw a return after each of its steps, a minute apart."""
    rows = [{"sku_id": sku} for sku in ("S1", "S2", "S1")]
    changed = [
        {
            "return_status": status,
            "return_type": kind,
            "update_time": T0 + 60 * place,
            "return_line_items": rows[:lines],
        }
        for place, (status, kind, lines) in enumerate(steps)
    ]
    return [shown("", **{"return_id": number, **more})[0] for more in changed]  # type: ignore[arg-type] # by name


def held(store: Store, number: str) -> list[ReturnedRow]:
    with store.reading() as session:
        rows = session.of(SHOP).returned.unrestocked()
    cause = f"tiktok_shop/return/{number}"
    return sorted((row._replace(cause="", name="") for row in rows if row.cause == cause), key=lambda row: row.line)


def take(store: Store, pictures: Sequence[ReturnPicture]) -> None:
    with store.writing() as session:
        for minute, picture in enumerate(pictures):
            now = NOW + timedelta(minutes=minute)
            book(session.of(SHOP), "tiktok_shop", Report(pictures=(picture,)), now)


@given(STEPS, st.data())
@settings(max_examples=40, deadline=None)
def test_any_order_and_repetition_of_readings_holds_what_the_last_one_shows(
    store: Store, steps: list[tuple[str, str, int]], data: st.DataObject
) -> None:
    once, again = str(next(NUMBERS)), str(next(NUMBERS))
    take(store, life_of(steps, once)[-1:])
    pictures = life_of(steps, again)
    order = data.draw(
        st.lists(st.integers(0, len(steps) - 1), max_size=8).map(lambda more: [*range(len(steps)), *more])
    )
    take(store, [pictures[place] for place in data.draw(st.permutations(order))])
    assert held(store, again) == held(store, once)
    with store.reading() as session:
        assert session.of(SHOP).ledger.caused_by(f"tiktok_shop/return/{again}") == []


# Against the sandbox.


def go_back(shop: Shop, *steps: str, units: int = 2) -> TikTokReturn:
    """Let an order of three of the first listing go back, step by step."""
    order = shop.order((0, 3))
    shop.do("fulfil", order=order)
    answer = shop.do("ask_back", order=order, units=units)
    opened = shop.running.sandbox.world.tiktok.returns[answer["id"]]
    for step in steps:
        opened.updated_at -= timedelta(seconds=2)  # people take their time
        shop.do("step_return", **{"return": opened.id, "step": step})
    return opened


def test_a_return_is_read_by_its_id_and_found_by_when_it_changed(shop: Shop) -> None:
    opened = go_back(shop, "approve", "send")
    reading = shop.channel.read(Wanted.RETURN, [opened.id, "404"], 7, shop.lookup)
    (picture,) = reading.report.pictures
    assert isinstance(picture, ReturnPicture)
    assert picture.order == f"tiktok_shop/order/{opened.order_id}"
    assert [(line.line, line.units, line.processing_units) for line in picture.lines] == [
        (shop.listings[0].listing, 2, 0)
    ]
    assert reading.missing == ("404",)
    changed = [row for row in shop.channel.changed(opened.updated_at) if row.wanted is Wanted.RETURN]
    assert [(row.key, row.cause) for row in changed] == [(opened.id, picture.cause)]
    assert changed[0].changed_at == picture.version.at
    assert [row.key for row in shop.channel.unfinished() if row.wanted is Wanted.RETURN] == [opened.id]


def test_more_returns_than_a_page_holds_are_all_found(shop: Shop) -> None:
    opened = [go_back(shop, units=1).id for _ in range(3)]
    for number in range(60):
        first = shop.running.sandbox.world.tiktok.returns[opened[0]]
        copy = TikTokReturn(
            id=str(int(first.id) + 1000 + number),
            order_id=first.order_id,
            type=first.type,
            status=first.status,
            line_ids=first.line_ids,
            created_at=first.created_at,
            updated_at=first.updated_at,
        )
        shop.running.sandbox.world.tiktok.returns[copy.id] = copy
    found = [row.key for row in shop.channel.unfinished() if row.wanted is Wanted.RETURN]
    assert sorted(found) == sorted(shop.running.sandbox.world.tiktok.returns)


def test_an_app_that_may_not_read_returns_still_sweeps_its_orders_and_says_so(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise CallRefused(105005, "Access denied: the app has no scope for it.")

    opened = go_back(shop)
    with monkeypatch.context() as without:
        without.setattr(sandbox_returns, "search_returns", refuse)
        assert [row.key for row in shop.channel.changed(NOW - timedelta(days=3650))] == [opened.order_id]
        problems = shop.channel.standing().problems
        with pytest.raises(ChannelRefused, match="105005"):
            shop.channel.read(Wanted.RETURN, [opened.id], 9, shop.lookup)
    (problem,) = problems
    assert problem.kind == "returns are not read"
    assert "scope" in problem.next_step
    assert len(list(shop.channel.changed(NOW - timedelta(days=3650)))) == 2
    after = shop.channel.standing()
    assert after.problems == ()
    assert ("returns are not read", "tiktok_shop") in after.settled
