"""Foot traffic: what sensors at doors have counted becomes people a quarter of an hour.

A reading is a fact; bins are what all readings of a door say together, so their order and their repeats mean nothing.
What nobody counted is None, never 0.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

BIN: Final = timedelta(minutes=15)
"""Every time zone in use is a whole number of them away from UTC, so an hour and a day of any place are whole bins."""

MOST_SPAN: Final = timedelta(hours=26)
"""A count of more than a day, the longest of the year included, says nothing about a quarter of an hour."""

WHOLE_PPM: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_US: Final = timedelta(microseconds=1)
_BIN_US: Final = BIN // _US


Key = tuple[str, datetime, datetime, str]
"""What a reading is about: its mode, its time, its mark."""


class Mode(StrEnum):
    """How a sensor counts: people in an interval, people since a reset, or each passing as it happens."""

    INTERVAL = "interval"
    CUMULATIVE = "cumulative"
    PASSING = "passing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a sensor says of a time. `begin` equals `end` but for an interval.

    People are None where the sensor did not count them. `covered_ppm` is how much of an interval it counted at all.
    `daily` counters begin at 0 at local midnight; `most` is the number after which one begins at 0 again, None where
    that never happens. `mark` tells passings of one moment apart.
    """

    mode: Mode
    begin: datetime
    end: datetime
    in_people: int | None
    out_people: int | None
    covered_ppm: int = WHOLE_PPM
    daily: bool = False
    most: int | None = None
    revision: int = 0
    mark: str = ""

    @property
    def key(self) -> Key:
        """What a reading is about: another one with the same key speaks of the same people."""
        return self.mode, self.begin, self.end, self.mark

    def beats(self, other: "Reading") -> bool:
        """Return whether this one is believed where both speak of the same people.

        The higher revision; else the larger count: a sensor that tells an interval again has seen more of it.
        """
        return self._weight > other._weight

    @property
    def _weight(self) -> tuple[int, int, int, int, bool, int]:
        people = (-1 if self.in_people is None else self.in_people, -1 if self.out_people is None else self.out_people)
        return self.revision, *people, self.covered_ppm, self.daily, self.most or 0


@dataclass(frozen=True, kw_only=True, slots=True)
class DoorBin:
    """A quarter of an hour at one door. People are None where nobody counted them.

    `spread`: some of them come from a longer interval, evenly over its time. `at_least`: the counter was restarted.
    """

    start: datetime
    in_people: int | None
    out_people: int | None
    covered_ppm: int
    spread: bool
    at_least: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class DoorCount:
    """A reading of one door. `place` is the shop's name of the location, `zone` where its midnights are."""

    place: str
    door: str
    staff: bool
    zone: tzinfo
    reading: Reading


@dataclass(frozen=True, kw_only=True, slots=True)
class TrafficTold:
    """What one message says. `source` is the configured name of who sent it."""

    source: str
    cause: str
    counts: tuple[DoorCount, ...]


class _Span(NamedTuple):
    """People over a time, in microseconds since 1970."""

    begin: int
    end: int
    people: tuple[int | None, int | None]
    covered_ppm: int
    at_least: bool


def floor_bin(at: datetime) -> datetime:
    """Return the beginning of the bin that a time lies in."""
    return at - (at - _EPOCH) % BIN


def ceil_bin(at: datetime) -> datetime:
    """Return the end of the bin that ends at a time or after it."""
    return floor_bin(at + BIN - _US)


