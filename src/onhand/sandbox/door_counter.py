"""A sensor with a memory: it counts who passes a door, and writes down what it has counted in the forms there are.

It notes its count every quarter of an hour and whenever it is read. Without power it forgets what it has not written
down yet, and its counter begins at 0 again; while something stands in its way it sees nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

import msgspec

from onhand.sandbox.world.catalog import Refused

Form = Literal["interval", "cumulative", "csv"]
Row = dict[str, object]

QUARTER = timedelta(minutes=15)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Stretch:
    """People who really passed from `begin` to before `end`, and whether the sensor has a record of them."""

    begin: datetime
    end: datetime
    came: int = 0
    left: int = 0
    is_seen: bool = True


class Sample(NamedTuple):
    """What a counter shows at a time. `run` grows each time it begins at 0."""

    at: datetime
    run: int
    came: int
    left: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What a sensor says at once: its body, and the stretches or the samples that stand in it."""

    name: str
    body: bytes
    stretches: tuple[Stretch, ...] = ()
    samples: tuple[Sample, ...] = ()


@dataclass
class DoorCounter:
    """One sensor at a door of a `place`. `stretches` are the truth since `began_at`, in order and without gaps.

    A file has a row a quarter of an hour, so one of which anything was not seen is a gap in it.
    """

    place: str
    name: str
    form: Form
    began_at: datetime
    stretches: list[Stretch] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    is_blind: bool = False
    _written: int = 0
    _sampled: int = 0

    def __post_init__(self) -> None:
        """Begin to count."""
        self.stretches.append(Stretch(self.began_at, self.began_at, is_seen=self.form != "csv"))
        self.samples.append(Sample(self.began_at, 0, 0, 0))

    def let_pass(self, came: int, left: int, now: datetime) -> None:
        """Let people come in and go out."""
        self._go_on(now)
        self.stretches[-1].came += came
        self.stretches[-1].left += left

    def stand_in_the_way(self, now: datetime) -> bool:
        """Put something before the sensor, or take it away; return whether it is blind now."""
        self._go_on(now)
        self.is_blind = not self.is_blind
        self._break(now)
        return self.is_blind

    def restart(self, now: datetime) -> None:
        """Take its power away for a moment. Raises Refused where it was read in this very moment."""
        self._go_on(now)
        if self.samples[-1].at == now:
            raise Refused("too_soon", f"{self.name} was read at {now}, and shows one number a moment")
        run = self.samples[-1].run + 1
        self._break(now)
        for stretch in self.stretches[self._written : -1]:
            stretch.is_seen = False
        del self.samples[self._sampled :]
        self.samples.append(Sample(now, run, 0, 0))

    def write_down(self, now: datetime) -> Record:
        """Return a record of what was counted since the last one. Raises Refused where nothing was."""
        self._go_on(now)
        if self.form != "csv":
            self._cut(now)
        stretches, samples = tuple(self.stretches[self._written : -1]), tuple(self.samples[self._sampled :])
        if not (samples if self.form == "cumulative" else stretches):
            raise Refused("nothing_new", f"{self.name} has counted nothing since it was read")
        self._written, self._sampled = len(self.stretches) - 1, len(self.samples)
        name = f"{self.name}-{len(self.records) + 1}"
        if self.form == "cumulative":
            record = Record(name=name, body=self._json(name, map(_counter, samples)), samples=samples)
        else:
            body = self._csv(stretches) if self.form == "csv" else self._json(name, map(_interval, stretches))
            record = Record(name=name, body=body, stretches=stretches)
        self.records.append(record)
        return record

    def _go_on(self, now: datetime) -> None:
        """Come to a time, with a note at the end of every quarter."""
        while (end := _end_of_quarter(self.stretches[-1].begin)) <= now:
            self._cut(end)

    def _cut(self, now: datetime) -> None:
        """End a stretch, if it has any length, and begin the next."""
        last = self.stretches[-1]
        if last.begin == now:
            return
        last.end = now
        shown = self.samples[-1]
        self.samples.append(Sample(now, shown.run, shown.came + last.came, shown.left + last.left))
        self.stretches.append(Stretch(now, now, is_seen=not self.is_blind))

    def _break(self, now: datetime) -> None:
        """Let what follows be seen or not, and of a file nothing of this quarter."""
        if self.form == "csv":
            self.stretches[-1].is_seen = False
        else:
            self._cut(now)
            self.stretches[-1].is_seen = not self.is_blind

    def _json(self, name: str, rows: Iterable[Row]) -> bytes:
        counts = [{"sensor": self.name, **row} for row in rows]
        told = {"schema": "traffic.v1", "message_id": name, "source": "sandbox", "counts": counts}
        return msgspec.json.encode(told)

    def _csv(self, stretches: Sequence[Stretch]) -> bytes:
        """Return a row a quarter in FootfallCam's columns and one for the place; a gap has no numbers."""
        lines = ["ValueDateTime,ValueIn,ValueOut,CounterId,Location"]
        for row in stretches:
            people = f"{row.came},{row.left}" if row.is_seen else ","
            lines.append(f"{_start_of_quarter(row.begin).isoformat()},{people},{self.name},{self.place}")
        return "".join(f"{line}\n" for line in lines).encode()


def _interval(row: Stretch) -> Row:
    told: Row = {"start": row.begin.isoformat(), "end": row.end.isoformat(), "counter": {"mode": "interval"}}
    return told | ({"in": row.came, "out": row.left} if row.is_seen else {"quality": {"status": "missing"}})


def _counter(row: Sample) -> Row:
    counter = {"mode": "cumulative", "reset": "never"}
    return {"end": row.at.isoformat(), "in": row.came, "out": row.left, "counter": counter}


def _start_of_quarter(at: datetime) -> datetime:
    return at - (at - _EPOCH) % QUARTER


def _end_of_quarter(at: datetime) -> datetime:
    return _start_of_quarter(at) + QUARTER
