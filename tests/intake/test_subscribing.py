"""A topic that did not come to us: found, told, made good, settled; and what silence means."""

from datetime import UTC, datetime, timedelta

import pytest

from onhand.intake import subscribing
from onhand.ports.subscriptions import SubscriptionState, TopicState
from onhand.store import Books, Store
from onhand.store.subscriptions import Rhythm

SHOP = "tees.myshopify.com"
NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
PATIENCE = timedelta(hours=1)
HELD = TopicState("orders/create", "held", ("https://here",), "2026-10", whole=False)
LEVELS = TopicState("inventory_levels/update", "held", ("https://here",), "2026-10", whole=True)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def survey(books: Books, now: datetime, *states: TopicState) -> int:
    return subscribing.note_survey(books, "shopify", states, now, PATIENCE)


def bent(state: TopicState, how: SubscriptionState) -> TopicState:
    return state._replace(state=how)


def test_what_was_right_and_is_missing_is_read_from_the_last_time_it_was_right(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        assert survey(books, at(0), HELD, LEVELS) == 0
        assert survey(books, at(60), HELD, LEVELS) == 0
        assert survey(books, at(120), bent(HELD, "missing"), LEVELS) == 1
        assert subscribing.missed(books, "shopify") is None  # it still does not come: first it must be mended
        subscribing.note_mended(books, "shopify", [HELD, LEVELS], {}, at(121))
        missed = subscribing.missed(books, "shopify")
        assert missed is not None
        assert (missed.since, missed.whole) == (at(60), False)
        (problem,) = books.problems.open()
        assert problem.kind == subscribing.LAPSED
        assert "orders/create (missing)" in problem.message
        assert at(60).strftime("%H:%M") in problem.message
        subscribing.note_made_good(books, "shopify", missed, at(123))
        assert subscribing.missed(books, "shopify") is None
        assert books.problems.open() == []


def test_lost_levels_ask_for_everything(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        survey(books, at(0), HELD, LEVELS)
        survey(books, at(60), bent(HELD, "bent"), bent(LEVELS, "elsewhere"))
        subscribing.note_mended(books, "shopify", [HELD, LEVELS], {}, at(61))
        missed = subscribing.missed(books, "shopify")
        assert missed is not None
        assert (missed.since, missed.whole) == (at(0), True)


def test_a_topic_that_comes_twice_has_not_lapsed(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        survey(books, at(0), HELD)
        assert survey(books, at(60), bent(HELD, "duplicated")) == 0
        assert books.problems.open() == []


@pytest.mark.parametrize(("minutes", "lapsed"), [(59, 0), (61, 1)])
def test_the_first_subscription_of_all_reads_only_what_is_older_than_an_audit_would_let_it(
    store: Store, minutes: int, lapsed: int
) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        assert survey(books, at(0), bent(LEVELS, "missing")) == 0  # nothing was ever read: the first sync comes yet
        books.audits.record(at(0), 1.0, {})
        assert survey(books, at(minutes), bent(LEVELS, "missing")) == lapsed


def test_a_lapse_that_comes_back_the_same_day_says_so(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        survey(books, at(0), HELD)
        for hour in (1, 2):
            survey(books, at(60 * hour), bent(HELD, "elsewhere"))
            subscribing.note_mended(books, "shopify", [HELD], {}, at(60 * hour + 1))
            (problem,) = books.problems.open()
            assert ("more were found within a day" in problem.message) is (hour == 2)
            missed = subscribing.missed(books, "shopify")
            assert missed is not None
            subscribing.note_made_good(books, "shopify", missed, at(60 * hour + 3))


HOURLY = Rhythm("orders/create", deliveries=200, days=10, last_at=at(0), silence=timedelta(hours=9))


@pytest.mark.parametrize(
    ("rhythm", "hours", "is_silent"),
    [
        (HOURLY, 17, False),
        (HOURLY, 19, True),
        (HOURLY._replace(days=1), 19, False),
        (HOURLY._replace(deliveries=5), 19, False),
        (HOURLY._replace(silence=timedelta(seconds=2)), 0.4, False),
        (HOURLY._replace(silence=timedelta(seconds=2)), 0.6, True),
    ],
)
def test_a_topic_is_silent_after_twice_its_longest_rest_of_two_weeks(
    rhythm: Rhythm, hours: float, is_silent: bool
) -> None:
    assert bool(subscribing.silent([rhythm], at(0) + timedelta(hours=hours))) is is_silent
