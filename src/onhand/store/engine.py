"""What the tables ask of a database: run a named statement, begin, keep or drop what was done."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Literal, Protocol

from onhand.store.statements import Parameters, Row


class Sql(Protocol):
    """One connection, and the named statements it can run."""

    def rows(self, name: str, parameters: Parameters = ()) -> list[Row]:
        """Return every row of a statement."""

    def row(self, name: str, parameters: Parameters = ()) -> Row | None:
        """Return the first row of a statement, or None where there is none."""

    def run(self, name: str, parameters: Parameters = ()) -> None:
        """Run a statement for its effect."""

    def run_many(self, name: str, parameters: Iterable[Parameters]) -> None:
        """Run a statement once for each set of values."""

    def command(self, text: str) -> None:
        """Run SQL that takes no values: savepoints, scripts."""


class Engine(Protocol):
    """A database: transactions that write, one at a time, and snapshots that wait for nobody."""

    name: Literal["sqlite", "postgresql"]
    passing: tuple[type[Exception], ...]
    """Errors of the driver that may be over in a moment: held by another, full, away."""
    damage: tuple[type[Exception], ...]
    """Errors of the driver that say that the database contradicts itself."""

    def writing(self) -> AbstractContextManager[Sql]:
        """Open a transaction that writes: kept when the block ends, dropped when it raises."""

    def reading(self) -> AbstractContextManager[Sql]:
        """Open a snapshot that does not change and holds up no writer."""

    def schema_version(self) -> int:
        """Return the version of the tables."""

    def settings(self) -> dict[str, str]:
        """Return the settings on which durability rests, and the version of the database."""

    def touch(self) -> None:
        """Write nothing new, durably: it shows whether anything can be written."""

    def checkpoint(self) -> None:
        """Move what was written from the engine's journal to its place, where the engine leaves that to us."""

    def close(self) -> None:
        """Release every connection."""
