"""onhand as a process whose disk refuses when it is told to: SQLite's own file layer, with its own errors.

Rights keep nobody from writing who is root, and not every machine lets a file system be mounted anew; what SQLite says
of a read-only file, a full disk or a folder that it may not enter is the same here. A file beside the databases names
what is wrong with which of them: `{"onhand.db": "read-only", "onhand-log.db": "full"}`.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import apsw

READ_ONLY, FULL, REFUSED, NO_RIGHTS = "read-only", "full", "refused", "no rights"
"""A file that became read-only; no room; a file system that became it (SQLite hears an I/O error); a closed folder."""

_ON_WRITING: Final[dict[str, apsw.Error]] = {
    READ_ONLY: apsw.ReadOnlyError("attempt to write a readonly database"),
    FULL: apsw.FullError("database or disk is full"),
    REFUSED: apsw.IOError("disk I/O error"),
}


class BadDisk(apsw.VFS):
    """The machine's file layer, but what `told` says of a database is wrong with it."""

    def __init__(self, told: Path) -> None:
        self._told = told
        super().__init__("bad-disk", "unix", makedefault=True)

    def refuse(self, path: str, *, opening: bool) -> None:
        """Raise what SQLite raises where this database is in trouble now."""
        try:
            told: dict[str, str] = json.loads(self._told.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        trouble = told.get(Path(path).name.removesuffix("-wal"))
        if opening and trouble == NO_RIGHTS:
            raise apsw.CantOpenError("unable to open database file")
        if not opening and trouble in _ON_WRITING:
            raise _ON_WRITING[trouble]

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's word
        """Open a file whose writes this disk decides on."""
        path = name.filename() if isinstance(name, apsw.URIFilename) else name or ""
        self.refuse(path, opening=True)
        return _BadFile(self, path, name, flags)


class _BadFile(apsw.VFSFile):
    def __init__(self, disk: BadDisk, path: str, name: apsw.URIFilename | str | None, flags: list[int]) -> None:
        self._disk, self._path = disk, path
        super().__init__("unix", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's word
        self._disk.refuse(self._path, opening=False)
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802 - SQLite's word
        self._disk.refuse(self._path, opening=False)
        super().xTruncate(size)


def program(told: Path) -> Sequence[str]:
    """Return the words that start onhand on such a disk."""
    return [sys.executable, __file__, str(told)]


def main() -> None:
    """Run onhand with the words behind the first, which is the file that says what is wrong."""
    told, *words = sys.argv[1:]
    disk = BadDisk(Path(told))
    sys.argv = ["onhand", *words]
    from onhand.cli import main as run

    try:
        run()
    finally:
        disk.unregister()


if __name__ == "__main__":
    main()
