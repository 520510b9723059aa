"""Drifts that were filed, and adoptions that a later picture may still explain."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from onhand.domain.drift import Drift
from onhand.domain.stock import KEPT_STATES, LevelKey, State
from onhand.store.engine import Sql
from onhand.store.json_text import STATES, dump, load, load_units, pairs
from onhand.store.rows import time_of
from onhand.store.statements import Row
from onhand.store.times import from_us, to_us

Status = Literal["open", "adopted", "closed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class DriftRow:
    """A filed drift. `units` is observed minus books of `state`, `books` and `observed` hold every observed state.

    `state` is available where that differs, else the first state that does.
    """

    id: int
    item: str
    location: str
    source: str
    state: State
    books_units: int
    observed_units: int
    units: int
    books: dict[State, int]
    observed: dict[State, int]
    cause: str
    confidence: float
    evidence: list[Any]
    status: Status
    opened_at: datetime
    closed_at: datetime | None
    note: str


class Adoption(NamedTuple):
    """What is left of an adoption, by state. `source` is whose observation was adopted."""

    cause: str
    item: str
    location: str
    source: str
    units: dict[State, int]
    observed_at: datetime


class Drifts:
    """The drifts and adoptions of one shop."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def open(self, drift: Drift, cause: str, confidence: float, evidence: Sequence[Any], at: datetime) -> int:
        """File a drift and return its id. A level and source has one open drift: another brings it up to date."""
        seen = drift.observation
        row = self._sql.row(
            "open_drift",
            {
                "shop": self._shop,
                "item": seen.item,
                "location": seen.location,
                "source": seen.source,
                "books": dump({state.value: drift.books_units.get(state, 0) for state in seen.units}),
                "observed": dump({state.value: units for state, units in seen.units.items()}),
                "observed_at": to_us(seen.observed_at),
                "cause": cause,
                "confidence": float(confidence),
                "evidence": dump(list(evidence)),
                "at": to_us(at),
            },
        )
        assert row is not None
        return int(row[0])

    def close(self, id_: int, status: Status, at: datetime, note: str) -> None:
        """Close an open drift as adopted or closed, with the reason in `note`."""
        row = {"shop": self._shop, "id": id_, "status": status, "at": to_us(at), "note": note}
        self._sql.run("close_drift", row)

    def close_level(self, key: LevelKey, status: Status, at: datetime, note: str, source: str = "shopify") -> None:
        """Close whatever drift is open for a level and a source: another one may still show something else."""
        row = {"shop": self._shop, "item": key.item, "location": key.location, "source": source, "status": status}
        self._sql.run("close_drifts_of_level", {**row, "at": to_us(at), "note": note})

    def close_item(self, item: str, at: datetime, note: str) -> None:
        """Close whatever drift is open for an item; no later picture explains what was adopted of it."""
        self._sql.run("close_drifts_of_item", {"shop": self._shop, "item": item, "at": to_us(at), "note": note})
        self._sql.run("forget_adoptions_of_item", (self._shop, item))

    def open_keys(self, keys: Iterable[LevelKey]) -> list[LevelKey]:
        """Return those levels that have an open drift."""
        rows = self._sql.rows("levels_with_open_drifts", (self._shop, pairs(keys)))
        return [LevelKey(item, location) for item, location in rows]

    def rows(self, status: str | None = None) -> list[DriftRow]:
        """Return drifts in the order of filing, of one status where it is given."""
        return [_read(row) for row in self._sql.rows("drifts", {"shop": self._shop, "status": status})]

    def find(self, id_: int) -> DriftRow | None:
        """Return a drift, or None where there is no such id."""
        row = self._sql.row("drift", (self._shop, id_))
        return _read(row) if row else None

    def record_adoption(
        self, cause: str, key: LevelKey, source: str, units: Mapping[State, int], observed_at: datetime
    ) -> None:
        """Keep what was adopted for a level, so that a picture that comes later can take it back."""
        at_us = to_us(observed_at)
        self._sql.run_many(
            "record_adoption",
            [
                (self._shop, cause, state.value, key.item, key.location, source, adopted, at_us)
                for state, adopted in units.items()
                if adopted
            ],
        )

    def open_adoptions(self, keys: Iterable[LevelKey]) -> list[Adoption]:
        """Return what is left of adoptions of some levels, first observed first."""
        if self._sql.row("any_adoption", (self._shop,)) is None:  # asked with every order, and nearly always so
            return []
        found: dict[str, Adoption] = {}
        for cause, item, location, source, state, units, observed_at in self._sql.rows(
            "open_adoptions", (self._shop, pairs(keys))
        ):
            adoption = found.setdefault(cause, Adoption(cause, item, location, source, {}, from_us(observed_at)))
            adoption.units[STATES[state]] = units
        return list(found.values())

    def reduce_adoption(self, cause: str, units: Mapping[State, int]) -> None:
        """Subtract from an adoption what a later picture has explained."""
        row = {"shop": self._shop, "cause": cause}
        self._sql.run_many(
            "reduce_adoption", [{**row, "state": state.value, "units": much} for state, much in units.items()]
        )
        self._sql.run("forget_empty_adoption", row)


def _read(row: Row) -> DriftRow:
    id_, item, location, source, books_text, observed_text, cause, confidence, evidence, status, opened_at, _, note = (
        row
    )
    books, observed = load_units(books_text), load_units(observed_text)
    differing = [state for state in KEPT_STATES if observed.get(state, 0) != books.get(state, 0)]
    state = differing[0] if differing else State.AVAILABLE
    return DriftRow(
        id=id_,
        item=item,
        location=location,
        source=source,
        state=state,
        books_units=books.get(state, 0),
        observed_units=observed.get(state, 0),
        units=observed.get(state, 0) - books.get(state, 0),
        books=books,
        observed=observed,
        cause=cause,
        confidence=confidence,
        evidence=load(evidence),
        status=status,
        opened_at=from_us(opened_at),
        closed_at=time_of(row, 11),
        note=note,
    )
