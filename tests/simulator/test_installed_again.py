"""The app is removed and installed again, and told of too late: what counts is whether Shopify shows our rights."""

from collections.abc import Iterator

import httpx
import pytest

from onhand.config import SHOPIFY
from onhand.ports.channel import NOT_CONNECTED
from onhand.publish.guard import gate
from onhand.sandbox.app_by_hand import UNINSTALLED, install, removal, uninstall
from onhand.sandbox.letters import headers_of
from onhand.sandbox.reply import Reply
from onhand.sandbox.world import selling
from onhand.sandbox.world.wishes import Wish
from onhand.simulator.options import Options
from onhand.simulator.season import playing, script
from onhand.simulator.shop import Goods
from onhand.simulator.stage import Stage, staged
from onhand.simulator.verdict import differences, troubles

REMOVAL_TO = "https://onhand.invalid/webhooks/shopify/{shop}/" + UNINSTALLED


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A shop with plenty of everything; onhand is at work."""
    with staged(17, Goods(items=4, units=(50,))) as stage:
        stage.open()
        yield stage


def tell_removed(stage: Stage) -> None:
    """Bring a genuine removal to the door that says nothing of which installation it means."""
    outbox = stage.world.outbox
    address = REMOVAL_TO.format(shop=stage.house.shop)
    outbox.queue_to(address, UNINSTALLED, removal(stage.sandbox), outbox.act(stage.clock.now()))
    letter = outbox.waiting.pop()
    assert letter.body is not None
    assert stage.hand_over(address, headers_of(stage.sandbox, letter, letter.body), letter.body) == 200


def sell(stage: Stage) -> None:
    at = list(stage.world.catalog.locations)[1]
    lines = [Wish(item_id=next(iter(stage.world.catalog.items)), units=1)]
    selling.sell_at_till(stage.world, location_id=at, lines=lines, now=stage.clock.now())


def is_open(stage: Stage) -> bool:
    with stage.house.app.store.reading() as session:
        return gate(session.of(stage.house.shop), SHOPIFY).open


def problems(stage: Stage) -> set[str]:
    with stage.house.app.store.reading() as session:
        return {row.kind for row in session.of(stage.house.shop).problems.open()}


def test_e10_a_removal_told_of_too_late_holds_writing_only_until_our_rights_are_read(stage: Stage) -> None:
    tell_removed(stage)
    stage.turn(stage.house.booking)
    assert not is_open(stage)
    stage.turn(stage.house.reading)
    assert is_open(stage)
    stage.settle()
    assert differences(stage.house, stage.world) + troubles(stage.house) == []


def test_e10_a_removal_told_of_while_rights_are_read_waits_for_the_next_reading(stage: Stage) -> None:
    told: list[str] = []

    def tell_again(request: httpx.Request, _: Reply) -> None:
        if b"currentAppInstallation" in request.content and not told:
            told.append("again")
            tell_removed(stage)
            stage.house.turn(stage.house.booking)

    tell_removed(stage)
    stage.turn(stage.house.booking)
    stage.platforms.watch = tell_again
    stage.turn(stage.house.reading)
    assert told
    if not is_open(stage):  # the same turn may have found the second one due
        stage.turn(stage.house.reading)
    assert is_open(stage)


def test_e10_while_the_app_is_removed_nothing_is_written_and_the_books_stay(stage: Stage) -> None:
    before = stage.house.app.store
    with before.reading() as session:
        booked = session.of(stage.house.shop).ledger.head()
    uninstall(stage.sandbox, stage.clock.now())
    stage.network.collect()
    stage.network.deliver_all()
    stage.work()
    stage.clock.advance(3600.0)
    stage.work()
    assert not is_open(stage)
    assert NOT_CONNECTED in problems(stage)
    with stage.house.app.store.reading() as session:
        assert session.of(stage.house.shop).ledger.head() == booked


def test_e10_installed_again_it_subscribes_reads_what_it_missed_and_writes(stage: Stage) -> None:
    uninstall(stage.sandbox, stage.clock.now())
    stage.network.collect()
    stage.network.deliver_all()
    stage.work()
    sell(stage)  # of which nobody tells us
    stage.clock.advance(1800.0)
    install(stage.sandbox, stage.clock.now())
    stage.turn(stage.house.subscribing)
    sell(stage)
    stage.settle()
    assert is_open(stage)
    assert stage.world.outbox.subscriptions
    assert differences(stage.house, stage.world) + troubles(stage.house) == []
    assert NOT_CONNECTED not in problems(stage)


def test_e10_a_removal_that_arrives_after_the_app_was_installed_again_does_no_harm(stage: Stage) -> None:
    uninstall(stage.sandbox, stage.clock.now())
    letters = list(stage.world.outbox.take())
    assert [letter.topic for letter in letters] == [UNINSTALLED]
    install(stage.sandbox, stage.clock.now())
    stage.turn(stage.house.subscribing)
    sell(stage)
    body = letters[0].body
    assert body is not None
    assert stage.hand_over(letters[0].address, headers_of(stage.sandbox, letters[0], body), body) == 200
    stage.settle()
    assert is_open(stage)
    assert differences(stage.house, stage.world) + troubles(stage.house) == []


def test_e10_a_season_in_which_the_app_is_removed_now_and_then_holds() -> None:
    steps = ["act", "uninstalled", "act", "wait 60", "worker", "reader", "uninstalled", "act", "wait 900", "worker"]
    assert script(Options(seed=5), [*steps, "reader", "uninstalled", "act", "auditor", "calm"]) == []


def test_e10_a_season_met_both_ways_of_a_removal() -> None:
    with playing(Options(seed=8)) as season:
        season.open()
        for _ in range(12):
            season.happen("uninstalled")
            season.wait(1000.0)
            season.business.act()
            for name in ("worker", "reader", "subscriber"):
                season.turn(name)
        season.calm()
        assert season.verdict() == []
        assert season.stage.met["installed again"] > 0
        assert season.stage.met["removal told too late"] > 0
