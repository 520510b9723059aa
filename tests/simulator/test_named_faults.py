"""Faults of docs/faults.md on a stage: late deliveries, lost answers, clocks that jump, copies of yesterday."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from onhand.domain.stock import State
from onhand.sandbox.letters import body_of, headers_of
from onhand.sandbox.world import selling
from onhand.sandbox.world.moving import adjust_by_hand
from onhand.sandbox.world.orders import Order
from onhand.sandbox.world.wishes import Wish
from onhand.serve.works import MAKE_GOOD_AGAIN_S
from onhand.simulator.shop import Goods
from onhand.simulator.stage import Stage, staged
from onhand.simulator.verdict import differences, troubles
from onhand.store import DriftRow

PLENTY = Goods(items=4, units=(50,))
HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A shop with plenty of everything; onhand is at work."""
    with staged(11, PLENTY) as stage:
        stage.open()
        yield stage


class Letter(NamedTuple):
    """A webhook as it leaves the platform."""

    address: str
    headers: Mapping[str, str]
    body: bytes


def item(stage: Stage) -> int:
    return next(iter(stage.world.catalog.items))


def boston(stage: Stage) -> int:
    return list(stage.world.catalog.locations)[1]


def sell(stage: Stage, units: int = 2) -> Order:
    """Sell at Boston's till."""
    lines = [Wish(item_id=item(stage), units=units)]
    order = selling.sell_at_till(stage.world, location_id=boston(stage), lines=lines, now=stage.clock.now())
    assert isinstance(order, Order)
    return order


def held_back(stage: Stage) -> list[Letter]:
    """Take everything that the platform has to tell now out of its hands."""
    letters = []
    for sent in stage.world.outbox.take():
        body = sent.body if sent.body is not None else body_of(stage.sandbox, sent)
        assert body is not None
        letters.append(Letter(sent.address, headers_of(stage.sandbox, sent, body), body))
    return letters


def on_hand(stage: Stage) -> int:
    """Return what the books say is available in Boston."""
    with stage.house.app.store.reading() as session:
        levels = session.of(stage.house.shop).ledger.levels([str(item(stage))])
    place = str(boston(stage))
    return sum(units for (_, bin_), units in levels.items() if (bin_.location, bin_.state) == (place, State.AVAILABLE))


def movements(stage: Stage) -> int:
    """Return how many movements there are."""
    with stage.house.app.store.reading() as session:
        return session.of(stage.house.shop).ledger.head()[0]


def drifts(stage: Stage) -> list[DriftRow]:
    """Return every drift that was filed."""
    with stage.house.app.store.reading() as session:
        return session.of(stage.house.shop).drifts.rows()


def agree(stage: Stage) -> None:
    """Come to rest; then books and platform agree and nobody is bothered."""
    stage.settle()
    assert differences(stage.house, stage.world) == []
    assert troubles(stage.house) == []


@pytest.mark.parametrize("hours", [4, 24])
def test_a05_a_delivery_hours_late_is_taken_and_moves_nothing_that_is_newer(stage: Stage, hours: int) -> None:
    before = on_hand(stage)
    sell(stage)
    late = held_back(stage)
    stage.settle()
    sell(stage, 1)
    agree(stage)
    assert on_hand(stage) == before - 3
    booked = movements(stage)
    stage.clock.advance(hours * HOUR_S)
    assert {stage.hand_over(*letter) for letter in late} == {200}
    agree(stage)
    assert (on_hand(stage), movements(stage)) == (before - 3, booked)


def test_a05_a_late_delivery_that_nobody_has_missed_yet_is_booked_once(stage: Stage) -> None:
    before = on_hand(stage)
    sell(stage)
    late = held_back(stage)
    stage.clock.advance(60.0)
    sell(stage, 1)
    stage.network.collect()
    stage.network.deliver_all()
    stage.work()
    assert {stage.hand_over(*letter) for letter in late} == {200}
    agree(stage)
    assert on_hand(stage) == before - 3


