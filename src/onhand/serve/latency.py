"""How long it takes from a webhook's receipt to the number, and to the channel: the last few minutes of it."""

import threading
from collections import deque
from datetime import datetime
from statistics import quantiles

SAMPLES = 2_000


class Latency:
    """Seconds of the newest samples; written by one thread, read by others."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=SAMPLES)
        self._door = threading.Lock()

    def note(self, since: datetime, until: datetime) -> None:
        """Take a sample."""
        with self._door:
            self._seconds.append((until - since).total_seconds())

    def summary(self) -> dict[str, float] | None:
        """Return {"p50", "p99"} in seconds, None before there are two samples."""
        with self._door:
            seconds = list(self._seconds)
        if len(seconds) < 2:
            return None
        cuts = quantiles(seconds, n=100, method="inclusive")
        return {"p50": round(cuts[49], 4), "p99": round(cuts[98], 4)}
