"""The files of a simulated process: where one ends, the next one begins on an image of what lay there."""

import random
import shutil
from pathlib import Path

import apsw

from onhand.simulator.drive import FATES, Drive, nothing

# Its content is worth nothing once nobody has the database open: SQLite makes it anew from the write-ahead log.
_SHARED_MEMORY = "*-shm"


class Disk:
    """Folders below `root`, one a process that ended by a crash. `folder` is that of the process which runs.

    With `power` the drive below it can lose what was not flushed; None: it never does, and costs nothing.
    """

    def __init__(self, root: Path, power: random.Random | None = None) -> None:
        self._root = root
        self._power = power
        self._number = 0
        self.drive: Drive | None = None
        self.folder.mkdir()
        self._spin_up()

    @property
    def folder(self) -> Path:
        """Where the process that runs has its files."""
        return self._root / str(self._number)

    def image(self, *, power_cut: bool = False) -> None:
        """Keep what lies there in this very moment: the next process begins on it, whatever this one still writes."""
        before, drive = self.folder, self.drive
        self._number += 1
        if power_cut and drive is not None and self._power is not None:
            # What this process has not opened yet lies there as it did.
            ignored = shutil.ignore_patterns(_SHARED_MEMORY, *drive.names)
            shutil.copytree(before, self.folder, ignore=ignored)
            drive.image(self.folder, self._power.choice(FATES), self._power)
        else:
            shutil.copytree(before, self.folder, ignore=shutil.ignore_patterns(_SHARED_MEMORY))

    def change(self) -> None:
        """Remove the files of the process before; the next one has a drive of its own."""
        shutil.rmtree(self._root / str(self._number - 1))
        self._spin_up()

    def close(self) -> None:
        """Let databases lie on the machine's own drive again."""
        if self.drive is not None:
            apsw.set_default_vfs(self.drive.base)

    def _spin_up(self) -> None:
        self.close()
        if self.drive is not None:
            self.drive.before_write = nothing  # what a dead process still closes is no step of the next one
        if self._power is not None:
            self.drive = Drive(self.folder)
            apsw.set_default_vfs(self.drive.name)
