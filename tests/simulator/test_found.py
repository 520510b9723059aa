"""What random lives have found, told again step by step: each of these left units that nothing explained."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from onhand.domain.causes import NOT_STOCKED
from onhand.domain.stock import Bin, LevelKey, Movement, State
from onhand.sandbox.letters import body_of, headers_of
from onhand.sandbox.world import fulfilling, ordering, selling, undoing
from onhand.sandbox.world.assortment import add_item, change_item, remove_item
from onhand.sandbox.world.moving import receive_goods
from onhand.sandbox.world.orders import Order
from onhand.sandbox.world.undoing import RefundWish
from onhand.sandbox.world.wishes import Wish
from onhand.simulator.network import CALM, Weather
from onhand.simulator.stage import Stage, staged
from onhand.simulator.verdict import differences, totals, unexplained

SILENCE = Weather(lost=1.0)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A shop with 20 of its second item in each place but the attic, which never had it; onhand is at work."""
    with staged(1) as stage:
        for place in list(stage.world.catalog.locations)[:3]:
            level = stage.world.levels.get(item(stage), place)
            have = 0 if level is None else level.available
            receive_goods(
                stage.world, item_id=item(stage), location_id=place, units=20 - min(have, 19), now=stage.clock.now()
            )
        stage.open()
        yield stage


def item(stage: Stage) -> int:
    return list(stage.world.catalog.items)[1]


def place(stage: Stage, number: int) -> int:
    return list(stage.world.catalog.locations)[number]


def sold(stage: Stage, units: int = 2) -> Order:
    """Sell at Boston's till."""
    lines = [Wish(item_id=item(stage), units=units)]
    order = selling.sell_at_till(stage.world, location_id=place(stage, 1), lines=lines, now=stage.clock.now())
    assert isinstance(order, Order)
    return order


def give_back(stage: Stage, order: Order, to: int) -> None:
    wish = RefundWish(line_id=order.lines[0].id, units=1, restock_type="return", location_id=place(stage, to))
    undoing.refund(stage.world, order, lines=[wish], note="", now=stage.clock.now())


def agree(stage: Stage) -> None:
    """Come to rest; then everything agrees, and nothing is left that only an adoption explains."""
    opened = totals(stage.world)
    stage.settle()
    assert differences(stage.house, stage.world) == []
    with stage.house.app.store.reading() as session:
        levels = session.of(stage.house.shop).ledger.levels([str(item(stage))])
    assert [units for (_, bin_), units in levels.items() if bin_.state is State.UNEXPLAINED] == []
    assert opened == totals(stage.world)


def outside(stage: Stage, number: int) -> dict[State, int]:
    """Return what came from outside into one of the item's levels."""
    key = LevelKey(str(item(stage)), str(place(stage, number)))
    with stage.house.app.store.reading() as session:
        levels = session.of(stage.house.shop).ledger.levels([key.item])
    return {bin_.state: units for (_, bin_), units in levels.items() if bin_.location == key.location}


def test_goods_given_back_where_they_never_were_are_no_opening_balance(stage: Stage) -> None:
    order = sold(stage)
    stage.rest()
    stage.network.weather = SILENCE
    give_back(stage, order, to=3)
    stage.network.collect()
    stage.network.weather = CALM
    agree(stage)
    assert outside(stage, 3) == {State.AVAILABLE: 1, State.CUSTOMER: -1}


def test_the_second_change_of_a_second_is_found_when_its_webhooks_are_lost(stage: Stage) -> None:
    order = sold(stage)
    stage.network.collect()
    stage.network.deliver_all()
    stage.network.weather = SILENCE
    give_back(stage, order, to=2)
    stage.network.collect()
    stage.network.weather = CALM
    agree(stage)
    assert outside(stage, 2)[State.CUSTOMER] == -1


def test_a_line_spread_over_two_places_and_written_off_leaves_both(stage: Stage) -> None:
    lines = [Wish(item_id=item(stage), units=30)]
    order = ordering.ship_from_till(stage.world, location_id=place(stage, 1), lines=lines, now=stage.clock.now())
    assert len(order.fulfillment_orders) == 2
    stage.rest()
    undoing.cancel(stage.world, order, restock=False, reason="customer", now=stage.clock.now())
    agree(stage)


def test_what_was_written_off_before_the_rest_was_moved_left_the_place_before(stage: Stage) -> None:
    lines = [Wish(item_id=item(stage), units=3)]
    order = selling.place_online(stage.world, lines=lines, now=stage.clock.now())
    assert isinstance(order, Order)
    stage.rest()
    stage.network.weather = SILENCE
    wish = RefundWish(line_id=order.lines[0].id, units=2, restock_type="no_restock", location_id=None)
    undoing.refund(stage.world, order, lines=[wish], note="", now=stage.clock.now())
    part = order.fulfillment_orders[0]
    fulfilling.move_fulfillment_order(stage.world, part, to_location_id=place(stage, 1), now=stage.clock.now())
    stage.network.collect()
    stage.network.weather = CALM
    agree(stage)


def test_what_hands_put_into_an_empty_level_is_unexplained_and_no_opening(stage: Stage) -> None:
    empty = next(level for level in stage.world.levels if level.on_hand == 0 and _is_counted(stage, level.item_id))
    receive_goods(stage.world, item_id=empty.item_id, location_id=empty.location_id, units=5, now=stage.clock.now())
    stage.settle()
    assert differences(stage.house, stage.world) == []
    opened = totals(stage.world)
    key = (str(empty.item_id), str(empty.location_id))
    opened[key] -= 5
    assert unexplained(stage.house, stage.world, opened, Counter({(key, State.AVAILABLE): 5})) == []


