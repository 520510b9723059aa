"""Problems are told to those who asked for it: once, grouped, never lost; and that they are not heard is shown, too."""

import json
from datetime import datetime, timedelta

from onhand.ports.channel import Problem
from onhand.ports.listeners import Heard
from onhand.publish import alerting
from onhand.publish.announcing import WAITS_S
from onhand.store import Books, Store
from onhand.store.alerts import Digest
from tests.answers.shop import SHOP, later

PAGER = "pager"
TAKEN = Heard("taken", "")
DOWN = Heard("again", "pager.example.com answered 503")
COOL = alerting.COOLDOWN.total_seconds()


def after(seconds: float) -> datetime:
    return later(0) + timedelta(seconds=seconds)


def raise_(books: Books, key: str, at: datetime, kind: str = "queue refused") -> None:
    books.problems.raise_(Problem(kind, key, f"{key} is wrong", f"mend {key}"), at)


def plan(books: Books, at: datetime, **more: object) -> Digest | None:
    asked = {"kinds": None, "owner": "Dana", **more}
    return alerting.plan(books, SHOP, PAGER, now=at, **asked)  # type: ignore[arg-type]  # kinds and owner


def tell(books: Books, at: datetime) -> dict[str, list[str]]:
    """Tell what is due and have it taken; return what it said."""
    digest = plan(books, at)
    if digest is None:
        return {}
    alerting.conclude(books, digest, TAKEN, at)
    data = json.loads(digest.body)["data"]
    return {side: [row["where"] for row in data[side]] for side in ("opened", "settled")}


def test_e08_problems_that_come_together_are_told_together_with_owner_place_and_next_step(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        raise_(books, "a", after(0))
        raise_(books, "b", after(3))
        assert plan(books, after(5)) is None  # it may settle by itself
        digest = plan(books, after(20))
        assert digest is not None
        told = json.loads(digest.body)
        assert told["type"] == "problems.changed"
        assert {key: told["data"][key] for key in ("shop", "sequence", "settled", "open", "more")} == {
            "shop": SHOP, "sequence": 1, "settled": [], "open": 2, "more": 0,
        }  # fmt: skip
        assert [row["where"] for row in told["data"]["opened"]] == ["a", "b"]
        assert told["data"]["opened"][0] | {"opened_at": None} == {
            "kind": "queue refused",
            "where": "a",
            "message": "a is wrong",
            "next_step": "mend a",
            "owner": "Dana",
            "opened_at": None,
        }


def test_e08_a_problem_is_told_once_however_often_it_is_met_and_once_more_when_it_is_settled(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        raise_(books, "a", after(0))
        assert tell(books, after(20)) == {"opened": ["a"], "settled": []}
        raise_(books, "a", after(30))
        assert tell(books, after(COOL + 40)) == {}
        books.problems.settle("queue refused", "a", after(COOL + 50))
        assert tell(books, after(COOL + 60)) == {"opened": [], "settled": ["a"]}
        assert tell(books, after(9 * COOL)) == {}


def test_e08_what_flaps_is_told_four_times_an_hour_at_most_and_what_passes_in_a_moment_never(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        told = 0
        for minute in range(60):
            raise_(books, "flapping", after(minute * 60))
            told += bool(tell(books, after(minute * 60 + 20)))
            books.problems.settle("queue refused", "flapping", after(minute * 60 + 30))
            told += bool(tell(books, after(minute * 60 + 50)))
            raise_(books, "a moment", after(minute * 60 + 51))
            books.problems.settle("queue refused", "a moment", after(minute * 60 + 52))
        assert 1 <= told <= 4


def test_e08_alerts_that_are_not_taken_are_kept_tried_for_days_and_shown(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        raise_(books, "a", after(0))
        first = digest = plan(books, after(20))
        assert first is not None
        at = after(20)
        for tries in range(len(WAITS_S)):
            assert digest is not None
            assert (digest.body, alerting.message_of(SHOP, digest)) == (first.body, alerting.message_of(SHOP, first))
            alerting.conclude(books, digest, DOWN, at)
            (shown,) = [row for row in books.problems.open() if row.kind == alerting.UNDELIVERED]
            assert "pager does not take its alerts: pager.example.com answered 503" in shown.message
            assert "onhand webhooks replay pager" in shown.next_step
            assert plan(books, at) is None
            at += timedelta(seconds=WAITS_S[tries])
            digest = plan(books, at)
        assert at - after(20) > timedelta(days=3)
        raise_(books, "b", at)
        assert digest is not None
        alerting.conclude(books, digest, DOWN, at)
        anew = plan(books, at + timedelta(minutes=1))
        assert anew is not None
        assert (anew.sequence, anew.attempts) == (2, 0)
        assert [row["where"] for row in json.loads(anew.body)["data"]["opened"]] == ["a", "b"]
        alerting.conclude(books, anew, TAKEN, at)
        assert not [row for row in books.problems.open() if row.kind == alerting.UNDELIVERED]


def test_e08_that_alerts_are_not_heard_is_told_to_others_and_not_to_whom_it_is_about(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        raise_(books, PAGER, after(0), kind=alerting.UNDELIVERED)
        assert plan(books, after(60)) is None
        assert alerting.plan(books, SHOP, "mail", kinds=None, owner=None, now=after(60)) is not None


def test_e08_a_listener_hears_only_of_the_kinds_it_asked_for(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        raise_(books, "a", after(0))
        assert plan(books, after(60), kinds=("movement conflict",)) is None
        assert plan(books, after(60), kinds=("queue refused",)) is not None


def test_e08_the_queue_is_no_longer_than_a_digest_and_nothing_of_it_is_lost(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        many = alerting.MOST_ROWS * 2 + 7
        for number in range(many):
            raise_(books, f"k{number:03}", after(number / 100))
        first = plan(books, after(60))
        assert first is not None
        assert (len(first.tells), json.loads(first.body)["data"]["more"]) == (alerting.MOST_ROWS, many - 50)
        alerting.conclude(books, first, DOWN, after(60))
        assert len(books.alerts.underway()) == 1
        heard: list[str] = []
        at = after(60) + timedelta(seconds=WAITS_S[0])
        while told := tell(books, at):
            heard += told["opened"]
        assert sorted(heard) == [f"k{number:03}" for number in range(many)]


def test_e08_gone_stops_alerts_until_a_person_asks_for_them_again(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        raise_(books, "a", after(0))
        digest = plan(books, after(20))
        assert digest is not None
        alerting.conclude(books, digest, Heard("gone", "pager.example.com answered 410"), after(20))
        assert plan(books, after(9_000)) is None
        (shown,) = [row for row in books.problems.open() if row.kind == alerting.UNDELIVERED]
        assert "it is told nothing more" in shown.message
        books.announcements.replay(PAGER, everything=False, now=after(9_000))
        assert tell(books, after(9_000)) == {"opened": ["a"], "settled": []}


def test_e08_a_person_may_have_it_tried_at_once(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        raise_(books, "a", after(0))
        digest = plan(books, after(20))
        assert digest is not None
        for _ in range(3):
            alerting.conclude(books, digest, DOWN, after(20))
            digest = digest._replace(attempts=digest.attempts + 1)
        assert plan(books, after(30)) is None
        assert books.alerts.hurry(PAGER, after(30)) == 1
        assert plan(books, after(30)) is not None
