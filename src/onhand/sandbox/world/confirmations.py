"""Was anything sold on a channel after that channel's platform had confirmed a zero to the app?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

# What one listing is: a platform's name, the item, and the location its stock stands at.
Listing = tuple[str, int, int]


@dataclass(kw_only=True, slots=True)
class _Write:
    listing: Listing
    units_after: int
    raised_units: int = 0  # put back by the platform itself since this write took effect
    sold_units: int = 0  # sold between taking effect and the app hearing of it


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One line of the log; `kind` told = took effect on the platform, confirmed = the app got the answer."""

    sequence: int
    kind: Literal["told", "confirmed", "raised", "sold"]
    listing: Listing
    units: int
    write_id: int | None


class Confirmations:
    """The log of what the app told each listing, when it learnt that it took effect, and what was sold.

    Units sold after a confirmed zero are those sold while the last confirmed telling was zero and no later telling
    took effect, beyond what the platform itself put back (a cancellation, a return) since that zero.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.sold_after_zero_units = 0
        self._writes: dict[int, _Write] = {}
        self._last_told: dict[Listing, int] = {}
        self._zero: dict[Listing, _Write] = {}

    def told(self, listing: Listing, units_after: int) -> int:
        """Note that a write of the app took effect and left `units_after`; return an id for `confirm`."""
        write_id = len(self.entries) + 1
        self._writes[write_id] = _Write(listing=listing, units_after=units_after)
        self._last_told[listing] = write_id
        if units_after > 0:
            self._zero.pop(listing, None)  # the app itself opened the listing again
        self._log("told", listing, units_after, write_id)
        return write_id

    def confirm(self, write_ids: Iterable[int]) -> None:
        """Note that the app got the successful answer to these writes."""
        for write_id in write_ids:
            write = self._writes.pop(write_id, None)
            if write is None:
                continue
            self._log("confirmed", write.listing, write.units_after, write_id)
            if write.units_after <= 0 and self._last_told.get(write.listing) == write_id:
                write.raised_units = max(0, write.raised_units - write.sold_units)
                self._zero[write.listing] = write

    def raised(self, listing: Listing, units: int) -> None:
        """Note that the platform itself put units back on sale."""
        for write in self._open(listing):
            write.raised_units += units
        if listing in self._last_told:
            self._log("raised", listing, units, None)

    def sold(self, listing: Listing, units: int) -> None:
        """Note a sale that the platform let through."""
        zero = self._zero.get(listing)
        if zero is not None:
            self.sold_after_zero_units += max(0, units - zero.raised_units)
            zero.raised_units = max(0, zero.raised_units - units)
        else:
            for write in self._open(listing):
                write.sold_units += units
        if listing in self._last_told:
            self._log("sold", listing, units, None)

    def _open(self, listing: Listing) -> list[_Write]:
        """Return the writes whose count of raises matters: the confirmed zero, or the last unconfirmed one."""
        zero = self._zero.get(listing)
        if zero is not None:
            return [zero]
        last = self._writes.get(self._last_told.get(listing, 0))
        return [] if last is None else [last]

    def _log(
        self,
        kind: Literal["told", "confirmed", "raised", "sold"],
        listing: Listing,
        units: int,
        write_id: int | None,
    ) -> None:
        self.entries.append(
            Entry(sequence=len(self.entries) + 1, kind=kind, listing=listing, units=units, write_id=write_id)
        )