def reach(new: Reading, before: Reading | None, after: Reading | None, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the time in which bins may change by a reading; `before` and `after` are the counters next to it."""
    if new.mode is Mode.PASSING:
        return floor_bin(new.begin), floor_bin(new.begin) + BIN
    begin, end = new.begin, new.end
    if new.mode is Mode.CUMULATIVE:
        begin = before.end if before is not None else min(_began(row, zone) for row in (new, after) if row is not None)
        end = after.end if after is not None else new.end
    return floor_bin(max(begin, new.begin - MOST_SPAN)), ceil_bin(min(end, new.end + MOST_SPAN))


def bins_of(readings: Iterable[Reading], begin: datetime, end: datetime, zone: tzinfo) -> list[DoorBin]:
    """Return the bins of a door from `begin` to before `end`; those of which nothing is known are left out.

    `readings` must hold what overlaps that time, and of counters one more at either side of it. Where intervals
    overlap, the shorter one is believed. People of an interval go evenly over its time, as whole people: up to each
    moment as many as its share comes to, rounded.
    """
    best: dict[Key, Reading] = {}
    for reading in readings:
        if reading.key not in best or reading.beats(best[reading.key]):
            best[reading.key] = reading
    counters = sorted((row for row in best.values() if row.mode is Mode.CUMULATIVE), key=lambda row: row.end)
    spans = list(_differences(counters, zone))
    spans += [
        _Span(_us(row.begin), _us(row.end), (row.in_people, row.out_people), row.covered_ppm, at_least=False)
        for row in best.values()
        if row.mode is Mode.INTERVAL
    ]
    bins: dict[int, _Sum] = {}
    for left, right, span in _segments(spans):
        _share(bins, left, right, span)
    for row in best.values():
        if row.mode is Mode.PASSING:
            found = bins.setdefault(_us(row.begin) // _BIN_US * _BIN_US, _Sum())
            found.add((row.in_people, row.out_people))
            found.covered = _BIN_US * WHOLE_PPM
    return [
        bins[start].as_bin(start)
        for start in sorted(bins)
        if _us(begin) <= start < _us(end) and not bins[start].is_nothing
    ]


def midnight(day: date, zone: tzinfo) -> datetime:
    """Return when a day began at a place."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


class _Sum:
    """What was added up for one bin; `covered` is microseconds times millionths."""

    __slots__ = ("at_least", "covered", "in_people", "out_people", "spread")

    def __init__(self) -> None:
        self.in_people: int | None = None
        self.out_people: int | None = None
        self.covered = 0
        self.spread = self.at_least = False

    @property
    def is_nothing(self) -> bool:
        return self.covered == 0 and self.in_people is None and self.out_people is None

    def add(self, people: tuple[int | None, int | None]) -> None:
        came, left = people
        if came is not None:
            self.in_people = (self.in_people or 0) + came
        if left is not None:
            self.out_people = (self.out_people or 0) + left

    def as_bin(self, start: int) -> DoorBin:
        return DoorBin(
            start=_EPOCH + start * _US,
            in_people=self.in_people,
            out_people=self.out_people,
            covered_ppm=min(WHOLE_PPM, self.covered // _BIN_US),
            spread=self.spread,
            at_least=self.at_least,
        )


def _differences(counters: Sequence[Reading], zone: tzinfo) -> Iterator[_Span]:
    """Yield what counters that follow each other, sorted by time, have counted between them."""
    if counters and counters[0].daily:
        yield from _span(_began(counters[0], zone), counters[0], (counters[0].in_people, counters[0].out_people))
    for before, now in pairwise(counters):
        began = _began(now, zone)
        if now.daily and before.end <= began:  # what came between the last look and midnight, nobody knows
            yield from _span(began, now, (now.in_people, now.out_people))
        else:
            people, at_least = _difference(before, now)
            yield from _span(before.end, now, people, at_least=at_least)


def _span(
    begin: datetime, now: Reading, people: tuple[int | None, int | None], *, at_least: bool = False
) -> Iterator[_Span]:
    if timedelta() < now.end - begin <= MOST_SPAN:
        yield _Span(_us(begin), _us(now.end), people, now.covered_ppm, at_least)


def _began(reading: Reading, zone: tzinfo) -> datetime:
    """Return since when a counter counts; its own time where nobody knows.

    At midnight itself a counter that holds people has not been reset yet.
    """
    if not reading.daily:
        return reading.end
    local = reading.end.astimezone(zone)
    day = local.date()
    if reading.end == midnight(day, zone) and (reading.in_people or reading.out_people):
        day -= timedelta(days=1)
    return midnight(day, zone)


def _difference(before: Reading, now: Reading) -> tuple[tuple[int | None, int | None], bool]:
    """Return whom a counter has counted since it was last looked at, and whether it was restarted between.

    A fall is an overflow where the counter has an end and less than half of its range has passed; else a restart.
    """
    pairs = ((before.in_people, now.in_people), (before.out_people, now.out_people))
    if not any(old is not None and new is not None and new < old for old, new in pairs):
        return (_minus(*pairs[0]), _minus(*pairs[1])), False
    if now.most is not None:
        turn = now.most + 1
        wrapped = [None if old is None or new is None else (new - old) % turn for old, new in pairs]
        if all(people is None or people * 2 <= turn for people in wrapped):
            return (wrapped[0], wrapped[1]), False
    return (now.in_people, now.out_people), True


def _minus(old: int | None, new: int | None) -> int | None:
    return None if old is None or new is None else new - old


def _segments(spans: Iterable[_Span]) -> Iterator[tuple[int, int, _Span]]:
    """Yield stretches of time with the span that is believed there: the shortest, then the one that began first."""
    waiting = sorted(spans, key=lambda span: (span.begin, span.end))
    points = sorted({point for span in waiting for point in (span.begin, span.end)})
    active: list[tuple[int, int, int]] = []
    place = 0
    for left, right in pairwise(points):
        while place < len(waiting) and waiting[place].begin <= left:
            heapq.heappush(active, (waiting[place].end - waiting[place].begin, waiting[place].begin, place))
            place += 1
        while active and waiting[active[0][2]].end <= left:
            heapq.heappop(active)
        if active:
            yield left, right, waiting[active[0][2]]


def _share(bins: dict[int, _Sum], left: int, right: int, span: _Span) -> None:
    """Give each bin between two moments its share of a span."""
    start = left // _BIN_US * _BIN_US
    spread = span.begin // _BIN_US != (span.end - 1) // _BIN_US
    while start < right:
        begin, end = max(left, start), min(right, start + _BIN_US)
        found = bins.setdefault(start, _Sum())
        if span.covered_ppm:
            found.add((_between(span, span.people[0], begin, end), _between(span, span.people[1], begin, end)))
            found.covered += (end - begin) * span.covered_ppm
            found.spread |= spread
            found.at_least |= span.at_least
        start += _BIN_US


def _between(span: _Span, people: int | None, begin: int, end: int) -> int | None:
    if people is None:
        return None
    length = span.end - span.begin
    return _up_to(people, end - span.begin, length) - _up_to(people, begin - span.begin, length)


def _up_to(people: int, passed: int, length: int) -> int:
    return (2 * people * passed + length) // (2 * length)


def _us(at: datetime) -> int:
    return (at - _EPOCH) // _US
