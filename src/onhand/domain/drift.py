"""Drift: what was observed, less what the books say."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from onhand.domain.stock import Bin, LevelKey, Movement, State, pair_off


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """Units of `item` at `location` by state, as `source` showed them at `observed_at`.

    States that the source did not show are absent. `observed_at` is the source's own time. `reading` numbers our own
    readings in the order they began; 0 means that the source sent it by itself, and its times have whole seconds.
    """

    source: str
    item: str
    location: str
    units: Mapping[State, int]
    observed_at: datetime
    reading: int = 0

    @property
    def key(self) -> LevelKey:
        """The level that was observed."""
        return LevelKey(self.item, self.location)


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """An observation that the books do not explain. `units` is observed minus books: negative is missing."""

    observation: Observation
    books_units: Mapping[State, int]

    @property
    def units(self) -> dict[State, int]:
        """The gap in each observed state; states that agree are left out."""
        gaps = {state: observed - self.books_units.get(state, 0) for state, observed in self.observation.units.items()}
        return {state: units for state, units in gaps.items() if units}

    def __str__(self) -> str:
        gaps = []
        for state, units in sorted(self.units.items()):
            much = f"{-units} too few" if units < 0 else f"{units} too many"
            books, observed = self.books_units.get(state, 0), self.observation.units[state]
            gaps.append(f"books expect {books} {state}, {self.observation.source} shows {observed} ({much})")
        return f"drift for {self.observation.item} at {self.observation.location}: {'; '.join(gaps)}"


def compare(
    observation: Observation, expected: Mapping[State, int], in_flight: Mapping[State, int] | None = None
) -> Drift | None:
    """Return the drift, or None when the counts agree or what is in flight explains the gap.

    `expected` is what the platform should show once it has confirmed what it was told: the books less what it has
    not been told. `in_flight` is signed: what was sent and is not confirmed will still change it, or already has.
    """
    drift = Drift(observation=observation, books_units=expected)
    gaps = drift.units
    if not gaps:
        return None
    flying = {state: (in_flight or {}).get(state, 0) for state in observation.units}
    if gaps == {state: units for state, units in flying.items() if units}:
        return None
    return drift


def adopt(
    drift: Drift, cause: str, *, against: State = State.UNEXPLAINED, reason: str = "adopted"
) -> tuple[Movement, ...]:
    """Return the movements that make the books agree with an observation, against a state outside the location.

    A gap that only shifts units between states of the level stays inside it; just the rest goes to or comes from
    `against`. The origin is the source: it shows these units already and need not be told.
    """
    seen = drift.observation
    gaps = {(seen.item, Bin(seen.location, state)): units for state, units in drift.units.items()}
    balance = sum(gaps.values())
    if balance:
        gaps[seen.item, Bin(seen.location, against)] = -balance
    return tuple(
        Movement(
            id=f"{cause}/{number}",
            item=transfer.item,
            source=transfer.source,
            target=transfer.target,
            units=transfer.units,
            cause=cause,
            origin=seen.source,
            reason=reason,
            occurred_at=seen.observed_at,
        )
        for number, transfer in enumerate(pair_off(gaps), start=1)
    )


def split_claims(drift: Drift) -> tuple[Drift, Drift]:
    """Return the part of a drift that orders have brought about, and the rest; either may have no gap.

    Nothing but an order changes committed, and what it holds, or holds no more, was or is available: no app and no hand
    can write it (Shopify 2026-10, inventoryAdjustQuantities: not among the adjustable names).
    """
    units = drift.units.get(State.COMMITTED, 0)
    moved = {State.COMMITTED: units, State.AVAILABLE: -units}
    seen, before = drift.observation, drift.books_units
    after = {state: before.get(state, 0) + moved.get(state, 0) for state in {**before, **seen.units}}
    shown = {state: after.get(state, 0) for state in seen.units}
    return Drift(observation=replace(seen, units=shown), books_units=before), replace(drift, books_units=after)


def overlap(adopted: Mapping[State, int], moved: Mapping[State, int]) -> dict[State, int]:
    """Return the part of an adoption that later movements account for, by state.

    An adoption took over a gap without knowing its reason. Movements that happened before it was observed, and that
    change the same states in the same direction, are that reason.
    """
    shared: dict[State, int] = {}
    for state, units in adopted.items():
        other = moved.get(state, 0)
        if units * other > 0:
            shared[state] = min(units, other) if units > 0 else max(units, other)
    return shared
