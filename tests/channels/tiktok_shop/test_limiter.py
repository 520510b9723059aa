"""How fast TikTok Shop is called."""

import threading

import pytest

from onhand.channels.tiktok_shop.limiter import Limiter


class Time:
    """A clock that a test moves; sleeping moves it too."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.slept_s = 0.0

    def read(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        self.slept_s += seconds


@pytest.fixture
def time() -> Time:
    return Time()


def limiter(time: Time, per_s: float = 2.0) -> Limiter:
    return Limiter(per_s, 1.0, time.read, time.sleep)


def test_two_a_second_go_a_little_over_half_a_second_apart_once_those_in_hand_are_used(time: Time) -> None:
    limit = limiter(time)
    assert [limit.take(10) for _ in range(6)] == [0.0] * 6
    assert time.slept_s == pytest.approx(2.0 / 0.95)


def test_who_would_wait_too_long_hears_when_to_come_back(time: Time) -> None:
    limit = limiter(time)
    assert [limit.take(0.1), limit.take(0.1)] == [0.0, 0.0]
    assert limit.take(0.1) == pytest.approx(0.5 / 0.95)
    assert limit.ready() == 0
    time.now_s += 0.53
    assert (limit.ready(), limit.take(0.1)) == (1, 0.0)


def test_no_more_than_one_second_of_rest_is_saved_up(time: Time) -> None:
    limit = limiter(time, 10.0)
    time.now_s += 1000
    assert limit.ready() == 10


def test_each_refusal_halves_the_rate_and_success_brings_it_back(time: Time) -> None:
    limit = limiter(time, 8.0)
    limit.refused(None)
    limit.refused(None)
    assert limit.per_s == 2.0
    for _ in range(1000):
        limit.succeeded()
    assert limit.per_s == 8.0
    for _ in range(100):
        limit.refused(0)
    assert limit.per_s == pytest.approx(0.4)


def test_nothing_goes_before_the_time_that_was_asked_for(time: Time) -> None:
    limit = limiter(time)
    assert limit.refused(7.0) == 7.0
    assert limit.ready() == 0
    assert limit.take(1) == pytest.approx(7.0)
    time.now_s += 7.0
    assert limit.take(1) == 0.0


def test_without_a_time_the_pause_doubles_and_an_absurd_one_is_capped(time: Time) -> None:
    limit = limiter(time, 100.0)
    assert [limit.refused(None) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    limit.succeeded()
    assert limit.refused(None) == 1
    assert limit.refused(1e9) == 60


def test_many_threads_share_one_rate() -> None:
    limit = Limiter(200.0)
    taken: list[float] = []
    threads = [threading.Thread(target=lambda: taken.extend(limit.take(5) for _ in range(20))) for _ in range(6)]
    while limit.ready():
        limit.take(0)
    import time as real

    began = real.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken == [0.0] * 120
    assert real.monotonic() - began > 0.5  # 120 calls at 200 a second
