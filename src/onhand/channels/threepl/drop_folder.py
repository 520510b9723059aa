"""Files that a third party drops into a folder: over SFTP, or however they come there.

A file is ready once a file of the same name with `.done` behind it lies beside it, or once it has not changed between
two looks. What was kept goes into the folder `done`; replies to EDI go into `out`.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from onhand.ports.errors import ChannelRefused

MOST_BYTES: Final = 32 * 1024 * 1024
"""A longer file is no count of any merchant's."""

DONE, OUT, MARK = "done", "out", ".done"
_UNFINISHED: Final = (".part", ".tmp", ".filepart", ".crdownload", MARK)
"""How programs call what they are still writing."""


class Dropped(NamedTuple):
    """A file that is ready, with its bytes and when it was written."""

    path: Path
    body: bytes
    written_at: datetime


class DropFolder:
    """One folder, looked at again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: dict[str, tuple[int, int]] = {}

    def ready(self, limit: int) -> list[Dropped]:
        """Return up to `limit` files that are ready, oldest first. Raises ChannelRefused where it cannot be read."""
        try:
            entries = [entry for entry in os.scandir(self.folder) if entry.is_file(follow_symlinks=False)]
            stats = {entry.name: entry.stat(follow_symlinks=False) for entry in entries}
        except OSError as error:
            said = f"{self.folder} cannot be looked at: {error.strerror}: make it, or mend its rights"
            raise ChannelRefused(said) from error
        shape = {name: (stat.st_size, stat.st_mtime_ns) for name, stat in stats.items()}
        names = [
            name
            for name in shape
            if not name.startswith(".")
            and not name.lower().endswith(_UNFINISHED)
            and (f"{name}{MARK}" in shape or self._seen.get(name) == shape[name])
        ]
        self._seen = shape
        found = []
        for name in sorted(names, key=lambda name: (shape[name][1], name))[:limit]:
            if shape[name][0] > MOST_BYTES:
                raise ChannelRefused(f"{self.folder / name} has {shape[name][0]} bytes, at most {MOST_BYTES} are read")
            path = self.folder / name
            found.append(Dropped(path, path.read_bytes(), datetime.fromtimestamp(shape[name][1] / 1e9, UTC)))
        return found

    def put_away(self, dropped: Dropped) -> None:
        """Take a file away that is kept durably elsewhere. Raises ChannelRefused."""
        done = self.folder / DONE
        try:
            done.mkdir(exist_ok=True)
            dropped.path.replace(done / f"{dropped.written_at:%Y%m%dT%H%M%S}-{dropped.path.name}")
            dropped.path.with_name(f"{dropped.path.name}{MARK}").unlink(missing_ok=True)
        except OSError as error:
            said = f"{dropped.path} cannot be moved to {DONE}/: {error.strerror}: mend its rights"
            raise ChannelRefused(said) from error

    def reply(self, name: str, body: bytes) -> None:
        """Lay a file into `out`, whole or not at all. Raises ChannelRefused."""
        out = self.folder / OUT
        try:
            out.mkdir(exist_ok=True)
            half = out / f".{name}.part"
            half.write_bytes(body)
            half.replace(out / name)
        except OSError as error:
            raise ChannelRefused(f"{out / name} cannot be written: {error.strerror}: mend its rights") from error
