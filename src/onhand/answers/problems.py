"""What only a person can settle."""

from dataclasses import dataclass
from datetime import datetime

from onhand.store import Books


@dataclass(frozen=True, kw_only=True, slots=True)
class ProblemShown:
    """One problem with the way out; `key` makes it one, however often it was met."""

    shop: str
    kind: str
    key: str
    message: str
    next_step: str
    opened_at: datetime


def problems(books: Books, shop: str) -> list[ProblemShown]:
    """Return what a person must settle, oldest first."""
    return [
        ProblemShown(
            shop=shop,
            kind=row.kind,
            key=row.key,
            message=row.message,
            next_step=row.next_step,
            opened_at=row.opened_at,
        )
        for row in books.problems.open()
    ]
