"""A draft's reservation ends at a time of its own: nobody sends a webhook then, so onhand must look by itself."""

from dataclasses import replace
from datetime import timedelta

from onhand.ports.channel import Wanted
from onhand.sandbox.world.assortment import edit_location
from onhand.sandbox.world.drafting import create_draft, pass_time, update_draft
from onhand.sandbox.world.wishes import Wish
from onhand.simulator.shop import Goods
from onhand.simulator.stage import Stage, staged
from onhand.simulator.verdict import differences
from onhand.store.asks import Waiting

PLENTY = Goods(items=4, units=(50,))
HOURS_2 = timedelta(hours=2)


def looks_planned(stage: Stage) -> list[Waiting]:
    with stage.house.app.store.reading() as session:
        waiting = session.of(stage.house.shop).asks.waiting()
    return [row for row in waiting if row.ask.wanted is Wanted.DRAFT]


def reserved_units(stage: Stage) -> int:
    with stage.house.app.store.reading() as session:
        levels = session.of(stage.house.shop).ledger.all_levels()
    return sum(units for (_, bin_), units in levels.items() if bin_.state.value == "reserved")


def test_a_draft_that_was_read_twice_is_looked_at_when_its_reservation_ends() -> None:
    with staged(13, PLENTY) as stage:
        stage.open()
        item = next(iter(stage.world.catalog.items))
        until = stage.clock.now() + HOURS_2
        create_draft(stage.world, lines=[Wish(item_id=item, units=3)], now=stage.clock.now(), reserve_until=until)
        stage.rest()
        stage.rest()  # a second webhook, or a sweep, has it read again and shows nothing new
        assert reserved_units(stage) == 3
        (look,) = looks_planned(stage)
        assert look.due_at >= until
        stage.clock.advance(HOURS_2.total_seconds() + 60.0)
        pass_time(stage.world, stage.clock.now())
        stage.world.outbox.take()  # Shopify tells nobody
        stage.rest()
        assert reserved_units(stage) == 0
        assert differences(stage.house, stage.world) == []
        assert looks_planned(stage) == []


def test_a_draft_that_asks_on_while_no_location_ships_reserves_nothing_and_nothing_is_adopted_for_it() -> None:
    with staged(13, PLENTY) as stage:
        stage.open()
        item, until = next(iter(stage.world.catalog.items)), stage.clock.now() + 12 * HOURS_2
        wish = [Wish(item_id=item, units=3)]
        draft = create_draft(stage.world, lines=wish, now=stage.clock.now(), reserve_until=until)
        stage.rest()
        assert reserved_units(stage) == 3
        for location in list(stage.world.catalog.locations.values()):
            edit_location(stage.world, replace(location, fulfils_online_orders=False), now=stage.clock.now())
        stage.clock.advance(60.0)
        update_draft(stage.world, draft, now=stage.clock.now(), reserve_until=until + HOURS_2)
        assert draft.reserved == {}
        stage.settle()
        assert reserved_units(stage) == 0
        assert differences(stage.house, stage.world) == []
        with stage.house.app.store.reading() as session:
            assert session.of(stage.house.shop).drifts.rows() == []
            assert session.of(stage.house.shop).pictures.unplaced() == []
