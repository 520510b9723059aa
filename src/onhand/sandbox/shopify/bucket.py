"""Shopify's leaky bucket of points."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ThrottleStatus:
    """What every answer tells of the bucket, in points."""

    maximum_points: float
    available_points: float
    restore_points_per_s: float


class Bucket:
    """Points of one app at one shop; `size_points` None never throttles."""

    def __init__(
        self, *, size_points: float | None, restore_points_per_s: float, starts_empty: bool, now: datetime
    ) -> None:
        self._size = size_points
        self._rate = restore_points_per_s
        self._available = 0.0 if starts_empty or size_points is None else size_points
        self._at = now

    def charge(self, points: float, now: datetime) -> bool:
        """Take `points` out; False, and nothing taken, when there are fewer."""
        self._restore(now)
        if self._size is None:
            return True
        if points > self._available:
            return False
        self._available -= points
        return True

    def refund(self, points: float, now: datetime) -> None:
        """Put points back that a call asked for and did not need."""
        self._restore(now)
        if self._size is not None:
            self._available = min(self._size, self._available + points)

    def drain(self, now: datetime) -> None:
        """Empty the bucket, as another client of the same app would."""
        self._restore(now)
        self._available = 0.0

    def status(self, now: datetime) -> ThrottleStatus:
        """Return what the bucket holds at `now`."""
        self._restore(now)
        unlimited = self._size is None
        return ThrottleStatus(
            maximum_points=UNLIMITED_POINTS if self._size is None else self._size,
            available_points=UNLIMITED_POINTS if unlimited else self._available,
            restore_points_per_s=UNLIMITED_POINTS if unlimited else self._rate,
        )

    def _restore(self, now: datetime) -> None:
        elapsed_s = (now - self._at).total_seconds()
        if elapsed_s > 0:
            self._at = now
            if self._size is not None:
                self._available = min(self._size, self._available + elapsed_s * self._rate)


# What an unthrottled shop shows: large enough that no client ever waits.
UNLIMITED_POINTS = 1_000_000_000.0
