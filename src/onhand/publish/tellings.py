"""Tellings: a platform that keeps levels itself is told of the movements that did not come from it.

What is owed to a level is its foreign movements less the confirmed tellings. One open intent a level: what comes
meanwhile waits for the next one.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from onhand.domain.stock import LevelKey, State
from onhand.ports.channel import (
    Applied,
    Ask,
    KeepsLevels,
    Outcome,
    Parcel,
    Problem,
    Rejected,
    Telling,
    Throttled,
    Unknown,
    Wanted,
)
from onhand.publish.guard import gate
from onhand.store import Books, Intent, IntentRow

LOST_COMPARES = 2
"""After so many lost compares a lowering delta goes without one: deltas commute, and waiting oversells."""

KEY_LIFE_S = 20 * 3600
"""How long an idempotency key is trusted. Shopify keeps keys for 24 h (2026-10, implementing-idempotency)."""

MAX_WAIT_S = 60.0
"""The longest wait between two tries of one telling."""


def plan(books: Books, platform: KeepsLevels, capacity: int, now: datetime, run: str) -> list[Intent]:
    """Return new intents that pay what is owed to up to `capacity` levels. Needs a transaction.

    Nothing is told while it is unknown whether another app brings these orders to the platform.
    """
    if not gate(books, platform.name).open:
        return []
    taken = books.intents.open_keys("telling")
    keys = [key for key in books.owed.open(capacity + len(taken)) if key not in taken][:capacity]
    owed = books.owed.units(keys)
    expected = books.expected(keys)
    tellings = [
        Telling(key.item, key.location, owed[key], None if _goes_blind(books, key, owed[key]) else expected[key])
        for key in keys
        if key in owed
    ]
    intents = [_intent(parcel, carried, now) for parcel, carried in platform.pack(tellings, run, run)]
    for intent in intents:
        books.intents.plan(intent)
        books.intents.mark_sent(intent.key, now)
    return intents


def resume(books: Books, platform: KeepsLevels, now: datetime) -> list[Intent]:
    """Return open tellings that may go out again now, under the same key. Needs a transaction.

    A platform that has carried one out answers the same key with the first result. Past the life of keys that is no
    longer sure: such a telling is parked, its level is read, and a person sees it.
    """
    if not gate(books, platform.name).open:
        return []
    ready: list[Intent] = []
    for intent in books.intents.unsettled(platform.name):
        sent_at = intent.sent_at or intent.planned_at
        if intent.status == "sent" or now - sent_at < timedelta(seconds=min(2.0**intent.attempts, MAX_WAIT_S)):
            continue
        if now - intent.planned_at > timedelta(seconds=KEY_LIFE_S):
            _park(books, intent, now)
        else:
            books.intents.mark_sent(intent.key, now)
            ready.append(intent)
    return ready


def _park(books: Books, intent: Intent, now: datetime) -> None:
    books.intents.conclude(intent.key, "parked", "its key has outlived its trust", now)
    asks = [Ask(Wanted.LEVEL, f"{row.item}@{row.location}", "a telling's outcome stays unknown") for row in intent.rows]
    books.asks.add(intent.channel, asks, now)
    message = f"telling {intent.key} of {len(intent.rows)} levels: no answer for {KEY_LIFE_S // 3600} h"
    next_step = "compare the levels with `onhand audit`, then `onhand audit --fix`"
    books.problems.raise_(Problem("outcome unknown", intent.key, message, next_step), now)


def conclude(books: Books, intent: Intent, outcome: Outcome, now: datetime) -> str:
    """Write down what became of an intent and return a line for the log. Needs a transaction."""
    match outcome:
        case Applied(_, note):
            for key, units in _levels_of(intent):
                books.owed.confirm(key, units, now)
            books.intents.conclude(intent.key, "applied", note, now)
        case Rejected(stale, rows, note):
            guilty = [intent.rows[number] for number in rows] if rows else list(intent.rows)
            asks = [Ask(Wanted.LEVEL, f"{row.item}@{row.location}", f"telling refused: {note}") for row in guilty]
            books.asks.add(intent.channel, asks, now)
            books.intents.conclude(intent.key, "stale" if stale else "rejected", note, now, rows=rows)
        case Unknown(note):
            books.intents.conclude(intent.key, "unknown", note, now)
        case Throttled(retry_after_s):
            books.intents.conclude(intent.key, "planned", f"throttled for {retry_after_s:.1f} s", now)
            return f"{intent.channel}: throttled for {retry_after_s:.1f} s"
    return f"{intent.channel}: telling of {len(intent.rows)} levels {type(outcome).__name__.lower()}"


def _goes_blind(books: Books, key: LevelKey, units: Mapping[State, int]) -> bool:
    return units.get(State.AVAILABLE, 0) < 0 and books.intents.lost_compares(key) >= LOST_COMPARES


def _levels_of(intent: Intent) -> list[tuple[LevelKey, dict[State, int]]]:
    return [
        (LevelKey(row.item, row.location), {State(state): units for state, units in row.units.items()})
        for row in intent.rows
        if row.location is not None
    ]


def _intent(parcel: Parcel, tellings: Sequence[Telling], now: datetime) -> Intent:
    rows = tuple(
        IntentRow(
            listing=None,
            item=telling.item,
            location=telling.location,
            units={str(state): units for state, units in telling.units.items()},
        )
        for telling in tellings
    )
    compares = any(telling.compare is not None for telling in tellings)
    return Intent(
        key=parcel.key,
        channel=parcel.channel,
        kind="telling",
        body=parcel.body,
        rows=rows,
        compares=compares,
        planned_at=now,
    )
