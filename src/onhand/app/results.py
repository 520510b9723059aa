"""What the long commands come to."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, kw_only=True, slots=True)
class Synced:
    """A first reading, or a repeated one. `opened` levels got an opening balance; the others had moved already."""

    items: int
    locations: int
    levels: int
    listings: int
    opened: int
    problems: int
    seconds: float


class AuditedSource(NamedTuple):
    """One platform of an audit: how much of it was compared, and whether the reading proved to be whole."""

    name: str
    checked: int
    complete: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Audited:
    """An audit: every compared number is equal, explained by what is in flight, or a drift."""

    checked: int
    equal: int
    in_flight: int
    drifts: int
    complete: bool
    sources: tuple[AuditedSource, ...]
    seconds: float
