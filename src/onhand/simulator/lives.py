"""Random lives of orders and goods in one small shop, over a hostile network, and the verdict when it is calm again."""

import random
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from onhand.sandbox.faults import FaultKind
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.drafts import Draft
from onhand.sandbox.world.orders import Order
from onhand.sandbox.world.transfers import Transfer
from onhand.sandbox.world.world import World
from onhand.simulator.acts.beginning import Beginnings
from onhand.simulator.acts.chance import Act
from onhand.simulator.acts.drafts import DraftActs
from onhand.simulator.acts.hands import HandActs
from onhand.simulator.acts.orders import OrderActs
from onhand.simulator.acts.places import PlaceActs
from onhand.simulator.acts.transfers import TransferActs
from onhand.simulator.network import CALM, Weather
from onhand.simulator.stage import Stage, staged
from onhand.simulator.verdict import Place, adopted, differences, shown, totals, troubles, unexplained

LIVES = 25
ACTS_A_LIFE = 6
"""How many lives share a world, and how much happens in it for each of them on average."""

STORM = Weather(lost=0.15, repeated=0.2, late=0.15, very_late=0.05)

FAULTS: tuple[tuple[FaultKind, float], ...] = (("error_5xx", 0.03), ("throttle", 0.03), ("timeout_after_apply", 0.02))
"""Shares of API calls that go wrong in worlds whose platforms are in trouble as well."""

GAPS_S = (0.0, 0.0, 0.1, 0.4, 1.0, 3.0, 30.0, 300.0, 3600.0, 4.0 * 3600.0)
"""How long it is until the next thing happens; several in one second are as frequent as a pause."""

REPLAY = "python -m onhand.simulator"


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


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a world came to. `failures` is empty when books and Shopify agree and everything has its cause."""

    seed: int
    lives: int
    counts: Counter[str]
    failures: list[str]
    journal: list[Entry] = field(repr=False)

    def report(self) -> str:
        """Return what failed and the command that lives through it again."""
        return "\n".join([f"seed {self.seed}, again with: {REPLAY} {self.seed}", *self.failures])


class Lives:
    """What happens on a stage, when it is told, and when who works: all of it drawn from the seed."""

    def __init__(self, stage: Stage, seed: int, lives: int = LIVES) -> None:
        self.seed = seed
        self._stage = stage
        self._lives = lives
        self._rng = random.Random(f"lives {seed}")
        self._places = PlaceActs(stage.world, self._rng)
        self._families = _families(stage.world, self._rng, self._places)
        self._opened: Counter[Place] = Counter()
        self._by_hand: Counter[Place] = Counter()
        self._older: Sequence[Order | Transfer | Draft] = ()
        self._older_items: set[str] = set()
        self._counts: Counter[str] = Counter()
        self.journal: list[Entry] = []

    def play(self) -> Outcome:
        """Live through it and return the verdict."""
        for _ in range(self._rng.randrange(8)):  # what happens before onhand comes is in the opening balance
            self.act()
        self._stage.clock.advance(2.0)
        self._opened, self._by_hand = totals(self._stage.world), Counter()
        world = self._stage.world
        self._older = [*world.orders, *world.transfers.values(), *world.drafts.values()]
        self._older_items = _items_of(self._older)
        self._stage.open()
        self._note("onhand has come")
        self._storm()
        self._stage.settle()
        return self._outcome()

    def _storm(self) -> None:
        stage = self._stage
        if self._rng.random() < 0.8:
            stage.network.weather = STORM
        if self._rng.random() < 0.3:
            for kind, share in FAULTS:
                stage.sandbox.faults.set(kind, share=share)
        if self._rng.random() < 0.5:
            stage.platforms.meanwhile = self._meanwhile
        for _ in range(self._lives * ACTS_A_LIFE):
            self.act()
            for _ in stage.pass_time(self._rng.choice(GAPS_S)):
                if self._rng.random() < 0.05:
                    self._work()
            self._work()
        stage.platforms.meanwhile = _nothing
        stage.sandbox.faults.heal()
        stage.network.weather = CALM
        self._note("calm")

    def act(self) -> None:
        """Let one thing happen, if the platform allows it."""
        family = self._rng.choices(self._families, [one.weight for one in self._families])[0]
        if family.begins and self._begun() >= self._lives:
            family = self._families[-1]
        act = self._rng.choice(family.acts)
        before = {} if family.explained else shown(self._stage.world)
        try:
            self._note(act(self._stage.clock.now()))
        except Refused as refusal:
            self._counts[f"refused {family.name} {refusal.code}"] += 1
            return
        self._counts[f"acts {family.name}"] += 1
        if not family.explained:
            for place, units in shown(self._stage.world).items():
                if units != before.get(place):
                    self._by_hand[place] += sum(units) - sum(before.get(place, ()))

    def _begun(self) -> int:
        world = self._stage.world
        return len(world.orders) + len(world.transfers) + len(world.drafts)

    def _meanwhile(self) -> None:
        """Let something happen while a call is under way."""
        if self._rng.random() < 0.1:
            self.act()

    def _work(self) -> None:
        """Let some of the works take a turn, in any order."""
        house = self._stage.house
        for work in self._rng.sample(house.works, self._rng.choice((0, 0, 1, 1, 2, 4))):
            house.turn(work)

    def _outcome(self) -> Outcome:
        house, world = self._stage.house, self._stage.world
        self._counts.update(self._stage.network.counts)
        self._counts["calls"] = self._stage.platforms.calls
        # Open units of what is older than the opening have no time of their own: their moves are adopted.
        older = self._older_items | _items_of(self._older)
        going_on = [f"not at rest: {what}" for what in house.going_on()]
        return Outcome(
            seed=self.seed,
            lives=self._begun(),
            counts=self._counts,
            failures=[
                *differences(house, world),
                *unexplained(house, world, self._opened, self._by_hand),
                *adopted(house, world, lambda place: self._is_excused(place, older)),
                *troubles(house),
                *going_on,
            ],
            journal=self.journal,
        )

    def _is_excused(self, place: Place, older: Collection[str]) -> bool:
        """Return whether an adoption may stay: hands were there, or nothing at Shopify says when what happened.

        An unpaid order that is cancelled at a location that is closed leaves its units committed there for ever.
        """
        return place in self._by_hand or place[0] in older or place[1] in self._places.ever_closed

    def _note(self, what: str) -> None:
        self.journal.append(Entry(self._stage.clock.now(), what))


def play(seed: int, lives: int = LIVES) -> Outcome:
    """Play one world of lives and return what it came to."""
    with staged(seed) as stage:
        return Lives(stage, seed, lives).play()


def _families(world: World, rng: random.Random, places: PlaceActs) -> Sequence[Family]:
    """Return everything that may happen; the last one goes on with what has begun."""
    return (
        Family(name="hands", acts=HandActs(world, rng).acts(), weight=8, explained=False),
        Family(name="places", acts=places.acts(), weight=1),
        Family(name="drafts", acts=DraftActs(world, rng).acts(), weight=6, begins=True, explained=False),
        Family(name="transfers", acts=TransferActs(world, rng).acts(), weight=15),
        Family(name="new orders", acts=Beginnings(world, rng).acts(), weight=20, begins=True),
        Family(name="orders", acts=OrderActs(world, rng).acts(), weight=36),
    )


def _items_of(documents: Sequence[Order | Transfer | Draft]) -> set[str]:
    return {str(line.item_id) for one in documents for line in one.lines}


def _nothing() -> None:
    """Nothing happens while a call is under way."""
