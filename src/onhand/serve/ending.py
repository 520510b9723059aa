"""The end of a process: all parts are told at once, and together they have one time to end in."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Protocol

_LOOK_UP_S = 0.5


class Ended:
    """Says that it is time to end: by a signal, or because a part has died.

    A handler of signals runs in the thread that waits. An event's lock, which that thread may hold just then, would be
    waited for for ever; a simple queue may be put into at any moment.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._told: SimpleQueue[None] = SimpleQueue()

    def set(self) -> None:
        """Let whoever waits go on."""
        self._is_set = True
        self._told.put(None)

    def is_set(self) -> bool:
        """Return whether it is time."""
        return self._is_set

    def wait(self) -> None:
        """Wait until it is time; for one thread.

        A signal that comes in the moment before a thread falls asleep does not wake it: it looks up now and then.
        """
        while not self._is_set:
            with suppress(Empty):
                self._told.get(timeout=_LOOK_UP_S)


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
