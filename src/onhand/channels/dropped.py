"""Files that a third party leaves somewhere to be fetched: which are ready, and what becomes of them.

A file is ready once a file of the same name with `.done` behind it lies beside it, or once it has not changed between
two looks. What was kept goes into the folder `done`; replies to EDI go into `out`.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Final, NamedTuple, Protocol

MOST_BYTES: Final = 32 * 1024 * 1024
"""A longer file is no count of any merchant's."""

DONE, OUT, MARK = "done", "out", ".done"
_UNFINISHED: Final = (".part", ".tmp", ".filepart", ".crdownload", MARK)
"""How programs call what they are still writing."""


class Shape(NamedTuple):
    """How a file looks from outside: its bytes, and when it was written, as its machine counts."""

    size: int
    written: int


class Dropped(NamedTuple):
    """A file that is ready, with its bytes and when it was written."""

    name: str
    body: bytes
    written_at: datetime


class Reply(NamedTuple):
    """A file to be laid into `out`."""

    name: str
    body: bytes


Keep = Callable[[Dropped], Reply | None]
"""Keeps a file durably and returns the reply to it; only then it is put away where it came from."""


class Folder(Protocol):
    """A place that is looked at again and again."""

    def take(self, limit: int, keep: Keep) -> bool:
        """Keep up to `limit` files that are ready, oldest first; return whether there may be more right now.

        Raises ChannelRefused, ChannelUnavailable; what was kept before stays kept, and is not kept again.
        """

    def look(self) -> int:
        """Return how many files lie there, whatever they are. Raises ChannelRefused, ChannelUnavailable."""


def choose(shapes: Mapping[str, Shape], seen: Mapping[str, Shape], without: Collection[str] = ()) -> list[str]:
    """Return the names that are ready, oldest first; `seen` is what the look before has shown."""
    names = [
        name
        for name in shapes
        if name not in without
        and not name.startswith(".")
        and name.isprintable()
        and not name.lower().endswith(_UNFINISHED)
        and (f"{name}{MARK}" in shapes or seen.get(name) == shapes[name])
    ]
    return sorted(names, key=lambda name: (shapes[name].written, name))


def kept_name(dropped: Dropped) -> str:
    """Return what a file is called once it is put away: its time is in it, so that two of a name can lie there."""
    return f"{dropped.written_at:%Y%m%dT%H%M%S}-{dropped.name}"


def too_long(where: str, size: int, most: int = MOST_BYTES) -> str:
    """Return what is said of a file that is not read."""
    return f"{where} has {size} bytes, at most {most} are read: take it away, or send it in parts"
