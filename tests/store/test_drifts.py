"""Drifts are filed once, adoptions are kept until something explains them."""

from dataclasses import replace

from onhand.domain.drift import Drift
from onhand.domain.stock import State
from onhand.store import Adoption, Store
from tests.store.goods import BOSTON, CAP_IN_BOSTON, OTHER, SHOP, TEE, TEE_IN_BOSTON, at, seen

MISSING = Drift(observation=seen(9, 1, committed=2), books_units={State.AVAILABLE: 12, State.COMMITTED: 2})


def test_a_level_has_one_open_drift_that_is_brought_up_to_date(store: Store) -> None:
    worse = replace(MISSING, observation=seen(7, 5))
    with store.writing() as session:
        drifts = session.of(SHOP).drifts
        first = drifts.open(MISSING, "unknown", 0.5, ["no order explains it"], at(2))
        assert drifts.open(worse, "theft", 0.75, [{"units": 5}], at(6)) == first
        (row,) = drifts.rows(status="open")
        assert (row.id, row.state, row.books_units, row.observed_units, row.units) == (
            first,
            State.AVAILABLE,
            12,
            7,
            -5,
        )
        assert (row.cause, row.confidence, row.evidence, row.opened_at) == ("theft", 0.75, [{"units": 5}], at(2))
        assert row.observed == {State.AVAILABLE: 7}
        other = drifts.open(replace(MISSING, observation=seen(9, 1, source="threepl")), "unknown", 0.5, [], at(7))
        assert other != first
        assert session.of(OTHER).drifts.rows() == []


def test_a_drift_is_shown_by_the_state_that_differs(store: Store) -> None:
    drift = Drift(observation=seen(9, 1, committed=2), books_units={State.AVAILABLE: 9, State.COMMITTED: 5})
    with store.writing() as session:
        drifts = session.of(SHOP).drifts
        row = drifts.find(drifts.open(drift, "unknown", 0.5, [], at(2)))
        assert row is not None
        assert (row.state, row.units) == (State.COMMITTED, -3)
        assert row.books == {State.AVAILABLE: 9, State.COMMITTED: 5}
        assert drifts.find(99) is None


def test_a_closed_drift_stays_and_the_next_one_is_new(store: Store) -> None:
    with store.writing() as session:
        drifts = session.of(SHOP).drifts
        first = drifts.open(MISSING, "unknown", 0.5, [], at(2))
        drifts.close(first, "adopted", at(3), "adoption/1")
        drifts.close(first, "closed", at(4), "too late")
        second = drifts.open(MISSING, "unknown", 0.5, [], at(5))
        assert second != first
        assert drifts.open_keys([TEE_IN_BOSTON, CAP_IN_BOSTON]) == [TEE_IN_BOSTON]
        drifts.close_level(TEE_IN_BOSTON, "closed", at(6), "agrees again")
        assert drifts.open_keys([TEE_IN_BOSTON, CAP_IN_BOSTON]) == []
        assert [(row.status, row.closed_at, row.note) for row in drifts.rows()] == [
            ("adopted", at(3), "adoption/1"),
            ("closed", at(6), "agrees again"),
        ]
        assert [row.id for row in drifts.rows(status="adopted")] == [first]


def test_an_adoption_shrinks_by_what_explains_it_and_then_is_gone(store: Store) -> None:
    with store.writing() as session:
        drifts = session.of(SHOP).drifts
        assert drifts.open_adoptions([TEE_IN_BOSTON]) == []
        units = {State.AVAILABLE: -5, State.COMMITTED: 2, State.DAMAGED: 0}
        drifts.record_adoption("adoption/1", TEE_IN_BOSTON, "shopify", units, at(2))
        drifts.record_adoption("adoption/0", TEE_IN_BOSTON, "threepl", {State.AVAILABLE: 1}, at(1))
        drifts.record_adoption("adoption/2", CAP_IN_BOSTON, "shopify", {State.AVAILABLE: 1}, at(1))
        older = Adoption("adoption/0", TEE, BOSTON, "threepl", {State.AVAILABLE: 1}, at(1))
        newer = Adoption("adoption/1", TEE, BOSTON, "shopify", {State.AVAILABLE: -5, State.COMMITTED: 2}, at(2))
        assert drifts.open_adoptions([TEE_IN_BOSTON]) == [older, newer]
        drifts.reduce_adoption("adoption/1", {State.AVAILABLE: -3, State.COMMITTED: 2})
        assert drifts.open_adoptions([TEE_IN_BOSTON]) == [older, newer._replace(units={State.AVAILABLE: -2})]
        drifts.reduce_adoption("adoption/1", {State.AVAILABLE: -2})
        assert drifts.open_adoptions([TEE_IN_BOSTON]) == [older]
        assert session.of(OTHER).drifts.open_adoptions([TEE_IN_BOSTON]) == []
