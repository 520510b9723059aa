"""Rests: what was tried in vain is left alone for a while, longer each time, and for good reasons not for ever."""

from datetime import UTC, datetime, timedelta

from onhand.domain.stock import LevelKey
from onhand.serve.rests import LONGEST_REST_S, Rests

TEE, CAP = LevelKey("tee", "Boston"), LevelKey("cap", "Boston")
NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def rest_s(rests: Rests, now: datetime) -> float:
    """Let the tee rest and return for how long."""
    rests.begin([TEE], now)
    seconds = 0.0
    while TEE in rests.at(now + timedelta(seconds=seconds)):
        seconds += 0.5
    return seconds


def test_each_time_in_vain_makes_the_rest_twice_as_long_up_to_five_minutes() -> None:
    rests, now, waited = Rests(), NOW, []
    for _ in range(11):
        waited.append(rest_s(rests, now))
        now += timedelta(seconds=waited[-1])
    assert waited == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_others_do_not_rest() -> None:
    rests = Rests()
    rests.begin([TEE], NOW)
    assert rests.at(after(0.5)) == {TEE}
    rests.begin([CAP], after(0.5))
    assert rests.at(after(0.9)) == {TEE, CAP}
    assert rests.at(after(1.2)) == {CAP}


def test_a_success_begins_anew() -> None:
    rests = Rests()
    rest_s(rests, NOW)
    rest_s(rests, after(1))
    rests.end([TEE, CAP])
    assert rests.at(after(1.1)) == set()
    assert rest_s(rests, after(10)) == 1.0


def test_what_was_in_vain_long_ago_is_forgotten() -> None:
    rests = Rests()
    rest_s(rests, NOW)
    rests.begin([CAP], after(LONGEST_REST_S + 2))
    assert rest_s(rests, after(LONGEST_REST_S + 3)) == 1.0
