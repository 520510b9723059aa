"""Points are spent knowingly: never more than there are, and a write that lowers stock before everything else."""

import threading
import time
from collections.abc import Callable

import pytest

from onhand.channels.shopify.bucket import Bucket, Lane, PointsShort, ThrottleStatus


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def told(available: float, maximum: float = 2000.0, rate: float = 100.0) -> ThrottleStatus:
    return ThrottleStatus(maximum_available=maximum, currently_available=available, restore_rate=rate)


def until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        time.sleep(0.01)


def test_points_come_back_with_time_and_never_above_the_bucket() -> None:
    clock = Hand()
    bucket = Bucket(clock)
    bucket.take(1500, Lane.LOWERING, clock.now)
    assert bucket.points().available == 500
    clock.now += 3
    assert bucket.points().available == 800
    clock.now += 3600
    assert bucket.points().available == 2000


def test_the_answer_knows_better_than_the_prediction() -> None:
    clock = Hand()
    bucket = Bucket(clock)
    bucket.take(100, Lane.READ, clock.now)
    bucket.settle(100, told(7, maximum=40, rate=2), carried_out=True)
    points = bucket.points()
    assert (points.available, points.maximum, points.restore_per_s) == (7, 40, 2)


def test_calls_still_out_are_counted_as_if_the_answer_did_not_know_of_them() -> None:
    clock = Hand()
    bucket = Bucket(clock)
    bucket.take(300, Lane.WRITE, clock.now)
    bucket.take(200, Lane.WRITE, clock.now)
    bucket.settle(200, told(1000), carried_out=True)
    assert bucket.points().available == 700
    bucket.settle(300, told(1000), carried_out=True)
    assert bucket.points().available == 1000


def test_what_was_not_carried_out_is_given_back_and_what_may_have_been_is_not() -> None:
    clock = Hand()
    bucket = Bucket(clock)
    bucket.take(300, Lane.WRITE, clock.now)
    bucket.settle(300, None, carried_out=False)
    assert bucket.points().available == 2000
    bucket.take(300, Lane.WRITE, clock.now)
    bucket.settle(300, None, carried_out=True)
    assert bucket.points().available == 1700


@pytest.mark.parametrize(
    ("lane", "left", "wait_s"),
    [
        (Lane.PERSON, 0, 0.5),
        (Lane.LOWERING, 40, 0.9),
        (Lane.WRITE, 100, 1.5),
        (Lane.READ, 200, 2.5),
        (Lane.SWEEP, 1000, 10.5),
    ],
)
def test_a_lane_leaves_points_to_those_before_it(lane: Lane, left: float, wait_s: float) -> None:
    clock = Hand()
    bucket = Bucket(clock)
    bucket.take(2000, Lane.LOWERING, clock.now)
    with pytest.raises(PointsShort) as short:
        bucket.take(50, lane, clock.now)
    assert short.value.wait_s == pytest.approx(wait_s)
    clock.now += wait_s
    bucket.take(50, lane, clock.now)
    assert bucket.points().available == pytest.approx(left)


def test_a_bucket_that_nobody_has_told_of_is_not_counted_on() -> None:
    clock = Hand()
    bucket = Bucket(clock)
    assert bucket.affordable(10, Lane.LOWERING) == 1
    bucket.take(10, Lane.LOWERING, clock.now)
    bucket.settle(10, told(7), carried_out=False)
    assert bucket.affordable(10, Lane.LOWERING) == 0
    clock.now += 1
    assert bucket.affordable(10, Lane.LOWERING) == (107 - 40) // 10


def test_a_call_larger_than_a_tiny_bucket_waits_for_a_full_one_and_not_for_ever() -> None:
    clock = Hand()
    bucket = Bucket(clock)
    bucket.take(1, Lane.READ, clock.now)
    bucket.settle(1, told(40, maximum=40, rate=2), carried_out=True)
    bucket.take(135, Lane.SWEEP, clock.now)
    assert bucket.points().available == -95


def test_a_lowering_write_overtakes_a_sweep_that_came_first() -> None:
    clock = Hand()
    bucket = Bucket(clock, lambda turn, _wait_s: turn.wait(0.01))
    bucket.take(2000, Lane.LOWERING, clock.now)
    bucket.settle(2000, told(0, maximum=100, rate=200.0), carried_out=True)
    order: list[Lane] = []

    def ask(lane: Lane) -> None:
        bucket.take(40, lane, clock.now + 1000)
        order.append(lane)

    lanes = (Lane.SWEEP, Lane.READ, Lane.WRITE, Lane.LOWERING)
    threads = [threading.Thread(target=ask, args=(lane,)) for lane in lanes]
    for number, thread in enumerate(threads, start=1):
        thread.start()
        until(lambda number=number: len(bucket._queue) == number)  # type: ignore[misc]
    for number in range(1, len(lanes) + 1):
        while len(bucket._queue) > len(lanes) - number:
            clock.now += 0.05  # for a quarter of a call
            time.sleep(0.01)
        until(lambda number=number: len(order) == number)  # type: ignore[misc]
    for thread in threads:
        thread.join()
    assert order == [Lane.LOWERING, Lane.WRITE, Lane.READ, Lane.SWEEP]


def test_many_threads_never_take_more_than_there_is() -> None:
    bucket = Bucket()
    bucket.take(1000, Lane.LOWERING, time.monotonic())
    bucket.settle(1000, told(100, maximum=100, rate=500.0), carried_out=True)
    began, taken = time.monotonic(), []

    def ask() -> None:
        try:
            bucket.take(20, Lane.LOWERING, began + 0.5)
        except PointsShort:
            return
        taken.append(20)

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed_s = time.monotonic() - began
    assert 100 <= sum(taken) <= 100 + 500 * elapsed_s


def test_whoever_gives_up_leaves_the_queue_to_the_next() -> None:
    bucket = Bucket()
    bucket.take(2000, Lane.LOWERING, time.monotonic())
    bucket.settle(2000, told(0, maximum=1000, rate=1000.0), carried_out=True)

    def give_up() -> None:
        with pytest.raises(PointsShort):
            bucket.take(900, Lane.WRITE, time.monotonic() + 0.05)

    impatient = threading.Thread(target=give_up)
    impatient.start()
    bucket.take(50, Lane.READ, time.monotonic() + 5)
    impatient.join()
