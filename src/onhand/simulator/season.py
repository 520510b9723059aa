"""A season: a storm over the real works, then calm, then the verdict; all of it drawn from one seed."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from traceback import format_exception

from onhand.channels.shopify.subscriptions import TOPICS
from onhand.config.model import AuditConfig
from onhand.serve.sheeting import Sheeting
from onhand.serve.turns import Work
from onhand.simulator.beside import KEPT_AT, SENSORS_AT, Beside
from onhand.simulator.business import Business
from onhand.simulator.house import Manner
from onhand.simulator.invariants.watch import Watch
from onhand.simulator.network import CALM
from onhand.simulator.options import LEAST_DELIVERIES, LEAST_FAULTS, OPTIONAL_BUSINESS, Options, draw
from onhand.simulator.platforms import GOOD_ROADS
from onhand.simulator.shop import Goods
from onhand.simulator.stage import Stage, staged
from onhand.simulator.storm import Storm
from onhand.simulator.verdict import parked

TICKS_MOST = 3_000
"""Things that happen in a storm at most, should webhooks be scarce for whatever reason."""

LIVES = 30
TICKS_A_LIFE = 10
"""Orders and the like that a storm begins with, and of how many things that happen one more may be the beginning."""

LOOK_EVERY = 20
"""After so many things that happened the invariants are looked at, and after every crash."""

SHEET_SHARE = 0.06
HOURLY_SHARE = 0.02
LAPSED_SHARE = 0.15
"""How often what runs once in a while takes its turn beside the others; more often while nobody is told anything."""

CALM_MOST_S = 12 * 3600.0
"""How much virtual time onhand has to come to rest once the storm is over: Shopify tries for four hours."""

AGAIN = "onhand simulate --seed"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a season came to. `failures` is empty when everything holds; `options` in one line.

    `situations` counts what was met. `hash` is of the trace: the same seed and the same code give the same one.
    """

    seed: int
    options: str
    hash: str
    failures: list[str]
    deliveries: int
    faults: int
    situations: Counter[str] = field(repr=False)

    def report(self) -> str:
        """Return what failed and everything that is needed to see it again."""
        return "\n".join([f"seed {self.seed}, again with: {AGAIN} {self.seed}", self.options, *self.failures])


