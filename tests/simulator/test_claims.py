"""What orders hold at Shopify is taken over whoever is believed at a location; everything else is written back."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from onhand.config.model import GuardConfig, LocationConfig
from onhand.domain.stock import Bin, LevelKey, State
from onhand.sandbox.world import moving, ordering, undoing
from onhand.sandbox.world.assortment import edit_location, switch_location
from onhand.sandbox.world.levels import Level
from onhand.sandbox.world.orders import Order
from onhand.sandbox.world.wishes import Wish
from onhand.simulator.network import CALM, Weather
from onhand.simulator.shop import Goods
from onhand.simulator.stage import Stage, staged
from onhand.simulator.verdict import differences

PLENTY = Goods(items=6, units=(50,))
BOSTON = 1
SHOWN = (State.AVAILABLE, State.COMMITTED, State.DAMAGED)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A shop at work, whose online orders are sent from Boston, where onhand is believed."""
    with staged(3, PLENTY) as stage:
        stage.open()
        for place in stage.world.catalog.locations.values():
            online = replace(place, fulfils_online_orders=place.id == int(key(stage).location))
            edit_location(stage.world, online, now=stage.clock.now())
        stage.rest()
        parts = stage.house.steps.parts
        boston = LocationConfig(shop=stage.house.shop, name="Boston", authority="onhand")
        parts.config = replace(parts.config, locations=(boston,), guard=GuardConfig())
        yield stage


def key(stage: Stage) -> LevelKey:
    return LevelKey(str(next(iter(stage.world.catalog.items))), str(list(stage.world.catalog.locations)[BOSTON]))


def level(stage: Stage) -> Level:
    found = stage.world.levels.get(*(int(part) for part in key(stage)))
    assert found is not None
    return found


def at_shopify(stage: Stage) -> tuple[int, ...]:
    return tuple(level(stage).units(state.value) for state in SHOWN)


def in_books(stage: Stage) -> tuple[int, ...]:
    item, place = key(stage)
    with stage.house.app.store.reading() as session:
        levels = session.of(stage.house.shop).ledger.levels([item])
    return tuple(levels.get((item, Bin(place, state)), 0) for state in SHOWN)


def by_hand(stage: Stage, **units: int) -> None:
    item, place = (int(part) for part in key(stage))
    for state, much in units.items():
        moving.adjust_by_hand(
            stage.world, item_id=item, location_id=place, units=much, now=stage.clock.now(), state=state
        )
    stage.clock.advance(1.0)


def created_by_app(stage: Stage, behaviour: ordering.InventoryBehaviour) -> Order:
    """Let an app create an unpaid order for two of the item."""
    lines, now = [Wish(item_id=int(key(stage).item), units=2)], stage.clock.now()
    order = ordering.create_by_app(stage.world, lines=lines, behaviour=behaviour, now=now, paid=False)
    assert [str(part.location_id) for part in order.fulfillment_orders] == [key(stage).location]
    stage.rest()
    return order


def agree(stage: Stage, *units: int) -> None:
    """Come to rest; then books and Shopify hold so many units in the states that are SHOWN."""
    stage.settle()
    assert (at_shopify(stage), in_books(stage)) == (units, units)
    assert differences(stage.house, stage.world) == []
    assert stage.house.going_on() == []


def test_what_stays_committed_and_nobody_waits_for_is_held_and_what_hands_did_is_written_back(stage: Stage) -> None:
    """Of an unpaid order nothing is restocked at a location that is closed."""
    order = created_by_app(stage, "DECREMENT_IGNORING_POLICY")
    boston = stage.world.catalog.locations[int(key(stage).location)]
    closed = switch_location(stage.world, boston, active=False, now=stage.clock.now())
    undoing.cancel(stage.world, order, restock=True, reason="customer", now=stage.clock.now())
    switch_location(stage.world, closed, active=True, now=stage.clock.now())
    by_hand(stage, available=3)
    agree(stage, 48, 2, 0)


def test_an_order_that_claims_no_stock_is_found_beside_what_hands_did(stage: Stage) -> None:
    stage.network.weather = Weather(lost=1.0)
    order = created_by_app(stage, "BYPASS")
    by_hand(stage, available=4, damaged=-4)
    stage.network.weather = CALM
    agree(stage, 50, 0, 0)
    with stage.house.app.store.reading() as session:
        unclaimed = session.of(stage.house.shop).pictures.unclaimed_items(f"shopify/order/{order.id}")
    assert set(unclaimed) == {key(stage).item}


def test_a_claim_that_has_ended_with_goods_missing_is_left_to_a_person(stage: Stage) -> None:
    """They may have been shipped by a document that nobody can read: whatever counts there would be a guess."""
    created_by_app(stage, "DECREMENT_IGNORING_POLICY")
    stage.settle()
    level(stage).add({"committed": -2}, stage.clock.now())
    stage.clock.advance(1.0)
    stage.house.steps.judge([key(stage)], grace_s=0.0, adopt=True)
    assert (at_shopify(stage), in_books(stage)) == ((48, 0, 0), (48, 2, 0))
    with stage.house.app.store.reading() as session:
        (drift,) = session.of(stage.house.shop).drifts.rows("open")
    assert (drift.state, drift.units) == (State.COMMITTED, -2)
