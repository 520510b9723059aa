"""Observations: the newest counts, and a gap stands until it closes."""

from datetime import datetime

import pytest

from onhand.domain.drift import Observation
from onhand.domain.stock import LevelKey, State
from onhand.store import Books, Store
from tests.store.goods import BOSTON, CAP_IN_BOSTON, OTHER, SHOP, TEE, TEE_IN_BOSTON, WAREHOUSE, at, sale, seen

TEE_IN_WAREHOUSE = LevelKey(TEE, WAREHOUSE)


def shown(books: Books, key: LevelKey = TEE_IN_BOSTON) -> dict[State, int]:
    return books.observations.newest([key])[key].units


@pytest.mark.parametrize(
    ("second", "news"),
    [
        pytest.param(seen(4, 11), True, id="newer"),
        pytest.param(seen(4, 9), False, id="older"),
        pytest.param(seen(5, 11), True, id="newer with the same units"),
        pytest.param(seen(4, 10), True, id="told in the same second with other units"),
        pytest.param(seen(5, 10), False, id="told in the same second with the same units"),
        pytest.param(seen(4, 10, reading=8), True, id="read later in the same second"),
        pytest.param(seen(4, 10, reading=6), False, id="read earlier in the same second"),
        pytest.param(seen(4, 10, reading=7), True, id="shown once more by the same reading, and other"),
    ],
)
def test_the_newest_observation_counts(store: Store, second: Observation, news: bool) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        assert books.observations.put(seen(5, 10, reading=7), at(20))
        assert books.observations.put(second, at(21)) is news
        assert shown(books) == {State.AVAILABLE: 4 if news and second.units[State.AVAILABLE] == 4 else 5}


def test_many_observations_are_kept_as_one_by_one(store: Store) -> None:
    readings = [
        [seen(5, 10, reading=1, committed=2), seen(1, 10, reading=1, key=TEE_IN_WAREHOUSE)],
        [seen(5, 10, reading=2), seen(2, 9, key=TEE_IN_WAREHOUSE), seen(8, 3, source="threepl")],
        [seen(7, 12, damaged=1), seen(6, 13), seen(4, 11, key=TEE_IN_WAREHOUSE), seen(8, 4, source="threepl")],
        [],
    ]
    with store.writing() as session:
        one_by_one, together = (session.of(shop).observations for shop in (OTHER, SHOP))
        for number, reading in enumerate(readings):
            news = sum(one_by_one.put(observation, at(20 + number)) for observation in reading)
            assert together.put_all(reading, at(20 + number)) == news
        for source in ("shopify", "threepl"):
            keys = [TEE_IN_BOSTON, TEE_IN_WAREHOUSE]
            assert together.newest(keys, source) == one_by_one.newest(keys, source) != {}
        assert together.history(TEE, 99) == one_by_one.history(TEE, 99)
        assert len(together.history(TEE, 99)) == 6
        assert together.to_compare(99) == one_by_one.to_compare(99) == [TEE_IN_BOSTON, TEE_IN_WAREHOUSE]


