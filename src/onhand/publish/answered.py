"""What became of a write to levels: what was carried out is owed no more, and what the answer shows was seen."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from onhand.domain.drift import Observation
from onhand.domain.stock import LevelKey, State
from onhand.ports.channel import (
    NOT_CONNECTED,
    Applied,
    Ask,
    LevelOutcome,
    Partly,
    Problem,
    Rejected,
    Throttled,
    Unknown,
    Wanted,
)
from onhand.store import Books, Intent, IntentRow, Observed

REFUSED = "telling refused"
"""The kind of problem that a refusal is."""

_NEXT_STEPS: Final = {
    "telling": "mend what the message names; it is told again by itself within five minutes",
    "setting": "mend what the message names; the difference stays in the drift inbox and is judged again",
    "stocking": "mend what the message names, then ask for it again",
}


def conclude(books: Books, intent: Intent, outcome: LevelOutcome, now: datetime) -> str:
    """Write down what became of an intent and return a line for the log. Needs a transaction."""
    match outcome:
        case Applied(_, note, shown):
            _carried_out(books, intent, intent.rows, shown, now)
            books.intents.conclude(intent.key, "applied", note, now)
            books.problems.settle(NOT_CONNECTED, intent.channel, now)
        case Partly(applied, rejected):
            told = [row for number, row in enumerate(intent.rows) if number not in rejected.rows]
            _carried_out(books, intent, told, applied.shown, now)
            _refused(books, intent, rejected, now)
            books.intents.forget_lost([key for row in told if (key := _key(row)) is not None])
        case Rejected():
            _refused(books, intent, outcome, now)
        case Unknown(note):
            books.intents.conclude(intent.key, "unknown", note, now)
        case Throttled(retry_after_s, trouble):
            if trouble is not None:
                next_step = "connect the shop as the message says; telling then goes on by itself"
                books.problems.raise_(Problem(NOT_CONNECTED, intent.channel, trouble, next_step), now)
            books.intents.conclude(intent.key, "planned", f"throttled for {retry_after_s:.1f} s", now)
            return f"{intent.channel}: throttled for {retry_after_s:.1f} s"
    return f"{intent.channel}: {intent.kind} of {len(intent.rows)} levels {type(outcome).__name__.lower()}"


def refused_levels(intent: Intent, outcome: LevelOutcome) -> list[LevelKey]:
    """Return the levels that should rest before they are told again, because this time it was in vain.

    A lowering that lost its compare is not among them: it is tried again at once, and soon goes without one.
    """
    rejected = outcome.rejected if isinstance(outcome, Partly) else outcome
    if not isinstance(rejected, Rejected):
        return []
    return [
        key
        for row in _guilty(intent, rejected.rows)
        if (key := _key(row)) is not None
        and not (rejected.stale and intent.compares and row.units.get(State.AVAILABLE, 0) < 0)
    ]


def _carried_out(
    books: Books, intent: Intent, rows: Sequence[IntentRow], shown: Sequence[Observation], now: datetime
) -> None:
    if intent.kind == "telling":
        told = {key: _by_state(row) for row in rows if (key := _key(row)) is not None}
        books.owed.confirm(told, now)
    _see(books, intent, shown, now)
    if intent.kind == "stocking":
        _ask(books, intent, rows, "it was connected or disconnected", now)
    _settle_refusals(books, intent, rows, now)


def _see(books: Books, intent: Intent, shown: Sequence[Observation], now: datetime) -> None:
    """Keep what the platform's answer shows, as the observation that it is.

    Its time has whole seconds. Where something else was seen of a level in the very second, nobody knows which of them
    came first: then the level is read. Only what other parts of the same telling have shown is no riddle.
    """
    seen = [replace(observation, reading=intent.reading) for observation in shown]
    kept = books.observations.newest([observation.key for observation in seen], intent.channel)
    tied = {one.key for one in seen if one.key in kept and _ties(kept[one.key], one)}
    parts = {key for key in tied if kept[key].reading == intent.reading}
    moved = {key: _by_state(row) for row in intent.rows if (key := _key(row)) in parts and intent.kind == "telling"}
    seen = [_after_both(kept[one.key], one, moved.get(one.key, {})) if one.key in parts else one for one in seen]
    tied -= parts
    books.observations.put_all([one for one in seen if one.key not in tied], now)
    because = "two numbers of the same second differ"
    asks = [Ask(Wanted.LEVEL, f"{key.item}@{key.location}", because) for key in sorted(tied)]
    books.asks.add(intent.channel, asks, now)


def _after_both(kept: Observed, seen: Observation, moved: Mapping[State, int]) -> Observation:
    """Return what two parts of one write have left of a level.

    All parts of a telling move a state the same way: of two numbers of it, the one that lies further that way came
    later. A state that is set, as any that `moved` leaves out, is in one part only.
    """
    units = {
        state: (min if moved[state] < 0 else max)(shown, kept.units.get(state, shown)) if state in moved else shown
        for state, shown in seen.units.items()
    }
    return replace(seen, units=units)


def _ties(kept: Observed, seen: Observation) -> bool:
    if kept.observed_at != seen.observed_at:
        return False
    # A webhook shows available only: of the other states it keeps what was seen before, which is no contradiction.
    states = [State.AVAILABLE] if kept.reading == 0 else list(seen.units)
    return any(kept.units.get(state) != seen.units[state] for state in states if state in seen.units)


def _refused(books: Books, intent: Intent, rejected: Rejected, now: datetime) -> None:
    guilty = _guilty(intent, rejected.rows)
    if not rejected.stale:
        _raise_refusals(books, intent, guilty if rejected.rows else (), rejected.reason, now)
    _ask(books, intent, guilty, f"{intent.kind} refused: {rejected.reason}", now)
    books.intents.conclude(
        intent.key, "stale" if rejected.stale else "rejected", rejected.reason, now, rows=rejected.rows
    )


def _guilty(intent: Intent, rows: Sequence[int]) -> list[IntentRow]:
    return [intent.rows[number] for number in rows] if rows else list(intent.rows)


def _raise_refusals(books: Books, intent: Intent, rows: Sequence[IntentRow], note: str, now: datetime) -> None:
    """Tell a person what is refused: single levels, or everything where no row is to blame."""
    for key in [f"{row.item}@{row.location}" for row in rows] or [intent.channel]:
        message = f"{intent.channel} refused what it was told of {key}: {note}"
        books.problems.raise_(Problem(REFUSED, key, message, _NEXT_STEPS[intent.kind]), now)


def _settle_refusals(books: Books, intent: Intent, rows: Sequence[IntentRow], now: datetime) -> None:
    told = {intent.channel, *(f"{row.item}@{row.location}" for row in rows)}
    for problem in books.problems.open():
        if problem.kind == REFUSED and problem.key in told:
            books.problems.settle(REFUSED, problem.key, now)


def forget_refusals(books: Books, now: datetime) -> None:
    """Settle what was refused of items that nobody counts any more: they are told nothing. Needs a transaction."""
    refused = {key: key.partition("@")[0] for key in books.problems.keys(REFUSED)}
    uncounted = books.catalog.uncounted(refused.values()) if refused else ()
    for key, item in refused.items():
        if item in uncounted:
            books.problems.settle(REFUSED, key, now)


def _ask(books: Books, intent: Intent, rows: Sequence[IntentRow], because: str, now: datetime) -> None:
    asks = [Ask(Wanted.LEVEL, f"{row.item}@{row.location}", because) for row in rows]
    books.asks.add(intent.channel, asks, now)


def _by_state(row: IntentRow) -> dict[State, int]:
    return {State(state): units for state, units in row.units.items()}


def _key(row: IntentRow) -> LevelKey | None:
    return None if row.location is None else LevelKey(row.item, row.location)
