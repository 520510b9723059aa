"""Tills that were without connection send what they sold hours late: `processed_at` lies before `created_at`."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from onhand.domain.stock import Movement, State
from onhand.sandbox.world import moving, ordering, undoing
from onhand.sandbox.world.undoing import RefundWish
from onhand.sandbox.world.wishes import OfflineSale, Wish
from onhand.simulator.network import SOON_S
from onhand.simulator.shop import Goods
from onhand.simulator.stage import Stage, staged
from onhand.simulator.verdict import differences, troubles

PLENTY = Goods(items=3, units=(50,))
BURST = 12


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged(9, PLENTY) as stage:
        yield stage


def item(stage: Stage) -> int:
    return next(iter(stage.world.catalog.items))


def boston(stage: Stage) -> int:
    return list(stage.world.catalog.locations)[1]


def sell_offline(stage: Stage, sales: int = 1) -> list[datetime]:
    """Sell one unit a minute at a till without connection; return when each was sold, in whole seconds."""
    sold_at: list[datetime] = []
    for _ in range(sales):
        lines = [Wish(item_id=item(stage), units=1)]
        sold = ordering.sell_offline(stage.world, location_id=boston(stage), lines=lines, now=stage.clock.now())
        assert isinstance(sold, OfflineSale)
        sold_at.append(sold.sold_at.replace(microsecond=0))
        stage.clock.advance(60.0)
    return sold_at


def upload(stage: Stage) -> datetime:
    """Let the till send everything now; return when that was."""
    uploaded_at = stage.clock.now()
    ordering.upload(stage.world, location_id=boston(stage), now=uploaded_at)
    stage.network.collect()
    stage.clock.advance(SOON_S[1])
    stage.network.deliver_due()
    return uploaded_at


def sales(stage: Stage) -> list[tuple[Movement, datetime]]:
    """Return movements to customers with the time they were recorded at, oldest first."""
    with stage.house.app.store.reading() as session:
        rows = session.of(stage.house.shop).ledger.history(str(item(stage)), 1000)
    return [(row[1], row[2]) for row in reversed(rows) if row[1].target.state is State.CUSTOMER]


def test_a_burst_hours_late_is_booked_when_it_comes_and_keeps_when_it_was_sold(stage: Stage) -> None:
    stage.open()
    sold_at = sell_offline(stage, BURST)
    stage.clock.advance(5 * 3600.0)
    stage.rest()
    assert sales(stage) == []
    uploaded_at = upload(stage)
    stage.settle()
    booked = sales(stage)
    assert sorted(movement.occurred_at for movement, _ in booked) == sold_at
    assert all(recorded_at >= uploaded_at for _, recorded_at in booked)
    assert differences(stage.house, stage.world) == []
    assert troubles(stage.house) == []


def test_an_opening_between_the_sale_and_its_arrival_does_not_hold_it(stage: Stage) -> None:
    """Shopify's levels did not know of the sale when they were read: it is not in the opening balance."""
    sell_offline(stage)
    stage.clock.advance(3600.0)
    stage.open()
    assert sales(stage) == []
    stage.clock.advance(3600.0)
    upload(stage)
    stage.settle()
    (order,) = stage.world.orders
    wish = RefundWish(
        line_id=order.lines[0].id, units=1, restock_type="return", location_id=list(stage.world.catalog.locations)[2]
    )
    undoing.refund(stage.world, order, lines=[wish], note="", now=stage.clock.now())
    stage.settle()
    assert len(sales(stage)) == 1  # another picture of the order does not book it again
    assert differences(stage.house, stage.world) == []
    assert unexplained(stage) == 0


def test_a_sale_that_arrived_before_the_opening_is_in_it_and_not_booked_again(stage: Stage) -> None:
    sell_offline(stage)
    stage.clock.advance(3600.0)
    upload(stage)
    stage.open()
    stage.settle()
    assert sales(stage) == []
    assert differences(stage.house, stage.world) == []
    assert unexplained(stage) == 0


def test_what_a_hand_took_meanwhile_is_not_explained_by_a_sale_that_arrives_later(stage: Stage) -> None:
    stage.open()
    sell_offline(stage)
    stage.clock.advance(3600.0)
    moving.adjust_by_hand(stage.world, item_id=item(stage), location_id=boston(stage), units=-1, now=stage.clock.now())
    stage.settle()
    assert unexplained(stage) == 1
    upload(stage)
    stage.settle()
    assert unexplained(stage) == 1  # the sale was made before the hand, and lowered the level after it
    assert len(sales(stage)) == 1
    assert differences(stage.house, stage.world) == []


def unexplained(stage: Stage) -> int:
    """Return the units of the item that left without a cause."""
    with stage.house.app.store.reading() as session:
        levels = session.of(stage.house.shop).ledger.levels([str(item(stage))])
    return sum(units for (_, bin_), units in levels.items() if bin_.state is State.UNEXPLAINED)
