"""A level that contradicts itself is read again, longer apart each time; nothing is booked on it until it adds up."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from onhand.domain.stock import LevelKey, State, on_hand
from onhand.intake.doubts import DOES_NOT_ADD_UP, TRY_AGAIN_S
from onhand.sandbox.world import moving
from onhand.sandbox.world.torn import Tear
from onhand.simulator.shop import Goods
from onhand.simulator.stage import Stage, staged
from onhand.simulator.verdict import differences, troubles
from onhand.store.people import OpenProblem

PLENTY = Goods(items=6, units=(50,))
BOSTON = 1


@pytest.fixture
def closed() -> Iterator[Stage]:
    """A shop that onhand has not read yet."""
    with staged(3, PLENTY) as stage:
        yield stage


@pytest.fixture
def stage(closed: Stage) -> Stage:
    closed.open()
    closed.rest()
    return closed


def ids(stage: Stage) -> tuple[int, int]:
    return next(iter(stage.world.catalog.items)), list(stage.world.catalog.locations)[BOSTON]


def tear(stage: Stage, readings: int | None) -> None:
    """Show three more on hand at Boston than there are."""
    stage.world.torn[ids(stage)] = Tear(units=3, readings=readings)


def mend(stage: Stage) -> None:
    stage.world.torn.clear()


def receive(stage: Stage, units: int) -> None:
    """Let goods arrive of which nobody but the level tells."""
    item, place = ids(stage)
    moving.receive_goods(stage.world, item_id=item, location_id=place, units=units, now=stage.clock.now())


def key(stage: Stage) -> LevelKey:
    item, place = ids(stage)
    return LevelKey(str(item), str(place))


def booked(stage: Stage) -> int:
    wanted = key(stage)
    with stage.house.app.store.reading() as session:
        levels = session.of(stage.house.shop).ledger.levels([wanted.item])
    return on_hand({bin_.state: units for (_, bin_), units in levels.items() if bin_.location == wanted.location})


def came_from(stage: Stage) -> set[State]:
    """Return where the units of the level came from and went to outside the shop."""
    wanted = key(stage)
    with stage.house.app.store.reading() as session:
        rows = session.of(stage.house.shop).ledger.history(wanted.item, 100)
    bins = [bin_ for row in rows for bin_ in (row[1].source, row[1].target) if bin_.location == wanted.location]
    return {bin_.state for bin_ in bins} & {State.SUPPLIER, State.UNEXPLAINED}


def problem(stage: Stage) -> OpenProblem | None:
    with stage.house.app.store.reading() as session:
        found = [row for row in session.of(stage.house.shop).problems.open() if row.kind == DOES_NOT_ADD_UP]
    assert len(found) < 2
    return found[0] if found else None


def due_in_s(stage: Stage) -> float:
    """Return how long the next reading of the level is away."""
    wanted = key(stage)
    with stage.house.app.store.reading() as session:
        (ask,) = [row for row in session.of(stage.house.shop).asks.waiting() if row.ask.key == "@".join(wanted)]
    return round((ask.due_at - stage.house.app.clock.now()) / timedelta(seconds=1), 3)


def deliver(stage: Stage) -> None:
    stage.clock.advance(1.0)
    stage.network.collect()
    stage.network.deliver_all()


def look(stage: Stage) -> None:
    """Let the level be read as a person asks for it."""
    stage.house.steps.read_levels([key(stage)])


def test_a_level_that_was_read_in_the_middle_of_a_change_is_read_again_and_nobody_is_bothered(stage: Stage) -> None:
    receive(stage, 5)
    tear(stage, readings=1)
    deliver(stage)
    look(stage)
    assert due_in_s(stage) == TRY_AGAIN_S[0]
    stage.work()
    assert booked(stage) == 50
    stage.clock.advance(TRY_AGAIN_S[0])
    stage.work()
    stage.clock.advance(60.0)
    stage.rest()
    assert booked(stage) == 55
    assert problem(stage) is None
    assert differences(stage.house, stage.world) == []


def test_it_is_tried_a_few_times_each_longer_apart_then_it_stands_with_both_sums_until_it_adds_up(stage: Stage) -> None:
    receive(stage, 5)
    tear(stage, readings=None)
    deliver(stage)
    look(stage)
    for wait_s in TRY_AGAIN_S:
        assert problem(stage) is None
        assert due_in_s(stage) == pytest.approx(wait_s, abs=1.9)
        look(stage)  # a look that nobody had to wait for is no try
        assert due_in_s(stage) == pytest.approx(wait_s, abs=1.9)
        stage.clock.advance(wait_s)
        stage.house.turn(stage.house.reading)
        stage.house.turn(stage.house.auditing)
        assert booked(stage) == 50
    found = problem(stage)
    assert found is not None
    assert "ITEM-0 at Boston: shopify says 58 on hand, its states sum to 55, in 5 readings" in found.message
    assert "`onhand audit --sku 'ITEM-0' --location 'Boston'` reads it at once" in found.next_step
    stage.settle()
    assert booked(stage) == 50
    assert problem(stage) == found
    mend(stage)
    audited = stage.house.app.audit(stage.house.shop, fix=True, sku="ITEM-0", location="Boston")
    assert (audited.complete, audited.drifts) == (True, 0)
    assert booked(stage) == 55
    assert problem(stage) is None
    assert troubles(stage.house) == []


def test_a_webhook_of_a_level_that_stands_as_a_problem_has_it_read_and_a_right_reading_settles_it(stage: Stage) -> None:
    tear(stage, readings=None)
    look(stage)
    for wait_s in TRY_AGAIN_S:
        stage.clock.advance(wait_s)
        stage.house.turn(stage.house.reading)
    assert problem(stage) is not None
    mend(stage)
    receive(stage, 1)
    deliver(stage)
    stage.house.turn(stage.house.booking)
    assert due_in_s(stage) == 0.0
    stage.house.turn(stage.house.reading)
    assert problem(stage) is None


def test_an_audit_compares_everything_else_and_says_that_it_was_not_whole(stage: Stage) -> None:
    receive(stage, 5)
    tear(stage, readings=None)
    stage.clock.advance(5.0)
    before = stage.house.app.audit(stage.house.shop)
    assert (before.complete, before.drifts, booked(stage)) == (False, 0, 50)
    assert [source.complete for source in before.sources] == [False]
    mend(stage)
    after = stage.house.audit()
    assert (after.complete, after.checked, after.drifts) == (True, before.checked + 1, 0)
    assert booked(stage) == 55


def test_a_first_reading_looks_again_at_a_torn_level_and_opens_it(closed: Stage) -> None:
    tear(closed, readings=1)
    closed.open()
    assert booked(closed) == 50
    assert came_from(closed) == {State.SUPPLIER}
    closed.rest()
    assert problem(closed) is None
    assert differences(closed.house, closed.world) == []


def test_a_level_that_does_not_add_up_in_the_first_reading_is_opened_by_the_first_right_one(closed: Stage) -> None:
    tear(closed, readings=None)
    closed.open()
    for wait_s in TRY_AGAIN_S:
        closed.clock.advance(wait_s)
        closed.work()
    assert booked(closed) == 0
    assert problem(closed) is not None
    mend(closed)
    closed.settle()
    assert booked(closed) == 50
    assert came_from(closed) == {State.SUPPLIER}
    assert problem(closed) is None
    assert differences(closed.house, closed.world) == []
