"""The write-ahead log of the log's file: grown by every commit, carried into the file by somebody who has the time."""

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import apsw

from onhand.log import file
from onhand.ports.errors import LogUnavailable, way_out

SOFT_PAGES = 8_000  # 16 MB: whoever is not in a hurry should carry it over
HARD_PAGES = 32_000  # 64 MB: the writer itself waits for that
_PAGES_A_ROW = 2  # its own page, shared, and a page of the index


class WriteAhead:
    """Counts what was written ahead, and carries it over beside the writer. `lock` is held by whoever commits.

    `on_growth` is called by the writer when carrying over is due. Pages are an estimate between two carryings:
    asking SQLite with every commit would cost more than being off by a few.
    """

    def __init__(self, path: Path, lock: threading.Lock) -> None:
        self.pages = 0
        self.on_growth: Callable[[], None] | None = None
        self._path = path
        self._lock = lock
        self._carrying = threading.Lock()
        self._carrier: apsw.Connection | None = None
        self._due_above = SOFT_PAGES
        self._wait_above = HARD_PAGES

    @property
    def is_due(self) -> bool:
        """Whether there is so much that somebody should carry it over."""
        return self.pages > self._due_above

    def wrote(self, rows: int, body_bytes: int, writer: apsw.Connection) -> None:
        """Note a commit; the caller holds the lock."""
        self.pages += rows * _PAGES_A_ROW + body_bytes // file.PAGE_BYTES
        if self.pages > self._wait_above:
            with suppress(apsw.BusyError):
                self._carried(*writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE))
        elif self.pages > self._due_above and self.on_growth is not None:
            self.on_growth()

    def carry_over(self) -> None:
        """Carry everything into the file; only what arrives meanwhile is carried while the writer waits.

        Raises LogUnavailable.
        """
        try:
            with self._carrying:
                if self._carrier is None:
                    self._carrier = file.open_checkpointer(self._path)
                self._carrier.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
                with self._lock:
                    self._carried(*self._carrier.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE))
        except apsw.BusyError:
            return
        except apsw.Error as error:
            raise LogUnavailable(
                f"log {self._path}: its write-ahead log cannot be emptied: {error}; {way_out(error)}"
            ) from error

    def close(self) -> None:
        """Release the file."""
        with self._carrying:
            if self._carrier is not None:
                self._carrier.close()
                self._carrier = None

    def _carried(self, pages: int, carried: int) -> None:
        """Take over what SQLite says. A reader who stays keeps the rest from being carried: do not try all the time."""
        self.pages = max(0, pages - carried)
        self._due_above = self.pages + SOFT_PAGES
        self._wait_above = self.pages + HARD_PAGES
