"""The only clock: everything below is told what time it is."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


class SystemClock:
    """The machine's own time (`ports.clock.Clock`)."""

    def now(self) -> datetime:
        """Return the time, aware of UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How adapters measure seconds and let them pass: as the machine does, or as whoever holds the clock says.

    `wait` lets a condition, which the caller holds, be notified for so many seconds at most.
    """

    monotonic_s: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    wait: Callable[[threading.Condition, float], object] = threading.Condition.wait


MACHINE_PACE = Pace()
