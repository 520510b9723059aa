"""A clock that only moves when somebody moves it; platforms and product look at the same one."""

import math
import threading
from datetime import datetime, timedelta

from onhand.app.clock import Pace


class ManualClock:
    """The time of a simulated world (`ports.clock.Clock`). Whoever would sleep moves it instead."""

    def __init__(self, began_at: datetime) -> None:
        self._began_at = self._now = began_at

    def now(self) -> datetime:
        """Return the time, aware of UTC."""
        return self._now

    def seconds(self) -> float:
        """Return how long the world has been going, in seconds."""
        return (self._now - self._began_at).total_seconds()

    def advance(self, by_s: float) -> None:
        """Let `by_s` seconds pass; less than none is none, and less than the clock can show is a microsecond.

        Otherwise whoever waits for the last bit of a point would wait for ever.
        """
        self._now += timedelta(microseconds=max(0, math.ceil(by_s * 1_000_000)))

    def advance_to(self, moment: datetime) -> None:
        """Let time pass until `moment`, unless it is over already."""
        self._now = max(self._now, moment)

    def pace(self) -> Pace:
        """Return how adapters let time pass: by moving this clock."""
        return Pace(monotonic_s=self.seconds, sleep=self.advance, wait=self._wait)

    def _wait(self, turn: threading.Condition, wait_s: float) -> None:
        del turn  # there is one thread: nobody else could notify it
        self.advance(wait_s)


class SkewedClock:
    """The same time as another machine shows it that is `ahead_s` seconds ahead; less than none is behind."""

    def __init__(self, clock: ManualClock, ahead_s: float) -> None:
        self._clock = clock
        self.ahead_s = ahead_s

    def now(self) -> datetime:
        """Return the time, aware of UTC."""
        return self._clock.now() + timedelta(seconds=self.ahead_s)
