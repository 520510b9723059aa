"""A pair of TikTok Shop's tokens that came to nobody: told while the old one still serves, and mended by a person."""

from collections.abc import Iterator

import httpx
import pytest

from onhand.channels.tiktok_shop.facts import NOT_REFRESHED
from onhand.config.model import AuditConfig
from onhand.ports.channel import NOT_CONNECTED
from onhand.ports.connecting import ConnectsByCode
from onhand.sandbox.world import selling
from onhand.sandbox.world.wishes import Wish
from onhand.simulator.house import Manner
from onhand.simulator.shop import Goods
from onhand.simulator.stage import Stage, staged
from onhand.simulator.verdict import troubles

LIFE_S = 1200
POLL_S = 60.0
PLENTY = Goods(items=4, units=(50,), on_tiktok=True)
MANNER = Manner(audit=AuditConfig(every_s=900.0, poll_every_s=POLL_S), markets=True, tiktok_token_life_s=LIFE_S)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A shop that is at rest, on TikTok Shop, too; the next pair of tokens that it gives out comes to nobody."""

    def lose(request: httpx.Request, answer: bytes) -> bytes:
        return b"" if request.url.path.endswith("/token/refresh") and b"access_token" in answer else answer

    with staged(11, PLENTY, MANNER) as stage:
        stage.open()
        stage.settle()
        assert troubles(stage.house) == []
        market = stage.house.steps.parts.markets["tiktok_shop"]
        assert isinstance(market, ConnectsByCode)
        market.connect_with(stage.platforms.agree_on_tiktok_shop())
        stage.platforms.tamper = lose
        yield stage


def told(stage: Stage) -> set[str]:
    """Return what a person is told of the connection."""
    with stage.house.app.store.reading() as session:
        return {row.kind for row in session.of(stage.house.shop).problems.open()} & {NOT_REFRESHED, NOT_CONNECTED}


def pass_time(stage: Stage, for_s: float) -> set[str]:
    """Let everybody work all the while; return the problems that were told meanwhile."""
    kinds = set[str]()
    for _ in range(int(for_s / POLL_S)):
        stage.clock.advance(POLL_S)
        stage.work()
        kinds |= told(stage)
    return kinds


def test_e06_lost_tokens_are_told_though_no_order_comes_and_no_more_once_the_shop_is_connected_again(
    stage: Stage,
) -> None:
    assert pass_time(stage, LIFE_S * 0.6) == {NOT_REFRESHED}
    assert stage.connect_again()
    assert pass_time(stage, 2 * POLL_S) <= {NOT_REFRESHED}
    assert told(stage) == set()
    assert not stage.connect_again()


def test_e06_tokens_that_end_before_anybody_has_connected_the_shop_again_leave_nothing_behind(stage: Stage) -> None:
    assert pass_time(stage, LIFE_S) == {NOT_REFRESHED, NOT_CONNECTED}
    assert stage.connect_again()
    pass_time(stage, 2 * POLL_S)
    assert told(stage) == set()


def test_a_person_who_connects_the_shop_again_is_not_waited_for_longer_than_a_few_looks(stage: Stage) -> None:
    pass_time(stage, LIFE_S)
    lines = [Wish(item_id=next(iter(stage.world.catalog.items)), units=1)]
    place = list(stage.world.catalog.locations)[1]
    selling.sell_at_till(stage.world, location_id=place, lines=lines, now=stage.clock.now())
    began_s = stage.clock.seconds()
    assert stage.rest()
    assert stage.clock.seconds() - began_s < 5 * POLL_S
    assert stage.house.going_on() == []
    stage.settle()  # of an audit that was not possible a person is told until the next
    assert troubles(stage.house) == []
