"""A folder of this machine into which a third party's files come, however they do."""

import os
from datetime import UTC, datetime
from pathlib import Path

from onhand.channels.dropped import (
    DONE,
    MARK,
    MOST_BYTES,
    OUT,
    Dropped,
    Keep,
    Reply,
    Shape,
    choose,
    kept_name,
    too_long,
)
from onhand.ports.errors import ChannelRefused


class DropFolder:
    """One folder, looked at again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: dict[str, Shape] = {}
        self._kept: dict[str, tuple[Shape, Dropped]] = {}

    def take(self, limit: int, keep: Keep) -> bool:
        """See `dropped.Folder`. A file that is kept and cannot be put away is tried again, and not kept again."""
        shapes = self._shapes()
        self._kept = {name: kept for name, kept in self._kept.items() if shapes.get(name) == kept[0]}
        names = choose(shapes, self._seen)
        self._seen = shapes
        chosen, refusals = names[:limit], []
        for name in chosen:
            try:
                self._take(name, shapes[name], keep)
            except ChannelRefused as refused:
                refusals.append(refused)
        if refusals:
            raise refusals[0]
        return bool(chosen)

    def _take(self, name: str, shape: Shape, keep: Keep) -> None:
        if shape.size > MOST_BYTES:
            raise ChannelRefused(too_long(str(self.folder / name), shape.size))
        if name not in self._kept:
            dropped = self._read(name, shape)
            reply = keep(dropped)
            if reply is not None:
                self._lay_out(reply)
            self._kept[name] = (shape, dropped._replace(body=b""))
        self._put_away(self._kept[name][1])
        del self._kept[name]

    def look(self) -> int:
        """See `dropped.Folder`."""
        return len(self._shapes())

    def _shapes(self) -> dict[str, Shape]:
        try:
            entries = [entry for entry in os.scandir(self.folder) if entry.is_file(follow_symlinks=False)]
            stats = {entry.name: entry.stat(follow_symlinks=False) for entry in entries}
        except OSError as error:
            said = f"{self.folder} cannot be looked at: {error.strerror}: make it, or mend its rights"
            raise ChannelRefused(said) from error
        return {name: Shape(stat.st_size, stat.st_mtime_ns) for name, stat in stats.items()}

    def _read(self, name: str, shape: Shape) -> Dropped:
        path = self.folder / name
        try:
            return Dropped(name, path.read_bytes(), datetime.fromtimestamp(shape.written / 1e9, UTC))
        except OSError as error:
            raise ChannelRefused(f"{path} cannot be read: {error.strerror}: mend its rights") from error

    def _put_away(self, dropped: Dropped) -> None:
        done, path = self.folder / DONE, self.folder / dropped.name
        try:
            done.mkdir(exist_ok=True)
            path.replace(done / kept_name(dropped))
            path.with_name(f"{path.name}{MARK}").unlink(missing_ok=True)
        except OSError as error:
            said = f"{path} is kept and cannot be moved to {DONE}/: {error.strerror}: mend its rights"
            raise ChannelRefused(said) from error

    def _lay_out(self, reply: Reply) -> None:
        """Lay a reply into `out`, whole or not at all."""
        out = self.folder / OUT
        try:
            out.mkdir(exist_ok=True)
            half = out / f".{reply.name}.part"
            half.write_bytes(reply.body)
            half.replace(out / reply.name)
        except OSError as error:
            raise ChannelRefused(f"{out / reply.name} cannot be written: {error.strerror}: mend its rights") from error
