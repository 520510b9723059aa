"""The bench of throttled telling: figures that can be checked by hand, and a few thousand changes on its whole way."""

from datetime import UTC, datetime, timedelta

import pytest

from onhand.bench.throttle import bench_throttle
from onhand.bench.throttle_changes import KINDS, Change, minimum_points
from onhand.bench.throttle_order import Order, Told, judge_order
from onhand.domain.stock import LevelKey


def told(*rows: tuple[int, float]) -> list[Told]:
    """Return levels that are left with so many units, told so many seconds after noon."""
    noon = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
    return [Told(units, noon + timedelta(seconds=after_s)) for units, after_s in rows]


def test_a_few_thousand_changes_cost_little_more_than_they_must_and_the_last_units_go_first() -> None:
    result = bench_throttle(changes=4_000)
    assert result.differing == 0
    assert result.reads == 0
    assert result.throttled == 1
    assert result.ratio <= 1.2  # a call more or less is 6 % of so few
    assert result.urgent > 200
    assert result.urgent_told_s < 0.5 * result.lowered_told_s
    assert result.pairs_in_order > 0.9
    assert result.simulated_s >= result.minimum_s


def test_every_kind_of_write_needs_its_own_calls() -> None:
    kinds = {kind.name: kind for kind in KINDS}
    level = LevelKey("1", "2")
    changes = [Change(level, kinds["ordered"], 5)] * 251 + [Change(level, kinds["partly shipped"], 5)] * 3
    assert minimum_points(changes) == 10 * (2 + 1)


@pytest.mark.parametrize(
    ("rows", "order"),
    [
        ([(0, 1.0), (3, 2.0), (3, 1.5), (9, 9.0)], Order(pairs_in_order=1.0, passed_by_units=0, passed_by_s=0.0)),
        ([(0, 1.0), (9, 1.0)], Order(pairs_in_order=1.0, passed_by_units=0, passed_by_s=0.0)),
        ([(9, 1.0), (5, 2.5), (0, 3.0)], Order(pairs_in_order=0.0, passed_by_units=9, passed_by_s=2.0)),
        ([(1, 1.0), (8, 2.0), (2, 4.0), (9, 5.0)], Order(pairs_in_order=5 / 6, passed_by_units=6, passed_by_s=2.0)),
    ],
)
def test_an_order_is_judged_by_who_was_told_before_whom(rows: list[tuple[int, float]], order: Order) -> None:
    assert judge_order(told(*rows)) == order
