"""In which order levels were told: the ones closest to zero should be first."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from onhand.domain.stock import LevelKey
from onhand.sandbox.world.world import World


class Told(NamedTuple):
    """When the platform carried out the last of what a level was owed, and the units that it was left with."""

    left_units: int
    told_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """How closely an order followed the risk.

    Of all pairs of levels of which one is left with fewer units, `pairs_in_order` is the share in which that one was
    told no later. Of the others, `passed_by_units` and `passed_by_s` are how many more units the earlier one was left
    with at most, and how long the later one waited since then at most.
    """

    pairs_in_order: float
    passed_by_units: int
    passed_by_s: float


def carried_out_at(world: World, since: datetime) -> dict[LevelKey, datetime]:
    """Return when each level was last written to by the app, as the platform itself has it."""
    told: dict[LevelKey, datetime] = {}
    for group in world.adjustment_groups.values():
        if group.created_at >= since:
            for change in group.changes:
                told[LevelKey(str(change.item_id), str(change.location_id))] = group.created_at
    return told


def judge_order(told: Iterable[Told], up_to_units: float = math.inf) -> Order:
    """Return how closely levels were told by what they were left with; equal units and equal times are in order.

    Whether others were told before it is asked of levels that are left with `up_to_units` at most.
    """
    moments: dict[datetime, Counter[int]] = defaultdict(Counter)
    for one in told:
        moments[one.told_at][one.left_units] += 1
    before: Counter[int] = Counter()
    first_at: dict[int, datetime] = {}
    wrong = passed_by_units = 0
    passed_by_s = 0.0
    for at in sorted(moments):
        for left_units, levels in moments[at].items():
            passed = [units for units in before if units > left_units] if left_units <= up_to_units else []
            wrong += levels * sum(before[units] for units in passed)
            if passed:
                passed_by_units = max(passed_by_units, max(passed) - left_units)
                waited_s = (at - min(first_at[units] for units in passed)).total_seconds()
                passed_by_s = max(passed_by_s, waited_s)
        before += moments[at]
        for units in moments[at]:
            first_at.setdefault(units, at)
    pairs = _unequal_pairs(before)
    return Order(
        pairs_in_order=1.0 - wrong / pairs if pairs else 1.0, passed_by_units=passed_by_units, passed_by_s=passed_by_s
    )


def _unequal_pairs(counts: Mapping[int, int]) -> int:
    levels = sum(counts.values())
    return (levels * levels - sum(count * count for count in counts.values())) // 2
