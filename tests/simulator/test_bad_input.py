"""What Shopify should never say: each of it is a problem with a next step, and the rest of the shop goes on."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest

from onhand.app.auditing import NOT_AUDITED
from onhand.app.decisions import Wish as Healing
from onhand.channels.shopify.words import UNKNOWN_WORD
from onhand.domain.stock import LevelKey, State
from onhand.heal.fix import By
from onhand.intake.book_orders import CONTRADICTED
from onhand.intake.identity import DOUBLED, NO_SKU
from onhand.intake.locations import VANISHED
from onhand.ports.errors import ChannelUnavailable, IncompleteReading
from onhand.sandbox.world import fulfilling, moving, returning, selling, shipping, transferring, undoing
from onhand.sandbox.world.orders import Order
from onhand.sandbox.world.payloads import order_payload
from onhand.sandbox.world.returning import Disposal
from onhand.sandbox.world.undoing import RefundWish
from onhand.sandbox.world.wishes import Wish
from onhand.simulator.network import CALM, Weather
from onhand.simulator.shop import Goods
from onhand.simulator.stage import Stage, staged
from onhand.simulator.verdict import differences, troubles
from onhand.store.people import OpenProblem

PLENTY = Goods(items=6, units=(50,))
BOSTON = 1


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged(3, PLENTY) as stage:
        stage.open()
        yield stage


def item(stage: Stage, number: int = 0) -> int:
    return list(stage.world.catalog.items)[number]


def place(stage: Stage, number: int) -> int:
    return list(stage.world.catalog.locations)[number]


def sell(stage: Stage, number: int = 0) -> Order:
    """Sell one of an item at Boston's till."""
    lines = [Wish(item_id=item(stage, number), units=1)]
    sold = selling.sell_at_till(stage.world, location_id=place(stage, BOSTON), lines=lines, now=stage.clock.now())
    assert isinstance(sold, Order)
    return sold


def order_online(stage: Stage, number: int = 0) -> Order:
    lines = [Wish(item_id=item(stage, number), units=1)]
    order = selling.place_online(stage.world, lines=lines, now=stage.clock.now())
    assert isinstance(order, Order)
    return order


def problems(stage: Stage) -> dict[str, OpenProblem]:
    with stage.house.app.store.reading() as session:
        return {row.kind: row for row in session.of(stage.house.shop).problems.open()}


def units(stage: Stage, number: int, at: int, state: State = State.AVAILABLE) -> int:
    key = LevelKey(str(item(stage, number)), str(place(stage, at)))
    with stage.house.app.store.reading() as session:
        levels = session.of(stage.house.shop).ledger.levels([key.item])
    return next((count for (_, bin_), count in levels.items() if bin_ == (key.location, state)), 0)


def goes_on(stage: Stage) -> None:
    """A sale is booked as ever."""
    before = units(stage, 1, BOSTON)
    sell(stage, 1)
    stage.clock.advance(1.0)
    stage.network.collect()
    stage.network.deliver_all()
    stage.house.turn(stage.house.booking)
    assert units(stage, 1, BOSTON) == before - 1


def in_answers(change: Callable[[dict[str, Any]], object], word: str) -> Callable[[httpx.Request, bytes], bytes]:
    """Return what changes GraphQL answers that hold a word."""

    def tamper(_: httpx.Request, body: bytes) -> bytes:
        if word.encode() not in body:
            return body
        answer = msgspec.json.decode(body)
        change(answer)
        return msgspec.json.encode(answer)

    return tamper


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda body: body[: len(body) // 2], id="a file that breaks off"),
        pytest.param(lambda body: body + body, id="a file that says everything twice"),
        pytest.param(
            lambda body: body.replace(b"InventoryLevel/", b"InventoryShelf/", 1), id="a line of something else"
        ),
    ],
)
def test_b23_a_bulk_file_that_is_not_whole_is_a_problem_and_nothing_of_it_counts(
    stage: Stage, spoil: Callable[[bytes], bytes]
) -> None:
    before = units(stage, 0, BOSTON)
    stage.platforms.tamper = lambda request, body: spoil(body) if request.url.path.endswith(".jsonl") else body
    with pytest.raises((IncompleteReading, ChannelUnavailable)):
        stage.house.audit()
    assert units(stage, 0, BOSTON) == before
    found = problems(stage)[NOT_AUDITED]
    assert "bulk" in found.message
    assert "onhand audit" in found.next_step
    goes_on(stage)
    stage.platforms.tamper = lambda _, body: body
    stage.house.audit()
    assert NOT_AUDITED not in problems(stage)
    assert differences(stage.house, stage.world) == []


