"""How often Google Sheets may be called: at most one write a second, and as many a minute as it lets through."""

import random
from collections import deque
from datetime import datetime, timedelta

READS_PER_MINUTE = WRITES_PER_MINUTE = 54
"""Sheets API, "Usage limits": 60 of each a minute for a user. The rest is left to others who use the same account."""

FEWEST_PER_MINUTE = 6
WRITE_EVERY = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
LONGEST_REST_S = 64.0
"""Google's guide to quotas: truncated exponential backoff, with chance in it; the window is a minute."""


class Limits:
    """Counts calls in sliding minutes. After each 429 it rests, longer each time, and calls less often for a while."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._calls: dict[str, deque[datetime]] = {"read": deque(), "write": deque()}
        self._per_minute = {"read": READS_PER_MINUTE, "write": WRITES_PER_MINUTE}
        self._refusals = 0
        self._rests_until: datetime | None = None
        self._slow_until: datetime | None = None

    def may(self, now: datetime, *, reads: int, writes: int) -> bool:
        """Return whether so many calls can be made now, one after the other."""
        if self._rests_until is not None and now < self._rests_until:
            return False
        if self._slow_until is not None and now >= self._slow_until:
            self._per_minute = {"read": READS_PER_MINUTE, "write": WRITES_PER_MINUTE}
            self._slow_until = None
        return all(
            self._count(kind, now) + wanted <= self._per_minute[kind]
            for kind, wanted in (("read", reads), ("write", writes))
        )

    def next_write_in_s(self, now: datetime) -> float:
        """Return how many seconds the next write should wait."""
        writes = self._calls["write"]
        return max(0.0, (writes[-1] + WRITE_EVERY - now).total_seconds()) if writes else 0.0

    def made(self, kind: str, now: datetime) -> None:
        """Count a call."""
        self._calls[kind].append(now)

    def answered(self) -> None:
        """Note that a call was let through."""
        self._refusals = 0

    def refused(self, kind: str, now: datetime) -> float:
        """Note a 429, and return for how many seconds nothing is called now."""
        self._refusals += 1
        rest_s = min(LONGEST_REST_S, 2.0**self._refusals) + self._chance.uniform(0.0, 1.0)
        self._rests_until = now + timedelta(seconds=rest_s)
        self._slow_until = now + 10 * MINUTE
        self._per_minute[kind] = max(FEWEST_PER_MINUTE, min(self._count(kind, now), self._per_minute[kind] * 3 // 4))
        return rest_s

    def _count(self, kind: str, now: datetime) -> int:
        calls = self._calls[kind]
        while calls and calls[0] <= now - MINUTE:
            calls.popleft()
        return len(calls)
