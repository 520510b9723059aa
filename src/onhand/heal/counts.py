"""What a third party counted and nothing explains: taken over where it is believed, else shown to a person."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from onhand.domain.causes import Known, name_causes
from onhand.domain.drift import Drift, Observation, adopt
from onhand.domain.notices import CLOCKS_APART, explained
from onhand.domain.stock import LevelKey, State
from onhand.heal.adopt import file_drift
from onhand.heal.fix import ADOPTION, By, CannotHeal, Plan, inverse
from onhand.store import Books, DriftRow
from onhand.store.counted import Count


class Adopted(NamedTuple):
    """What a count that was taken over is called in the books, and the number of its drift."""

    cause: str
    drift: int


def adopt_count(books: Books, count: Count, evidence: Sequence[str], now: datetime) -> Adopted:
    """Book what a count shows as of its time. Needs a transaction.

    The origin is the third party: Shopify is told of it like of any movement that did not come from it.
    """
    drift = _drift(count)
    cause = f"adoption/{books.count('adoptions')}"
    dated = count.as_of - CLOCKS_APART
    movements = adopt(drift, cause, reason=f"counted by {count.source}")
    books.ledger.append([replace(row, occurred_at=dated) for row in movements], now)
    filed = _file(books, count, drift, evidence, now)
    books.drifts.close(filed, "adopted", now, cause)
    books.counts.settle(
        replace(count, gap_units=0, gap_since=None, filed_units=0, adopted_units=count.adopted_units + count.gap_units)
    )
    return Adopted(cause, filed)


def report_count(books: Books, count: Count, evidence: Sequence[str], now: datetime) -> int:
    """File a drift for a person, once for each gap; return its number. Needs a transaction."""
    filed = _file(books, count, _drift(count), evidence, now)
    books.counts.settle(replace(count, filed_units=count.gap_units))
    return filed


def plan_count(books: Books, drift: DriftRow, count: Count) -> Plan:
    """Return how a count's gap would go into what the books hold available now."""
    key = count.key
    held = books.counts.levels([key]).get(key, {}).get(State.AVAILABLE, 0)
    before, after = {State.AVAILABLE: held}, {State.AVAILABLE: held + count.gap_units}
    return Plan(drift=drift.id, key=key, way="adopt", before=before, after=after)


def plan_keep(drift: DriftRow) -> Plan:
    """Return that the books stand as they are: a third party cannot be written to."""
    units = {drift.state: drift.books_units}
    return Plan(drift=drift.id, key=LevelKey(drift.item, drift.location), way="keep", before=units, after=units)


def plan_undone_count(books: Books, drift: DriftRow, count: Count) -> Plan:
    """Return the exact inverse of what was last done about a count. Raises CannotHeal where nothing can be taken back.

    An adoption of which something booked later has explained a part cannot: that part is gone already.
    """
    fixes = books.fixes.rows(drift.id)
    last = fixes[-1] if fixes else None
    if last is not None and last.undoes is not None:
        raise CannotHeal(f"drift {drift.id}: {last.actor} took it back at {last.made_at:%Y-%m-%d %H:%M} UTC")
    if last is not None and last.way == "keep":
        return replace(plan_keep(drift), undoes=last.id)
    if drift.status != "adopted" or not drift.note.startswith(ADOPTION):
        raise CannotHeal(f"drift {drift.id} is {drift.status}: nothing was changed that could be taken back")
    if explained(-drift.units, count.adopted_units) != drift.units:
        raise CannotHeal(
            f"drift {drift.id}: a later order or change has explained {drift.note}; of {drift.units:+d} units "
            f"{count.adopted_units:+d} are left, so it cannot be taken back"
        )
    there = plan_count(books, drift, replace(count, gap_units=-drift.units))
    return replace(there, undoes=last.id if last is not None else 0, cause=drift.note)


def take_back(books: Books, plan: Plan, count: Count, units: int, now: datetime) -> None:
    """Book the exact inverse of an adoption, as of its count: as if it had never been. Needs a transaction."""
    assert plan.cause is not None, "only what was adopted is taken back"
    adopted = books.ledger.caused_by(plan.cause)
    books.ledger.append([inverse(row, number, row.occurred_at) for number, row in enumerate(adopted, start=1)], now)
    books.counts.settle(replace(count, adopted_units=count.adopted_units - units))


def keep_books(books: Books, drift: DriftRow, count: Count, by: By, now: datetime) -> None:
    """Close a drift because the books stand; the same gap is not filed again. Needs a transaction."""
    books.drifts.close(drift.id, "closed", now, f"the books stand, says {by.actor}: {by.reason}")
    books.counts.settle(replace(count, filed_units=count.gap_units))


def _drift(count: Count) -> Drift:
    seen = Observation(
        source=count.source,
        item=count.key.item,
        location=count.key.location,
        units={State.AVAILABLE: count.units},
        observed_at=count.as_of,
    )
    return Drift(observation=seen, books_units={State.AVAILABLE: count.units - count.gap_units})


def _file(books: Books, count: Count, drift: Drift, evidence: Sequence[str], now: datetime) -> int:
    what = "on hand" if count.measure == "on_hand" else "available"
    said = (
        f"{count.source} counted {count.units} {what} at {count.as_of:%Y-%m-%d %H:%M:%S} UTC ({count.cause}); "
        f"the books held {count.units - count.gap_units} {what} then"
    )
    return file_drift(books, drift, name_causes(drift.units, Known())[0], [said, *evidence], now)
