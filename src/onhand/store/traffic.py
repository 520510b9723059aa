"""Foot traffic as it is kept: what sensors said, and people a quarter of an hour, door by door."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from onhand.domain.traffic import MOST_SPAN, DoorBin, Mode, Reading
from onhand.domain.visitors import Door, TrafficBin, sum_doors
from onhand.store.engine import Sql
from onhand.store.statements import Row
from onhand.store.times import from_us, to_us

PATIENCE = timedelta(days=1)
"""A door that has said nothing for so long is not expected to count any more: it was taken down, or the shop closed."""


class DoorKey(NamedTuple):
    """A door by its location's id, the configured name of who counts there, and what that one calls it."""

    location: str
    source: str
    door: str


class KnownDoor(NamedTuple):
    """A door that has counted. `heard_at` is when its newest message came, the other times are those of its bins."""

    key: DoorKey
    staff: bool
    first_at: datetime
    last_at: datetime
    heard_at: datetime


class Traffic:
    """The people at the doors of one shop."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def at(self, location: str, begin: datetime, end: datetime) -> list[TrafficBin]:
        """Return every quarter of an hour at a location from `begin` to before `end`; what nobody counted is missing.

        Doors that only staff use are left out.
        """
        wanted = {"shop": self._shop, "location": location, "begin": to_us(begin), "end": to_us(end)}
        rows = [(source, door, _bin(rest)) for source, door, *rest in self._sql.rows("traffic_bins", wanted)]
        doors = [
            Door(known.key.source, known.key.door, known.first_at, known.last_at)
            for known in self.doors()
            if known.key.location == location and not known.staff
        ]
        return sum_doors(rows, doors, begin, end, PATIENCE)

    def doors(self) -> list[KnownDoor]:
        """Return every door that has ever counted."""
        return [
            KnownDoor(
                DoorKey(location, source, door), bool(staff), from_us(first_at), from_us(last_at), from_us(heard_at)
            )
            for location, source, door, staff, first_at, last_at, heard_at in self._sql.rows(
                "traffic_doors", (self._shop,)
            )
        ]

    def note(self, door: DoorKey, bins: Sequence[DoorBin], heard_at: datetime, *, staff: bool) -> None:
        """Know a door, and the time in which it has counted."""
        row = {**self._named(door), "staff": int(staff), "heard_at": to_us(heard_at)}
        if bins:
            row |= {"first_at": to_us(bins[0].start), "last_at": to_us(bins[-1].start)}
            self._sql.run("note_traffic_door", row)

    def set_staff(self, door: DoorKey, *, staff: bool) -> None:
        """Say whether only staff use a door."""
        self._sql.run("set_traffic_staff", {**self._named(door), "staff": int(staff)})

    def readings(self, door: DoorKey, begin: datetime, end: datetime) -> list[Reading]:
        """Return what was said of a time, and the counters next to it at either side."""
        found: list[Row] = []
        for mode in Mode:
            since = begin - MOST_SPAN if mode is Mode.INTERVAL else begin
            wanted = {"mode": mode.value, "since": to_us(since), "until": to_us(end), "begin": to_us(begin)}
            found += self._sql.rows("traffic_readings", {**self._named(door), **wanted})
        near = [self.counter_before(door, begin), self.counter_after(door, end)]
        return [*(_reading(row) for row in found), *(row for row in near if row is not None)]

    def counter_before(self, door: DoorKey, at: datetime) -> Reading | None:
        """Return the last counter that was told of a time before `at`."""
        row = self._sql.row("traffic_counter_before", {**self._named(door), "at": to_us(at)})
        return _reading(row) if row else None

    def counter_after(self, door: DoorKey, at: datetime) -> Reading | None:
        """Return the first counter that was told of a time after `at`."""
        row = self._sql.row("traffic_counter_after", {**self._named(door), "at": to_us(at)})
        return _reading(row) if row else None

    def keep(self, door: DoorKey, readings: Sequence[Reading]) -> None:
        """Keep readings, each in the place of an older one of the same people."""
        named = self._named(door)
        self._sql.run_many(
            "put_traffic_reading",
            [
                {
                    **named,
                    "mode": row.mode.value,
                    "begin_at": to_us(row.begin),
                    "end_at": to_us(row.end),
                    "mark": row.mark,
                    "in_people": row.in_people,
                    "out_people": row.out_people,
                    "covered_ppm": row.covered_ppm,
                    "daily": int(row.daily),
                    "most": row.most,
                    "revision": row.revision,
                }
                for row in readings
            ],
        )

    def put(self, door: DoorKey, begin: datetime, end: datetime, bins: Sequence[DoorBin]) -> None:
        """Put bins in the place of all those of a door from `begin` to before `end`."""
        named = self._named(door)
        self._sql.run("remove_traffic_bins", {**named, "begin": to_us(begin), "end": to_us(end)})
        self._sql.run_many(
            "put_traffic_bin",
            [
                {
                    **named,
                    "start_at": to_us(row.start),
                    "in_people": row.in_people,
                    "out_people": row.out_people,
                    "covered_ppm": row.covered_ppm,
                    "spread": int(row.spread),
                    "at_least": int(row.at_least),
                }
                for row in bins
            ],
        )

    def _named(self, door: DoorKey) -> Mapping[str, Any]:
        return {"shop": self._shop, **door._asdict()}


def _bin(row: Sequence[Any]) -> DoorBin:
    start_at, in_people, out_people, covered_ppm, spread, at_least = row
    return DoorBin(
        start=from_us(start_at),
        in_people=in_people,
        out_people=out_people,
        covered_ppm=covered_ppm,
        spread=bool(spread),
        at_least=bool(at_least),
    )


def _reading(row: Row) -> Reading:
    mode, begin_at, end_at, mark, in_people, out_people, covered_ppm, daily, most, revision = row
    return Reading(
        mode=Mode(mode),
        begin=from_us(begin_at),
        end=from_us(end_at),
        in_people=in_people,
        out_people=out_people,
        covered_ppm=covered_ppm,
        daily=bool(daily),
        most=most,
        revision=revision,
        mark=mark,
    )