def test_a19_a_sender_that_never_heard_our_answer_comes_again_and_is_known(stage: Stage) -> None:
    before = on_hand(stage)
    sell(stage)
    first, *others = held_back(stage)
    stage.points.arm("kept", 1)
    assert stage.hand_over(*first) == 0
    assert stage.hand_over(*first) == 200
    assert stage.met["repeat of a kept delivery"] == 1
    for letter in others:
        stage.hand_over(*letter)
    log = stage.house.app.log
    assert log.counts().duplicates == 1
    agree(stage)
    assert on_hand(stage) == before - 2


@pytest.mark.parametrize("jump_s", [DAY_S, -DAY_S])
def test_d01_a_clock_that_jumps_a_day_and_back_costs_no_unit(stage: Stage, jump_s: float) -> None:
    before = on_hand(stage)
    sell(stage)
    stage.rest()
    right_s = stage.house_clock.ahead_s
    stage.house_clock.ahead_s = jump_s
    sell(stage, 1)
    stage.rest()
    assert on_hand(stage) == before - 3
    stage.house_clock.ahead_s = right_s
    sell(stage, 1)
    agree(stage)
    assert on_hand(stage) == before - 4


@pytest.mark.parametrize("ahead_s", [4 * HOUR_S, -4 * HOUR_S])
def test_d01_webhooks_that_lapsed_while_the_clock_was_wrong_are_made_good_once_it_is_right(
    stage: Stage, ahead_s: float
) -> None:
    before, right_s = on_hand(stage), stage.house_clock.ahead_s
    stage.house_clock.ahead_s = ahead_s
    stage.turn(stage.house.subscribing)
    for subscription in list(stage.world.outbox.subscriptions.values()):
        stage.world.outbox.unsubscribe(subscription.id)
    sell(stage)  # and nobody is told
    stage.turn(stage.house.subscribing)
    assert [trouble.split()[:2] for trouble in troubles(stage.house)] == [["webhooks", "lapsed"]]
    stage.house_clock.ahead_s = right_s
    stage.restart()  # until then our time goes on, slowly, from where it was
    for _ in range(3):
        stage.clock.advance(MAKE_GOOD_AGAIN_S)
        stage.work()
    assert troubles(stage.house) == []
    agree(stage)
    assert on_hand(stage) == before - 2


@pytest.mark.parametrize("ahead_s", [300.0, -300.0])
def test_d02_five_minutes_between_our_clock_and_the_platforms_lose_nothing(ahead_s: float) -> None:
    with staged(12, PLENTY) as stage:
        stage.house_clock.ahead_s = ahead_s
        stage.open()
        before = on_hand(stage)
        for _ in range(3):
            sell(stage)
            stage.clock.advance(1.0)
        held_back(stage)  # nobody hears of them: the sweep has to ask from the right moment on
        sell(stage, 1)
        agree(stage)
        assert on_hand(stage) == before - 7
        assert [row for row in drifts(stage) if row.status == "adopted"] == []


def test_c12_an_older_backup_catches_up_and_books_what_it_missed_once(stage: Stage, tmp_path: Path) -> None:
    before = on_hand(stage)
    sell(stage)
    stage.rest()
    backup = tmp_path / "yesterday"
    stage.house.close()
    shutil.copytree(stage.disk.folder, backup)
    stage.restart()
    sell(stage, 1)
    stage.settle()
    sell(stage, 4)
    stage.rest()
    stage.house.close()
    shutil.rmtree(stage.disk.folder)
    shutil.copytree(backup, stage.disk.folder)
    stage.restart()
    assert on_hand(stage) == before - 2
    stage.clock.advance(60.0)
    agree(stage)
    assert on_hand(stage) == before - 7
    assert [row for row in drifts(stage) if row.status == "adopted"] == []


def test_d13_what_somebody_edits_in_bulk_is_adopted_and_named_as_made_without_a_document(stage: Stage) -> None:
    items, place = list(stage.world.catalog.items)[:3], boston(stage)
    for edited in items:
        adjust_by_hand(stage.world, item_id=edited, location_id=place, units=-7, now=stage.clock.now())
    agree(stage)
    named = {row.item: row.cause for row in drifts(stage) if row.location == str(place)}
    assert set(named) == {str(edited) for edited in items}
    assert set(named.values()) == {"goods were taken out, lost or corrected without a document"}
