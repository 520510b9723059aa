"""A thread that takes turns at some work until it is stopped, and waits when there is nothing to do."""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from onhand.ports.errors import DataDamaged, LogUnavailable, OnhandError, StoreUnavailable, TakenOver

logger = logging.getLogger(__name__)

TROUBLE_S = 1.0
"""How long a thread waits after trouble that its work did not settle itself, so that it never spins on it."""


class Work(Protocol):
    """Something that is done in turns."""

    name: str
    idle_s: float

    def turn(self) -> bool:
        """Do one piece of work; return whether there may be more right now."""


Fatal = DataDamaged | TakenOver
"""What no waiting mends."""

OnDeath = Callable[[str, Fatal | None], None]


class Turns:
    """Runs one piece of work after another in a thread of its own.

    Trouble that the work foresees is waited out. An error that nobody foresaw, damaged data, or another process that
    does our work ends the thread, and `on_death` is told its name: a part that is gone while the others go on would be
    worse than an end of everything. `trouble` says why the newest turn could not use the database or the log; None
    while it could: that a platform is away is no trouble of ours.
    """

    def __init__(self, work: Work, on_death: OnDeath) -> None:
        self.trouble: str | None = None
        self._work = work
        self._on_death = on_death
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=work.name, daemon=True)

    def __str__(self) -> str:
        return self._work.name

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there is something to do."""
        self._wake.set()

    def leave(self) -> None:
        """End after the current piece of work; wait for nothing."""
        self._stopping.set()
        self._wake.set()

    def stop(self, within_s: float) -> bool:
        """Leave, and return whether that was done in time."""
        self.leave()
        if self._thread.is_alive():  # it may never have begun
            self._thread.join(within_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        fatal: Fatal | None = None
        ended_well = False
        try:
            self._take_turns()
            ended_well = True
        except (DataDamaged, TakenOver) as error:
            fatal = error
        finally:
            if not ended_well:
                self._on_death(self._work.name, fatal)

    def _take_turns(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                busy = self._work.turn()
            except (DataDamaged, TakenOver):
                raise
            except OnhandError as trouble:
                if isinstance(trouble, StoreUnavailable | LogUnavailable):
                    self.trouble = f"{self._work.name}: {trouble}"
                logger.warning("%s: %s", self._work.name, trouble)
                self._stopping.wait(TROUBLE_S)
                continue
            self.trouble = None
            if not busy:
                self._wake.wait(self._work.idle_s)