def tell_of_levels(stage: Stage) -> None:
    """Let webhooks that tell of levels be booked; all others are lost."""
    for sent in stage.world.outbox.take():
        if sent.topic == "inventory_levels/update" and (body := body_of(stage.sandbox, sent)) is not None:
            assert stage.hand_over(sent.address, headers_of(stage.sandbox, sent, body), body) == 200
    stage.turn(stage.house.booking)


def _is_counted(stage: Stage, item_id: int) -> bool:
    item = stage.world.catalog.items[item_id]
    return item.tracked and not item.bundle


@pytest.mark.parametrize("touched", [True, False], ids=["as it is booked", "by the next audit"])
def test_what_the_books_hold_where_shopify_has_no_level_is_found_named_and_taken_over(
    stage: Stage, touched: bool
) -> None:
    """Orders that came while an item was not counted are the way there: Shopify places them anywhere."""
    key = LevelKey(str(item(stage)), str(place(stage, 3)))
    assert stage.world.levels.get(item(stage), place(stage, 3)) is None
    shelf, held = Bin(key.location, State.AVAILABLE), Bin(key.location, State.COMMITTED)
    ordered = Movement(
        id="shopify/order/7/1",
        item=key.item,
        source=shelf,
        target=held,
        units=2,
        cause="shopify/order/7",
        origin="shopify",
        reason="ordered",
        occurred_at=stage.clock.now(),
    )
    with stage.house.app.store.writing() as session:
        books = session.of(stage.house.shop)
        books.ledger.append([ordered], stage.clock.now())
        if not touched:
            books.observations.compared([key])
    stage.settle()
    assert differences(stage.house, stage.world) == []
    with stage.house.app.store.reading() as session:
        books = session.of(stage.house.shop)
        (drift,) = books.drifts.rows()
        assert (drift.item, drift.location, drift.status, drift.cause) == (*key, "adopted", NOT_STOCKED)
        assert books.observations.unseen("shopify") == []


def test_what_nobody_counts_any_more_may_rest_where_no_level_is(stage: Stage) -> None:
    """Nothing is asked of a bundle, of an item that was removed, of one that is not tracked: they show nothing ever."""
    uncounted = next(one for one in stage.world.catalog if not one.tracked or one.bundle)
    with stage.house.app.store.writing() as session:
        books = session.of(stage.house.shop)
        moved = Movement(
            id="shopify/order/7/1",
            item=str(uncounted.inventory_item_id),
            source=Bin(str(place(stage, 3)), State.AVAILABLE),
            target=Bin(str(place(stage, 3)), State.COMMITTED),
            units=2,
            cause="shopify/order/7",
            origin="shopify",
            reason="ordered",
            occurred_at=stage.clock.now(),
        )
        books.ledger.append([moved], stage.clock.now())
        assert books.observations.unseen("shopify") == []


def test_an_item_that_a_whole_reading_shows_first_and_nobody_counts_leaves_no_gap(stage: Stage) -> None:
    """Its level was told of while it was counted; that it exists, and is not counted any more, was told to nobody."""
    world, now = stage.world, stage.clock.now()
    new = add_item(world, sku="NEW", title="New", price_cents=900, now=now)
    receive_goods(world, item_id=new.inventory_item_id, location_id=place(stage, 1), units=4, now=now)
    tell_of_levels(stage)
    change_item(world, replace(new, tracked=False), now=stage.clock.now())
    assert list(world.outbox.take())  # and none of them arrives
    stage.clock.advance(2.0)
    stage.house.audit()
    stage.settle()
    assert stage.house.going_on() == []
    assert differences(stage.house, world) == []


def test_an_order_as_large_as_the_one_that_was_missed_is_not_taken_for_its_gap(stage: Stage) -> None:
    """Between the two looks the missed one is read, and another one comes: the gap is the same, and another one."""
    where = place(stage, 0)

    def order() -> Order:
        lines, now = [Wish(item_id=item(stage), units=1)], stage.clock.now()
        placed = ordering.place_for_pickup(stage.world, location_id=where, lines=lines, now=now)
        assert isinstance(placed, Order)
        return placed

    stage.network.weather = SILENCE
    missed = order()
    stage.clock.advance(2.0)
    later: list[Order] = []

    def meanwhile() -> None:
        with stage.house.app.store.reading() as session:
            known = session.of(stage.house.shop).pictures.seen(f"shopify/order/{missed.id}")
        if known is not None and not later:
            later.append(order())

    stage.platforms.meanwhile = meanwhile
    stage.house.steps.judge([LevelKey(str(item(stage)), str(where))], grace_s=0.0, adopt=True)
    stage.platforms.meanwhile = lambda: None
    assert len(later) == 1
    stage.network.collect()
    stage.network.weather = CALM
    agree(stage)
    with stage.house.app.store.reading() as session:
        assert session.of(stage.house.shop).drifts.rows() == []


def test_an_item_that_is_removed_before_anybody_has_read_it_leaves_no_gap(stage: Stage) -> None:
    """Webhooks told of its level; when it is asked for, Shopify does not know it any more."""
    world, now = stage.world, stage.clock.now()
    new = add_item(world, sku="NEW", title="New", price_cents=900, now=now)
    receive_goods(world, item_id=new.inventory_item_id, location_id=place(stage, 1), units=4, now=now)
    tell_of_levels(stage)
    remove_item(world, new, now=stage.clock.now())
    stage.settle()
    assert stage.house.going_on() == []
    assert differences(stage.house, world) == []