def test_states_that_are_not_shown_keep_what_was_shown_before(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.observations.put(seen(5, 10, reading=1, committed=2, damaged=0), at(20))
        books.observations.put(seen(3, 11), at(21))
        assert shown(books) == {State.AVAILABLE: 3, State.COMMITTED: 2, State.DAMAGED: 0}


def test_all_that_is_known_of_a_level_comes_back(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.observations.put(seen(-5, 10.5, reading=3, incoming=7), at(20))
        newest = books.observations.newest([TEE_IN_BOSTON, TEE_IN_WAREHOUSE])
        assert set(newest) == {TEE_IN_BOSTON}
        assert newest[TEE_IN_BOSTON] == (
            {State.AVAILABLE: -5, State.INCOMING: 7},
            at(10.5),
            3,
            at(20),
            None,
            None,
        )
        assert books.observations.newest([TEE_IN_BOSTON], source="threepl") == {}
        assert session.of(OTHER).observations.newest([TEE_IN_BOSTON]) == {}


def test_history_holds_only_what_changed(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        for available, seconds in ((5, 1), (5, 2), (4, 3), (9, 0), (4, 4), (5, 5)):
            books.observations.put(seen(available, seconds), at(seconds + 100))
        books.observations.put(seen(1, 6, key=TEE_IN_WAREHOUSE, source="threepl"), at(107))
        history = books.observations.history(TEE, limit=9)
        assert [(o.location, o.source, o.units[State.AVAILABLE], o.observed_at) for o, _ in history] == [
            (WAREHOUSE, "threepl", 1, at(6)),
            (BOSTON, "shopify", 5, at(5)),
            (BOSTON, "shopify", 4, at(3)),
            (BOSTON, "shopify", 5, at(1)),
        ]
        assert history[0][1] == at(107)
        assert len(books.observations.history(TEE, limit=2)) == 2


def test_a_gap_keeps_the_time_since_when_it_stands_until_the_counts_agree(store: Store) -> None:
    keys = [TEE_IN_BOSTON, TEE_IN_WAREHOUSE, CAP_IN_BOSTON]

    def gaps(books: Books, before: datetime) -> list[LevelKey]:
        return books.observations.gaps(before, 9)

    with store.writing() as session:
        books = session.of(SHOP)
        for key in keys:
            books.observations.put(seen(1, 1, key=key), at(1))
        books.observations.gap([TEE_IN_WAREHOUSE], at(5))
        books.observations.gap([TEE_IN_BOSTON, TEE_IN_WAREHOUSE], at(10))
        assert gaps(books, at(10.5)) == [TEE_IN_WAREHOUSE, TEE_IN_BOSTON]
        assert gaps(books, at(10)) == [TEE_IN_WAREHOUSE]
        assert books.observations.gaps(at(99), 1) == [TEE_IN_WAREHOUSE]
        assert books.observations.tally() == (3, 0, 2)
        books.observations.agree([TEE_IN_WAREHOUSE, CAP_IN_BOSTON], at(11))
        assert gaps(books, at(99)) == [TEE_IN_BOSTON]
        assert books.observations.tally() == (3, 2, 1)
        newest = books.observations.newest(keys)
        assert newest[TEE_IN_WAREHOUSE].agreed_at == at(1)  # when it was observed, whenever it was compared
        assert newest[TEE_IN_BOSTON].gap_since == at(10)
        books.observations.put(seen(2, 20), at(20))
        assert books.observations.newest(keys)[TEE_IN_BOSTON].gap_since == at(10)
        assert session.of(OTHER).observations.gaps(at(99), 9) == []


def test_a_level_is_compared_after_whatever_touched_it_and_only_once(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        observations = books.observations
        observations.put(seen(5, 1), at(1))
        books.ledger.append([sale("order/1/1", location=WAREHOUSE)], at(1))
        assert observations.to_compare(9) == [TEE_IN_BOSTON, TEE_IN_WAREHOUSE]
        observations.compared([TEE_IN_BOSTON])
        assert observations.to_compare(9) == [TEE_IN_WAREHOUSE]
        observations.compared([TEE_IN_WAREHOUSE])
        observations.agree([TEE_IN_BOSTON], at(2))
        observations.gap([TEE_IN_WAREHOUSE], at(2))
        observations.put(seen(9, 0), at(2))
        assert observations.to_compare(9) == []
        books.owed.confirm({TEE_IN_WAREHOUSE: {State.AVAILABLE: 1}}, at(3))
        observations.put(seen(5, 3), at(3))
        assert observations.to_compare(1) == [TEE_IN_BOSTON]
        assert len(observations.to_compare(9)) == 2


def test_what_was_seen_or_booked_of_an_item_is_known_before_the_item_is(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.observations.put(seen(5, 10), at(20))
        assert books.observations.met([TEE, "item-nobody-knows"]) == {TEE}
        assert session.of(OTHER).observations.met([TEE]) == set()