def test_a_picture_that_takes_back_what_an_older_one_said_is_read_again_and_settled_by_difference(stage: Stage) -> None:
    """A webhook dated later says that nothing was shipped of what is long gone: the order read back decides."""
    order = sell(stage)
    stage.rest()
    assert units(stage, 0, BOSTON) == 49
    later = replace(order, updated_at=order.updated_at.replace(second=59), fulfillments=[], fulfillment_orders=[])
    for line in later.lines:
        line.fulfilled_units, line.unfulfilled_units = 0, 1
    act = stage.world.outbox.act(stage.clock.now())
    payload = order_payload(later, "USD")
    for line in later.lines:
        line.fulfilled_units, line.unfulfilled_units = 1, 0
    stage.world.outbox.queue("orders/updated", lambda: payload, act)
    goes_on(stage)
    assert units(stage, 0, BOSTON) == 50
    stage.clock.advance(90.0)
    stage.rest()
    found = problems(stage)[CONTRADICTED]
    assert str(order.id) in found.key
    assert found.next_step
    stage.settle()
    assert units(stage, 0, BOSTON) == 49
    assert differences(stage.house, stage.world) == []
    assert troubles(stage.house) == []


@pytest.mark.parametrize(
    ("word", "new", "what"),
    [
        (b'"OPEN"', b'"WAITING_FOR_A_DRONE"', "fulfilment order status/waiting_for_a_drone"),
        (b'"SUCCESS"', b'"DRONED"', "fulfilment status/droned"),
    ],
)
def test_a_word_that_nobody_knew_is_named_and_the_levels_decide(
    stage: Stage, word: bytes, new: bytes, what: str
) -> None:
    stage.platforms.tamper = lambda _, body: body.replace(word, new)
    order = order_online(stage)
    stage.rest()
    stage.network.weather = Weather(lost=1.0)
    fulfilling.fulfil(stage.world, order, lines=None, now=stage.clock.now())
    order_online(stage)
    stage.network.collect()
    stage.network.weather = CALM
    stage.settle()
    found = problems(stage)[UNKNOWN_WORD]
    assert found.key == what
    assert "update onhand" in found.next_step
    assert differences(stage.house, stage.world) == []
    goes_on(stage)


def test_a_restock_type_that_nobody_knew_is_named_in_webhooks_too(stage: Stage) -> None:
    order = sell(stage)
    stage.rest()
    wish = RefundWish(line_id=order.lines[0].id, units=1, restock_type="return", location_id=place(stage, BOSTON))
    undoing.refund(stage.world, order, lines=[wish], note="", now=stage.clock.now())
    stage.sandbox.world.outbox.waiting = deque(
        replace(delivery, body=delivery.body.replace(b'"return"', b'"teleport"') if delivery.body else None)
        for delivery in stage.sandbox.world.outbox.take()
    )
    stage.network.collect()
    stage.network.deliver_all()
    stage.house.turn(stage.house.booking)
    found = problems(stage)[UNKNOWN_WORD]
    assert found.key == "restock type/teleport"
    assert "not put back" in found.message
    stage.clock.advance(60.0)
    stage.settle()
    assert differences(stage.house, stage.world) == []
    goes_on(stage)


