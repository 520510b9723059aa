"""Five hours without webhooks and without an API, while business goes on; then onhand is back."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from onhand.channels.shopify.subscriptions import TOPICS
from onhand.domain.stock import State
from onhand.sandbox.world.catalog import Refused
from onhand.simulator.acts.beginning import Beginnings
from onhand.simulator.acts.chance import Act
from onhand.simulator.acts.hands import HandActs
from onhand.simulator.acts.orders import OrderActs
from onhand.simulator.acts.transfers import TransferActs
from onhand.simulator.shop import Goods
from onhand.simulator.stage import Stage, staged
from onhand.simulator.verdict import Place, differences, totals, troubles, unexplained

PLENTY = Goods(items=40, units=(200,))
FIVE_HOURS_S = 5 * 3600.0
ACTS = 900


@pytest.fixture
def business() -> Iterator["Business"]:
    """A shop at work for a while."""
    with staged(5, PLENTY) as stage:
        stage.open()
        business = Business(stage)
        for _ in range(60):
            business.go_on()
            stage.clock.advance(20.0)
        stage.rest()
        yield business


class Business:
    """What goes on in the shop, whoever is listening."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.opened = totals(stage.world)
        self._rng = random.Random("business")
        world = stage.world
        orders = [*Beginnings(world, self._rng).acts(), *OrderActs(world, self._rng).acts()]
        self._explained = [*orders, *orders, *TransferActs(world, self._rng).acts()]
        self._by_hand = HandActs(world, self._rng).acts()
        self.by_hand: Counter[tuple[Place, State]] = Counter()

    def go_on(self) -> None:
        """Let one more thing happen."""
        if self._rng.random() < 0.7:
            self._do(self._explained)
            return
        before = totals(self.stage.world)
        self._do(self._by_hand)
        after = totals(self.stage.world)
        for place in {*before, *after}:
            if after[place] != before[place]:
                self.by_hand[place, State.AVAILABLE] += after[place] - before[place]

    def _do(self, acts: Sequence[Act]) -> None:
        done = False
        while not done:
            try:
                self._rng.choice(acts).happen(self.stage.clock.now())
                done = True
            except Refused:
                continue


def go_on_alone(business: Business, *, at_work: bool) -> None:
    """Let business go on for five hours while nothing of it reaches onhand."""
    stage = business.stage
    stage.network.cut_off = stage.platforms.cut_off = True
    for number in range(ACTS):
        business.go_on()
        for _ in stage.pass_time(FIVE_HOURS_S / ACTS):
            pass
        if at_work and number % 30 == 0:
            for work in (*stage.house.works, stage.house.subscribing):
                stage.house.turn(work)
    stage.network.cut_off = stage.platforms.cut_off = False


@pytest.mark.parametrize("at_work", [True, False], ids=["the way is cut off", "onhand itself is off"])
def test_after_five_hours_cut_off_one_audit_brings_books_and_shopify_together(
    business: Business, at_work: bool
) -> None:
    stage = business.stage
    cut_off_at, orders_before, missed_before = stage.clock.now(), len(stage.world.orders), missed(stage)
    go_on_alone(business, at_work=at_work)
    assert len(stage.world.orders) - orders_before > 200
    assert stage.world.outbox.deleted_subscriptions >= 5  # those that were tried eight times in vain are gone
    if not at_work:
        stage.restart()
    stage.house.turn(stage.house.subscribing)
    topics = Counter(held.topic for held in stage.world.outbox.subscriptions.values())
    assert topics == Counter(TOPICS)
    audited = stage.house.audit()
    assert (audited.drifts, audited.in_flight) == (0, 0)
    assert differences(stage.house, stage.world) == []
    # What changed meanwhile was found from where the last sweep had begun, each of it once.
    changed = sum(order.updated_at >= cut_off_at for order in stage.world.orders)
    assert missed(stage) - missed_before >= changed
    # Nothing is applied twice: neither by the next audit nor by what Shopify still sends again.
    stage.settle()
    assert differences(stage.house, stage.world) == []
    # Whether an app's order claimed stock shows only in its levels: where hands were as well, that is a guess.
    guessed = {str(line.item_id) for order in stage.world.orders if order.channel == "app" for line in order.lines}
    assert unexplained(stage.house, stage.world, business.opened, business.by_hand, guessed) == []
    assert troubles(stage.house) == []


def missed(stage: Stage) -> int:
    """Return how many changes were found by asking that nobody had told."""
    with stage.house.app.store.reading() as session:
        return session.of(stage.house.shop).counter("missed_pictures")
