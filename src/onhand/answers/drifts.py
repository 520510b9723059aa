"""Drifts: what was observed and the books do not explain, with the cause that was found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from onhand.answers.lookup import NotKnown, location_names
from onhand.heal.fix import IN_FORCE, outcome_of
from onhand.store import Books
from onhand.store.fixes import Way

Status = Literal["open", "adopted", "closed"]
CHANGED: Mapping[Way, Literal["books", "platform", "nothing"]] = {
    "write": "platform",
    "adopt": "books",
    "keep": "nothing",
}
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True, kw_only=True, slots=True)
class FixShown:
    """One decision about a drift. `changed` is whose numbers went from `before` to `after`, by state, nothing where
    ours stand.

    `status` is done, refused (nothing was overwritten), under way or unknown; `undoes` True where it took one back.
    """

    at: datetime
    actor: str
    reason: str
    changed: Literal["books", "platform", "nothing"]
    before: Mapping[str, int]
    after: Mapping[str, int]
    undoes: bool
    status: str
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DriftShown:
    """One drift. `units` = observed minus books, in `state`; `books` and `observed` have every state that was seen.

    `value_at_risk` is what the units are worth in `currency`, at cost, or at the price where the cost is not known;
    None where neither is.
    """

    id: int
    shop: str
    sku: str | None
    item: str
    location: str
    source: str
    state: str
    books_units: int
    observed_units: int
    units: int
    books: Mapping[str, int]
    observed: Mapping[str, int]
    cause: str
    confidence: float
    evidence: Sequence[object]
    status: str
    opened_at: datetime
    closed_at: datetime | None
    note: str
    value_at_risk: float | None = None
    currency: str | None = None
    fixes: Sequence[FixShown] = ()


def drifts(books: Books, shop: str, status: str | None = "open") -> list[DriftShown]:
    """Return drifts of a status, newest last; None: of any. Raises NotKnown for a status that there is not."""
    wanted = next((known for known in STATUSES if known == status), None)
    if status is not None and wanted is None:
        raise NotKnown(f"drifts are {', '.join(STATUSES)}; there is no status {status!r}")
    rows = books.drifts.rows(status=wanted)
    items = books.catalog.items_of({row.item for row in rows})
    worth = {row.id: items[row.item].value_of(abs(row.units)) for row in rows if row.item in items}
    names = location_names(books)
    fixes = _fixes(books)
    return [
        DriftShown(
            id=row.id,
            shop=shop,
            sku=items[row.item].sku if row.item in items else None,
            item=row.item,
            location=names.get(row.location, row.location),
            source=row.source,
            state=str(row.state),
            books_units=row.books_units,
            observed_units=row.observed_units,
            units=row.units,
            books={str(state): units for state, units in row.books.items()},
            observed={str(state): units for state, units in row.observed.items()},
            cause=row.cause,
            confidence=row.confidence,
            evidence=row.evidence,
            status=row.status,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            note=row.note,
            value_at_risk=float(money.amount) if (money := worth.get(row.id)) else None,
            currency=money.currency if money else None,
            fixes=fixes.get(row.id, ()),
        )
        for row in rows
    ]


def drift(books: Books, shop: str, drift_id: int) -> DriftShown:
    """Return one drift. Raises NotKnown."""
    found = [row for row in drifts(books, shop, None) if row.id == drift_id]
    if not found:
        raise NotKnown(f"{shop} has no drift {drift_id}; `onhand drift ls --status all` shows every one")
    return found[0]


def _fixes(books: Books) -> dict[int, list[FixShown]]:
    found: dict[int, list[FixShown]] = {}
    for fix in books.fixes.rows():
        wrote = fix.way == "write"
        status, note = outcome_of(books.intents.of_run(fix.run)) if wrote else (IN_FORCE, fix.run)
        shown = FixShown(
            at=fix.made_at,
            actor=fix.actor,
            reason=fix.reason,
            changed=CHANGED[fix.way],
            before={str(state): units for state, units in fix.before.items()},
            after={str(state): units for state, units in fix.after.items()},
            undoes=fix.undoes is not None,
            status=status,
            note=note,
        )
        found.setdefault(fix.drift, []).append(shown)
    return found
