"""Where a process may end, or its database refuse: at a statement, at a commit, around a call, around an answer."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

import apsw

Point = Literal["statement", "commit", "call", "answer", "kept", "write"]
"""Before a statement, inside a commit, before a call leaves, after its answer came, between a commit and our answer,
before a write to the drive.
"""

POINTS: Final[tuple[Point, ...]] = ("statement", "commit", "call", "answer", "kept")

TROUBLES: Final[dict[str, type[apsw.Error]]] = {
    "full": apsw.FullError,
    "busy": apsw.BusyError,
    "broken": apsw.IOError,
}
"""What a database may say instead of carrying out a statement: the disk is full, somebody holds it, the disk failed."""


class Crash(BaseException):
    """The process ends here, whatever it is doing. No Exception: nothing of the product may catch it."""


class CrashPoints:
    """Counts what one process does, and ends it where that was asked for.

    `on_crash` is called in that very moment with whether the power is cut, before anything is unwound: whatever a dying
    process still does by way of `finally` must not count. `ended` counts crashes by their point, `refused` what the
    database refused.
    """

    def __init__(self, on_crash: Callable[[bool], None]) -> None:
        self._on_crash = on_crash
        self._armed: dict[Point, int] = {}
        self._power_cut = False
        self._trouble: tuple[str, int, int] | None = None
        self.dead = False
        self._unseen = False
        self.ended: Counter[Point] = Counter()
        self.refused = 0

    def arm(self, point: Point, nth: int, *, power_cut: bool = False) -> None:
        """End the process the `nth` time (from 1) that it comes to a point, with the power of its drive or without."""
        self._armed[point] = nth
        self._power_cut = power_cut

    def disturb(self, trouble: str, after: int, statements: int) -> None:
        """Let the database refuse some statements, after so many more: see TROUBLES."""
        self._trouble = (trouble, after, statements)

    def calm(self) -> None:
        """Take back everything that was asked for."""
        self._armed.clear()
        self._trouble = None

    def begin(self) -> None:
        """A new process begins."""
        self.dead = False

    def reach(self, point: Point) -> None:
        """Note that the process has come to a point. Raises Crash."""
        if self.dead or self._unseen:
            return
        left = self._armed.get(point)
        if left is None:
            return
        if left > 1:
            self._armed[point] = left - 1
            return
        del self._armed[point]
        self.ended[point] += 1
        self.end(power_cut=self._power_cut)
        if point != "write":  # SQLite would make an error of it; it is found dead at its next step
            raise Crash(point)

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """Let somebody look who is not the process: what he does counts for nothing."""
        self._unseen = True
        try:
            yield
        finally:
            self._unseen = False

    def check(self) -> None:
        """Raise Crash where the process has ended while somebody else was at work."""
        if self.dead:
            raise Crash

    def end(self, *, power_cut: bool = False) -> None:
        """End the process; whoever calls this raises Crash."""
        self.dead = True
        self._on_crash(power_cut)

    def refuse(self) -> None:
        """Raise what the database has to say, where trouble was asked for."""
        if self._trouble is None or self.dead or self._unseen:
            return
        name, after, statements = self._trouble
        if after > 0:
            self._trouble = (name, after - 1, statements)
            return
        self._trouble = (name, 0, statements - 1) if statements > 1 else None
        self.refused += 1
        raise TROUBLES[name](f"simulated: {name}")


class Watch:
    """Tells crash points of every connection that a process opens below a folder. Close it when done."""

    def __init__(self, folder: Path, points: CrashPoints) -> None:
        self._folder = str(folder)
        self._points = points
        apsw.connection_hooks.append(self._meet)

    def close(self) -> None:
        """Watch no more."""
        apsw.connection_hooks.remove(self._meet)

    def _meet(self, connection: apsw.Connection) -> None:
        if connection.filename.startswith(self._folder):
            connection.exec_trace = self._statement
            connection.set_commit_hook(self._commit)

    def _statement(self, cursor: object, statement: str, bindings: object) -> bool:
        del cursor, bindings
        self._points.reach("statement")
        if statement != "ROLLBACK":  # who cannot even take back is broken for good, and says so
            self._points.refuse()
        return True

    def _commit(self) -> bool:
        self._points.reach("commit")
        return False
