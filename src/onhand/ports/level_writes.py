"""What is written to the levels of a platform that keeps them itself, and who can be written to like that."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from onhand.domain.stock import State
from onhand.ports.capabilities import Capabilities
from onhand.ports.channel import LevelOutcome, Parcel


class Telling(NamedTuple):
    """Units that a platform which keeps levels itself must move inside one level, so that it follows the books.

    `units` by state, negative leaves; they need not sum to zero (goods that were shipped leave the level).
    `compare` is what we believe the platform shows now in these states; None goes without comparing.
    """

    item: str
    location: str
    units: Mapping[State, int]
    compare: Mapping[State, int] | None


class Setting(NamedTuple):
    """Units that states of a level must hold whatever moved them: the platform follows the books there.

    `compare` is what the platform was seen to show; where it shows something else by now, nothing is written.
    """

    item: str
    location: str
    units: Mapping[State, int]
    compare: Mapping[State, int]


class Stocking(NamedTuple):
    """Whether an item is stocked at a location: its level there is to be connected, or disconnected."""

    item: str
    location: str
    stocked: bool


LevelWrite = Telling | Setting | Stocking
"""Whatever is written to the levels of a platform that keeps them itself."""


Packed = tuple[Parcel, tuple[LevelWrite, ...]]
"""A parcel, and what it carries; row numbers of an outcome are places in there."""


class KeepsLevels(Protocol):
    """A platform that keeps levels itself, and is written to so that they follow the books."""

    name: str

    @property
    def capabilities(self) -> Capabilities:
        """How it takes what it is told."""

    def ready(self) -> int:
        """Return how many parcels may be sent now without waiting: what is planned later is newer."""

    def pack(self, writes: Sequence[LevelWrite], reference: str, key: str) -> list[Packed]:
        """Return parcels that together carry out `writes`, each with those, or the parts of them, that it carries.

        `reference` is our operation's name; it shows in the merchant's inventory history.
        """

    def send(self, parcel: Parcel) -> LevelOutcome:
        """Send one parcel for the first time and name what became of it."""

    def send_again(self, parcel: Parcel) -> LevelOutcome:
        """Send a parcel whose outcome is not known: under its key, or after reading back whether it was carried out."""
