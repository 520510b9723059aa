"""What a process that holds a log needs beside the port: the upkeep of its file, and its keys."""

from collections.abc import Iterator
from typing import Protocol

from onhand.log.write_ahead import WriteAhead
from onhand.ports.delivery import Log


class KeptLog(Log, Protocol):
    """A log with a file of this machine, which somebody looks after."""

    @property
    def write_ahead(self) -> WriteAhead:
        """What the file has not taken over yet."""

    def touch(self) -> None:
        """Write nothing new into the file, durably: it shows whether anything can be. Raises LogUnavailable."""

    def checkpoint(self) -> None:
        """Carry the write-ahead log into the file. Raises LogUnavailable."""

    def flush(self) -> bool:
        """Do some of what is due now and then, and nobody waits for; return whether more is. Raises LogUnavailable."""

    def sealed_with(self) -> dict[bytes, int]:
        """Return how many bodies each key has sealed, by the key's id."""

    def reseal(self) -> Iterator[int]:
        """Seal with the newest key what an older one sealed; yield how many after each step."""
