"""Observations: the newest of every level and source, their history, and what waits to be compared."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from onhand.domain.drift import Observation
from onhand.domain.stock import KEPT_STATES, LevelKey, State
from onhand.store.engine import Sql
from onhand.store.json_text import pairs, texts
from onhand.store.rows import read_states, time_of
from onhand.store.statements import Row
from onhand.store.times import from_us, to_us

_STATES = len(KEPT_STATES)
_VERSION = ("observed_at", "reading")
"""The columns behind the states by which the newer observation is found."""


class Observed(NamedTuple):
    """The newest observation of a level by one source, and what comparing it with the books has shown.

    `units` leaves out states that were never shown. `agreed_at` is None where it never agreed, `gap_since` where it
    agrees or was not compared yet.
    """

    units: dict[State, int]
    observed_at: datetime
    reading: int
    recorded_at: datetime
    agreed_at: datetime | None
    gap_since: datetime | None


class Tally(NamedTuple):
    """Observed levels; those that agreed when last compared, and those with a gap. The rest was not compared yet."""

    levels: int
    agreed: int
    gaps: int


class Observations:
    """What was observed of the levels of one shop."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def put(self, observation: Observation, recorded_at: datetime) -> bool:
        """Keep an observation if it is newer than what is kept; return whether it was.

        Of the same time, the reading that began later is newer; what a source sent by itself, and what the same
        reading shows once more, counts as newer when its units differ, because times have whole seconds. States it does
        not show keep what was shown before.
        """
        level = (self._shop, observation.item, observation.location, observation.source)
        kept = self._sql.row("observed", level)
        after = _after(kept, observation)
        if after is None:
            return False
        self._sql.run("put_observed", _columns(level, after, observation, recorded_at))
        if after != _before(kept):
            self._sql.run("append_observation", level)
        return True

    def put_all(self, observations: Sequence[Observation], recorded_at: datetime) -> int:
        """Keep many observations as `put` does, in few statements; return how many were newer than what is kept."""
        levels = {(seen.source, seen.key): seen for seen in observations}
        if len(levels) < len(observations):  # one level twice: the second looks at what the first has left
            return sum(self.put(seen, recorded_at) for seen in observations)
        kept: dict[tuple[str, LevelKey], Row] = {}
        for source in {source for source, _ in levels}:
            keys = pairs(key for name, key in levels if name == source)
            for row in self._sql.rows("newest_observations", (self._shop, keys, source)):
                kept[source, LevelKey(row[0], row[1])] = row[2 : 2 + _STATES + len(_VERSION)]
        news: list[Row] = []
        changed: list[Row] = []
        for name, seen in levels.items():
            level = (self._shop, seen.item, seen.location, seen.source)
            after = _after(kept.get(name), seen)
            if after is not None:
                news.append(_columns(level, after, seen, recorded_at))
                if after != _before(kept.get(name)):
                    changed.append(level)
        if news:
            self._sql.run_many("put_observed", news)
        if changed:
            self._sql.run_many("append_observation", changed)
        return len(news)

    def newest(self, keys: Iterable[LevelKey], source: str = "shopify") -> dict[LevelKey, Observed]:
        """Return the newest observation of some levels; levels that the source never showed are left out."""
        rows = self._sql.rows("newest_observations", (self._shop, pairs(keys), source))
        return {LevelKey(row[0], row[1]): _read_observed(row[2:]) for row in rows}

    def history(self, item: str, limit: int) -> list[tuple[Observation, datetime]]:
        """Return up to `limit` changes of what was observed of an item, newest first, with their recording times."""
        found = []
        for row in self._sql.rows("observation_history", (self._shop, item, limit)):
            source, location, *columns = row
            observed_at, reading, recorded_at = columns[_STATES:]
            observation = Observation(
                source=source,
                item=item,
                location=location,
                units=read_states(tuple(columns[:_STATES])),
                observed_at=from_us(observed_at),
                reading=reading,
            )
            found.append((observation, from_us(recorded_at)))
        return found

    def agree(self, keys: Iterable[LevelKey], at: datetime, source: str = "shopify") -> None:
        """Keep that levels agreed with the books when they were observed, compared at a time; their gaps are over."""
        self._sql.run("agree", {"shop": self._shop, "keys": pairs(keys), "source": source, "at": to_us(at)})

    def gap(self, keys: Iterable[LevelKey], at: datetime, source: str = "shopify") -> None:
        """Keep that levels differ from the books since a time; a gap that is known keeps its time."""
        self._sql.run("gap", {"shop": self._shop, "keys": pairs(keys), "source": source, "at": to_us(at)})

    def gaps(self, since_before: datetime, limit: int, source: str = "shopify") -> list[LevelKey]:
        """Return up to `limit` levels that have differed from the books since before a time, oldest first."""
        wanted = {"shop": self._shop, "source": source, "since_before": to_us(since_before), "limit": limit}
        return [LevelKey(item, location) for item, location in self._sql.rows("gaps", wanted)]

    def date_back(self, now: datetime) -> None:
        """Let gaps that were found later than now, by a clock that was ahead, stand since now."""
        self._sql.run("gap_now", {"shop": self._shop, "now": to_us(now)})

    def tally(self, source: str = "shopify") -> Tally:
        """Return how many levels a source has shown, how many of them agree, and how many have a gap."""
        row = self._sql.row("tally_observed", {"shop": self._shop, "source": source})
        assert row is not None
        return Tally(*row)

    def to_compare(self, limit: int) -> list[LevelKey]:
        """Return up to `limit` levels that a movement, an observation or a telling has touched, first touched first."""
        return [LevelKey(item, location) for item, location in self._sql.rows("to_compare", (self._shop, limit))]

    def forget(self, item: str) -> None:
        """Forget what was last seen of an item that is not counted any more; the history stays."""
        self._sql.run("forget_observed", (self._shop, item))
        self._sql.run("forget_comparisons", (self._shop, item))

    def met(self, items: Iterable[str]) -> set[str]:
        """Return those of some items of which anything was seen or booked already."""
        return {item for (item,) in self._sql.rows("met_items", {"shop": self._shop, "items": texts(items)})}

    def unseen(self, source: str, keys: Iterable[LevelKey] | None = None) -> list[LevelKey]:
        """Return levels of counted items that hold something by the books and that a source has never shown.

        Of `keys`, or of all. An item that was removed, is a bundle, or is not tracked is not counted.
        """
        if keys is None:
            rows = self._sql.rows("unseen_levels", {"shop": self._shop, "source": source})
        else:
            rows = self._sql.rows("unseen_of_levels", (self._shop, pairs(keys), source))
        return [LevelKey(item, location) for item, location in rows]

    def compared(self, keys: Iterable[LevelKey]) -> None:
        """Strike levels off the list; do it in the transaction that read it, or a touch in between is lost."""
        self._sql.run("compared", (self._shop, pairs(keys)))


