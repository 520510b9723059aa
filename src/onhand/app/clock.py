"""The only clock: everything below is told what time it is."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from onhand.ports.clock import Clock


class SystemClock:
    """The machine's own time (`ports.clock.Clock`)."""

    def now(self) -> datetime:
        """Return the time, aware of UTC."""
        return datetime.now(UTC)


PACE_BEHIND: Final = 0.5
"""How fast time goes by for us while the machine's clock has to catch up: what waits does so twice as long at most."""

BELIEVED_AT_ONCE: Final = timedelta(days=1)
"""A clock that is set back by more was so wrong that nothing of it may stay: at half the pace it would for days."""


class SteadyClock:
    """The machine's time, but it never goes back (`ports.clock.Clock`).

    Books put in order by it what channels keep no time of: a look and what touched its item, a gap and how long it has
    stood, what was put off until when. Where the machine's clock is set back, this one goes on at half the pace until
    the other has caught up. A jump forward is followed at once: the machine may have slept.
    """

    def __init__(self, wall: Clock, monotonic_s: Callable[[], float]) -> None:
        self._wall = wall
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._last, self._last_s = wall.now(), monotonic_s()

    def now(self) -> datetime:
        """Return the time, aware of UTC: never earlier than what was returned before."""
        with self._lock:
            shown, passed_s = self._wall.now(), self._monotonic_s()
            gone_on = self._last + timedelta(seconds=(passed_s - self._last_s) * PACE_BEHIND)
            self._last_s = passed_s
            self._last = shown if shown >= gone_on or gone_on - shown > BELIEVED_AT_ONCE else gone_on
            return self._last


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How adapters measure seconds and let them pass: as the machine does, or as whoever holds the clock says.

    `wait` lets a condition, which the caller holds, be notified for so many seconds at most.
    """

    monotonic_s: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    wait: Callable[[threading.Condition, float], object] = threading.Condition.wait


MACHINE_PACE = Pace()
