"""A drive whose power may fail: SQLite's own file layer, and a memory of what was written but never flushed.

A file system owes nobody what was not flushed. When the power goes, any part of it may have reached the platters, in
any order, a sector torn in the middle. `Drive.image` writes one such outcome into a folder, for a process to start on.

Not modelled: a directory entry that is lost although its file was flushed, and files that are mapped into memory.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal, NamedTuple

import apsw

SECTOR_BYTES: Final = 512
"""What a drive writes as one: half of a write may be there, half of a sector may not."""

Fate = Literal["nothing", "everything", "prefix", "some", "torn"]
"""What became of the writes that were not flushed: which of them lie on the platters."""

FATES: Final[tuple[Fate, ...]] = ("nothing", "everything", "prefix", "some", "torn")


class _Write(NamedTuple):
    """`content` None: the file was cut to `offset` bytes."""

    offset: int
    content: bytes | None

    def carry_out(self, onto: bytearray) -> None:
        if self.content is None:
            del onto[self.offset :]
            return
        if len(onto) < self.offset:
            onto.extend(bytes(self.offset - len(onto)))
        onto[self.offset : self.offset + len(self.content)] = self.content

    def sectors(self) -> Iterator["_Write"]:
        """Return the same write a sector at a time."""
        if self.content is None:
            yield self
            return
        start = 0
        while start < len(self.content):
            end = start + SECTOR_BYTES - (self.offset + start) % SECTOR_BYTES
            yield _Write(self.offset + start, self.content[start:end])
            start = end


@dataclass(slots=True)
class _Platter:
    """What is safe of one file, and what was written since."""

    safe: bytearray
    unflushed: list[_Write] = field(default_factory=list)

    def flush(self) -> None:
        for write in self.unflushed:
            write.carry_out(self.safe)
        self.unflushed.clear()

    def survivor(self, fate: Fate, chance: random.Random) -> bytearray:
        content = bytearray(self.safe)
        for write in _surviving(self.unflushed, fate, chance):
            write.carry_out(content)
        return content


def _surviving(writes: list[_Write], fate: Fate, chance: random.Random) -> list[_Write]:
    match fate:
        case "nothing":
            return []
        case "everything":
            return writes
        case "prefix":
            return writes[: chance.randint(0, len(writes))]
        case "some":
            return [write for write in writes if chance.random() < 0.5]
        case "torn":
            return [sector for write in writes for sector in write.sectors() if chance.random() < 0.5]


class Drive(apsw.VFS):
    """Files below `folder`, written through to the real ones; `before_write` is called before each change of one."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._platters: dict[str, _Platter] = {}
        self.before_write: Callable[[], None] = nothing
        self.base = _default_vfs()
        self.name = f"drive {id(self):x}"
        super().__init__(self.name, self.base, makedefault=False)

    def image(self, into: Path, fate: Fate, chance: random.Random) -> None:
        """Write into a folder what a power cut in this very moment may leave."""
        for path, platter in self._platters.items():
            (into / Path(path).name).write_bytes(platter.survivor(fate, chance))

    @property
    def names(self) -> list[str]:
        """The names of the files that were opened and not removed since."""
        return [Path(path).name for path in self._platters]

    @property
    def unflushed_writes(self) -> int:
        """How many writes a power cut could lose now."""
        return sum(len(platter.unflushed) for platter in self._platters.values())

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's word
        """Open a file; those outside the folder, and nameless ones, are nothing to us."""
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is None or not path.startswith(self._folder):
            return apsw.VFSFile(self.base, name, flags)
        if path not in self._platters:
            there = Path(path)
            self._platters[path] = _Platter(bytearray(there.read_bytes() if there.exists() else b""))
        return _DriveFile(self, self._platters[path], name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - SQLite's word
        """Remove a file, at once and for good."""
        self.before_write()
        self._platters.pop(filename, None)
        super().xDelete(filename, syncdir)

    @contextmanager
    def turning(self) -> Iterator["Drive"]:
        """Let whoever opens a database meanwhile open it on this drive, if it lies in the folder."""
        apsw.set_default_vfs(self.name)
        try:
            yield self
        finally:
            apsw.set_default_vfs(self.base)


class _DriveFile(apsw.VFSFile):
    def __init__(self, drive: Drive, platter: _Platter, name: apsw.URIFilename | str | None, flags: list[int]) -> None:
        self._drive, self._platter = drive, platter
        super().__init__(drive.base, name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's word
        self._drive.before_write()
        self._platter.unflushed.append(_Write(offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's word
        self._drive.before_write()
        self._platter.unflushed.append(_Write(newsize, None))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's word
        self._drive.before_write()
        del flags
        self._platter.flush()  # the real file needs none: nobody cuts the power of this machine


@contextmanager
def memory_folder() -> Iterator[Path]:
    """Give a fresh folder, in memory where the machine allows it: nothing of a simulation has to survive it."""
    memory = Path("/dev/shm")  # noqa: S108 - a fresh folder is made in it
    with TemporaryDirectory(prefix="onhand-simulated-", dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def _default_vfs() -> str:
    return next(str(vfs["zName"]) for vfs in apsw.vfs_details())


def nothing() -> None:
    """Nobody looks."""
