"""What people read, and what is counted for them."""

from onhand.ports.channel import Problem
from onhand.store import Store
from tests.store.goods import OTHER, SHOP, at

HELD = Problem("channel held", "tiktok_shop", "20 of 100 listings would go to zero", "onhand offers resume")


def test_a_problem_is_one_problem_however_often_it_is_met(store: Store) -> None:
    with store.writing() as session:
        problems = session.of(SHOP).problems
        problems.raise_(HELD, at(1))
        problems.raise_(HELD._replace(message="25 of 100 listings would go to zero"), at(2))
        (problem,) = problems.open()
        assert problem[:4] == HELD._replace(message="25 of 100 listings would go to zero")
        assert problem.opened_at == at(1)
        assert session.of(OTHER).problems.open() == []


def test_a_settled_problem_that_comes_back_is_a_new_one(store: Store) -> None:
    with store.writing() as session:
        problems = session.of(SHOP).problems
        problems.raise_(HELD, at(1))
        problems.settle("channel held", "shopify", at(2))
        assert len(problems.open()) == 1
        problems.settle("channel held", "tiktok_shop", at(2))
        assert problems.open() == []
        problems.raise_(HELD, at(3))
        assert problems.open()[0].opened_at == at(3)


def test_problems_are_shown_oldest_first(store: Store) -> None:
    with store.writing() as session:
        problems = session.of(SHOP).problems
        problems.raise_(HELD, at(2))
        problems.raise_(HELD._replace(key="shopify"), at(1))
        assert [problem.key for problem in problems.open()] == ["shopify", "tiktok_shop"]


def test_audits_are_kept_with_all_they_found(store: Store) -> None:
    with store.writing() as session:
        audits = session.of(SHOP).audits
        assert audits.latest() is None
        audits.record(at(1), 2.5, {"checked": 3})
        number = audits.record(at(9), 3, {"checked": 4, "sources": [{"name": "shopify", "complete": True}]})
        assert audits.latest() == (
            number,
            at(9),
            3.0,
            {"checked": 4, "sources": [{"name": "shopify", "complete": True}]},
        )
        assert session.of(OTHER).audits.latest() is None


def test_counters_count_in_each_shop(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        assert books.counter("oversold") == 0
        assert books.count("oversold") == 1
        assert books.count("oversold", by=4) == 5
        assert (books.counter("oversold"), books.counter("lost")) == (5, 0)
        assert session.of(OTHER).counter("oversold") == 0
