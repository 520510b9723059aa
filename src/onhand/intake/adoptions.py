"""Adoptions that a later picture explains: what was taken over against `unexplained` is taken back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from onhand.domain.drift import overlap
from onhand.domain.stock import KEPT_STATES, Bin, LevelKey, Movement, State, fold, pair_off
from onhand.store import Adoption, Books


def append_explaining(
    books: Books,
    origin: str,
    movements: Sequence[Movement],
    now: datetime,
    counted_at: Mapping[str, datetime] | None = None,
) -> int:
    """Write movements that a fact has caused, and take back what was adopted for want of them; return how many.

    `origin` is the channel that the fact came from: only adoptions of its counts are taken back. `counted_at` is when
    its levels followed, by movement; those that are left out followed when they occurred.
    """
    if not movements:
        return 0
    written = (*movements, *_reverse_adoptions(books, origin, movements, counted_at or {}))
    books.ledger.append(written, now)
    return len(written)


def _reverse_adoptions(
    books: Books, origin: str, movements: Sequence[Movement], counted_at: Mapping[str, datetime]
) -> tuple[Movement, ...]:
    """Return movements that take back the part of adoptions which these movements now account for."""
    touched = {LevelKey(m.item, bin_.location) for m in movements for bin_ in (m.source, m.target)}
    reversals: list[Movement] = []
    for adoption in books.drifts.open_adoptions(sorted(touched)):
        if adoption.source == origin:
            reversals += _reverse(books, adoption, movements, counted_at)
    return tuple(reversals)


def _reverse(
    books: Books, adoption: Adoption, movements: Iterable[Movement], counted_at: Mapping[str, datetime]
) -> list[Movement]:
    earlier = [
        movement for movement in movements if counted_at.get(movement.id, movement.occurred_at) <= adoption.observed_at
    ]
    moved = {
        bin_.state: units
        for (item, bin_), units in fold(earlier).items()
        if item == adoption.item and bin_.location == adoption.location and bin_.state in KEPT_STATES
    }
    shared = overlap(adoption.units, moved)
    if not shared:
        return []
    books.drifts.reduce_adoption(adoption.cause, shared)
    gaps = {(adoption.item, Bin(adoption.location, state)): -units for state, units in shared.items()}
    balance = sum(gaps.values())
    if balance:
        gaps[adoption.item, Bin(adoption.location, State.UNEXPLAINED)] = -balance
    first = earlier[0]
    return [
        Movement(
            id=f"{adoption.cause}/explained-by/{first.id}/{number}",
            item=transfer.item,
            source=transfer.source,
            target=transfer.target,
            units=transfer.units,
            cause=adoption.cause,
            origin=adoption.source,
            reason=f"explained by {first.cause}",
            occurred_at=first.occurred_at,
        )
        for number, transfer in enumerate(pair_off(gaps), start=1)
    ]
