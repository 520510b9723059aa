"""How many people came to a location: its doors together, quarter by quarter of an hour, and whether a day balances."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from onhand.domain.traffic import BIN, WHOLE_PPM, DoorBin, floor_bin


class Door(NamedTuple):
    """A door at a location that customers use, and the times of its first and its last bin."""

    source: str
    door: str
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class TrafficBin:
    """A quarter of an hour at a location, all its doors together. People are None where no door counted any.

    `doors` were expected to count; `covered_ppm` is how much of their time they did.
    """

    start: datetime
    in_people: int | None
    out_people: int | None
    doors: int
    covered_ppm: int
    spread: bool
    at_least: bool

    @property
    def status(self) -> str:
        """`ok`, `partial` (there were at least so many) or `missing`."""
        if self.in_people is None and self.out_people is None:
            return "missing"
        return "ok" if self.covered_ppm >= WHOLE_PPM and not self.at_least else "partial"


def sum_doors(
    rows: Iterable[tuple[str, str, DoorBin]], doors: Sequence[Door], begin: datetime, end: datetime, patience: timedelta
) -> list[TrafficBin]:
    """Return every bin of a location from `begin` to before `end`, those without a count as missing.

    `rows` are bins by source and door. A door is expected from its first bin until `patience` after its last.
    """
    by_start: dict[datetime, list[DoorBin]] = {}
    wanted = {(door.source, door.door) for door in doors}
    for source, name, row in rows:
        if (source, name) in wanted:
            by_start.setdefault(row.start, []).append(row)
    found = []
    start = floor_bin(begin)
    while start < end:
        here = by_start.get(start, [])
        expected = max(len(here), sum(door.first_at <= start < door.last_at + BIN + patience for door in doors))
        found.append(
            TrafficBin(
                start=start,
                in_people=_total(row.in_people for row in here),
                out_people=_total(row.out_people for row in here),
                doors=expected,
                covered_ppm=sum(row.covered_ppm for row in here) // max(1, expected),
                spread=any(row.spread for row in here),
                at_least=any(row.at_least for row in here),
            )
        )
        start += BIN
    return found


class Imbalance(NamedTuple):
    """A day on which far more people came in than went out, or the other way round."""

    in_people: int
    out_people: int


FEW_PEOPLE: Final = 20
SHARE: Final = 10
"""Sensors miss a few percent of those who pass; beyond a tenth, and twenty people, one of them sees badly."""


def imbalance(bins: Iterable[TrafficBin]) -> Imbalance | None:
    """Return by what a day does not balance; None where it does. Only bins with both numbers are looked at."""
    came = left = 0
    for row in bins:
        if row.in_people is not None and row.out_people is not None:
            came += row.in_people
            left += row.out_people
    apart = abs(came - left)
    return Imbalance(came, left) if apart > FEW_PEOPLE and apart * SHARE > max(came, left) else None


def _total(people: Iterable[int | None]) -> int | None:
    known = [one for one in people if one is not None]
    return sum(known) if known else None
