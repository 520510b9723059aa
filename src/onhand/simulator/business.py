"""What goes on in a simulated shop, whoever listens: one act after another, and which of them nothing explains."""

import random
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from onhand.domain.stock import State
from onhand.sandbox.world.bundling import parts_of
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.drafts import Draft
from onhand.sandbox.world.levels import STATES
from onhand.sandbox.world.orders import Order
from onhand.sandbox.world.tiktok import TikTokOrder
from onhand.sandbox.world.transfers import Transfer
from onhand.sandbox.world.world import World
from onhand.simulator.acts.beginning import Beginnings
from onhand.simulator.acts.chance import Act
from onhand.simulator.acts.drafts import DraftActs
from onhand.simulator.acts.goods import GoodsActs
from onhand.simulator.acts.hands import HandActs
from onhand.simulator.acts.orders import OrderActs
from onhand.simulator.acts.places import PlaceActs
from onhand.simulator.acts.returns import ReturnActs
from onhand.simulator.acts.tiktok import TikTokActs
from onhand.simulator.acts.tracking import TrackingActs
from onhand.simulator.acts.transfers import TransferActs
from onhand.simulator.acts.woocommerce import WooCommerceActs
from onhand.simulator.clock import ManualClock
from onhand.simulator.house import House
from onhand.simulator.verdict import (
    Place,
    adopted,
    astray,
    differences,
    mistold,
    mistold_on_web,
    shown,
    totals,
    troubles,
    unexplained,
    unnamed,
)
from onhand.simulator.witness import stuck_units, witnessed


class Entry(NamedTuple):
    """One line of the journal."""

    at: datetime
    what: str


@dataclass(frozen=True, kw_only=True)
class Family:
    """Acts of one kind and how often one of them is drawn. `begins`: they make new lives.

    `explained` says whether Shopify's API shows their cause; what others change is adopted as unexplained.
    """

    name: str
    acts: Sequence[Act]
    weight: float
    begins: bool = False
    explained: bool = True


