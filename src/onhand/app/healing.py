"""Healing a drift by a person's decision: ours to the platform, theirs into the books, or a decision taken back."""

from time import monotonic, sleep
from typing import Final

from onhand.app.decisions import Healed, Wish, found
from onhand.app.healing_counts import heal_count
from onhand.app.steps import Steps
from onhand.app.writing_back import settle_written_back, write_back
from onhand.audit import compare as comparing
from onhand.domain.stock import LevelKey
from onhand.heal.adopt import adopt_drift, report_drift
from onhand.heal.fix import (
    ADOPTION,
    IN_FORCE,
    UNDER_WAY,
    CannotHeal,
    Plan,
    outcome_of,
    plan_ours,
    plan_theirs,
    plan_undo,
    record,
    take_back,
)
from onhand.ports.channel import Parcel
from onhand.ports.clock import Clock
from onhand.ports.errors import ChannelUnavailable, StaleWrite
from onhand.publish.guard import gate
from onhand.store import DriftRow, Intent, Store

PLATFORM = "shopify"

WITHIN_S: Final = 30.0
"""How long a fix waits for its outcome. What is not known by then, `onhand serve` resolves."""

AGAIN_S: Final = 0.3


def heal(steps: Steps, store: Store, clock: Clock, wish: Wish) -> Healed:
    """Do what is wished, or show it.

    Raises CannotHeal, StaleWrite where the level shows something else by now, ChannelUnavailable.
    """
    drift = _find(store, steps.shop, wish.drift)
    if drift.source != PLATFORM:
        return heal_count(steps, store, clock, drift, wish)
    plan = _plan(steps, store, drift, wish)
    if not wish.sure:
        return Healed(plan=plan, wish=wish, status="preview")
    if plan.way == "write":
        return _write(steps, store, clock, plan, wish)
    if plan.cause is None:
        return _adopt(steps, store, clock, plan, wish)
    return _take_back(steps, store, clock, plan, wish)


def _plan(steps: Steps, store: Store, drift: DriftRow, wish: Wish) -> Plan:
    """Look at the level, then say what would be changed: a decision is about what is there now."""
    key = LevelKey(drift.item, drift.location)
    if wish.way == "undo":
        with store.reading() as session:
            plan = plan_undo(session.of(steps.shop), drift)
        if plan.way == "write":
            _check_shown(steps, store, plan)
        return plan
    if not steps.read_levels([key]):
        raise ChannelUnavailable("shopify did not show the level: nothing was changed; try again in a moment")
    before = _find(store, steps.shop, wish.drift)
    if before.status == "open":
        steps.judge([key], grace_s=0.0, adopt=False)
    now = _find(store, steps.shop, wish.drift)
    if now.status != "open":
        raise CannotHeal(
            f"drift {now.id} is {now.status} ({now.note}{_decided(store, steps.shop, now)}): nothing to heal"
        )
    _check_still(steps, store, now)
    return plan_ours(now) if wish.way == "fix" else plan_theirs(now)


def _decided(store: Store, shop: str, drift: DriftRow) -> str:
    """Return who has decided about a drift last, in words; empty where nobody has."""
    with store.reading() as session:
        fixes = session.of(shop).fixes.rows(drift.id)
    if not fixes:
        return ""
    last = fixes[-1]
    return f"; {last.actor} decided at {last.made_at:%Y-%m-%d %H:%M} UTC: {last.reason}"


def _check_still(steps: Steps, store: Store, drift: DriftRow) -> None:
    """Raise StaleWrite unless the level's gap is the one that was filed: what moves without rest is decided later."""
    key = LevelKey(drift.item, drift.location)
    with store.reading() as session:
        books = session.of(steps.shop)
        gap = comparing.compare_levels(books, [key]).drifts.get(key)
        busy = key in books.intents.open_keys("level") or key in books.doubts.all()
    filed = {state: units - drift.books.get(state, 0) for state, units in drift.observed.items()}
    if busy or gap is None or gap.units != {state: units for state, units in filed.items() if units}:
        raise StaleWrite(
            f"drift {drift.id}: its level is moving, or a write to it is under way; look again in a moment"
        )


