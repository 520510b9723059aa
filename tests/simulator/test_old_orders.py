"""Orders of more than sixty days, which Shopify no longer shows: what they do is told by webhooks and by levels."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from onhand.sandbox.world import editing, fulfilling, selling, undoing
from onhand.sandbox.world.moving import receive_goods
from onhand.sandbox.world.orders import Order
from onhand.sandbox.world.undoing import RefundWish
from onhand.sandbox.world.wishes import Wish
from onhand.simulator.stage import Stage, staged
from onhand.simulator.verdict import differences

OLD = timedelta(days=61)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A shop with plenty of its second item; onhand is at work."""
    with staged(1) as stage:
        for place in list(stage.world.catalog.locations)[:3]:
            receive_goods(stage.world, item_id=item(stage), location_id=place, units=30, now=stage.clock.now())
        stage.open()
        yield stage


def item(stage: Stage) -> int:
    return list(stage.world.catalog.items)[1]


def aged(stage: Stage, *, shipped: bool = False) -> Order:
    """Order three units online and let two months go by."""
    lines = [Wish(item_id=item(stage), units=3)]
    order = selling.place_online(stage.world, lines=lines, now=stage.clock.now())
    assert isinstance(order, Order)
    stage.rest()
    if shipped:
        fulfilling.fulfil(stage.world, order, lines=None, now=stage.clock.now())
        stage.rest()
    stage.clock.advance(OLD.total_seconds())
    stage.rest()
    assert differences(stage.house, stage.world) == []
    return order


def add_one(stage: Stage, order: Order) -> None:
    lines = [Wish(item_id=item(stage), units=1)]
    editing.edit(stage.world, order, additions=lines, removals={}, restock=True, now=stage.clock.now())


def take_one_away(stage: Stage, order: Order) -> None:
    removals = {order.lines[0].id: 1}
    editing.edit(stage.world, order, additions=[], removals=removals, restock=True, now=stage.clock.now())


def ship(stage: Stage, order: Order) -> None:
    fulfilling.fulfil(stage.world, order, lines=None, now=stage.clock.now())


def cancel(stage: Stage, order: Order) -> None:
    undoing.cancel(stage.world, order, restock=True, reason="customer", now=stage.clock.now())


@pytest.mark.parametrize("act", [add_one, take_one_away, ship, cancel])
def test_what_happens_to_an_order_that_shopify_no_longer_shows_ends_in_the_books(
    stage: Stage, act: Callable[[Stage, Order], None]
) -> None:
    order = aged(stage)
    act(stage, order)
    stage.settle()
    assert differences(stage.house, stage.world) == []
    assert stage.house.going_on() == []


def test_what_comes_back_after_sixty_days_is_counted(stage: Stage) -> None:
    order = aged(stage, shipped=True)
    place = list(stage.world.catalog.locations)[1]
    wish = RefundWish(line_id=order.lines[0].id, units=2, restock_type="return", location_id=place)
    undoing.refund(stage.world, order, lines=[wish], note="", now=stage.clock.now())
    stage.settle()
    assert differences(stage.house, stage.world) == []
    assert stage.house.going_on() == []
