"""What waits for a person: problems, what is oversold, drifts and parked deliveries, each with its next step."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from onhand.answers import DriftShown, OversellShown, drifts, problems, worst_oversells
from onhand.store import Books

SHOWN = 6
"""How many of them the page lists; the commands list all."""

_PARKED_READ = 50
"""Parked deliveries that are looked at: far more than the page shows."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """One thing that waits for a person, and the way out. `since_at` is None where nothing says since when."""

    kind: str
    message: str
    next_step: str
    since_at: datetime | None = None


def read_needs(books: Books, shop: str) -> list[Need]:
    """Return what waits for a person: problems, the worst oversells, drifts, parked deliveries."""
    return [
        *(
            Need(kind=row.kind, message=row.message, next_step=row.next_step, since_at=row.opened_at)
            for row in problems(books, shop)
        ),
        *(of_oversell(row) for row in worst_oversells(books, shop, SHOWN)[1]),
        *(_of_drift(row) for row in drifts(books, shop)),
        *(
            Need(
                kind="parked",
                message=f"{row.topic} from {row.channel}: {row.note}",
                next_step=f"onhand inbox show {row.position}, then: onhand inbox replay {row.position}",
                since_at=row.finished_at,
            )
            for row in books.deliveries.rows(status="parked", limit=_PARKED_READ)
        ),
    ]


def mark_of(needs: Iterable[Need]) -> str:
    """Return a short text that differs when the needs differ: the page looks again then."""
    lines = "\n".join(f"{need.kind} {need.message} {need.since_at}" for need in needs)
    return hashlib.sha256(lines.encode()).hexdigest()[:12]


def of_oversell(row: OversellShown) -> Need:
    """Return an oversell as something that waits for a person."""
    where = f"at {row.location}" if row.location is not None else "and nobody said where from"
    names = ", ".join(dict.fromkeys(claim.name for claim in row.waiting))
    waits = f"; {names} {'waits' if len(row.waiting) == 1 else 'wait'}" if names else ""
    return Need(
        kind="oversold",
        message=f"{row.sku or row.item}: {row.units} sold that are not there, {where}{waits}",
        next_step=row.next_step,
        since_at=row.since,
    )


def _of_drift(row: DriftShown) -> Need:
    much = f"{-row.units} too few" if row.units < 0 else f"{row.units} too many"
    books = f"books expect {row.books_units} {row.state}, {row.source} shows {row.observed_units}"
    cause = f" Likely: {row.cause}." if row.cause else ""
    decides = f"onhand drift accept or fix {row.id} decides"
    if row.source != "shopify":
        decides = f"onhand drift accept {row.id} takes it over, fix {row.id} lets the books stand"
    return Need(
        kind="drift",
        message=f"{row.sku or row.item} at {row.location}: {books} ({much}).{cause}",
        next_step=f"onhand drift show {row.id} has the evidence; {decides}",
        since_at=row.opened_at,
    )
