"""Tellings: a platform that keeps levels itself is told of the movements that did not come from it.

What is owed to a level is its foreign movements less the confirmed tellings. One open intent a level: what comes
meanwhile waits for the next one.
"""

from collections.abc import Collection, Mapping, Sequence
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

REFUSED = "telling refused"
"""The kind of problem that a refusal is."""


def plan(
    books: Books,
    platform: KeepsLevels,
    capacity: int,
    now: datetime,
    *,
    run: str,
    resting: Collection[LevelKey] = (),
) -> list[Intent]:
    """Return new intents that pay what is owed to up to `capacity` levels. Needs a transaction.

    Levels that are `resting`, because they were refused a moment ago, wait.
    """
    if not gate(books, platform.name).open:
        return []
    taken = books.intents.open_keys("telling") | set(resting)
    keys = [key for key in books.owed.open(capacity + len(taken)) if key not in taken][:capacity]
    owed = books.owed.units(keys)
    expected = books.expected(keys)
    tellings = [
        Telling(key.item, key.location, owed[key], _compare(books, key, owed[key], expected[key]))
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
            for key, units in _units_by_level(intent):
                books.owed.confirm(key, units, now)
            books.intents.conclude(intent.key, "applied", note, now)
            _settle_refusals(books, intent, now)
        case Rejected(stale, rows, note):
            guilty = _guilty(intent, rows)
            if not stale:
                _raise_refusals(books, intent, guilty if rows else (), note, now)
            asks = [Ask(Wanted.LEVEL, f"{row.item}@{row.location}", f"telling refused: {note}") for row in guilty]
            books.asks.add(intent.channel, asks, now)
            books.intents.conclude(intent.key, "stale" if stale else "rejected", note, now, rows=rows)
        case Unknown(note):
            books.intents.conclude(intent.key, "unknown", note, now)
        case Throttled(retry_after_s, _):
            books.intents.conclude(intent.key, "planned", f"throttled for {retry_after_s:.1f} s", now)
            return f"{intent.channel}: throttled for {retry_after_s:.1f} s"
    return f"{intent.channel}: telling of {len(intent.rows)} levels {type(outcome).__name__.lower()}"


def levels_of(intent: Intent) -> list[LevelKey]:
    """Return the levels that a telling carries units of."""
    return [LevelKey(row.item, row.location) for row in intent.rows if row.location is not None]


def refused_levels(intent: Intent, outcome: Outcome) -> list[LevelKey]:
    """Return the levels that should rest before they are told again, because this time it was in vain.

    A lowering that lost its compare is not among them: it is tried again at once, and soon goes without one.
    """
    if not isinstance(outcome, Rejected):
        return []
    return [
        LevelKey(row.item, row.location)
        for row in _guilty(intent, outcome.rows)
        if row.location is not None and not (outcome.stale and intent.compares and _lowers(row.units))
    ]


def _lowers(units: Mapping[str, int]) -> bool:
    return units.get(State.AVAILABLE, 0) < 0


def _guilty(intent: Intent, rows: Sequence[int]) -> list[IntentRow]:
    return [intent.rows[number] for number in rows] if rows else list(intent.rows)


def _raise_refusals(books: Books, intent: Intent, rows: Sequence[IntentRow], note: str, now: datetime) -> None:
    """Tell a person what is refused: single levels, or everything where no row is to blame."""
    next_step = "mend what the message names; it is told again by itself within five minutes"
    for key in [f"{row.item}@{row.location}" for row in rows] or [intent.channel]:
        message = f"{intent.channel} refused what it was told of {key}: {note}"
        books.problems.raise_(Problem(REFUSED, key, message, next_step), now)


def _settle_refusals(books: Books, intent: Intent, now: datetime) -> None:
    told = {intent.channel, *(f"{key.item}@{key.location}" for key in levels_of(intent))}
    for problem in books.problems.open():
        if problem.kind == REFUSED and problem.key in told:
            books.problems.settle(REFUSED, problem.key, now)


def _compare(
    books: Books, key: LevelKey, owed: Mapping[State, int], expected: Mapping[State, int]
) -> dict[State, int] | None:
    """Return what the platform should show now of the states that are owed; None goes without comparing."""
    if owed.get(State.AVAILABLE, 0) < 0 and books.intents.lost_compares(key) >= LOST_COMPARES:
        return None
    return {state: expected.get(state, 0) for state in owed}


def _units_by_level(intent: Intent) -> list[tuple[LevelKey, dict[State, int]]]:
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
