"""What a channel can do and cannot: the publisher goes by this, and knows no channel by name."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Capabilities:
    """How a channel takes what it is told. It may be learned: ask for it again before every plan.

    `compares`: a write says what it believes is there, and is refused where that is not so. `key_life_s`: for so long a
    parcel that is sent again under its key does no harm; None where there are no keys, so that an outcome nobody knows
    must be read back. `rows_a_parcel`: None where the channel's own groups say (a product a call). `least_units` and
    `most_units` bound what a listing can be told; a least of None is not known, and 0 is tried.
    `revisions_a_day`: how often one listing may be told within 24 hours; None: as often as need be.
    `asynchronous`: a parcel that was accepted is not carried out yet, and only what is shown later says that it was.
    `a_number_a_location`: it is told where units stand; otherwise one number a listing, of all locations together.
    `kept_in` are the locations where a channel of offers keeps a number each.
    """

    compares: bool = False
    key_life_s: float | None = None
    rows_a_parcel: int | None
    least_units: int | None = 0
    most_units: int | None
    revisions_a_day: int | None = None
    asynchronous: bool = False
    a_number_a_location: bool = False
    kept_in: tuple[str, ...] = ()

    @property
    def idempotent(self) -> bool:
        """Whether a repeat under its key is harmless."""
        return self.key_life_s is not None

    def bounded(self, units: int) -> int:
        """Return what a listing with so many units to sell is told: the nearest number that the channel takes."""
        most = self.most_units if self.most_units is not None else units
        return max(self.least_units or 0, min(units, most))