def test_a_disposition_that_nobody_knew_is_named_and_the_levels_decide(stage: Stage) -> None:
    order = order_online(stage)
    stage.clock.advance(1.0)
    fulfilling.fulfil(stage.world, order, lines=None, now=stage.clock.now())
    (shipped,) = order.fulfillments
    opened = returning.create_return(stage.world, order, lines={shipped.line_id(0): 1}, now=stage.clock.now())
    stage.rest()
    stage.platforms.tamper = lambda _, body: body.replace(b'"RESTOCKED"', b'"BEAMED_BACK"')
    put_back = Disposal(line_id=opened.lines[0].id, units=1, type="RESTOCKED", location_id=place(stage, BOSTON))
    returning.dispose(stage.world, opened, [put_back], now=stage.clock.now())
    stage.settle()
    found = problems(stage)[UNKNOWN_WORD]
    assert found.key == "disposition/beamed_back"
    assert "return" in found.message
    assert "update onhand" in found.next_step
    assert differences(stage.house, stage.world) == []
    goes_on(stage)


def test_a_shipment_status_that_nobody_knew_is_named_and_counts_as_under_way(stage: Stage) -> None:
    made = transferring.create_transfer(
        stage.world,
        origin_id=place(stage, 0),
        destination_id=place(stage, BOSTON),
        lines=[Wish(item_id=item(stage), units=3)],
        now=stage.clock.now(),
    )
    transferring.mark_ready(stage.world, made, now=stage.clock.now())
    stage.platforms.tamper = lambda _, body: body.replace(b'"IN_TRANSIT"', b'"IN_ORBIT"')
    shipping.ship_transfer(stage.world, made, now=stage.clock.now(), units={made.lines[0].id: 3})
    stage.settle()
    found = problems(stage)[UNKNOWN_WORD]
    assert found.key == "shipment status/in_orbit"
    assert "under way" in found.message
    assert "update onhand" in found.next_step
    assert units(stage, 0, BOSTON, State.INCOMING) == 3
    assert differences(stage.house, stage.world) == []
    goes_on(stage)


def test_a16_fields_that_nobody_knew_are_passed_over(stage: Stage) -> None:
    def add(answer: dict[str, Any]) -> None:
        answer["data"]["aNewField"] = {"with": ["anything"]}
        answer["aNewPart"] = 1
        answer.setdefault("extensions", {})["aNewOne"] = None

    stage.platforms.tamper = in_answers(add, "data")
    order_online(stage)
    stage.sandbox.world.outbox.waiting = deque(
        replace(delivery, body=delivery.body[:-1] + b',"a_new_field":{"with":["anything"]}}' if delivery.body else None)
        for delivery in stage.sandbox.world.outbox.take()
    )
    stage.settle()
    assert differences(stage.house, stage.world) == []
    assert troubles(stage.house) == []


def test_d06_an_item_without_a_sku_sells_like_any_other_and_is_named_as_a_problem(stage: Stage) -> None:
    made = stage.world.catalog.items[item(stage, 2)]
    stage.world.catalog.replace_item(replace(made, sku=""), now=stage.clock.now())
    sell(stage, 2)
    stage.settle()
    assert units(stage, 2, BOSTON) == 49
    assert differences(stage.house, stage.world) == []
    assert problems(stage)[NO_SKU].next_step
    goes_on(stage)


def test_d06_two_items_with_one_sku_are_kept_apart_and_named_as_a_problem(stage: Stage) -> None:
    first, second = (stage.world.catalog.items[item(stage, number)] for number in (2, 3))
    stage.world.catalog.replace_item(replace(second, sku=first.sku), now=stage.clock.now())
    sell(stage, 2)
    sell(stage, 3)
    sell(stage, 3)
    stage.settle()
    assert (units(stage, 2, BOSTON), units(stage, 3, BOSTON)) == (49, 48)
    assert problems(stage)[DOUBLED].next_step
    goes_on(stage)


