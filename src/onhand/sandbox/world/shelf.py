"""Physical truth: what really stands at each location, and what every shopper was promised from it.

No platform sees this. A promise is made when an order is placed online or on TikTok Shop; it ends when its units
leave the shelf or when it is called off. A location that promised more than stands there has a shortage. Every
unit of shortage is counted once, at the moment it arises, and stays counted when the order is cancelled for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple


class OrderRef(NamedTuple):
    """An order on a platform; `platform` is "shopify" or "tiktok_shop"."""

    platform: str
    order_id: int


@dataclass(kw_only=True, slots=True)
class Promise:
    """Units of one item promised to one shopper from one location; `oversold_units` of them were counted."""

    ref: OrderRef
    open_units: int
    oversold_units: int = 0


@dataclass(kw_only=True, slots=True)
class Place:
    """One item at one location: what stands there and what is promised from it, oldest promise first."""

    units: int = 0
    promised_units: int = 0
    marked_units: int = 0
    promises: dict[OrderRef, Promise] = field(default_factory=dict)

    @property
    def free_units(self) -> int:
        """Units that stand here and are promised to nobody; negative is a shortage."""
        return self.units - self.promised_units

    @property
    def short_units(self) -> int:
        """Promised units that do not stand here."""
        return max(0, self.promised_units - self.units)


@dataclass(frozen=True, kw_only=True, slots=True)
class Oversell:
    """Units promised that could not be served when they were counted; `because` names what made them short."""

    ref: OrderRef
    item_id: int
    location_id: int
    units: int
    because: str


class Shelf:
    """What stands where, for every item and location."""

    def __init__(self) -> None:
        self._places: dict[tuple[int, int], Place] = {}
        self.oversells: list[Oversell] = []
        self.oversold_units = 0
        self.stolen_units = 0
        self.handed_over_units = 0
        self.thrown_away_units = 0
        self.put_units = 0
        self.taken_units = 0

    def place(self, item_id: int, location_id: int) -> Place:
        """Return the place of an item at a location, made empty when it is new."""
        key = (item_id, location_id)
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = Place()
        return place

    def put(self, item_id: int, location_id: int, units: int) -> None:
        """Put units on the shelf: a first stock, a receipt, something brought back."""
        self.place(item_id, location_id).units += units
        self.put_units += units

    def take(self, item_id: int, location_id: int, units: int, because: str) -> None:
        """Take units away that were promised to nobody in particular: a till sale, theft, a transfer.

        Whoever was promised them last goes without. Raises ValueError when fewer units stand there.
        """
        place = self.place(item_id, location_id)
        if units > place.units:
            raise ValueError(f"cannot take {units} units, {place.units} stand there")
        place.units -= units
        self.taken_units += units
        self._count_shortage(place, item_id, location_id, because)

    def promise(self, ref: OrderRef, item_id: int, location_id: int, units: int, because: str) -> None:
        """Promise units to a shopper; what does not stand there free is counted as oversold."""
        place = self.place(item_id, location_id)
        promise = place.promises.get(ref)
        if promise is None:
            place.promises[ref] = Promise(ref=ref, open_units=units)
        else:
            promise.open_units += units
        place.promised_units += units
        self._count_shortage(place, item_id, location_id, because)

    def release(self, ref: OrderRef, item_id: int, location_id: int, units: int) -> int:
        """Call off promised units and return how many of them had been counted as oversold."""
        place = self.place(item_id, location_id)
        promise = place.promises[ref]
        if units > promise.open_units:
            raise ValueError(f"{ref}: cannot call off {units} units, {promise.open_units} are promised")
        promise.open_units -= units
        place.promised_units -= units
        freed = min(units, promise.oversold_units)
        promise.oversold_units -= freed
        place.marked_units -= freed
        if promise.open_units == 0:
            del place.promises[ref]
        return freed

    def serve(self, ref: OrderRef, item_id: int, location_id: int, units: int) -> None:
        """Hand promised units over; raises ValueError when fewer stand there."""
        place = self.place(item_id, location_id)
        if units > place.units:
            raise ValueError(f"{ref}: cannot serve {units} units, {place.units} stand there")
        marks = self.release(ref, item_id, location_id, units)
        place.units -= units
        self.taken_units += units
        # Another shopper goes without in its place: the same unit of shortage, so the mark moves uncounted.
        self._mark(place, min(marks, place.short_units - place.marked_units))

    def move_promise(self, ref: OrderRef, item_id: int, from_location_id: int, to_location_id: int, units: int) -> None:
        """Let another location serve promised units."""
        marks = self.release(ref, item_id, from_location_id, units)
        there = self.place(item_id, to_location_id)
        promise = there.promises.setdefault(ref, Promise(ref=ref, open_units=0))
        promise.open_units += units
        promise.oversold_units += marks
        there.promised_units += units
        there.marked_units += marks
        self._count_shortage(there, item_id, to_location_id, "moved to another location")

    def __iter__(self) -> Iterator[tuple[tuple[int, int], Place]]:
        return iter(self._places.items())

    def _count_shortage(self, place: Place, item_id: int, location_id: int, because: str) -> None:
        new = place.short_units - place.marked_units
        if new <= 0:
            return
        for ref, units in self._mark(place, new):
            self.oversold_units += units
            self.oversells.append(
                Oversell(ref=ref, item_id=item_id, location_id=location_id, units=units, because=because)
            )

    def _mark(self, place: Place, units: int) -> list[tuple[OrderRef, int]]:
        """Mark the youngest promised units that are not marked yet; return whose they are."""
        marked: list[tuple[OrderRef, int]] = []
        for promise in reversed(place.promises.values()):
            if units <= 0:
                break
            here = min(units, promise.open_units - promise.oversold_units)
            if here > 0:
                promise.oversold_units += here
                place.marked_units += here
                units -= here
                marked.append((promise.ref, here))
        return marked
