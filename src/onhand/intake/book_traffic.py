"""Booking foot traffic: a reading is kept, and the quarters that it touches are made anew from all readings."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from typing import Final

from onhand.domain.traffic import DoorCount, Key, Mode, Reading, TrafficTold, bins_of, reach
from onhand.ports.errors import UnreadableDelivery
from onhand.store import Books
from onhand.store.traffic import DoorKey

AHEAD: Final = timedelta(minutes=15)
"""How far a sensor's clock may be ahead of ours: what is dated later is a wrong zone or a wrong clock."""


def book_traffic(books: Books, told: TrafficTold, now: datetime) -> str:
    """Book what sensors say and return a line for the log. Needs a transaction. Raises UnreadableDelivery."""
    doors: defaultdict[DoorKey, list[DoorCount]] = defaultdict(list)
    for count in told.counts:
        if count.reading.end > now + AHEAD:
            raise UnreadableDelivery(
                f"{told.cause} counts until {count.reading.end:%Y-%m-%d %H:%M:%S} UTC, now it is "
                f"{now:%Y-%m-%d %H:%M:%S}: nothing of it is used; `timezone` of [[traffic]] {told.source} says what "
                "its times mean"
            )
        doors[DoorKey(_location_of(books, told, count.place), told.source, count.door)].append(count)
    news = sum(_book_door(books, door, counts, now) for door, counts in doors.items())
    return f"{told.cause}: {news} of {len(told.counts)} counts at {len(doors)} doors were news"


def _location_of(books: Books, told: TrafficTold, place: str) -> str:
    location = books.catalog.location_by_name(place)
    if location is None:
        known = ", ".join(row.name for row in books.catalog.locations()) or "none: run `onhand sync`"
        raise UnreadableDelivery(
            f"{told.cause}: the shop has no location {place!r}; it has {known}. Name the right one in `places` of "
            f"[[traffic]] {told.source}, then replay this delivery"
        )
    return location.location


def _book_door(books: Books, door: DoorKey, counts: list[DoorCount], now: datetime) -> int:
    """Keep what is news of one door, make its bins anew where they may have changed; return how much was news."""
    zone, traffic = counts[0].zone, books.traffic
    told = [count.reading for count in counts]
    known = {row.key: row for row in traffic.readings(door, min(map(_begin, told)), max(map(_end, told)))}
    news: dict[Key, Reading] = {}
    changed: list[Reading] = []  # what is replaced may have reached further than what replaces it
    for row in told:
        old = news.get(row.key, known.get(row.key))
        if old is None or row.beats(old):
            news[row.key] = row
            changed += [row] if old is None else [row, old]
    if news:
        begin, end = _reach(changed, known.values(), zone)
        traffic.keep(door, list(news.values()))
        bins = bins_of(traffic.readings(door, begin, end), begin, end, zone)
        traffic.put(door, begin, end, bins)
        traffic.note(door, bins, now, staff=counts[0].staff)
    return len(news)


def _reach(changed: Iterable[Reading], known: Iterable[Reading], zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the time in which bins may change; `known` is what was told of it and next to it before."""
    counters = sorted((row for row in known if row.mode is Mode.CUMULATIVE), key=_begin)
    times = [row.begin for row in counters]
    reaches = []
    for row in changed:
        left, right = bisect_left(times, row.begin), bisect_right(times, row.begin)
        before = counters[left - 1] if left else None
        after = counters[right] if right < len(counters) else None
        reaches.append(reach(row, before, after, zone))
    return min(begin for begin, _ in reaches), max(end for _, end in reaches)


def _begin(reading: Reading) -> datetime:
    return reading.begin


def _end(reading: Reading) -> datetime:
    return reading.end
