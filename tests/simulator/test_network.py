"""The simulated way of webhooks: it carries what Shopify would carry, as often and as long as Shopify tries."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest

from onhand.sandbox.letters import SHOPIFY_MANNERS
from onhand.sandbox.world.moving import receive_goods
from onhand.simulator.network import CALM, HostileNetwork, Weather
from onhand.simulator.stage import Stage, staged

TOPIC = "inventory_levels/update"


class Listener:
    """Whoever stands at the door: it notes what comes and answers as it is told."""

    def __init__(self) -> None:
        self.status = 200
        self.came: list[tuple[str, str]] = []

    def __call__(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        assert body
        self.came.append((path, headers["X-Shopify-Webhook-Id"]))
        return self.status


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged(2) as stage:
        stage.world.outbox.subscribe(
            topic=TOPIC, uri=f"https://onhand.invalid/{TOPIC}", api_version="2026-10", now=stage.clock.now()
        )
        yield stage


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def network(stage: Stage, listener: Listener) -> HostileNetwork:
    return HostileNetwork(stage.sandbox, stage.clock, random.Random(4), listener)


def something_happens(stage: Stage, times: int = 1) -> None:
    item, at = next(iter(stage.world.catalog.items)), next(iter(stage.world.catalog.locations))
    for _ in range(times):
        receive_goods(stage.world, item_id=item, location_id=at, units=1, now=stage.clock.now())


def carry_on(stage: Stage, network: HostileNetwork) -> None:
    """Go from arrival to arrival until nothing is under way."""
    network.collect()
    while (due := network.next_at()) is not None:
        stage.clock.advance_to(due)
        network.deliver_due()


def test_in_calm_weather_everything_arrives_once_and_soon(
    stage: Stage, network: HostileNetwork, listener: Listener
) -> None:
    network.weather = CALM
    something_happens(stage, 20)
    began_s = stage.clock.seconds()
    carry_on(stage, network)
    assert len(listener.came) == len(set(listener.came)) == 20
    assert stage.clock.seconds() - began_s <= 2.0


def test_a_storm_loses_some_repeats_some_and_changes_their_order(
    stage: Stage, network: HostileNetwork, listener: Listener
) -> None:
    network.weather = Weather(lost=0.2, repeated=0.3, late=0.3, very_late=0.1)
    something_happens(stage, 300)
    queued = [delivery.delivery_id for delivery in stage.world.outbox.waiting]
    carry_on(stage, network)
    times = Counter(delivery_id for _, delivery_id in listener.came)
    assert 30 < 300 - len(times) < 90
    assert 50 < sum(count == 2 for count in times.values()) < 130
    first = list(dict.fromkeys(delivery_id for _, delivery_id in listener.came))
    assert first != [delivery_id for delivery_id in queued if delivery_id in times]


def test_what_is_refused_is_tried_eight_times_and_then_the_subscription_is_gone(
    stage: Stage, network: HostileNetwork, listener: Listener
) -> None:
    listener.status = 503
    something_happens(stage)
    began_s = stage.clock.seconds()
    carry_on(stage, network)
    assert len(listener.came) == 8
    assert len(set(listener.came)) == 1
    assert stage.clock.seconds() - began_s >= sum(SHOPIFY_MANNERS.retries_s[:7])
    assert stage.world.outbox.deleted_subscriptions == 1
    assert network.counts["given up"] == 1


def test_a_door_that_opens_in_time_keeps_the_subscription(
    stage: Stage, network: HostileNetwork, listener: Listener
) -> None:
    network.cut_off = True
    something_happens(stage)
    network.collect()
    for _ in range(5):
        due = network.next_at()
        assert due is not None
        stage.clock.advance_to(due)
        network.deliver_due()
    assert listener.came == []
    network.cut_off = False
    carry_on(stage, network)
    assert len(listener.came) == 1
    assert stage.world.outbox.deleted_subscriptions == 0
