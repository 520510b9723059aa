"""Fixing: what a decision about a drift would change, on which side, and what takes it back exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from onhand.domain.stock import LevelKey, Movement, State
from onhand.ports.errors import OnhandError
from onhand.store import Books, DriftRow, Intent
from onhand.store.fixes import Fix, Way

FOLLOW_ORDERS: Final = (State.COMMITTED, State.INCOMING)
"""States that no app can write (Shopify 2026-10, inventoryAdjustQuantities: not among the adjustable names)."""

ADOPTION: Final = "adoption/"


IN_FORCE, REFUSED, UNDER_WAY, UNKNOWN = "done", "refused", "under way", "unknown"
"""What became of a fix. Refused: nothing was overwritten, because the level had moved or the platform said no."""


class By(NamedTuple):
    """Who decides, and why."""

    actor: str
    reason: str


class CannotHeal(OnhandError):
    """A drift cannot be healed in the way that was asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is to be changed: units by state on the side that `way` names. `undoes` is the fix that it takes back.

    `cause` is the adoption that is taken back, None where none is.
    """

    drift: int
    key: LevelKey
    way: Way
    before: Mapping[State, int]
    after: Mapping[State, int]
    undoes: int | None = None
    cause: str | None = None


def plan_ours(drift: DriftRow) -> Plan:
    """Return how the platform is made to show what the books hold. Raises CannotHeal."""
    states = _differing(drift)
    stuck = [state for state in FOLLOW_ORDERS if state in states]
    if stuck:
        numbers = ", ".join(
            f"{state} {drift.observed.get(state, 0)} (books {drift.books.get(state, 0)})" for state in stuck
        )
        raise CannotHeal(
            f"drift {drift.id}: {drift.source} shows {numbers}, which follows its own orders and transfers; no app can "
            "write it. Settle those there, or `onhand drift accept` takes its numbers over"
        )
    return Plan(
        drift=drift.id,
        key=LevelKey(drift.item, drift.location),
        way="write",
        before={state: drift.observed.get(state, 0) for state in states},
        after={state: drift.books.get(state, 0) for state in states},
    )


def plan_theirs(drift: DriftRow) -> Plan:
    """Return how the books are made to hold what the platform shows."""
    states = _differing(drift)
    return Plan(
        drift=drift.id,
        key=LevelKey(drift.item, drift.location),
        way="adopt",
        before={state: drift.books.get(state, 0) for state in states},
        after={state: drift.observed.get(state, 0) for state in states},
    )


def plan_undo(books: Books, drift: DriftRow) -> Plan:
    """Return the exact inverse of what was last done about a drift. Raises CannotHeal where nothing can be taken back.

    An adoption of which a later picture has explained a part cannot: that part is the picture's.
    """
    key = LevelKey(drift.item, drift.location)
    fixes = books.fixes.rows(drift.id)
    if fixes and fixes[-1].undoes is not None:
        raise CannotHeal(f"drift {drift.id}: {fixes[-1].actor} took it back at {fixes[-1].made_at:%Y-%m-%d %H:%M} UTC")
    last = fixes[-1] if fixes else None
    if last is not None and last.way == "write":
        return Plan(
            drift=drift.id, key=key, way="write", before=dict(last.after), after=dict(last.before), undoes=last.id
        )
    if drift.status != "adopted" or not drift.note.startswith(ADOPTION):
        raise CannotHeal(f"drift {drift.id} is {drift.status}: nothing was changed that could be taken back")
    states = _differing(drift)
    units = {state: drift.observed.get(state, 0) - drift.books.get(state, 0) for state in states}
    left = next((row.units for row in books.drifts.open_adoptions([key]) if row.cause == drift.note), {})
    if left != units:
        raise CannotHeal(
            f"drift {drift.id}: a later order or transfer has explained {drift.note}; it cannot be taken back"
        )
    theirs = plan_theirs(drift)
    return Plan(
        drift=drift.id,
        key=key,
        way="adopt",
        before=theirs.after,
        after=theirs.before,
        undoes=last.id if last is not None else 0,
        cause=drift.note,
    )


def take_back(books: Books, plan: Plan, now: datetime) -> None:
    """Book the exact inverse of an adoption. Needs a transaction."""
    assert plan.cause is not None, "only what was adopted is taken back"
    adopted = books.ledger.caused_by(plan.cause)
    books.ledger.append([inverse(row, number, now) for number, row in enumerate(adopted, start=1)], now)
    books.drifts.reduce_adoption(plan.cause, {state: plan.before[state] - plan.after[state] for state in plan.before})


def outcome_of(intents: Sequence[Intent]) -> tuple[str, str]:
    """Return what became of the writes of a run, and the platform's words about it."""
    statuses = {intent.status for intent in intents}
    said = "; ".join(dict.fromkeys(intent.note for intent in intents if intent.note))
    if statuses <= {"applied"}:
        return IN_FORCE, said
    if statuses & {"rejected", "stale"}:
        return REFUSED, said
    return (UNKNOWN if "parked" in statuses else UNDER_WAY), said


def record(books: Books, plan: Plan, by: By, run: str, now: datetime) -> int:
    """Keep who decided what and why; return its number. Needs a transaction."""
    return books.fixes.record(
        Fix(
            id=0,
            drift=plan.drift,
            key=plan.key,
            way=plan.way,
            before=plan.before,
            after=plan.after,
            actor=by.actor,
            reason=by.reason,
            run=run,
            made_at=now,
            undoes=plan.undoes,
        )
    )


def _differing(drift: DriftRow) -> list[State]:
    return [state for state, units in drift.observed.items() if units != drift.books.get(state, 0)]


def inverse(movement: Movement, number: int, at: datetime) -> Movement:
    """Return the movement that takes one back, as of a time."""
    return Movement(
        id=f"{movement.cause}/undone/{number}",
        item=movement.item,
        source=movement.target,
        target=movement.source,
        units=movement.units,
        cause=movement.cause,
        origin=movement.origin,
        reason="taken back",
        occurred_at=at,
    )