def _check_shown(steps: Steps, store: Store, plan: Plan) -> None:
    """Raise StaleWrite unless the platform still shows what was written."""
    if not steps.read_levels([plan.key]):
        raise ChannelUnavailable("shopify did not show the level: nothing was changed; try again in a moment")
    with store.reading() as session:
        seen = session.of(steps.shop).observations.newest([plan.key]).get(plan.key)
    shown = {state: None if seen is None else seen.units.get(state) for state in plan.before}
    moved = [
        f"{state} {shown[state]} where {units} was written"
        for state, units in plan.before.items()
        if shown[state] != units
    ]
    if moved:
        raise StaleWrite(f"drift {plan.drift}: shopify shows {', '.join(moved)}: taking it back would overwrite that")


def _write(steps: Steps, store: Store, clock: Clock, plan: Plan, wish: Wish) -> Healed:
    with store.writing() as session:
        books = session.of(steps.shop)
        way = gate(books, PLATFORM)
        if not way.open:
            raise CannotHeal(f"drift {plan.drift}: nothing may be written: {way.reason}")
        run = write_back(books, steps.parts.shopify, plan, wish.by, clock.now())
    if run is None:
        raise StaleWrite(f"drift {plan.drift}: a write to its level is under way; try again when it has an outcome")
    ends_at = monotonic() + WITHIN_S
    while (found := _outcome(store, steps.shop, run))[0] == UNDER_WAY and monotonic() < ends_at:
        for intent in steps.open_writes():
            _send(steps, intent)
        if _outcome(store, steps.shop, run)[0] == UNDER_WAY:
            sleep(AGAIN_S)
    steps.read_levels([plan.key])  # what an answer shows has whole seconds: a look is surely newer
    _compare(steps, store, clock, plan.key, wish)
    return Healed(plan=plan, wish=wish, status=found[0], note=found[1])


def _outcome(store: Store, shop: str, run: str) -> tuple[str, str]:
    with store.reading() as session:
        return outcome_of(session.of(shop).intents.of_run(run))


def _send(steps: Steps, intent: Intent) -> None:
    platform, parcel = steps.parts.shopify, Parcel(key=intent.key, channel=intent.channel, body=intent.body)
    steps.conclude_write(intent, platform.send(parcel) if intent.sent_at is None else platform.send_again(parcel))


def _adopt(steps: Steps, store: Store, clock: Clock, plan: Plan, wish: Wish) -> Healed:
    with store.writing() as session:
        books, now = session.of(steps.shop), clock.now()
        gap = comparing.compare_levels(books, [plan.key]).drifts.get(plan.key)
        if gap is None or gap.units != {state: plan.after[state] - plan.before[state] for state in plan.after}:
            raise StaleWrite(f"drift {plan.drift}: its level has moved meanwhile; nothing was changed, look again")
        cause = adopt_drift(books, gap, [f"accepted by {wish.by.actor}: {wish.by.reason}"], now)
        record(books, plan, wish.by, cause, now)
    _compare(steps, store, clock, plan.key, wish)
    undoable = "" if cause.startswith(ADOPTION) else "; it cannot be taken back"
    return Healed(plan=plan, wish=wish, status=IN_FORCE, note=f"booked as {cause}{undoable}")


def _take_back(steps: Steps, store: Store, clock: Clock, plan: Plan, wish: Wish) -> Healed:
    with store.writing() as session:
        books, now = session.of(steps.shop), clock.now()
        if plan_undo(books, found(books.drifts.find(plan.drift), plan.drift)) != plan:
            raise StaleWrite(f"drift {plan.drift}: it was decided upon meanwhile; nothing was changed, look again")
        take_back(books, plan, now)
        record(books, plan, wish.by, f"{plan.cause}", now)
    _compare(steps, store, clock, plan.key, wish)
    return Healed(
        plan=plan, wish=wish, status=IN_FORCE, note=f"{plan.cause} is taken back; nothing adopts it by itself"
    )


def _compare(steps: Steps, store: Store, clock: Clock, key: LevelKey, wish: Wish) -> None:
    """Compare the level at once; a gap that a taken back decision opens anew is filed."""
    with store.writing() as session:
        books, now = session.of(steps.shop), clock.now()
        compared = comparing.compare_and_place(books, [key], now)
        comparing.write_down(books, compared, now)
        settle_written_back(books, now)
        for gap in compared.drifts.values():
            if wish.way == "undo":
                report_drift(books, gap, [f"{wish.by.actor} took back drift {wish.drift}: {wish.by.reason}"], now)


def _find(store: Store, shop: str, drift: int) -> DriftRow:
    with store.reading() as session:
        return found(session.of(shop).drifts.find(drift), drift)
