"""A clock that stands still while others work; where somebody waits in vain, it jumps to the end of the wait."""

import threading
from typing import NamedTuple


class Wait(NamedTuple):
    """That a thread was ready to wait so long."""

    thread: str
    seconds: float


class JumpingClock:
    """Seconds that pass only where somebody waits, and then all that it would wait at most. Safe for threads.

    While waiting is not `in_vain`, whoever waits is notified, and no time passes.
    """

    def __init__(self) -> None:
        self.in_vain = True
        self.waits: list[Wait] = []
        self._now_s = 0.0
        self._lock = threading.Lock()

    def now_s(self) -> float:
        """Return the time."""
        with self._lock:
            return self._now_s

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self._now_s += seconds

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Wait to be notified, or until the time is over."""
        if not self.in_vain:
            condition.wait(seconds)
            return
        self.waits.append(Wait(threading.current_thread().name, seconds))
        self.advance(seconds)
