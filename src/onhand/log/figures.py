"""Figures that one thread counts and others read: histograms and the times of recent commits."""

from bisect import bisect_left
from collections import deque
from collections.abc import Sequence

SECONDS = (
    0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.003, 0.005, 0.007_5, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2,
    0.5, 1.0, 2.0, 5.0,
)  # fmt: skip
ROWS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0)


class Histogram:
    """Counts of values by upper bound, as Prometheus wants them. The last count has no bound."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    @property
    def count(self) -> int:
        """How many values were counted."""
        return sum(self.counts)

    def quantile(self, share: float) -> float | None:
        """Return the bound that at least `share` of the values do not exceed; infinity past the last, None for none."""
        counts = list(self.counts)
        wanted = share * sum(counts)
        if not wanted:
            return None
        reached = 0
        for bound, count in zip((*self.bounds, float("inf")), counts, strict=True):
            reached += count
            if reached >= wanted:
                return bound
        return float("inf")


class CommitFigures:
    """What group commit did: written by its one thread, read by anybody."""

    __slots__ = ("batch_deliveries", "commit_s", "failed_commits", "recent_commit_s")

    def __init__(self) -> None:
        self.commit_s = Histogram(SECONDS)
        self.batch_deliveries = Histogram(ROWS)
        self.failed_commits = 0
        self.recent_commit_s: deque[float] = deque(maxlen=2048)

    def add(self, commit_s: float, deliveries: int) -> None:
        """Count one commit that reached the disk."""
        self.commit_s.add(commit_s)
        self.batch_deliveries.add(deliveries)
        self.recent_commit_s.append(commit_s)
