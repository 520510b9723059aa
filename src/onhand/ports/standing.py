"""What a channel knows of its own connection, whatever is read of it."""

from typing import NamedTuple, Protocol, runtime_checkable

from onhand.ports.channel import Problem


class Standing(NamedTuple):
    """Problems of a connection that still serves; `settled` are the kind and the key of those that are none (any more).

    Of what is in neither nobody knows now: it stays as it is.
    """

    problems: tuple[Problem, ...] = ()
    settled: tuple[tuple[str, str], ...] = ()


@runtime_checkable
class KnowsItsStanding(Protocol):
    """A channel that can say for how long it will be let in."""

    def standing(self) -> Standing:
        """Return how its connection stands since it was last used; asks nobody."""