def _before(kept: Row | None) -> Row:
    """Return the units of a level by state as they are kept; None where a state was never shown."""
    return kept[:_STATES] if kept else (None,) * _STATES


def _after(kept: Row | None, observation: Observation) -> Row | None:
    """Return the units of a level by state once it was observed; None when what is kept is as new."""
    before = _before(kept)
    shown = observation.units
    after = tuple([shown.get(state, units) for state, units in zip(KEPT_STATES, before, strict=True)])
    version = (to_us(observation.observed_at), observation.reading)
    return after if not kept or _is_newer(version, kept[_STATES:], differs=after != before) else None


def _columns(level: Row, units: Row, observation: Observation, recorded_at: datetime) -> Row:
    return (*level, *units, to_us(observation.observed_at), observation.reading, to_us(recorded_at))


def _is_newer(version: tuple[int, int], kept: Row, *, differs: bool) -> bool:
    observed_us, reading = version
    kept_us, kept_reading = kept
    if observed_us != kept_us:
        return bool(observed_us > kept_us)
    return bool(reading > kept_reading) or (reading in (0, kept_reading) and differs)


def _read_observed(row: Row) -> Observed:
    observed_at, reading, recorded_at = row[_STATES : _STATES + 3]
    return Observed(
        units=read_states(row[:_STATES]),
        observed_at=from_us(observed_at),
        reading=reading,
        recorded_at=from_us(recorded_at),
        agreed_at=time_of(row, _STATES + 3),
        gap_since=time_of(row, _STATES + 4),
    )
