"""Adopting: a level that nothing explains, at a location whose authority shows it, is taken over into the books."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from onhand.domain.causes import Cause, name_causes
from onhand.domain.drift import Drift, adopt, split_claims
from onhand.domain.stock import KEPT_STATES, State, on_hand
from onhand.heal.causes import known_of, take_back
from onhand.store import Books


def adopt_drift(books: Books, drift: Drift, evidence: Sequence[str], now: datetime) -> str:
    """Book an adoption and return its cause. Needs a transaction; the caller has judged that nothing explains it.

    The movements go against `unexplained`, and a picture that explains them later takes them back. A level that
    nothing has moved yet is no riddle: it is new, and what it shows is its opening balance. Orders that claimed no
    stock are no riddle either: what was booked for them is booked back under their own names.
    """
    if not books.ledger.known([drift.observation.key]):
        return _open(books, drift, now)
    known = known_of(books, drift)
    named = name_causes(drift.units, known)[0]
    if known.unclaimed:
        drift_id = file_drift(books, drift, named, evidence, now)
        causes = take_back(books, drift.observation.item, known.unclaimed, drift.observation.source, now)
        books.drifts.close(drift_id, "closed", now, f"booked back: {', '.join(causes)}")
        return ", ".join(causes)
    seen = drift.observation
    cause = f"adoption/{books.count('adoptions')}"
    books.ledger.append(adopt(drift, cause), now)
    books.drifts.record_adoption(cause, seen.key, seen.source, _kept(drift.units), seen.observed_at)
    drift_id = file_drift(books, drift, named, evidence, now)
    books.drifts.close(drift_id, "adopted", now, cause)
    return cause


def adopt_claims(books: Books, drift: Drift, evidence: Sequence[str], now: datetime) -> Drift | None:
    """Adopt what orders alone have changed, where somebody else than the platform is believed; return what is left.

    None: nothing is left. What is on hand stays the same, so no count says anything of it. Where a claim has ended and
    on hand differs as well, its units may have been shipped: a person decides, unless orders of apps explain it.
    """
    claims, rest = split_claims(drift)
    if not claims.units:
        return drift
    if claims.units[State.COMMITTED] < 0 and on_hand(rest.units) and not known_of(books, claims).unclaimed:
        return drift
    adopt_drift(books, claims, evidence, now)
    return rest if rest.units else None


def file_drift(books: Books, drift: Drift, named: Cause, evidence: Sequence[str], now: datetime) -> int:
    """File a drift with the cause that is believed, and return its id. Needs a transaction."""
    return books.drifts.open(drift, named.name, named.confidence, [*evidence, *named.evidence], now)


def report_drift(books: Books, drift: Drift, evidence: Sequence[str], now: datetime) -> int:
    """File a drift that is not adopted, because another authority counts there. Needs a transaction."""
    return file_drift(books, drift, name_causes(drift.units, known_of(books, drift))[0], evidence, now)


def _open(books: Books, drift: Drift, now: datetime) -> str:
    seen = drift.observation
    cause = f"opening/{seen.item}@{seen.location}"
    books.ledger.set_cut(seen.key, seen.observed_at)
    books.ledger.append(adopt(drift, cause, against=State.SUPPLIER, reason="opening balance"), now)
    return cause


def _kept(units: Mapping[State, int]) -> dict[State, int]:
    return {state: count for state, count in units.items() if state in KEPT_STATES}
