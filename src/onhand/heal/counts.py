"""What a third party counted and nothing explains: taken over where it is believed, else shown to a person."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from onhand.domain.causes import Known, name_causes
from onhand.domain.drift import Drift, Observation, adopt
from onhand.domain.stock import State
from onhand.heal.adopt import file_drift
from onhand.store import Books
from onhand.store.counted import Count


def adopt_count(books: Books, count: Count, evidence: Sequence[str], now: datetime) -> str:
    """Book what a count shows as of its time and return the cause. Needs a transaction.

    The origin is the third party: Shopify is told of it like of any movement that did not come from it.
    """
    drift = _drift(count)
    cause = f"adoption/{books.count('adoptions')}"
    books.ledger.append(adopt(drift, cause, reason=f"counted by {count.source}"), now)
    filed = _file(books, count, drift, evidence, now)
    books.drifts.close(filed, "adopted", now, cause)
    books.counts.settle(
        replace(count, gap_units=0, gap_since=None, filed_units=0, adopted_units=count.adopted_units + count.gap_units)
    )
    return cause


def report_count(books: Books, count: Count, evidence: Sequence[str], now: datetime) -> int:
    """File a drift for a person, once for each gap; return its number. Needs a transaction."""
    filed = _file(books, count, _drift(count), evidence, now)
    books.counts.settle(replace(count, filed_units=count.gap_units))
    return filed


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