class Business:
    """Acts drawn from the seed, `lives` orders, transfers and drafts at most, `without` some families of acts.

    With `switches` the tracking of items is switched off and on more often. `journal` is told each line. What happens
    `beside` the shop is drawn with its own acts; at `kept_at` somebody else than Shopify is believed.
    """

    def __init__(
        self,
        world: World,
        clock: ManualClock,
        rng: random.Random,
        lives: int,
        without: Collection[str] = (),
        *,
        switches: bool = False,
        beside: Sequence[Family] = (),
        kept_at: str | None = None,
    ) -> None:
        self._world = world
        self._clock = clock
        self._rng = rng
        self.lives = lives
        self._goods = GoodsActs(world, rng)
        self._tracking = TrackingActs(world, rng)
        families = _families(world, rng, self._goods, self._tracking, switches=switches)
        self._families = [*beside, *(family for family in families if family.name not in without)]
        self._kept_at = kept_at
        self._opened: Counter[Place] = Counter()
        self._by_hand: Counter[tuple[Place, State]] = Counter()
        self._stuck: Counter[Place] = Counter()
        self._older_items: set[str] = set()
        self._older_returns: set[str] = set()
        self._once_drafted: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.journal: Callable[[str], None] = lambda _: None

    def open(self) -> None:
        """Remember what there is now: it is in the opening balance, and what happens from now on is not."""
        self._opened, self._by_hand, self._stuck = totals(self._world), Counter(), stuck_units(self._world)
        world = self._world
        sold = (*world.orders, *world.tiktok.orders.values())
        self._older_items = _items_of(world, (*sold, *world.transfers.values(), *world.drafts.values()))
        on_web = (line.product for order in world.woocommerce.orders.values() for line in order.lines)
        self._older_items |= {str(product.item_id) for product in on_web}
        self._older_returns = set(world.tiktok.returns)
        self._once_drafted = _items_of(world, tuple(world.drafts.values()))

    def act(self) -> None:
        """Let one thing happen, if the platform allows it."""
        family = self._rng.choices(self._families, [one.weight for one in self._families])[0]
        if family.begins and self.begun >= self.lives:
            family = self._families[-1]
        act = self._rng.choice(family.acts)
        before = {} if family.explained else shown(self._world)
        try:
            self.journal(act.happen(self._clock.now()))
        except Refused as refusal:
            self.counts[f"refused {family.name} {refusal.code}"] += 1
            return
        self.counts[f"{family.name}: {act.name}"] += 1
        if not family.explained:
            for place, units in shown(self._world).items():
                if units != (were := before.get(place, _NOTHING)):
                    moved = zip(STATES, units, were, strict=True)
                    self._by_hand.update({(place, State(state)): now - then for state, now, then in moved})

    def witness(self) -> Counter[str]:
        """Return how much has happened, by acts and by kinds of what became of them."""
        return self.counts + witnessed(self._world)

    def acts(self) -> list[str]:
        """Return the acts that may happen, as `witness` counts them."""
        return sorted({f"{family.name}: {act.name}" for family in self._families for act in family.acts})

    @property
    def begun(self) -> int:
        """How many lives there are."""
        return len(self._world.orders) + len(self._world.transfers) + len(self._world.drafts)

    def failures(self, house: House, unreadable: Collection[str] = ()) -> list[str]:
        """Return what must not be, once everything is at rest: one sentence each; see `verdict.troubles`."""
        world = self._world
        # Whether an app's order claimed stock shows only in its levels: where hands were as well, that is a guess.
        guessed = {str(line.item_id) for order in world.orders for line in order.lines if not line.claims_stock}
        # What is counted again begins with what is shown then, not with what it was opened with.
        guessed |= self._tracking.ever_switched | self._goods.unsettled
        by_hand = Counter(self._by_hand)
        for place, units in stuck_units(world).items():
            stuck = units - self._stuck[place]
            by_hand[place, State.COMMITTED] += stuck
            by_hand[place, State.AVAILABLE] -= stuck
        return [
            *differences(house, world),
            *mistold(world, self._older_items | self._tracking.ever_switched),
            *mistold_on_web(world, self._older_items | self._tracking.ever_switched),
            *unexplained(house, world, self._opened, by_hand, guessed, kept_at=self._kept_at),
            # Where an older draft's units stand shows only as it ends: a hand there at the same time makes it a guess.
            *adopted(house, world, self._opened, by_hand, guessed | self._once_drafted, kept_at=self._kept_at),
            *astray(house, world, self._older_returns),
            *unnamed(house),
            *troubles(house, unreadable),
            *(f"not at rest: {what}" for what in house.going_on()),
        ]


_NOTHING = (0,) * len(STATES)


def _families(
    world: World, rng: random.Random, goods: GoodsActs, tracking: TrackingActs, *, switches: bool
) -> Sequence[Family]:
    """Return everything that may happen; the last one goes on with what has begun."""
    more = [Family(name="tiktok", acts=TikTokActs(world, rng).acts(), weight=25)]
    if world.woocommerce.location_id is not None:
        more.append(Family(name="woocommerce", acts=WooCommerceActs(world, rng).acts(), weight=15))
    # What becomes of listings whose items are removed has tests of its own.
    if world.tiktok.warehouse is None and world.woocommerce.location_id is None:
        more = [Family(name="goods", acts=goods.acts(), weight=3)]
    return (
        Family(name="tracking", acts=tracking.acts(), weight=4 if switches else 1),
        Family(name="hands", acts=HandActs(world, rng).acts(), weight=8, explained=False),
        Family(name="places", acts=PlaceActs(world, rng).acts(), weight=2),
        *more,
        Family(name="drafts", acts=DraftActs(world, rng).acts(), weight=6, begins=True),
        Family(name="transfers", acts=TransferActs(world, rng).acts(), weight=15),
        Family(name="new orders", acts=Beginnings(world, rng).acts(), weight=20, begins=True),
        Family(name="returns", acts=ReturnActs(world, rng).acts(), weight=15),
        Family(name="orders", acts=OrderActs(world, rng).acts(), weight=36),
    )


def _items_of(world: World, documents: Sequence[Order | Transfer | Draft | TikTokOrder]) -> set[str]:
    """Return the items of documents, of bundles their components."""
    items = {line.item_id for one in documents for line in one.lines}
    return {str(part.item_id) for item in items for part in parts_of(world, item)}