def test_d04_a_location_that_vanished_sells_nothing_and_says_what_the_books_hold_there(stage: Stage) -> None:
    gone = place(stage, 0)

    def hide(answer: dict[str, Any]) -> None:
        if "locations" in answer["data"]:
            rows = answer["data"]["locations"]["nodes"]
            answer["data"]["locations"]["nodes"] = [row for row in rows if not row["id"].endswith(str(gone))]

    stage.platforms.tamper = in_answers(hide, '"locations":')
    stage.settle()
    found = problems(stage)[VANISHED]
    assert "Warehouse" in found.message
    assert "250 units" in found.message
    assert found.next_step
    with stage.house.app.store.reading() as session:
        books = session.of(stage.house.shop)
        (online,) = [rule for rule in books.channels.rules() if rule.channel == "online_store"]
    assert str(gone) not in online.locations
    goes_on(stage)
    stage.platforms.tamper = lambda _, body: body
    stage.settle()
    assert VANISHED not in problems(stage)


def test_b17_a_token_that_dies_in_the_middle_of_a_batch_is_renewed_and_the_batch_goes_on(stage: Stage) -> None:
    for number in range(4):
        for _ in range(15):
            order_online(stage, number)
            stage.clock.advance(1.0)
    stage.network.collect()
    stage.network.deliver_all()
    stage.house.turn(stage.house.booking)
    stage.clock.advance(5.0)
    called = 0

    def die() -> None:
        nonlocal called
        called += 1
        if called % 5 == 0:
            stage.sandbox.shopify_tokens.void(stage.clock.now())

    stage.platforms.meanwhile = die
    for _ in range(10):
        stage.house.turn(stage.house.reading)
    stage.platforms.meanwhile = lambda: None
    assert called >= 10
    stage.settle()
    assert differences(stage.house, stage.world) == []
    assert troubles(stage.house) == []


def test_b17_a_token_that_dies_while_a_level_is_written_leaves_one_write_and_not_two(stage: Stage) -> None:
    """A drift is fixed, and the shop's token is void when the write arrives."""
    key = LevelKey(str(item(stage)), str(place(stage, BOSTON)))
    now = stage.clock.now()
    moving.adjust_by_hand(
        stage.world, item_id=int(key.item), location_id=int(key.location), units=-5, now=now, state="available"
    )
    stage.clock.advance(1.0)
    stage.house.steps.judge([key], grace_s=0.0, adopt=False)

    def die() -> None:
        with stage.house.app.store.reading() as session:
            if any(row.status == "sent" for row in session.of(stage.house.shop).intents.unsettled()):
                stage.platforms.meanwhile = lambda: None
                stage.sandbox.shopify_tokens.void(stage.clock.now())

    stage.platforms.meanwhile = die
    wish = Healing(way="fix", drift=1, by=By("Anna", "counted"), sure=True)
    assert stage.house.app.heal(stage.house.shop, wish).status == "done"
    level = stage.world.levels.get(int(key.item), int(key.location))
    assert level is not None
    assert level.available == units(stage, 0, BOSTON) == 50
    stage.settle()
    assert differences(stage.house, stage.world) == []
    assert troubles(stage.house) == []
    goes_on(stage)


def test_without_any_token_that_serves_webhooks_are_booked_and_a_person_hears_what_to_do(stage: Stage) -> None:
    secrets = stage.sandbox.secrets
    stage.sandbox.shopify_tokens.void(stage.clock.now())
    stage.sandbox.secrets = replace(secrets, client_id="another app")
    goes_on(stage)
    order_online(stage)
    stage.clock.advance(10.0)
    stage.network.collect()
    stage.network.deliver_all()
    stage.house.turn(stage.house.booking)
    stage.clock.advance(2.0)
    stage.work()
    waiting = [row for row in problems(stage).values() if "client_secret" in row.message or "connect" in row.next_step]
    assert waiting
    assert all(row.next_step for row in waiting)
    goes_on(stage)
    stage.sandbox.secrets = secrets
    stage.clock.advance(600.0)
    stage.settle()
    assert differences(stage.house, stage.world) == []
    assert troubles(stage.house) == []
