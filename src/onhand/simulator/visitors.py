"""The verdict on foot traffic: what onhand answers for each quarter of an hour beside who really passed the doors.

What a sensor could not tell, or what was lost on its way, must be missing; what is known must be there to the person.
A counter that was not heard for longer than a quarter says how many came, and not when: then only their sum is judged.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from onhand.domain.visitors import TrafficBin
from onhand.sandbox.door_counter import QUARTER, DoorCounter, Record, Sample
from onhand.sandbox.world.world import World
from onhand.simulator.acts.sensors import Door
from onhand.simulator.house import House

LONGEST: Final = timedelta(hours=26)
"""A counter that was not heard for longer says nothing of any quarter: docs/foot-traffic.md."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Known(NamedTuple):
    """What must be known of a time at one door: at least and at most so many came and went.

    `restarted`: the counter has fallen meanwhile, which shows.
    """

    door: str
    begin: datetime
    end: datetime
    came: tuple[int, int]
    left: tuple[int, int]
    restarted: bool = False

    @property
    def quarters(self) -> tuple[int, int]:
        """The first and the last quarter that it lies in."""
        return quarter_of(self.begin), quarter_of(self.end - timedelta(microseconds=1))


def miscounted(
    house: House, world: World, doors: Sequence[Door], kept: Collection[bytes], confirmed: Collection[bytes]
) -> list[str]:
    """Return a sentence for everything that onhand answers of visitors and is not so.

    `kept` are the bodies that lie in the log, `confirmed` those of which a sender was told so.
    """
    sentences = [f"{body[:60]!r} of a sensor was confirmed and is not kept" for body in confirmed if body not in kept]
    for place in sorted({door.counter.place for door in doors}):
        here = [door.counter for door in doors if door.counter.place == place]
        location = str(world.catalog.location_of_name(place).id)
        begin = min(counter.began_at for counter in here)
        with house.app.store.reading() as session:
            bins = session.of(house.shop).traffic.at(location, begin - QUARTER, house.app.clock.now() + QUARTER)
        known = [row for counter in here for row in known_of(counter, kept)]
        sentences += [f"{place}: {sentence}" for sentence in differing(bins, known, [one.name for one in here])]
    return sentences


def known_of(counter: DoorCounter, bodies: Collection[bytes]) -> list[Known]:
    """Return what the records of a sensor tell that have come."""
    come = [record for record in counter.records if record.body in bodies]
    if counter.form == "cumulative":
        return list(_between_samples(counter, come))
    return [
        Known(counter.name, row.begin, row.end, (row.came, row.came), (row.left, row.left))
        for record in come
        for row in record.stretches
        if row.is_seen
    ]


def _between_samples(counter: DoorCounter, come: Sequence[Record]) -> Iterator[Known]:
    samples = sorted({sample for record in come for sample in record.samples})
    for before, now in pairwise(samples):
        if now.at - before.at <= LONGEST:
            yield _since(counter, before, now)


def _since(counter: DoorCounter, before: Sample, now: Sample) -> Known:
    """Return whom a counter must have told of between two looks: those who passed, or those since it began anew."""
    passed = [row for row in counter.stretches if before.at <= row.begin and row.end <= now.at]
    came, left = sum(row.came for row in passed), sum(row.left for row in passed)
    if before.run == now.run:
        return Known(counter.name, before.at, now.at, (came, came), (left, left))
    if now.came < before.came or now.left < before.left:
        since = (now.came, now.came), (now.left, now.left)
        return Known(counter.name, before.at, now.at, *since, restarted=True)
    return Known(counter.name, before.at, now.at, (0, came), (0, left))  # nobody can see that it fell


def differing(bins: Sequence[TrafficBin], known: Sequence[Known], doors: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for what quarters show and is not known so, or is known and they do not show."""
    by_quarter = {quarter_of(row.start): row for row in bins}
    covering: dict[int, list[Known]] = {}
    for one in known:
        for quarter in range(one.quarters[0], one.quarters[1] + 1):
            covering.setdefault(quarter, []).append(one)
    for quarter, row in by_quarter.items():
        here = covering.get(quarter, [])
        if (row.in_people is None) != (not here) or (row.out_people is None) != (not here):
            yield f"at {row.start:%d %H:%M} {len(here)} counts are known, {row.in_people} in are shown"
        elif row.status != (may := _status(quarter, here, doors)) and may is not None:
            yield f"at {row.start:%d %H:%M} the count is {row.status}, it must be {may}"
    for first, last in _blocks(known):
        rows = [by_quarter[quarter] for quarter in range(first, last + 1) if quarter in by_quarter]
        inside = [one for one in known if first <= one.quarters[0] <= last]
        for word, shown, bounds in (
            ("in", sum(row.in_people or 0 for row in rows), [one.came for one in inside]),
            ("out", sum(row.out_people or 0 for row in rows), [one.left for one in inside]),
        ):
            least, most = sum(low for low, _ in bounds), sum(high for _, high in bounds)
            if not least <= shown <= most:
                yield f"from {rows[0].start:%d %H:%M} to {rows[-1].start:%H:%M} {shown} {word}, known {least} to {most}"


def _status(quarter: int, here: Sequence[Known], doors: Sequence[str]) -> str | None:
    """Return what a quarter must be called; None where that hangs on when a door is given up."""
    if not here:
        return "missing"
    if any(one.restarted for one in here):
        return "partial"
    start = _EPOCH + quarter * QUARTER
    seen = {name: timedelta() for name in doors}
    for one in here:
        seen[one.door] += min(one.end, start + QUARTER) - max(one.begin, start)
    if all(time == QUARTER for time in seen.values()):
        return "ok"
    return "partial" if any(timedelta() < time < QUARTER for time in seen.values()) else None


def _blocks(known: Sequence[Known]) -> Iterator[tuple[int, int]]:
    """Yield runs of quarters that no count reaches out of."""
    current: tuple[int, int] | None = None
    for first, last in sorted(one.quarters for one in known):
        if current is not None and first <= current[1]:
            current = (current[0], max(current[1], last))
            continue
        if current is not None:
            yield current
        current = (first, last)
    if current is not None:
        yield current


def quarter_of(at: datetime) -> int:
    """Return the number of the quarter of an hour that a time lies in."""
    return (at - _EPOCH) // QUARTER