class Season:
    """One season on a stage. A scenario takes its steps one by one; `play` draws them from the seed."""

    def __init__(self, stage: Stage, options: Options) -> None:
        self.options = options
        self.stage = stage
        self._rng = random.Random(f"season {options.seed}")
        without = [name for name in OPTIONAL_BUSINESS if name not in options.business]
        self.beside = Beside(stage, self._rng, options.platforms, options.dropped_form)
        if self.beside.kept_at is not None:
            without += ["goods", "tracking"]  # what a SKU means that was renamed or removed has tests of its own
        self.business = Business(
            stage.world,
            stage.clock,
            self._rng,
            LIVES,
            without,
            beside=self.beside.families,
            kept_at=self.beside.kept_at,
        )
        self.business.journal = stage.trace.note
        self.storm = Storm(stage, random.Random(f"storm {options.seed}"))
        self.watch = Watch(stage)
        self.happened: Counter[str] = Counter()
        self._since_look = 0
        self._resting: list[str] = []
        self._at_work: list[str] = []

    def open(self) -> None:
        """Let onhand come to a shop in which something has happened already."""
        for _ in range(self._rng.randrange(8)):
            self.business.act()
        self.stage.clock.advance(2.0)
        self.business.open()
        self.stage.open()
        self.watch.begin()

    def play(self) -> None:
        """Live through the storm, and let it calm down."""
        self.open()
        self.begin_storm()
        for ticks in range(TICKS_MOST):
            self.business.lives = max(LIVES, ticks * self.options.burst // TICKS_A_LIFE)
            self.tick()
            if self.stage.network.counts["sent"] >= LEAST_DELIVERIES and len(self._faults_met()) >= LEAST_FAULTS:
                break
        self.calm()

    def begin_storm(self) -> None:
        """Let the ways be as bad as the options say."""
        stage, options = self.stage, self.options
        stage.network.weather, stage.platforms.roads = options.weather, options.roads
        stage.house_clock.ahead_s = options.ahead_s
        for kind, share in options.answers.items():
            stage.sandbox.faults.set(kind, share=share)
        stage.platforms.meanwhile = self._meanwhile

    def tick(self) -> None:
        """Let things happen in the shop, perhaps to onhand as well; let time pass, and somebody work."""
        crashes = self.stage.crashes
        for _ in range(self.options.burst):
            if self.options.events and self._rng.random() < self.options.events_share:
                self.happen(self._rng.choice(self.options.events))
            self.business.act()
            self.wait(self._rng.choice(self.options.gaps_s))
        self._work()
        self._since_look += self.options.burst
        if self._since_look >= LOOK_EVERY or self.stage.crashes > crashes:
            self._since_look = 0
            self.watch.look()

    def happen(self, event: str) -> None:
        """Let one event of the storm happen: see `options.EVENTS`."""
        self.stage.trace.note(self.storm.happen(event))
        self.happened[event] += 1

    def wait(self, for_s: float) -> None:
        """Let time pass; what arrives is taken in, and now and then somebody works."""
        for _ in self.stage.pass_time(for_s):
            if self._rng.random() < 0.05:
                self._work()
        self.storm.look()

    def turn(self, name: str) -> bool:
        """Let the work take a turn whose name begins with `name`: worker, reader, teller, auditor, subscriber."""
        return self.stage.turn(next(work for work in self.stage.house.all_works if work.name.startswith(name)))

    def calm(self) -> None:
        """End the storm and let everybody come to rest, with so much time as they may take."""
        stage = self.stage
        stage.platforms.meanwhile = _nothing
        stage.network.weather, stage.platforms.roads = CALM, GOOD_ROADS
        self.storm.end()
        stage.trace.note("calm")
        until = stage.clock.now() + timedelta(seconds=CALM_MOST_S)
        stage.connect_again()
        stage.turn(stage.house.subscribing)
        if stage.settle():  # what was lost in the storm shows when it is needed
            stage.settle()
        self.watch.echo()
        stage.rest()  # what echoes had it look at once more
        self.beside.speak_for_good()
        self.beside.hear_out()
        stage.settle_sheet()
        if stage.clock.now() > until:
            self._resting.append(f"it took until {stage.clock.now()} to come to rest, {until} was the latest")

    def verdict(self) -> list[str]:
        """Return what does not hold, one sentence each."""
        self.watch.look()
        return [
            *self.business.failures(self.stage.house, self.storm.poisoned),
            *self.beside.failures(),
            *self._resting,
            *self.watch.breaches,
        ]

    def outcome(self) -> Outcome:
        """Return the verdict and what was met on the way."""
        stage = self.stage
        kinds = self._faults_met()
        met = kinds + self._situations_met()
        sent = stage.network.counts["sent"]
        failures = self.verdict()
        if sent < LEAST_DELIVERIES:
            failures.append(f"{sent} deliveries were sent, a season has {LEAST_DELIVERIES}")
        if len(kinds) < LEAST_FAULTS:
            failures.append(f"{len(kinds)} kinds of fault were met, a season has {LEAST_FAULTS}")
        return Outcome(
            seed=self.options.seed,
            options=self.options.text(),
            hash=stage.trace.hash(),
            failures=failures,
            deliveries=sent,
            faults=len(kinds),
            situations=met,
        )

    def _faults_met(self) -> Counter[str]:
        """Return how often each kind of fault really happened."""
        stage = self.stage
        met = Counter(self.happened)
        for name, fault in (("lost", "lost"), ("repeated", "repeated"), ("late", "late"), ("very late", "very_late")):
            met[fault] += stage.network.counts[name]
        met.update({name.removeprefix("call "): count for name, count in stage.platforms.counts.items()})
        met.update({str(kind): count for kind, count in stage.sandbox.faults.done.items()})
        return +met

    def _situations_met(self) -> Counter[str]:
        """Return how often each situation of `simulator.coverage` was met."""
        stage = self.stage
        met = Counter(stage.met) + self.beside.situations()
        met["crash in a transaction"] += stage.points.ended["commit"]
        met["power cut while writing"] += stage.points.ended["write"]
        met["crash after a call took effect"] += stage.points.ended["answer"]
        met["database refused"] += stage.points.refused
        met["token replaced"] += stage.sandbox.log.counts["call shopify graphql unauthorized"]
        met["subscription repaired"] += stage.house.lapses()
        met["third party told"] += self.business.counts["third party: tell"]
        met["sold on WooCommerce"] += len(stage.world.woocommerce.orders)
        met["WooCommerce told"] += stage.sandbox.log.counts["call woocommerce POST /products/batch done"]
        met["poison set aside"] += len(parked(stage.house, self.storm.poisoned))
        return +met

    def _meanwhile(self) -> None:
        """Let things happen while a call is under way: business, arrivals, other works."""
        stage = self.stage
        if stage.points.dead or len(stage.platforms.under_way) > 2:
            return
        if self._rng.random() < 0.1:
            self.business.act()
        if self._rng.random() < 0.1:
            stage.network.collect()
            stage.network.deliver_due()
        if self._rng.random() < self.options.works_meanwhile and self._may_interleave():
            idle = [work for work in stage.house.works if work.name not in self._at_work]
            self._take_turn(self._rng.choice(idle))

    def _may_interleave(self) -> bool:
        """Whether others can work on: a work that renews tokens holds a lock for which all of them wait."""
        return bool(self._at_work) and all("/graphql" in path for path in self.stage.platforms.under_way)

    def _work(self) -> None:
        """Let some of the works take a turn, in any order."""
        house = self.stage.house
        for number in self._rng.sample(range(len(house.works)), self._rng.choice((0, 0, 1, 1, 2, 4))):
            self._take_turn(self.stage.house.works[number])  # a crash puts others in their place
        if house.sheeting is not None and self._rng.random() < SHEET_SHARE:
            self._keep_sheet(house.sheeting)
        lapsed = len(self.stage.world.outbox.subscriptions) < len(TOPICS)
        if self._rng.random() < (LAPSED_SHARE if lapsed else HOURLY_SHARE):
            self._take_turn(self._rng.choice((self.stage.house.subscribing, self.stage.house.housekeeping)))

    def _keep_sheet(self, sheeting: Sheeting) -> None:
        before = sheeting.last
        self._take_turn(sheeting)
        if sheeting.last is not None and sheeting.last is not before:
            self.stage.met["workbook written"] += sheeting.last.rows > 0
            self.stage.met["workbook put right"] += sheeting.last.edits > 0

    def _take_turn(self, work: Work) -> None:
        """Let a work take a turn, or not: in some seasons it is slow."""
        eagerness = self.options.eagerness.get(work.name.split()[0], 1.0)
        if eagerness < 1.0 and self._rng.random() >= eagerness:
            return
        self._at_work.append(work.name)
        try:
            if len(self._at_work) > 1:
                self.stage.met["works side by side"] += 1
                self.stage.house.turn(work)  # whoever waits dies with it
            else:
                self.stage.turn(work)
        finally:
            self._at_work.pop()


def play(seed: int) -> Outcome:
    """Play one season and return what it came to."""
    with playing(draw(seed)) as season:
        season.play()
        return season.outcome()


def broken_off(seed: int, error: BaseException) -> Outcome:
    """Return what a season came to that an error nobody foresaw has ended."""
    return Outcome(
        seed=seed,
        options=draw(seed).text(),
        hash="",
        failures=["it broke off", *format_exception(error)],
        deliveries=0,
        faults=0,
        situations=Counter(),
    )


@contextmanager
def playing(options: Options) -> Iterator[Season]:
    """A season whose options are given, for a scenario: `Options(seed=1)` is one without any fault."""
    tiktok, web = "tiktok" in options.business, "woocommerce" in options.platforms
    manner = Manner(
        audit=AuditConfig(every_s=options.audit_every_s, poll_every_s=options.poll_every_s, grace_s=options.grace_s),
        batch=options.batch,
        markets=tiktok or web,
        power_fails="power_cut" in options.faults,
        tiktok_token_life_s=options.tiktok_token_life_s,
        kept_at=KEPT_AT if "third_party" in options.platforms else None,
        dropped_form=options.dropped_form,
        sensors_at=SENSORS_AT if "sensors" in options.platforms else (),
        sheet_flush_s=options.flush_every_s if "sheet" in options.platforms else None,
        bucket_points=options.bucket_points,
        page_rows=options.page_rows,
        own_site="own_site" in options.platforms,
    )
    with staged(options.seed, Goods(on_tiktok=tiktok, on_web=web), manner) as stage:
        yield Season(stage, options)


def script(options: Options, steps: Sequence[str]) -> list[str]:
    """Play a scenario written down as words, and return the verdict.

    A step is the name of an event, "wait SECONDS", "act", "calm", or the beginning of a work's name: see `Season.turn`.
    """
    with playing(options) as season:
        season.open()
        season.begin_storm()
        for step in steps:
            match step.split():
                case ["wait", seconds]:
                    season.wait(float(seconds))
                case ["act"]:
                    season.business.act()
                case ["calm"]:
                    season.calm()
                case [event] if event in season.storm.events:
                    season.happen(event)
                case _:
                    season.turn(step)
        return season.verdict()


def _nothing() -> None:
    """Nothing happens while a call is under way."""
