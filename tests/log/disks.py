"""A disk that can be told to fail: SQLite's own file layer with one thing broken."""

from types import TracebackType
from typing import Self

import apsw


class FailingDisk(apsw.VFS):
    """The default file system, but a flush of a write-ahead log fails while `flush_fails`."""

    def __init__(self) -> None:
        self.flush_fails = False
        self.flushes = 0
        super().__init__("failing-disk", "", makedefault=False)

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> "FailingFile":  # noqa: N802 - SQLite's word
        """Open a file whose flushes this disk decides on."""
        return FailingFile(self, name, flags)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.unregister()


class FailingFile(apsw.VFSFile):
    """A file on a failing disk."""

    def __init__(self, disk: FailingDisk, name: apsw.URIFilename | str | None, flags: list[int]) -> None:
        self._disk = disk
        self._is_wal = bool(flags[0] & apsw.SQLITE_OPEN_WAL)
        super().__init__("", name, flags)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's word
        """Flush, or fail to."""
        if self._is_wal:
            self._disk.flushes += 1
            if self._disk.flush_fails:
                error = apsw.IOError("disk I/O error")
                error.extendedresult = apsw.SQLITE_IOERR_FSYNC  # type: ignore[attr-defined]
                raise error
        super().xSync(flags)
