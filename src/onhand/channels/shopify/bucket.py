"""Shopify's points: a bucket that leaks, known from every answer and predicted in between.

Shopify Admin API 2026-10, "Rate limits": points are charged up front for what a query asks for, and the difference to
what it returned is given back. The bucket belongs to one app in one shop, so one `Bucket` serves one shop's channel.
"""

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from msgspec import Struct

# A standard plan's bucket: what is assumed until the first answer says better.
STANDARD_POINTS = 2000.0
STANDARD_RESTORE_PER_S = 100.0


class Lane(IntEnum):
    """Who goes first when points are short: whoever waits for an answer, then a write that prevents an oversell."""

    PERSON = 0
    LOWERING = 1
    WRITE = 2
    READ = 3
    SWEEP = 4


# The share of the bucket that a lane leaves to those before it, so that a sweep never makes a sale wait, and no backlog
# of ours keeps somebody waiting who looks whether the connection works.
_RESERVE_SHARES = {Lane.PERSON: 0.0, Lane.LOWERING: 0.02, Lane.WRITE: 0.05, Lane.READ: 0.1, Lane.SWEEP: 0.5}


class ThrottleStatus(Struct, rename="camel"):
    """`extensions.cost.throttleStatus` of an answer: points, and points a second."""

    maximum_available: float
    currently_available: float
    restore_rate: float


class PointsShort(Exception):
    """There are not enough points in the time allowed. `wait_s` is when there should be."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"shopify's points are used up: enough again in {wait_s:.1f} s")
        self.wait_s = wait_s


@dataclass(frozen=True, kw_only=True, slots=True)
class Points:
    """How full the bucket is, for people and metrics."""

    available: float
    maximum: float
    restore_per_s: float


class Bucket:
    """Keeps calls within the points. Safe for threads: whoever comes waits for a turn, by lane, then by arrival."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Condition, float], object] = threading.Condition.wait,
    ) -> None:
        self._clock = clock
        self._wait = wait
        self._turn = threading.Condition()
        self._tickets = itertools.count()
        self._queue: list[tuple[Lane, int]] = []
        self._maximum = STANDARD_POINTS
        self._restore_per_s = STANDARD_RESTORE_PER_S
        self._level = STANDARD_POINTS
        self._known_at = clock()
        self._told = False
        self._flying = 0.0

    def take(self, points: float, lane: Lane, until: float) -> None:
        """Charge `points` as soon as it is this call's turn. Raises PointsShort when that is after `until`."""
        with self._turn:
            ticket = (lane, next(self._tickets))
            heapq.heappush(self._queue, ticket)
            try:
                self._wait_for_turn(ticket, points, until)
                self._level -= points
                self._flying += points
            finally:
                self._queue.remove(ticket)
                heapq.heapify(self._queue)
                self._turn.notify_all()

    def settle(self, points: float, status: ThrottleStatus | None, *, carried_out: bool) -> None:
        """Take back a charge of `points` and believe what the answer says is left.

        Calls that are still out may or may not be in the answer's figure: they are counted as if they were not.
        Without a status the charge stays, or is given back when nothing was carried out.
        """
        with self._turn:
            self._flying -= points
            if status is not None:
                self._told = True
                self._maximum = max(1.0, status.maximum_available)
                self._restore_per_s = max(0.1, status.restore_rate)
                self._level = status.currently_available - self._flying
                self._known_at = self._clock()
            elif not carried_out:
                self._level += points
            self._turn.notify_all()

    def points(self) -> Points:
        """Return how full the bucket is believed to be now."""
        with self._turn:
            self._restore()
            return Points(available=self._level, maximum=self._maximum, restore_per_s=self._restore_per_s)

    def affordable(self, points: float, lane: Lane) -> int:
        """Return how many calls of `points` each a lane may make now without waiting.

        One at most while no answer has told how full the bucket is: it is the shop's, and what used it before us may
        have left nothing.
        """
        with self._turn:
            self._restore()
            most = max(0, int((self._level - _RESERVE_SHARES[lane] * self._maximum) // points))
            return most if self._told else min(most, 1)

    def _wait_for_turn(self, ticket: tuple[Lane, int], points: float, until: float) -> None:
        while True:
            wait_s = self._wait_s(points, ticket[0])
            mine = self._queue[0] == ticket
            if mine and wait_s <= 0:
                return
            left_s = until - self._clock()
            if left_s <= 0 or (mine and wait_s > left_s):
                raise PointsShort(max(wait_s, 0.1))
            self._wait(self._turn, min(wait_s, left_s) if mine else left_s)

    def _wait_s(self, points: float, lane: Lane) -> float:
        self._restore()
        wanted = min(points + _RESERVE_SHARES[lane] * self._maximum, self._maximum)
        return (wanted - self._level) / self._restore_per_s

    def _restore(self) -> None:
        now = self._clock()
        self._level = min(self._maximum, self._level + (now - self._known_at) * self._restore_per_s)
        self._known_at = now
