"""The files of a simulated process: where one ends, the next one begins on an image of what lay there."""

import shutil
from pathlib import Path

# Its content is worth nothing once nobody has the database open: SQLite makes it anew from the write-ahead log.
_SHARED_MEMORY = "*-shm"


class Disk:
    """Folders below `root`, one a process that ended by a crash. `folder` is that of the process which runs."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._number = 0
        self.folder.mkdir()

    @property
    def folder(self) -> Path:
        """Where the process that runs has its files."""
        return self._root / str(self._number)

    def image(self) -> None:
        """Keep what lies there in this very moment: the next process begins on it, whatever this one still writes."""
        before = self.folder
        self._number += 1
        shutil.copytree(before, self.folder, ignore=shutil.ignore_patterns(_SHARED_MEMORY))

    def forget_last(self) -> None:
        """Remove the files of the process before."""
        shutil.rmtree(self._root / str(self._number - 1))
