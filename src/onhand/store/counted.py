"""Counts of third parties that keep goods: the newest of every level, and what comparing it has shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from onhand.domain.notices import Measure
from onhand.domain.stock import ON_HAND_STATES, LevelKey, State
from onhand.store.engine import Sql
from onhand.store.json_text import STATES, pairs, texts
from onhand.store.rows import time_of
from onhand.store.statements import Row
from onhand.store.times import from_us, to_us, to_us_or_none

CLOCKS_APART: Final = timedelta(hours=1)
"""How far a platform's clock may be ahead of ours: what we booked longer before a count did not happen after it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """One counted level. `gap_since` is None where it agrees; see the table for the rest."""

    key: LevelKey
    source: str
    units: int
    measure: Measure
    as_of: datetime
    cause: str
    since_sequence: int
    gap_units: int
    gap_since: datetime | None
    filed_units: int
    adopted_units: int


class Version(NamedTuple):
    """How new a count is. `sequence` is None where the third party numbers nothing."""

    as_of: datetime
    sequence: int | None


class NewCount(NamedTuple):
    """A count that is to be kept for a level."""

    key: LevelKey
    units: int
    version: Version
    cause: str


class Counts:
    """What third parties have counted in one shop; nearly always nothing."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def versions(self, source: str, location: str) -> dict[str, Version]:
        """Return how new the counts of a source at a location are, by item."""
        rows = self._sql.rows("counted_at", (self._shop, source, location))
        return {item: Version(from_us(as_of), sequence) for item, as_of, sequence in rows}

    def standing(self, source: str) -> set[LevelKey]:
        """Return the levels of which a source has a count with a number."""
        return {LevelKey(item, location) for item, location in self._sql.rows("counted_standing", (self._shop, source))}

    def put(self, source: str, measure: Measure, counts: Sequence[NewCount], since_sequence: int) -> None:
        """Keep counts in the place of older ones; what was adopted of a level stays known."""
        self._sql.run_many(
            "put_counted",
            [
                (
                    self._shop,
                    source,
                    *row.key,
                    row.units,
                    measure,
                    to_us(row.version.as_of),
                    row.version.sequence,
                    row.cause,
                    since_sequence,
                )
                for row in counts
            ],
        )

    def of(self, keys: Iterable[LevelKey]) -> list[Count]:
        """Return the counts of some levels."""
        if self._sql.row("any_counted", (self._shop,)) is None:  # asked with every comparison, and mostly so
            return []
        return [_read(row) for row in self._sql.rows("counted_of", (self._shop, pairs(keys)))]

    def gaps(self, since_before: datetime, limit: int) -> list[Count]:
        """Return about `limit` counts whose gap has stood since before a time, oldest first."""
        rows = self._sql.rows("counted_gaps", (self._shop, to_us(since_before), limit))
        keys = list(dict.fromkeys(LevelKey(item, location) for item, location in rows))
        return [row for row in self.of(keys) if row.gap_since is not None and row.gap_since <= since_before]

    def settle(self, count: Count) -> None:
        """Keep what comparing a count has shown, and what was done about it."""
        row = {
            "gap_units": count.gap_units,
            "gap_since": to_us_or_none(count.gap_since),
            "filed_units": count.filed_units,
            "adopted_units": count.adopted_units,
            "shop": self._shop,
            "source": count.source,
            "item": count.key.item,
            "location": count.key.location,
        }
        self._sql.run("settle_counted", row)

    def sequence_before(self, at: datetime) -> int:
        """Return a movement behind which everything stands that happened after a time; 0 is before the first."""
        row = self._sql.row("sequence_before", (self._shop, to_us(at - CLOCKS_APART)))
        return int(row[0]) if row else 0

    def held_at(
        self,
        levels: Mapping[LevelKey, Mapping[State, int]],
        key: LevelKey,
        measure: Measure,
        at: datetime,
        since_sequence: int,
    ) -> int:
        """Return what the books hold of a level as of a time: what they hold now, less what happened after it.

        `levels` is what they hold now, by state.
        """
        wanted = self._wanted(key, measure, since_sequence)
        row = self._sql.row("moved_since", {**wanted, "at": to_us(at)})
        assert row is not None
        now = levels.get(key, {})
        return sum(now.get(state, 0) for state in _states_of(measure)) - int(row[0])

    def steps(self, key: LevelKey, measure: Measure, begin: datetime, end: datetime, since_sequence: int) -> list[int]:
        """Return by how much a level changed between two times, moment by moment."""
        wanted = self._wanted(key, measure, since_sequence)
        rows = self._sql.rows("steps_between", {**wanted, "begin": to_us(begin), "end": to_us(end)})
        return [int(units) for (units,) in rows]

    def _wanted(self, key: LevelKey, measure: Measure, since_sequence: int) -> dict[str, Any]:
        return {
            "location": key.location,
            "states": texts(state.value for state in _states_of(measure)),
            "shop": self._shop,
            "item": key.item,
            "since": since_sequence,
        }

    def levels(self, keys: Sequence[LevelKey]) -> dict[LevelKey, dict[State, int]]:
        """Return what the books hold of some levels now, by state."""
        units: dict[LevelKey, dict[State, int]] = {}
        for item, location, state, much in self._sql.rows("levels_of_keys", (self._shop, pairs(keys))):
            units.setdefault(LevelKey(item, location), {})[STATES[state]] = much
        return units

    def open_order(self, name: str) -> str | None:
        """Return the open order that people call by a name, as its cause; None where there is none."""
        row = self._sql.row("open_order_of_name", (self._shop, name))
        return str(row[0]) if row else None

    def delivery_of(self, channel: str, delivery_id: str) -> int | None:
        """Return the position of a delivery by the sender's id of it, None where none was booked."""
        row = self._sql.row("delivery_of_id", (self._shop, channel, delivery_id))
        return int(row[0]) if row else None


def _states_of(measure: Measure) -> Sequence[State]:
    return ON_HAND_STATES if measure == "on_hand" else (State.AVAILABLE,)


def _read(row: Row) -> Count:
    item, location, source, units, measure, as_of, cause, since_sequence, gap_units = row[:9]
    return Count(
        key=LevelKey(item, location),
        source=source,
        units=units,
        measure=measure,
        as_of=from_us(as_of),
        cause=cause,
        since_sequence=since_sequence,
        gap_units=gap_units,
        gap_since=time_of(row, 9),
        filed_units=row[10],
        adopted_units=row[11],
    )
