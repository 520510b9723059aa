"""Telling a standard shop's worth of changes through a bucket of points that starts empty, on a clock moved by hand.

Planner, books, client and works are the product's own, on SQLite; the platform is the sandbox with Shopify's prices.
onhand has read the shop and was ended; when it starts again everything has happened at once, and the bucket is empty.
Echoes of what it writes come back by webhook and are booked, so that a reading that they cause would be counted.
What is measured is points. Whoever waits moves the clock, so that minutes of waiting for points take none.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Final

from onhand.bench.throttle_changes import book_changes, draw_changes, grow_world, minimum_points
from onhand.bench.throttle_order import Told, carried_out_at, judge_order
from onhand.publish.levels import URGENT_UNITS
from onhand.sandbox.state import Settings, sandbox_around
from onhand.simulator.clock import ManualClock
from onhand.simulator.crash import CrashPoints
from onhand.simulator.drive import memory_folder
from onhand.simulator.house import USUAL, House
from onhand.simulator.network import HostileNetwork
from onhand.simulator.platforms import InProcessClient, InProcessPlatforms
from onhand.simulator.trace import Trace
from onhand.simulator.verdict import differences, troubles

CHANGES: Final = 200_000
BOUNDED_CHANGES: Final = 20_000
"""How many are told where this is one bench of many."""

WAY_S: Final = (0.005, 0.02)
"""How long a question or an answer is under way: less than the points of a call take to come back, as four senders
side by side make it in earnest."""

BEGAN_AT: Final = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
_PATIENCE_S: Final = 2 * 3600.0
"""How long it may take on the simulated clock until it counts as stuck."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ThrottleResult:
    """Points for telling `changes` levels, those for readings counted in; `ratio` is by what they need at least.

    `throttled` answers cost no points. `simulated_s` is how long it took until the last write, `minimum_s` how long the
    minimum takes to come in. `lowered_told_s` is when the last level was told that has fewer units for sale than
    before, `urgent_told_s` when the last of those was that are left with three or fewer, which are `urgent`. The order
    is that of all that are lowered: see `throttle_order.Order`; `urgent_passed_by_s` is how long an urgent one waited
    at most after one with more units was told. `differing` counts bins that are not equal in the books and at the
    platform at the end, and other troubles. `seconds` are the machine's.
    """

    changes: int
    points: float
    minimum_points: int
    ratio: float
    writes: int
    reads: int
    read_points: float
    throttled: int
    simulated_s: float
    minimum_s: float
    urgent: int
    urgent_told_s: float
    lowered_told_s: float
    pairs_in_order: float
    passed_by_units: int
    passed_by_s: float
    urgent_passed_by_s: float
    differing: int
    seconds: float


def bench_throttle(changes: int = CHANGES, seed: int = 1) -> ThrottleResult:
    """Tell so many changes and return what that took. Raises RuntimeError where it comes to no end."""
    began = perf_counter()
    with memory_folder() as folder:
        shop = _Shop(folder, changes, seed)
        try:
            shop.read()
            shop.begin()
            shop.work_until_quiet()
            return shop.result(perf_counter() - began)
        finally:
            shop.close()


