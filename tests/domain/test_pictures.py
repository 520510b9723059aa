"""Which of two pictures is the newer: by the channel's time, then by the order of our readings."""

from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from onhand.domain.pictures import Seen, Version, judge

T0 = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
LATER = T0 + timedelta(seconds=1)


def seen(at: datetime, reading: int, digest: str, told: str | None = None) -> Seen:
    return Seen(version=Version(at=at, reading=reading), digest=digest, told_digest=told)


def test_the_first_picture_is_news() -> None:
    assert judge(None, Version(at=T0), "a") == "newer"


def test_an_older_picture_never_replaces_a_newer_one() -> None:
    assert judge(seen(LATER, 0, "b"), Version(at=T0, reading=7), "a") == "older"


def test_a_repeated_webhook_is_the_same_even_after_a_reading_of_that_second() -> None:
    assert judge(seen(T0, 3, "read", told="a"), Version(at=T0), "a") == "same"


def test_two_webhooks_of_one_second_with_other_content_need_a_reading() -> None:
    assert judge(seen(T0, 0, "a", told="a"), Version(at=T0), "b") == "tie"


def test_a_reading_settles_a_tie_and_a_later_reading_wins() -> None:
    assert judge(seen(T0, 0, "a", told="a"), Version(at=T0, reading=4), "c") == "newer"
    assert judge(seen(T0, 4, "c"), Version(at=T0, reading=5), "d") == "newer"
    assert judge(seen(T0, 5, "d"), Version(at=T0, reading=4), "c") == "older"


@given(st.integers(0, 3), st.integers(0, 3), st.sampled_from("ab"), st.sampled_from("ab"))
def test_no_two_pictures_each_count_as_newer_than_the_other(one: int, two: int, a: str, b: str) -> None:
    assume(one != two or one == 0)  # two readings never carry one number
    first, second = Version(at=T0, reading=one), Version(at=T0, reading=two)
    forward = judge(Seen(version=first, digest=a, told_digest=None), second, b)
    back = judge(Seen(version=second, digest=b, told_digest=None), first, a)
    assert (forward, back) != ("newer", "newer")
