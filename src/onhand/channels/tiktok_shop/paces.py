"""What was learned of the rates of a shop, kept: a process that begins is not throttled to learn it anew.

Source: Partner Center, "Rate limits": quotas are dynamic, by app and shop, and not published.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from onhand.channels.entry import Keeper
from onhand.ports.errors import DataDamaged

FORGOTTEN_A_S = 1.0 / 86_400
"""The share of the whole rate that what was learned is raised by with each second: in a day it is forgotten."""

_WORTH_KEEPING_SHARE = 0.2
"""By how much of the whole rate a pace must have risen to be kept again: each keeping is a write to the disk."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """Calls a second as they were welcome at `kept_at`, in Unix seconds."""

    per_s: float
    kept_at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Paces:
    """The paces of one shop, by what calls count against."""

    by_name: dict[str, Pace]


class PaceKeeper:
    """Keeps paces for every process of this installation. Safe to use from several threads.

    Without a keeper nothing is kept. What cannot be kept or read is learned anew, which costs no more than a throttle.
    """

    def __init__(self, keeper: Keeper | None, follows: str, wall_s: Callable[[], float]) -> None:
        self._keeper, self._follows, self._wall_s = keeper, follows, wall_s
        self._lock = Lock()
        self._kept: dict[str, float] = {}

    def begin(self, name: str, most_per_s: float) -> float:
        """Return the pace to begin with: the kept one, less what is forgotten of it, or the whole rate."""
        pace = self._read().get(name)
        per_s = most_per_s
        if pace is not None:
            past_s = max(0.0, self._wall_s() - pace.kept_at)
            per_s = min(most_per_s, pace.per_s + most_per_s * FORGOTTEN_A_S * past_s)
        self._kept[name] = per_s
        return per_s

    def note(self, name: str, per_s: float, most_per_s: float) -> None:
        """Keep a pace that was lowered, or that has risen by much or to the whole rate."""
        with self._lock:
            kept = self._kept[name]
            risen = per_s >= kept + most_per_s * _WORTH_KEEPING_SHARE or kept < per_s == most_per_s
            if self._keeper is None or not (per_s < kept or risen):
                return
            self._kept[name] = per_s
            try:
                with self._keeper.alone(0.0) as alone:
                    if alone:  # another process keeps its own otherwise, which is no worse
                        paces = {**self._read(), name: Pace(per_s=per_s, kept_at=self._wall_s())}
                        self._keeper.keep(self._follows, Paces(by_name=paces))
            except OSError as error:
                _log.warning("the pace of %s cannot be kept: %s", self._follows, error)

    def _read(self) -> dict[str, Pace]:
        try:
            paces = None if self._keeper is None else self._keeper.restore(self._follows, Paces)
        except (DataDamaged, OSError) as error:
            _log.warning("the kept pace of %s is learned anew: %s", self._follows, error)
            return {}
        return {} if paces is None else paces.by_name
