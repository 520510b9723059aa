"""A webhook that says everything moves the same units as the order read back; whatever became of the order."""

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.channels.shopify.parse import parse
from onhand.domain.openings import Opened
from onhand.domain.orders import OrderPicture
from onhand.domain.settling import settle
from onhand.domain.stock import Bin, Levels, State, fold
from onhand.ports.channel import Wanted
from onhand.sandbox.server import Options, SandboxThread
from onhand.sandbox.state import Settings
from onhand.sandbox.world.payloads import order_payload
from tests.channels.shopify.platform import Shop, connect, level_ids_of
from tests.channels.shopify.test_told_orders import delivered

PLENTY = (0, 1, 2)


@pytest.fixture(scope="module")
def busy() -> Iterator[Shop]:
    """A shop without limits, with stock enough for every example."""
    unlimited = Options(items=5, settings=Settings(bucket_points=None))
    with SandboxThread(unlimited) as running, httpx.Client(timeout=60) as http:
        shop = Shop(running=running, http=http, channel=connect(running, http))
        for place in PLENTY:
            for name in ("Warehouse", "Boston"):
                shop.do("receive", location=name, sku=shop.sku(place), units=1_000_000)
        census = shop.channel.take_census(1, shop.lookup)
        shop.lookup.learn(census.listings, level_ids_of(census))
        yield shop


Lines = list[tuple[int, int]]
lines = st.lists(
    st.tuples(st.sampled_from(PLENTY), st.integers(1, 4)), min_size=1, max_size=3, unique_by=lambda row: row[0]
)
restocks = st.sampled_from(["cancel", "return", "no_restock"])
deeds = st.lists(
    st.one_of(
        st.tuples(st.just("fulfil"), st.sampled_from(PLENTY), st.integers(1, 4)),
        st.tuples(st.just("refund"), st.sampled_from(PLENTY), st.integers(1, 2), restocks),
        st.tuples(st.just("add"), st.sampled_from(PLENTY), st.integers(1, 2)),
        st.tuples(st.just("remove"), st.sampled_from(PLENTY), st.integers(1, 2), st.booleans()),
        st.tuples(st.just("move"), st.sampled_from(["Boston", "Warehouse"])),
        st.tuples(st.just("cancel"), st.booleans()),
    ),
    max_size=5,
)


def act(shop: Shop, order: str, deed: tuple[Any, ...]) -> None:
    """Do something to an order; what the shop refuses just does not happen."""
    what, *more = deed
    rows = [{"sku": shop.sku(more[0]), "units": more[1]}] if what in {"fulfil", "refund", "add", "remove"} else []
    asked: dict[str, Any]
    match what:
        case "fulfil":
            path, asked = "fulfil", {"order": order, "lines": rows}
        case "refund":
            path, asked = "refund", {"order": order, "lines": rows, "restock": more[2]}
        case "add":
            path, asked = "edit", {"order": order, "add": rows}
        case "remove":
            path, asked = "edit", {"order": order, "remove": rows, "restock": more[2]}
        case "move":
            path, asked = "move", {"order": order, "to": more[0]}
        case _:
            path, asked = "cancel", {"order": order, "restock": more[0]}
    response = shop.http.post(f"{shop.running.addresses['control']}/{path}", json=asked)
    assert response.status_code in {200, 404, 409}, response.text


def told_picture(shop: Shop, order: str) -> OrderPicture:
    payload = order_payload(shop.running.sandbox.world.orders.by_id[int(order)], "USD")
    (picture,) = parse(delivered(msgspec.json.encode(payload)), shop.lookup).pictures
    assert isinstance(picture, OrderPicture)
    return picture


def effect(picture: OrderPicture, booked: Levels | None = None) -> dict[tuple[str, Bin], int]:
    movements = settle(picture, booked or {}, Opened(), 0).movements
    return fold(movements, start=booked)


def shelves(shop: Shop) -> dict[tuple[str, Bin], int]:
    """Return what Shopify believes, by item and bin."""
    return {
        (str(level.item_id), Bin(str(level.location_id), state)): level.units(state)
        for level in shop.running.sandbox.world.levels
        for state in (State.AVAILABLE, State.COMMITTED)
    }


def place_is_lost(done: list[tuple[Any, ...]]) -> bool:
    """Tell whether units were written off before the rest of their order moved: Shopify then no longer says where."""
    written_off = False
    for what, *more in done:
        if what == "move" and written_off:
            return True
        written_off |= (what == "refund" and more[2] == "no_restock") or (what == "remove" and not more[2])
    return False


@settings(max_examples=60)
@given(lines, deeds)
def test_told_and_read_move_the_same_units(busy: Shop, wanted: Lines, done: list[tuple[Any, ...]]) -> None:
    before = shelves(busy)
    order = busy.order(*wanted)
    for deed in done:
        act(busy, order, deed)
    told = told_picture(busy, order)
    (read,) = busy.read(Wanted.ORDER, [order]).report.pictures
    assert isinstance(read, OrderPicture)
    assert told.version.at == read.version.at
    assert told.placed_at == read.placed_at
    assert set(told.lines) >= set(read.lines)
    if told.complete:
        assert effect(told) == effect(read)
    # Whichever came first, the books end where the reading says.
    assert effect(read, booked=effect(told)) == effect(read)
    if place_is_lost(done):
        return
    # And the reading says what Shopify itself did to its levels.
    moved = {key: units - before[key] for key, units in shelves(busy).items() if units != before[key]}
    assert {key: units for key, units in effect(read).items() if key[1].state is not State.CUSTOMER} == moved


@settings(max_examples=10)
@given(lines)
def test_a_sale_at_a_till_is_told_completely(busy: Shop, wanted: Lines) -> None:
    order = busy.order(*wanted, channel="shopify_pos", location="Boston")
    told = told_picture(busy, order)
    (read,) = busy.read(Wanted.ORDER, [order]).report.pictures
    assert isinstance(read, OrderPicture)
    assert told.complete
    assert effect(told) == effect(read)
