"""How fast TikTok Shop is called: as fast as allowed, half as fast after each refusal, then slowly faster again.

Source: Partner Center, "Rate limits": quotas are dynamic and not published; 429 or code 36009002 says too fast, and
`Retry-After` how long to wait.
"""

import math
import threading
import time
from collections.abc import Callable

UNLIMITED_PER_S = 10_000.0
# Both sides count, and a call that took longer on its way than the one before it comes too early over there.
_MARGIN_SHARE = 0.95
_SLOWEST_SHARE = 0.05
_GAIN_SHARE = 0.02
_LONGEST_PAUSE_S = 60.0


class Limiter:
    """A bucket that fills at a rate of its own; thread-safe. `per_s` is the most it ever fills at.

    It holds the calls of `burst_s` seconds, and one at least. `begins_at_per_s` was learned before; None: nothing.
    """

    def __init__(
        self,
        per_s: float,
        burst_s: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        begins_at_per_s: float | None = None,
    ) -> None:
        self.most_per_s = min(per_s, UNLIMITED_PER_S)
        self._burst_s = burst_s
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self.per_s = min(self.most_per_s, max(begins_at_per_s or self.most_per_s, self.most_per_s * _SLOWEST_SHARE))
        self._calls = self._room
        self._filled_at = clock()
        self._paused_until = 0.0
        self._refusals = 0

    def ready(self) -> int:
        """Return how many calls may go now."""
        with self._lock:
            self._fill()
            return 0 if self._clock() < self._paused_until else max(0, math.floor(self._calls + 1e-9))

    def take(self, wait_s: float) -> float:
        """Take leave for one call, waiting up to `wait_s`. Return 0.0, or after how long to come back instead."""
        with self._lock:
            self._fill()
            now = self._clock()
            due_in_s = max(self._paused_until - now, (1.0 - self._calls) / (self.per_s * _MARGIN_SHARE), 0.0)
            if due_in_s > wait_s:
                return due_in_s
            self._calls -= 1.0  # below zero: whoever comes next waits behind us
        if due_in_s > 0.0:
            self._sleep(due_in_s)
        return 0.0

    def refused(self, retry_after_s: float | None) -> float:
        """Note that a call was one too many; return how long nothing is sent. An absurd demand is capped."""
        with self._lock:
            self._refusals += 1
            self.per_s = max(self.per_s / 2, self.most_per_s * _SLOWEST_SHARE)
            asked_s = retry_after_s if retry_after_s is not None else 2.0 ** (self._refusals - 1)
            pause_s = min(max(asked_s, 1.0 / self.per_s), _LONGEST_PAUSE_S)
            self._paused_until = max(self._paused_until, self._clock() + pause_s)
            self._calls = min(self._calls, 0.0)
            return pause_s

    def succeeded(self) -> None:
        """Note that a call was welcome."""
        with self._lock:
            self._refusals = 0
            self.per_s = min(self.most_per_s, self.per_s + self.most_per_s * _GAIN_SHARE)

    @property
    def _room(self) -> float:
        return max(1.0, self.per_s * self._burst_s)

    def _fill(self) -> None:
        now = self._clock()
        self._calls = min(self._room, self._calls + (now - self._filled_at) * self.per_s * _MARGIN_SHARE)
        self._filled_at = now
