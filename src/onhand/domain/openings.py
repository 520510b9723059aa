"""Openings: what of a fact lies in the opening balances of the levels that it touches, and what came after them.

What a fact had done to a level when its opening balance was read is in that balance, and is not booked again. Most of
what happens to a fact has a time of its own (goods shipped, refunded, added to an order). What has none (an order that
is to be shipped from elsewhere, a transfer that was made ready) is dated by the pictures: whatever the newest picture
until the opening shows is in it, and what a later one shows beyond that came after it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from onhand.domain.stock import Bin, LevelKey, Levels, State

Cuts = Mapping[LevelKey, datetime]
"""When the opening balance of a level was read; what happened until then is in it. Absent: nothing is."""

_NEXT = timedelta(microseconds=1)


class Step(NamedTuple):
    """One thing that happened to units of a fact. A source or target of None lies outside of the shop."""

    item: str
    source: Bin | None
    target: Bin | None
    units: int
    occurred_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """What is known of the openings of the levels that a fact touches.

    `held` is what they hold of the fact, by bin, as its last picture made it out; the last picture was true at
    `known_at`, by item. An item that is not in there was opened since, or was never shown whole. `anew` are items that
    were not counted for a while, and whose levels have begun again. Of levels that were opened at `read_before` or
    later, the picture was read first: they hold all of it.
    """

    cuts: Cuts = field(default_factory=dict)
    held: Levels = field(default_factory=dict)
    known_at: Mapping[str, datetime] = field(default_factory=dict)
    anew: frozenset[str] = frozenset()
    read_before: datetime | None = None


class Parted(NamedTuple):
    """What a fact has done: `effect` after the openings, `held` by them, both in units by item and bin.

    `happened` is when something last came into a bin; those into which nothing came after its opening are left out.
    """

    effect: dict[tuple[str, Bin], int]
    held: dict[tuple[str, Bin], int]
    happened: dict[tuple[str, Bin], datetime]


def part(steps: Iterable[Step], opened: Opened, changed_at: datetime | None) -> Parted:
    """Part what a fact has done into what the openings hold and what came after them.

    `steps` is everything that the picture shows, `changed_at` the fact's last change, None where nobody knows. Each
    side of a step goes by the opening of its own level; where only one side is held, the other one comes from, or goes
    to, the supplier's bin of its level.
    """
    parting = _Parting(opened, changed_at)
    for step in steps:
        if step.units:
            parting.add(step)
    return parting.parted()


def after_opening(key: LevelKey, moved_at: datetime, opened: Opened, shown_at: datetime) -> datetime:
    """Return when something happened that came after a level's opening, though its own time may lie before.

    That is the time of what it happened to (an order that was moved): then the picture's own time is taken.
    """
    cut = opened.cuts.get(key)
    if cut is None or moved_at > cut:
        return moved_at
    return max(shown_at, cut + _NEXT)


class _Parting:
    """The two sums while they are being made."""

    def __init__(self, opened: Opened, changed_at: datetime | None) -> None:
        self._opened = opened
        self._changed_at = changed_at
        self._whole: dict[tuple[str, Bin], int] = {}
        self._happened: dict[tuple[str, Bin], datetime] = {}
        self._held = {
            (item, bin_): units
            for (item, bin_), units in opened.held.items()
            if item in opened.known_at and not self._is_before(LevelKey(item, bin_.location))
        }

    def add(self, step: Step) -> None:
        touched = step.source or step.target
        if touched is None:
            return
        outside = Bin(touched.location, State.SUPPLIER)
        source, target = step.source or outside, step.target or outside
        left, arrived = self._is_held(step, source), self._is_held(step, target)
        _add(self._whole, step.item, source, -step.units)
        _add(self._whole, step.item, target, step.units)
        if left or arrived:
            _add(self._held, step.item, source if left else Bin(source.location, State.SUPPLIER), -step.units)
            _add(self._held, step.item, target if arrived else Bin(target.location, State.SUPPLIER), step.units)
        if not arrived:
            key = (step.item, target)
            self._happened[key] = max(step.occurred_at, self._happened.get(key, step.occurred_at))

    def parted(self) -> Parted:
        held = {key: units for key, units in self._balanced().items() if units}
        effect = dict(self._whole)
        for (item, bin_), units in held.items():
            _add(effect, item, bin_, -units)
        return Parted({key: units for key, units in effect.items() if units}, held, self._happened)

    def _is_before(self, key: LevelKey) -> bool:
        """Return whether all that the picture shows was so before a level was opened: then all of it is in there."""
        cut = self._opened.cuts.get(key)
        if cut is None:
            return False
        read_before = self._opened.read_before
        is_read_before = read_before is not None and read_before <= cut
        return is_read_before or (self._changed_at is not None and self._changed_at <= cut)

    def _is_held(self, step: Step, bin_: Bin) -> bool:
        """Return whether a level's opening holds what this step did there, and the last picture did not show it."""
        key = LevelKey(step.item, bin_.location)
        if self._is_before(key):
            return True
        cut, known_at = self._opened.cuts.get(key), self._opened.known_at.get(step.item)
        return cut is not None and step.occurred_at <= cut and (known_at is None or step.occurred_at > known_at)

    def _balanced(self) -> dict[tuple[str, Bin], int]:
        """Return what is held, so that it sums to zero: a level that was opened anew has left its other side behind."""
        sums: dict[str, int] = {}
        for (item, _), units in self._held.items():
            sums[item] = sums.get(item, 0) + units
        for item, units in sums.items():
            if units:
                place = min(bin_.location for one, bin_ in self._held if one == item)
                _add(self._held, item, Bin(place, State.SUPPLIER), -units)
        return self._held


def _add(sums: dict[tuple[str, Bin], int], item: str, bin_: Bin, units: int) -> None:
    sums[item, bin_] = sums.get((item, bin_), 0) + units
