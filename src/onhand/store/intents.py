"""Intents: writes to the outside, kept before they are sent, and what became of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, overload

from onhand.domain.stock import LevelKey, State
from onhand.store.engine import Sql
from onhand.store.json_text import STATES, dump, load, pairs
from onhand.store.rows import time_of
from onhand.store.statements import Row
from onhand.store.times import from_us, to_us, to_us_or_none

Kind = Literal["offer", "telling", "setting", "stocking"]
"""Offers tell a listing's number; all others write to a level: by how much, to what, or whether it is there."""
Status = Literal["planned", "sent", "applied", "rejected", "stale", "unknown", "parked"]

FINAL: frozenset[Status] = frozenset({"applied", "rejected", "stale", "parked"})
"""After these nothing more becomes of an intent; what it covered may be told anew."""


class IntentRow(NamedTuple):
    """One thing that an intent carries.

    An offer names a listing and `units` holds its number under "units". All others name a level, and `units` holds
    by state what it changes (telling) or shall be (setting), or 1 or 0 under "stocked".
    """

    listing: str | None
    item: str
    location: str | None
    units: dict[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """One write. `key` is its idempotency key, `body` the exact parameters, `rows` what it carries in our words.

    `compares` says that the platform was asked to compare first. `reading` numbers it among our readings: what its
    answer shows was seen after everything read before. Times are None until they come.
    """

    key: str
    channel: str
    kind: Kind
    body: bytes
    rows: tuple[IntentRow, ...]
    planned_at: datetime
    compares: bool = False
    reading: int = 0
    status: Status = "planned"
    attempts: int = 0
    sent_at: datetime | None = None
    concluded_at: datetime | None = None
    note: str = ""


class Intents:
    """The intents of one shop."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def plan(self, intent: Intent) -> None:
        """Keep an intent; while it is open, what it carries counts as covered."""
        self._sql.run(
            "plan_intent",
            {
                "shop": self._shop,
                "key": intent.key,
                "channel": intent.channel,
                "kind": intent.kind,
                "body": intent.body,
                "carries": dump(intent.rows),
                "status": intent.status,
                "attempts": intent.attempts,
                "planned_at": to_us(intent.planned_at),
                "sent_at": to_us_or_none(intent.sent_at),
                "concluded_at": to_us_or_none(intent.concluded_at),
                "note": intent.note,
                "compares": intent.compares,
                "reading": intent.reading,
            },
        )
        if intent.status not in FINAL:
            covered = sorted({_subject(intent.kind, row) for row in intent.rows})
            kind = "offer" if intent.kind == "offer" else "level"
            self._sql.run_many(
                "cover", [(self._shop, intent.channel, kind, *subject, intent.key) for subject in covered]
            )

    def mark_sent(self, key: str, at: datetime) -> None:
        """Keep that an intent goes out now: from here on it may have been carried out."""
        self._sql.run("intent_sent", (to_us(at), self._shop, key))

    def conclude(self, key: str, status: Status, note: str, at: datetime, rows: Sequence[int] = ()) -> None:
        """Keep what became of an intent.

        Applied, rejected, stale (the comparison failed) and parked are final; planned lets it go out again, unknown
        keeps it open. `rows` are the indexes of the guilty rows; none given means all of them. Raises LookupError
        for a key that was never planned.
        """
        intent = self.get(key)
        if intent is None:
            raise LookupError(f"no intent {key}: it was never planned")
        final = status in FINAL
        self._sql.run("conclude_intent", (status, note, to_us(at) if final else None, self._shop, key))
        if final:
            self._sql.run("uncover", (self._shop, key))
        if intent.kind == "telling" and status in ("applied", "stale"):
            guilty = [intent.rows[number] for number in rows] if rows else intent.rows
            levels = sorted({(self._shop, *_subject(intent.kind, row)) for row in guilty})
            self._sql.run_many("lose_compare" if status == "stale" else "win_compare", levels)

    def forget_lost(self, keys: Iterable[LevelKey]) -> None:
        """Forget the comparisons that levels have lost: these were told, although others of their telling were not."""
        self._sql.run_many("win_compare", [(self._shop, *key) for key in keys])

    def get(self, key: str) -> Intent | None:
        """Return an intent by its idempotency key, or None."""
        row = self._sql.row("intent", (self._shop, key))
        return _read(row) if row else None

    def of_run(self, run: str) -> list[Intent]:
        """Return the intents whose keys begin with the name of a run."""
        wanted = {"shop": self._shop, "first": f"{run}/", "behind": f"{run}0"}  # "0" comes next to "/"
        return [_read(row) for row in self._sql.rows("intents_of_run", wanted)]

    def unsettled(self, channel: str | None = None) -> list[Intent]:
        """Return the intents that are planned, sent or unknown, oldest first; of one channel where it is given."""
        if channel is None:
            return [_read(row) for row in self._sql.rows("open_intents", (self._shop,))]
        return [_read(row) for row in self._sql.rows("open_intents_of_channel", (self._shop, channel))]

    def recent(self, limit: int) -> list[Intent]:
        """Return up to `limit` intents, newest first."""
        return [_read(row) for row in self._sql.rows("recent_intents", (self._shop, limit))]

    def times_told(self, channel: str, since: datetime) -> Counter[str]:
        """Return how often each listing of a channel was told something since a time, or may have been."""
        rows = self._sql.rows("offers_since", {"shop": self._shop, "channel": channel, "since": to_us(since)})
        return Counter(IntentRow(*row).listing or "" for (carries,) in rows for row in load(carries))

    @overload
    def open_keys(self, kind: Literal["offer"]) -> set[tuple[str, str]]: ...

    @overload
    def open_keys(self, kind: Literal["level"]) -> set[LevelKey]: ...

    def open_keys(self, kind: Literal["offer", "level"]) -> set[tuple[str, str]] | set[LevelKey]:
        """Return what open intents cover: (channel, listing) for offers, levels for all that is written to these."""
        rows = self._sql.rows("covered", (self._shop, kind))
        if kind == "level":
            return {LevelKey(item, location) for _, item, location in rows}
        return {(channel, listing) for channel, listing, _ in rows}

    def in_flight(self, keys: Iterable[LevelKey]) -> dict[LevelKey, dict[State, int]]:
        """Return units by level and state in tellings that went out and are not confirmed; others are left out."""
        wanted = set(keys)
        flying: dict[LevelKey, Counter[State]] = defaultdict(Counter)
        for _, carries in self._sql.rows("tellings_in_flight", (self._shop, pairs(wanted))):
            for _, item, location, units in load(carries):
                key = LevelKey(item, location)
                if key in wanted:
                    for state, moved in units.items():
                        flying[key][STATES[state]] += moved
        summed = {key: {state: moved for state, moved in units.items() if moved} for key, units in flying.items()}
        return {key: units for key, units in summed.items() if units}

    def lost_compares(self, keys: Iterable[LevelKey]) -> dict[LevelKey, int]:
        """Return how many comparisons levels have lost in a row since a telling was applied; none are left out."""
        rows = self._sql.rows("lost_compares", (self._shop, pairs(keys)))
        return {LevelKey(item, location): lost for item, location, lost in rows}


def _subject(kind: Kind, row: IntentRow) -> tuple[str, str]:
    """Return what a row covers. Raises ValueError where it does not name it."""
    subject = (row.listing, "") if kind == "offer" else (row.item, row.location)
    if subject[0] is None or subject[1] is None:
        raise ValueError(f"a row of kind {kind} must name its {'listing' if kind == 'offer' else 'location'}: {row}")
    return subject[0], subject[1]


def _read(row: Row) -> Intent:
    key, channel, kind, body, carries, status, attempts, planned_at, _, _, note, compares, reading = row
    return Intent(
        key=key,
        channel=channel,
        kind=kind,
        body=bytes(body),
        rows=tuple(IntentRow(*carried) for carried in load(carries)),
        planned_at=from_us(planned_at),
        compares=bool(compares),
        reading=reading,
        status=status,
        attempts=attempts,
        sent_at=time_of(row, 8),
        concluded_at=time_of(row, 9),
        note=note,
    )
