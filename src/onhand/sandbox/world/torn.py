"""Torn levels: what a reading shows that falls into the middle of a change, on hand apart from its states [I]."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(kw_only=True, slots=True)
class Tear:
    """On hand is shown too high by `units` in the next `readings` of a level; None: in all of them."""

    units: int
    readings: int | None

    def show(self) -> int:
        """Return by how much on hand is shown too high this time."""
        if self.readings is None:
            return self.units
        if not self.readings:
            return 0
        self.readings -= 1
        return self.units
