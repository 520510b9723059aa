"""Healing what a third party has counted: its count into the books, or the books stand, or a decision taken back."""

from onhand.app.counting import LOOK_BACK
from onhand.app.decisions import Healed, Wish, found
from onhand.app.steps import Steps
from onhand.audit.counts import compare_counts
from onhand.domain.stock import LevelKey
from onhand.heal.counts import (
    adopt_count,
    keep_books,
    plan_count,
    plan_keep,
    plan_undone_count,
    report_count,
    take_back,
)
from onhand.heal.fix import IN_FORCE, CannotHeal, record
from onhand.ports.clock import Clock
from onhand.ports.errors import ChannelUnavailable, StaleWrite
from onhand.store import Books, DriftRow, Store
from onhand.store.counted import Count


def heal_count(steps: Steps, store: Store, clock: Clock, drift: DriftRow, wish: Wish) -> Healed:
    """Do what is wished about a count, or show it; the third party itself is never written to.

    Raises CannotHeal, StaleWrite where the gap is another one by now, ChannelUnavailable.
    """
    if wish.way == "undo":
        return _undo(steps, store, clock, drift, wish)
    if drift.status != "open":
        raise CannotHeal(f"drift {drift.id} is {drift.status} ({drift.note}): nothing to heal")
    authority = _authority(steps, store, drift)
    if wish.way == "fix" and authority == drift.source:
        raise CannotHeal(
            f"drift {drift.id}: {drift.source} is believed there, so its next count would be taken over all the same; "
            f"name another authority in [[location]] for the books to stand, or `onhand drift accept {drift.id}`"
        )
    count = _gap_now(steps, store, clock, drift)
    with store.writing() as session:
        books, now = session.of(steps.shop), clock.now()
        if _compared(books, drift, clock) != count:
            raise StaleWrite(f"drift {drift.id}: its level has moved meanwhile; nothing was changed, look again")
        plan = plan_keep(drift) if wish.way == "fix" else plan_count(books, drift, count)
        if not wish.sure:
            return Healed(plan=plan, wish=wish, status="preview")
        if wish.way == "fix":
            keep_books(books, drift, count, wish.by, now)
            record(books, plan, wish.by, f"kept/{drift.id}", now)
            note = f"the books stand, since {authority} is believed there; {drift.source} must be told by a person"
            return Healed(plan=plan, wish=wish, status=IN_FORCE, note=note)
        cause, _ = adopt_count(books, count, [f"accepted by {wish.by.actor}: {wish.by.reason}"], now)
        record(books, plan, wish.by, cause, now)
    return Healed(plan=plan, wish=wish, status=IN_FORCE, note=f"booked as {cause}; the other channels are told of it")


def _undo(steps: Steps, store: Store, clock: Clock, drift: DriftRow, wish: Wish) -> Healed:
    with store.writing() as session:
        books, now = session.of(steps.shop), clock.now()
        drift = found(books.drifts.find(drift.id), drift.id)
        count = _count_of(books, drift)
        plan = plan_undone_count(books, drift, count)
        if not wish.sure:
            return Healed(plan=plan, wish=wish, status="preview")
        if plan.cause is not None:
            take_back(books, plan, count, drift.units, now)
        record(books, plan, wish.by, plan.cause or f"kept/{drift.id}", now)
        for left in compare_counts(books, [plan.key], now):
            if left.source == drift.source and left.gap_units:
                report_count(books, left, [f"{wish.by.actor} took back drift {drift.id}: {wish.by.reason}"], now)
    what = f"{plan.cause} is taken back" if plan.cause is not None else "that the books stand is taken back"
    return Healed(plan=plan, wish=wish, status=IN_FORCE, note=f"{what}; nothing adopts the gap by itself")


def _gap_now(steps: Steps, store: Store, clock: Clock, drift: DriftRow) -> Count:
    """Read again what changed around the count, and return it with the gap that is left. Raises as `heal_count`."""
    with store.reading() as session:
        as_of = _count_of(session.of(steps.shop), drift).as_of
    if not steps.read_again_what_changed(as_of - LOOK_BACK, {drift.item}):
        raise ChannelUnavailable("shopify did not show what has changed: nothing was changed; try again in a moment")
    with store.writing() as session:
        return _compared(session.of(steps.shop), drift, clock)


def _compared(books: Books, drift: DriftRow, clock: Clock) -> Count:
    compare_counts(books, [LevelKey(drift.item, drift.location)], clock.now())
    count = _count_of(books, drift)
    if not count.gap_units:
        raise CannotHeal(f"drift {drift.id}: books and {drift.source} agree by now: nothing to heal")
    if count.gap_units != drift.units:
        raise StaleWrite(
            f"drift {drift.id}: {drift.source} differs by {count.gap_units:+d} by now, {drift.units:+d} was filed; "
            "look again in a moment"
        )
    return count


def _count_of(books: Books, drift: DriftRow) -> Count:
    counts = books.counts.of([LevelKey(drift.item, drift.location)])
    count = next((row for row in counts if row.source == drift.source), None)
    if count is None:
        raise CannotHeal(f"drift {drift.id}: nothing that {drift.source} has counted there is kept any more")
    return count


def _authority(steps: Steps, store: Store, drift: DriftRow) -> str:
    with store.reading() as session:
        return steps.authority_at(session.of(steps.shop), drift.location)
