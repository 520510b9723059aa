"""Drafts and returns of bundles: their components are reserved, committed, and put back, each for its own cause."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from onhand.domain.stock import LevelKey, State
from onhand.sandbox.world import drafting, fulfilling, returning, selling
from onhand.sandbox.world.assortment import add_item
from onhand.sandbox.world.catalog import Part
from onhand.sandbox.world.orders import Order
from onhand.sandbox.world.returning import Disposal
from onhand.sandbox.world.wishes import Wish
from onhand.simulator.network import CALM, Weather
from onhand.simulator.shop import Goods
from onhand.simulator.stage import Stage, staged
from onhand.simulator.verdict import differences, troubles

PLENTY = Goods(items=6, units=(50,))


@pytest.fixture(params=[CALM, Weather(lost=1.0)], ids=["told", "lost"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A shop with a bundle of two of its first item and one of its second."""
    with staged(3, PLENTY) as stage:
        tee, cap = parts(stage)
        made = (Part(tee, 2), Part(cap, 1))
        add_item(stage.world, sku="SET", title="Set", price_cents=100, now=stage.clock.now(), parts=made)
        stage.open()
        stage.rest()
        stage.network.weather = request.param
        yield stage


def parts(stage: Stage) -> tuple[int, int]:
    first, second, *_ = stage.world.catalog.items
    return first, second


def bundle(stage: Stage, units: int) -> list[Wish]:
    (item,) = [item for item in stage.world.catalog if item.sku == "SET"]
    return [Wish(item_id=item.inventory_item_id, units=units)]


def held(stage: Stage, state: State) -> tuple[int, int]:
    """Return the units of the two components that the books hold in a state, wherever."""
    items = [str(item) for item in parts(stage)]
    with stage.house.app.store.reading() as session:
        levels = session.of(stage.house.shop).ledger.levels(items)
    first, second = (
        sum(units for (one, bin_), units in levels.items() if (one, bin_.state) == (item, state)) for item in items
    )
    return first, second


def adopted(stage: Stage) -> list[str]:
    """Return adoptions that nothing has explained."""
    keys = [LevelKey(str(level.item_id), str(level.location_id)) for level in stage.world.levels]
    with stage.house.app.store.reading() as session:
        return [row.cause for row in session.of(stage.house.shop).drifts.open_adoptions(keys)]


def agree(stage: Stage) -> None:
    stage.clock.advance(2.0)
    stage.settle()
    assert differences(stage.house, stage.world) == []
    assert adopted(stage) == []
    assert troubles(stage.house) == []


def test_a_draft_of_a_bundle_reserves_its_components_and_gives_them_back(stage: Stage) -> None:
    until = stage.clock.now() + timedelta(days=9)
    draft = drafting.create_draft(stage.world, lines=bundle(stage, 3), now=stage.clock.now(), reserve_until=until)
    agree(stage)
    assert held(stage, State.RESERVED) == (6, 3)
    drafting.delete_draft(stage.world, draft, now=stage.clock.now())
    agree(stage)
    assert held(stage, State.RESERVED) == (0, 0)


def test_a_draft_of_a_bundle_that_is_completed_commits_its_components(stage: Stage) -> None:
    until = stage.clock.now() + timedelta(days=9)
    draft = drafting.create_draft(stage.world, lines=bundle(stage, 2), now=stage.clock.now(), reserve_until=until)
    agree(stage)
    order = drafting.complete_draft(stage.world, draft, now=stage.clock.now())
    assert {line.group.sku for line in order.lines if line.group is not None} == {"SET"}
    agree(stage)
    assert (held(stage, State.RESERVED), held(stage, State.COMMITTED)) == ((0, 0), (4, 2))


def test_what_comes_back_of_a_bundle_is_put_back_component_by_component(stage: Stage) -> None:
    order = selling.place_online(stage.world, lines=bundle(stage, 2), now=stage.clock.now())
    assert isinstance(order, Order)
    stage.clock.advance(1.0)
    fulfilling.fulfil(stage.world, order, lines=None, now=stage.clock.now())
    agree(stage)
    before = held(stage, State.AVAILABLE)
    (shipped,) = order.fulfillments
    back = {shipped.line_id(0): 3, shipped.line_id(1): 1}
    opened = returning.create_return(stage.world, order, lines=back, now=stage.clock.now())
    disposals = [
        Disposal(line_id=line.id, units=line.units, type="RESTOCKED", location_id=shipped.location_id)
        for line in opened.lines
    ]
    returning.dispose(stage.world, opened, disposals, now=stage.clock.now())
    agree(stage)
    assert held(stage, State.AVAILABLE) == (before[0] + 3, before[1] + 1)
