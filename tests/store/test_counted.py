"""Counts of third parties over both engines: kept, compared as of their time, taken over, and taken back exactly."""

from dataclasses import replace

import pytest

from onhand.audit.counts import compare_counts, due_counts
from onhand.domain.notices import Measure
from onhand.domain.stock import LevelKey, Movement, State
from onhand.heal.counts import (
    adopt_count,
    keep_books,
    plan_count,
    plan_keep,
    plan_undone_count,
    report_count,
    take_back,
)
from onhand.heal.fix import By, CannotHeal, record
from onhand.store import Books, DriftRow, Store
from onhand.store.counted import Count, NewCount, Version
from tests.store.goods import BOSTON, CAP_IN_BOSTON, OTHER, SHOP, TEE, TEE_IN_BOSTON, at, move, sale

HOUR = 3600.0
ANNA = By("anna", "looked")


def opened(books: Books, units: int = 20) -> None:
    """Open a level in Boston with some units, long before anything is counted."""
    books.ledger.append([move("opening/1", State.SUPPLIER, State.AVAILABLE, units)], at(0))


def counted(
    books: Books,
    units: int,
    at_s: float,
    *,
    source: str = "acme",
    measure: Measure = "on_hand",
    sequence: int | None = None,
    key: LevelKey = TEE_IN_BOSTON,
) -> Count:
    """Keep a count, and return it as it was compared an hour later."""
    version = Version(at(at_s), sequence)
    books.counts.put(source, measure, [NewCount(key, units, version, f"{source}/{at_s}")], 0)
    return compared(books, at_s + HOUR, source=source, key=key)


def compared(books: Books, at_s: float, *, source: str = "acme", key: LevelKey = TEE_IN_BOSTON) -> Count:
    (count,) = (row for row in compare_counts(books, [key], at(at_s)) if row.source == source)
    return count


def available(books: Books) -> int:
    return books.counts.levels([TEE_IN_BOSTON])[TEE_IN_BOSTON][State.AVAILABLE]


def adopted(books: Books, count: Count, at_s: float) -> DriftRow:
    """Take a count over, and return its drift."""
    adopt_count(books, count, [], at(at_s))
    return books.drifts.rows()[-1]


def happened(movement: Movement, at_s: float) -> Movement:
    return replace(movement, occurred_at=at(at_s))