class _Shop:
    """A shop, its platform, the way between and its onhand, all on one clock."""

    def __init__(self, folder: Path, count: int, seed: int) -> None:
        self._folder = folder
        self._clock = ManualClock(BEGAN_AT)
        self._rng = random.Random(f"throttle {seed}")
        world, self._changes = grow_world(draw_changes(count, self._rng), self._rng, self._clock.now())
        settings = Settings(bucket_starts_empty=True)
        self._sandbox = sandbox_around(world, settings=settings, seed=seed, clock=self._clock.now)
        self._house = self._start_house()
        self._network = HostileNetwork(self._sandbox, self._clock, self._rng, self._receive)
        self._began_at = self._clock.now()

    def read(self) -> None:
        """Let onhand subscribe and read everything for the first time, and compare it."""
        self._house.turn(self._house.subscribing)
        self._house.app.sync(self._house.shop)
        while self._house.turn(self._house.booking):
            pass

    def begin(self) -> None:
        """Start onhand again, in front of an empty bucket and with all that has happened elsewhere in its books."""
        self._house.close()
        self._clock.advance(60.0)
        self._house = self._start_house()
        self._house.steps.recover()
        book_changes(self._house.app.store, self._house.shop, self._changes, self._clock.now())
        self._sandbox.log.calls.clear()
        self._began_at = self._clock.now()

    def work_until_quiet(self) -> None:
        """Let onhand tell, book the echoes and read what it asks for, until nothing is left to do.

        Audits and sweeps are left out: they run by the hour and the minute, whatever has changed.
        """
        house, network = self._house, self._network
        ends_at = self._clock.now() + timedelta(seconds=_PATIENCE_S)
        while self._clock.now() < ends_at:
            network.collect()
            network.deliver_due()
            busy = [house.turn(work) for work in (house.telling, house.booking, house.reading)]
            if any(busy):
                continue
            if network.next_at() is None and not house.going_on():
                return
            self._clock.advance(house.telling.idle_s)
        raise RuntimeError(f"after {_PATIENCE_S:.0f} s there is still: {'; '.join(house.going_on())}")

    def result(self, seconds: float) -> ThrottleResult:
        """Return what the platform saw of it."""
        calls = [call for call in self._sandbox.log.calls if call.cost_points is not None]
        writes = [call for call in calls if call.operation.startswith("inventory")]
        reads = [call for call in calls if not call.operation.startswith("inventory")]
        told_at = carried_out_at(self._sandbox.world, self._began_at)
        minimum = minimum_points(self._changes)
        points = sum(call.cost_points or 0.0 for call in calls)
        lowered = [
            Told(change.left_units, told_at[change.level])
            for change in self._changes
            if change.kind.taken_units > 0 and change.level in told_at
        ]
        urgent = [one for one in lowered if one.left_units <= URGENT_UNITS]
        order = judge_order(lowered)
        return ThrottleResult(
            changes=len(self._changes),
            points=points,
            minimum_points=minimum,
            ratio=round(points / minimum, 4),
            writes=sum(call.outcome == "done" for call in writes),
            reads=sum(call.outcome == "done" for call in reads),
            read_points=sum(call.cost_points or 0.0 for call in reads),
            throttled=sum(call.outcome == "throttled" for call in calls),
            simulated_s=self._seconds(told_at.values()),
            minimum_s=minimum / self._sandbox.settings.restore_points_per_s,
            urgent=len(urgent),
            urgent_told_s=self._seconds(one.told_at for one in urgent),
            lowered_told_s=self._seconds(one.told_at for one in lowered),
            pairs_in_order=round(order.pairs_in_order, 5),
            passed_by_units=order.passed_by_units,
            passed_by_s=round(order.passed_by_s, 2),
            urgent_passed_by_s=round(judge_order(lowered, URGENT_UNITS).passed_by_s, 2),
            differing=len(differences(self._house, self._sandbox.world)) + len(troubles(self._house)),
            seconds=round(seconds, 1),
        )

    def _seconds(self, moments: Iterable[datetime]) -> float:
        """Return how long after the beginning the last of some moments came; 0 where there is none."""
        last = max(moments, default=self._began_at)
        return round((last - self._began_at).total_seconds(), 2)

    def close(self) -> None:
        """Put everything away."""
        self._house.close()
        self._sandbox.on_close.close()

    def _start_house(self) -> House:
        points, trace = CrashPoints(lambda _: None), Trace(self._clock)
        platforms = InProcessPlatforms(self._sandbox, self._clock, self._rng, points, trace)
        platforms.way_s = WAY_S
        pace = self._clock.pace()
        return House(self._sandbox, self._folder, USUAL, clock=self._clock, pace=pace, http=InProcessClient(platforms))

    def _receive(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        return self._house.receive(path, headers, body)
