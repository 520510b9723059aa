"""The levels of a census on their way from the platform to the books: batch by batch on the disk, not in memory."""

import tempfile
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from io import BytesIO
from typing import IO, Final

import msgspec

from onhand.ports.channel import SeenLevel

BATCH: Final = 5_000
"""Levels a batch: some hundred milliseconds of the database's one writer."""

_IN_MEMORY_BYTES: Final = 4 << 20
"""Below this nothing is written to the disk: a small shop's levels are not worth a file."""

_SIZE_BYTES: Final = 4

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[SeenLevel]).decode


class LevelSpool:
    """Levels, written once and read as often as wanted. Items that are not counted may become known in between."""

    def __init__(self) -> None:
        self._file: IO[bytes] = BytesIO()
        self._waiting: list[SeenLevel] = []
        self._levels = 0
        self._uncounted: AbstractSet[str] = frozenset()

    def add(self, level: SeenLevel) -> None:
        """Keep one more level."""
        self._waiting.append(level)
        if len(self._waiting) >= BATCH:
            self._write()

    def finish(self, uncounted: AbstractSet[str] = frozenset()) -> None:
        """End writing. Of the items in `uncounted` only the levels' ids mean anything: their units are left out."""
        self._write()
        self._uncounted = uncounted

    def __len__(self) -> int:
        return self._levels + len(self._waiting)

    def __iter__(self) -> Iterator[Sequence[SeenLevel]]:
        place = 0
        while True:
            self._file.seek(place)
            size = int.from_bytes(self._file.read(_SIZE_BYTES), "big")
            if not size:
                return
            levels = _decode(self._file.read(size))
            place += _SIZE_BYTES + size
            if self._uncounted:
                levels = [row._replace(units=None) if row.item in self._uncounted else row for row in levels]
            yield levels

    def close(self) -> None:
        """Delete what lies on the disk."""
        self._file.close()

    def _write(self) -> None:
        if self._waiting:
            batch = _encode(self._waiting)
            self._make_room(len(batch))
            self._file.write(len(batch).to_bytes(_SIZE_BYTES, "big"))
            self._file.write(batch)
            self._levels += len(self._waiting)
            self._waiting.clear()

    def _make_room(self, size: int) -> None:
        if isinstance(self._file, BytesIO) and self._file.tell() + size > _IN_MEMORY_BYTES:
            written = self._file.getvalue()
            self._file = tempfile.TemporaryFile(prefix="onhand-levels-")  # noqa: SIM115 - close() closes it
            self._file.write(written)
