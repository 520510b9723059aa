"""Random lives of orders and goods in one small shop, over a hostile network, and the verdict when it is calm again."""

import random
from collections import Counter
from dataclasses import dataclass, field, replace

from onhand.sandbox.faults import FaultKind
from onhand.simulator.business import Business, Entry
from onhand.simulator.network import CALM, Weather
from onhand.simulator.stage import Stage, staged

LIVES = 25
ACTS_A_LIFE = 6
"""How many lives share a world, and how much happens in it for each of them on average."""

STORM = Weather(lost=0.15, repeated=0.2, late=0.15, very_late=0.05)

FAULTS: tuple[tuple[FaultKind, float], ...] = (("error_5xx", 0.03), ("throttle", 0.03), ("timeout_after_apply", 0.02))
"""Shares of API calls that go wrong in worlds whose platforms are in trouble as well."""

GAPS_S = (0.0, 0.0, 0.1, 0.4, 1.0, 3.0, 30.0, 300.0, 3600.0, 4.0 * 3600.0)
"""How long it is until the next thing happens; several in one second are as frequent as a pause."""

REPLAY = "python -m onhand.simulator"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a world came to. `failures` is empty when books and Shopify agree and everything has its cause.

    `counts` say how often what happened, `acts` what might have.
    """

    seed: int
    lives: int
    counts: Counter[str]
    acts: list[str]
    failures: list[str]
    journal: list[Entry] = field(repr=False)

    def report(self) -> str:
        """Return what failed and the command that lives through it again."""
        return "\n".join([f"seed {self.seed}, again with: {REPLAY} {self.seed}", *self.failures])


class Lives:
    """What happens on a stage, when it is told, and when who works: all of it drawn from the seed."""

    def __init__(self, stage: Stage, seed: int, lives: int = LIVES, *, switches: bool = False) -> None:
        self.seed = seed
        self._stage = stage
        self._lives = lives
        self._rng = random.Random(f"lives {seed}")
        self._business = Business(stage.world, stage.clock, self._rng, lives, switches=switches)
        self._business.journal = self._note
        self.journal: list[Entry] = []

    def play(self) -> Outcome:
        """Live through it and return the verdict."""
        for _ in range(self._rng.randrange(8)):  # what happens before onhand comes is in the opening balance
            self._business.act()
        self._stage.clock.advance(2.0)
        self._business.open()
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
            self._business.act()
            for _ in stage.pass_time(self._rng.choice(GAPS_S)):
                if self._rng.random() < 0.05:
                    self._work()
            self._work()
        stage.platforms.meanwhile = _nothing
        stage.sandbox.faults.heal()
        stage.network.weather = CALM
        self._note("calm")

    def _meanwhile(self) -> None:
        """Let something happen while a call is under way."""
        if self._rng.random() < 0.1:
            self._business.act()

    def _work(self) -> None:
        """Let some of the works take a turn, in any order."""
        house = self._stage.house
        for work in self._rng.sample(house.works, self._rng.choice((0, 0, 1, 1, 2, 4))):
            house.turn(work)

    def _outcome(self) -> Outcome:
        counts = self._business.witness() + self._stage.network.counts
        counts["calls"] = self._stage.platforms.calls
        return Outcome(
            seed=self.seed,
            lives=self._business.begun,
            counts=counts,
            acts=self._business.acts(),
            failures=self._business.failures(self._stage.house),
            journal=self.journal,
        )

    def _note(self, what: str) -> None:
        self.journal.append(Entry(self._stage.clock.now(), what))


def play(seed: int, lives: int = LIVES) -> Outcome:
    """Play one world of lives and return what it came to."""
    with staged(seed) as stage:
        return Lives(stage, seed, lives).play()


def play_switching(seed: int, lives: int = LIVES, *, commits: bool = True) -> Outcome:
    """Play a world in which the tracking of items is switched off and on; `commits` as in the world's settings."""
    with staged(seed) as stage:
        stage.world.settings = replace(stage.world.settings, counting_again_commits=commits)
        return Lives(stage, seed, lives, switches=True).play()


def _nothing() -> None:
    """Nothing happens while a call is under way."""
