"""Rests: levels about which something was tried in vain are left alone for a while, longer each time."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from onhand.domain.stock import LevelKey

FIRST_REST_S = 1.0
LONGEST_REST_S = 300.0
"""What a level waits for may come without telling us, so that it is tried again after five minutes at the latest."""


class Rests:
    """Levels that rest, each until a time. Otherwise one would be tried again and again, and keep others waiting.

    Kept in memory: a process that starts tries everything once.
    """

    def __init__(self) -> None:
        self._rests: dict[LevelKey, tuple[float, datetime]] = {}

    def at(self, now: datetime) -> set[LevelKey]:
        """Return the levels that rest now."""
        return {key for key, (_, until) in self._rests.items() if now < until}

    def begin(self, keys: Iterable[LevelKey], now: datetime) -> None:
        """Let levels rest: a second at first, then twice as long each time."""
        for key in keys:
            rest_s = min(2.0 * self._rests[key][0], LONGEST_REST_S) if key in self._rests else FIRST_REST_S
            self._rests[key] = (rest_s, now + timedelta(seconds=rest_s))
        forgotten = now - timedelta(seconds=LONGEST_REST_S)
        self._rests = {key: rest for key, rest in self._rests.items() if rest[1] > forgotten}

    def end(self, keys: Iterable[LevelKey]) -> None:
        """Forget what was tried in vain: it has succeeded."""
        for key in keys:
            self._rests.pop(key, None)
