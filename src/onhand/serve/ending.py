"""The end of a process: all parts are told at once, and together they have one time to end in."""

from collections.abc import Callable, Sequence
from typing import Protocol


class Part(Protocol):
    """What runs in a thread of its own."""

    def stop(self, within_s: float) -> bool:
        """Conclude what is under way and end; return within so many seconds whether that was done."""


class Leaving(Part, Protocol):
    """A part that may be told to end before somebody waits for it."""

    def leave(self) -> None:
        """Begin to end; wait for nothing."""


def end(
    at_once: Sequence[Leaving], in_order: Sequence[Part], within_s: float, monotonic_s: Callable[[], float]
) -> list[Part]:
    """Tell parts to end, then wait for each in order, for `within_s` in all; return those that went on.

    Whoever needs another part to conclude stands before it, and that other one only in the order.
    """
    until_s = monotonic_s() + within_s
    for part in at_once:
        part.leave()
    return [part for part in in_order if not part.stop(max(0.0, until_s - monotonic_s()))]
