"""Counting of an item is switched off and on again: its levels leave the books and come back, each with its cause."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from onhand.domain.stock import KEPT_STATES, State
from onhand.sandbox.world import fulfilling, returning, selling
from onhand.sandbox.world.assortment import change_item
from onhand.sandbox.world.orders import Order
from onhand.sandbox.world.wishes import Wish
from onhand.simulator.lives import play_switching
from onhand.simulator.network import CALM, Weather
from onhand.simulator.shop import Goods
from onhand.simulator.stage import Stage, staged
from onhand.simulator.verdict import differences, troubles

PLENTY = Goods(items=6, units=(50,))
LOST = Weather(lost=1.0)


@pytest.fixture(params=[True, False], ids=["open orders are committed anew", "committed rests as it was"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A shop at work; Shopify does not say what becomes of committed units: it plays either."""
    with staged(3, PLENTY) as stage:
        stage.world.settings = replace(stage.world.settings, counting_again_commits=request.param)
        stage.open()
        yield stage


def item(stage: Stage) -> int:
    """An item that was never stocked in the last of the locations."""
    return list(stage.world.catalog.items)[1]


def place(stage: Stage, number: int) -> int:
    return list(stage.world.catalog.locations)[number]


def switch(stage: Stage, *, tracked: bool) -> None:
    change_item(stage.world, replace(stage.world.catalog.items[item(stage)], tracked=tracked), now=stage.clock.now())
    stage.clock.advance(1.0)


def order(stage: Stage, units: int) -> Order:
    made = selling.place_online(stage.world, lines=[Wish(item_id=item(stage), units=units)], now=stage.clock.now())
    assert isinstance(made, Order)
    stage.clock.advance(1.0)
    return made


def ship(stage: Stage, made: Order) -> None:
    fulfilling.fulfil(stage.world, made, lines=None, now=stage.clock.now())
    stage.clock.advance(1.0)


def in_books(stage: Stage) -> int:
    """Return how many units the books hold of the item, in whatever state."""
    with stage.house.app.store.reading() as session:
        levels = session.of(stage.house.shop).ledger.levels([str(item(stage))])
    return sum(units for (_, bin_), units in levels.items() if bin_.state in KEPT_STATES)


def causes(stage: Stage) -> set[tuple[str, str]]:
    """Return why units came from outside or went there: the kind of cause and the reason."""
    with stage.house.app.store.reading() as session:
        rows = session.of(stage.house.shop).ledger.history(str(item(stage)), 1000)
    outside = {State.SUPPLIER, State.UNEXPLAINED}
    return {
        (row[1].cause.partition("/")[0], row[1].reason)
        for row in rows
        if outside & {row[1].source.state, row[1].target.state}
    }


OPENED, OFF, ON = (
    ("opening", "opening balance"),
    ("tracking", "not counted any more"),
    ("tracking", "counted from now on"),
)


@pytest.mark.parametrize("told", [True, False], ids=["told", "found by the audit"])
def test_switched_off_and_on_with_orders_open_before_meanwhile_and_after(stage: Stage, told: bool) -> None:
    before = [order(stage, 2) for _ in range(3)]
    stage.rest()
    stage.network.weather = CALM if told else LOST
    switch(stage, tracked=False)
    ship(stage, before[0])
    stage.settle()
    assert in_books(stage) == 0
    meanwhile = [order(stage, 3) for _ in range(2)]
    ship(stage, before[1])
    ship(stage, meanwhile[0])
    stage.rest()
    assert in_books(stage) == 0
    switch(stage, tracked=True)
    stage.settle()
    assert differences(stage.house, stage.world) == []
    after = order(stage, 4)
    for made in (before[2], meanwhile[1], after):
        ship(stage, made)
    stage.network.weather = CALM
    stage.settle()
    assert differences(stage.house, stage.world) == []
    assert troubles(stage.house) == []
    assert causes(stage) == {OPENED, OFF, ON}


def test_switched_off_and_on_between_two_looks_nothing_is_lost(stage: Stage) -> None:
    order(stage, 2)
    stage.rest()
    stage.network.weather = LOST
    switch(stage, tracked=False)
    ship(stage, order(stage, 3))
    switch(stage, tracked=True)
    stage.network.weather = CALM
    stage.settle()
    assert differences(stage.house, stage.world) == []
    assert troubles(stage.house) == []


def test_goods_that_come_back_while_nobody_counts_them_stand_nowhere_until_it_begins_again(stage: Stage) -> None:
    """They are put back where the item was never stocked: no level there shows them afterwards."""
    sold = order(stage, 2)
    ship(stage, sold)
    stage.rest()
    switch(stage, tracked=False)
    stage.rest()
    sent = sold.fulfillments[0].id * 100  # the first line of it
    opened = returning.create_return(stage.world, sold, lines={sent: 2}, now=stage.clock.now())
    put_back = returning.Disposal(line_id=opened.lines[0].id, units=2, type="RESTOCKED", location_id=place(stage, 3))
    returning.dispose(stage.world, opened, [put_back], now=stage.clock.now())
    stage.settle()
    assert in_books(stage) == 0
    switch(stage, tracked=True)
    stage.settle()
    assert differences(stage.house, stage.world) == []
    assert causes(stage) == {OPENED, OFF, ON}


@pytest.mark.parametrize("commits", [True, False])
@pytest.mark.parametrize("seed", [7, 13])
def test_after_random_lives_in_which_counting_is_switched_books_equal_shopify(seed: int, commits: bool) -> None:
    outcome = play_switching(seed, 15, commits=commits)
    assert not outcome.failures, outcome.report()
    assert outcome.counts["tracking: switch"] >= 2
