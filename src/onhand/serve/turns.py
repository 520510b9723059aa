"""A thread that takes turns at some work until it is stopped, and waits when there is nothing to do."""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from onhand.ports.errors import OnhandError

logger = logging.getLogger(__name__)

TROUBLE_S = 1.0
"""How long a thread waits after trouble that its work did not settle itself, so that it never spins on it."""


class Work(Protocol):
    """Something that is done in turns."""

    name: str
    idle_s: float

    def turn(self) -> bool:
        """Do one piece of work; return whether there may be more right now."""


class Turns:
    """Runs one piece of work after another in a thread of its own."""

    def __init__(self, work: Work, on_turn: Callable[[], None] | None = None) -> None:
        self._work = work
        self._on_turn = on_turn
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=work.name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there is something to do."""
        self._wake.set()

    def stop(self, timeout_s: float) -> bool:
        """End after the current piece of work; return whether it ended in time."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                busy = self._work.turn()
            except OnhandError as trouble:
                logger.warning("%s: %s", self._work.name, trouble)
                self._stopping.wait(TROUBLE_S)
                continue
            if busy and self._on_turn is not None:
                self._on_turn()
            if not busy:
                self._wake.wait(self._work.idle_s)