def test_a_count_stands_in_the_place_of_the_one_before_and_every_source_has_its_own(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        opened(books)
        counted(books, 20, HOUR, sequence=1)
        counted(books, 20, 2 * HOUR, source="other")
        counted(books, 20, 3 * HOUR, sequence=2)
        rows = books.counts.of([TEE_IN_BOSTON, CAP_IN_BOSTON])
        assert [(row.source, row.units, row.as_of, row.gap_units) for row in rows] == [
            ("acme", 20, at(3 * HOUR), 0),
            ("other", 20, at(2 * HOUR), 0),
        ]
        assert books.counts.versions("acme", BOSTON) == {TEE: Version(at(3 * HOUR), 2)}
        assert session.of(OTHER).counts.of([TEE_IN_BOSTON]) == []
        assert session.of(OTHER).counts.versions("acme", BOSTON) == {}


def test_what_the_books_held_at_a_time_leaves_out_what_happened_later(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        opened(books)
        for number, at_s in enumerate((HOUR, 2 * HOUR, 3 * HOUR), start=1):
            books.ledger.append([happened(sale(f"order-{number}/1", number), at_s)], at(at_s))
        levels = books.counts.levels([TEE_IN_BOSTON])
        held = [
            books.counts.held_at(levels, TEE_IN_BOSTON, "on_hand", at(at_s), 0)
            for at_s in (0.5 * HOUR, 1.5 * HOUR, 2.5 * HOUR, 3.5 * HOUR)
        ]
        assert held == [20, 19, 17, 14]
        assert books.counts.steps(TEE_IN_BOSTON, "on_hand", at(0), at(2.5 * HOUR), 0) == [-1, -2]


def test_commitments_are_never_subtracted_twice(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        opened(books)
        books.ledger.append([happened(move("order-1/1", State.AVAILABLE, State.COMMITTED, 5), HOUR)], at(HOUR))
        assert counted(books, 20, 2 * HOUR, source="by_hand").gap_units == 0, "the five are still on its shelf"
        assert counted(books, 15, 2 * HOUR, source="by_wms", measure="available").gap_units == 0, "it set them aside"
        assert counted(books, 20, 2 * HOUR, source="loose", measure="available").gap_units == 5
        assert counted(books, 15, 2 * HOUR, source="strict").gap_units == -5
        books.ledger.append([happened(move("order-1/2", State.COMMITTED, State.CUSTOMER, 5), 3 * HOUR)], at(3 * HOUR))
        assert counted(books, 15, 4 * HOUR, source="by_hand").gap_units == 0
        assert counted(books, 15, 4 * HOUR, source="by_wms", measure="available").gap_units == 0


def test_what_is_damaged_is_on_hand_and_not_available(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        opened(books)
        books.ledger.append([happened(move("notice/1", State.AVAILABLE, State.DAMAGED, 3), HOUR)], at(HOUR))
        assert counted(books, 20, 2 * HOUR).gap_units == 0
        assert counted(books, 17, 2 * HOUR, source="by_wms", measure="available").gap_units == 0


def test_gaps_wait_for_their_grace_and_are_shown_once(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        opened(books)
        count = counted(books, 17, HOUR)
        assert (count.gap_units, count.gap_since) == (-3, at(2 * HOUR))
        graces = {"acme": 900.0}
        assert due_counts(books, at(2 * HOUR + 899), graces) == []
        assert due_counts(books, at(2 * HOUR + 900), graces) == [count]
        assert due_counts(books, at(2 * HOUR + 900), {"another": 0.0}) == []
        report_count(books, count, [], at(3 * HOUR))
        assert due_counts(books, at(4 * HOUR), graces) == []
        again = counted(books, 16, 5 * HOUR)
        assert (again.gap_units, again.filed_units) == (-4, -3)
        assert due_counts(books, at(7 * HOUR), graces) == [again]
        assert counted(books, 20, 8 * HOUR).filed_units == 0
        assert [row.status for row in books.drifts.rows()] == ["closed"]


def test_a_count_that_was_taken_over_is_taken_back_as_if_it_had_never_been(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        opened(books)
        drift = adopted(books, counted(books, 17, HOUR), 3 * HOUR)
        books.ledger.append([happened(sale("order-1/1", 2), 4 * HOUR)], at(4 * HOUR))
        count = compared(books, 5 * HOUR)
        assert (available(books), count.gap_units, count.adopted_units) == (15, 0, -3)
        plan = plan_undone_count(books, drift, count)
        assert (plan.before, plan.after, plan.undoes) == ({State.AVAILABLE: 15}, {State.AVAILABLE: 18}, 0)
        take_back(books, plan, count, drift.units, at(6 * HOUR))
        record(books, plan, ANNA, drift.note, at(6 * HOUR))
        left = compared(books, 6 * HOUR)
        assert (available(books), left.gap_units, left.adopted_units) == (18, -3, 0)
        with pytest.raises(CannotHeal, match="anna took it back"):
            plan_undone_count(books, drift, left)


def test_an_adoption_that_a_later_count_has_explained_cannot_be_taken_back(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        opened(books)
        drift = adopted(books, counted(books, 17, HOUR), 2 * HOUR)
        count = counted(books, 19, 4 * HOUR)
        assert (available(books), count.gap_units, count.adopted_units) == (19, 0, -1)
        with pytest.raises(CannotHeal, match=r"has explained adoption/\d+; of -3 units -1 are left"):
            plan_undone_count(books, drift, count)


def test_books_that_stand_are_kept_and_the_decision_can_be_taken_back(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        opened(books)
        count = counted(books, 17, HOUR)
        report_count(books, count, [], at(2 * HOUR))
        (drift,) = books.drifts.rows()
        assert plan_count(books, drift, count).after == {State.AVAILABLE: 17}
        keep_books(books, drift, count, ANNA, at(3 * HOUR))
        record(books, plan_keep(drift), ANNA, "kept/1", at(3 * HOUR))
        count = compared(books, 4 * HOUR)
        assert (available(books), count.gap_units, count.filed_units) == (20, -3, -3)
        assert due_counts(books, at(9 * HOUR), {"acme": 0.0}) == []
        (kept,) = books.fixes.rows(drift.id)
        plan = plan_undone_count(books, books.drifts.rows()[0], count)
        assert (kept.way, plan.way, plan.undoes, plan.cause) == ("keep", "keep", kept.id, None)


def test_what_nobody_changed_cannot_be_taken_back(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        opened(books)
        count = counted(books, 17, HOUR)
        report_count(books, count, [], at(2 * HOUR))
        (drift,) = books.drifts.rows()
        with pytest.raises(CannotHeal, match="is open: nothing was changed"):
            plan_undone_count(books, drift, count)
