"""How many calls a second TikTok Shop lets through."""

from __future__ import annotations

from datetime import datetime


class RateLimit:
    """A bucket of calls that holds one second's worth; `per_s` None lets everything through."""

    def __init__(self, per_s: float | None, now: datetime) -> None:
        self._per_s = per_s
        self._held = 0.0 if per_s is None else max(1.0, per_s)
        self._at = now

    def wait_s(self, now: datetime) -> float:
        """Take one call, and return 0; or take none, and return after how many seconds there is one."""
        if self._per_s is None:
            return 0.0
        elapsed_s = max(0.0, (now - self._at).total_seconds())
        self._at = now
        self._held = min(max(1.0, self._per_s), self._held + elapsed_s * self._per_s)
        if self._held >= 1.0:
            self._held -= 1.0
            return 0.0
        return (1.0 - self._held) / self._per_s
