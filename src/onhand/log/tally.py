"""Counts that are written down later: whoever asks meanwhile hears neither too few nor too many."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping

FLUSHES = "flushes"
"""The count of what was written down: it says whether a lot that is on its way is in what was read."""


class Tally:
    """Counts on their way to the disk. Safe for threads; one flush at a time.

    `flushes` is how many the disk holds already.
    """

    def __init__(self, flushes: int) -> None:
        self._waiting = Counter[str]()
        self._on_its_way = Counter[str]()
        self._flushes = flushes
        self._turn = 0
        self._lock = threading.Lock()
        self._flushing = threading.Lock()

    def add(self, name: str, number: int) -> None:
        """Count more of something; nothing is written yet."""
        with self._lock:
            self._waiting[name] += number

    def flush(self, write: Callable[[Mapping[str, int]], None]) -> None:
        """Write down what was counted, in one transaction of `write`; what that raises leaves it to the next flush."""
        with self._flushing:
            with self._lock:
                if not self._waiting:
                    return
                self._on_its_way, self._waiting = self._waiting, Counter()
                self._turn += 1
            written = False
            try:
                write({**self._on_its_way, FLUSHES: 1})
                written = True
            finally:
                with self._lock:
                    if written:
                        self._flushes += 1
                    else:
                        self._waiting += self._on_its_way
                    self._on_its_way = Counter()
                    self._turn += 1

    def on_top_of(self, read: Callable[[], Mapping[str, int]]) -> dict[str, int]:
        """Return what `read` finds on the disk, with all that was counted and is not in it."""
        while True:
            with self._lock:
                turn, more, on_its_way, flushes = self._turn, Counter(self._waiting), self._on_its_way, self._flushes
            held = dict(read())
            with self._lock:
                if turn != self._turn:
                    continue
            if held.pop(FLUSHES, 0) == flushes:
                more += on_its_way
            return {name: held.get(name, 0) + more[name] for name in {*held, *more}}
