"""Movements are booked once, in a chain, and levels follow."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from onhand.domain.stock import Bin, LevelKey, State
from onhand.ports.errors import MovementConflict
from onhand.store import Store
from tests.store.goods import (
    BOSTON,
    CAP,
    CAP_IN_BOSTON,
    OTHER,
    SHOP,
    TEE,
    TEE_IN_BOSTON,
    WAREHOUSE,
    at,
    move,
    sale,
)

RunSql = Callable[[str], None]


def test_a_sale_moves_units_from_the_shelf_to_the_customer(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        assert books.ledger.append([sale("order/1/1", 2)], at(1)) == 1
        assert books.ledger.levels([TEE]) == {
            (TEE, Bin(BOSTON, State.AVAILABLE)): -2,
            (TEE, Bin(BOSTON, State.CUSTOMER)): 2,
        }


def test_a_bin_that_came_to_nothing_is_not_shown_but_counts_as_touched(store: Store) -> None:
    with store.writing() as session:
        ledger = session.of(SHOP).ledger
        ledger.append(
            [
                move("in/1", State.SUPPLIER, State.AVAILABLE, 3),
                move("out/1", State.AVAILABLE, State.CUSTOMER, 3),
            ],
            at(1),
        )
        assert (TEE, Bin(BOSTON, State.AVAILABLE)) not in ledger.all_levels()
        assert ledger.touched([TEE_IN_BOSTON, CAP_IN_BOSTON]) == {TEE_IN_BOSTON}


def test_booking_the_same_movement_again_changes_nothing(store: Store) -> None:
    with store.writing() as session:
        ledger = session.of(SHOP).ledger
        first = sale("order/1/1")
        assert ledger.append([first, first], at(1)) == 1
        assert ledger.append([first, sale("order/1/2")], at(2)) == 1
        assert ledger.count_caused_by("order/1") == 2
        assert ledger.levels([TEE])[TEE, Bin(BOSTON, State.CUSTOMER)] == 2


@pytest.mark.parametrize("together", [True, False])
def test_a_movement_of_the_same_name_with_other_content_is_refused_with_both(store: Store, together: bool) -> None:
    first = sale("order/1/1", 2)
    second = replace(first, units=7)
    with store.writing() as session:
        ledger = session.of(SHOP).ledger
        if together:
            with pytest.raises(MovementConflict) as conflict:
                ledger.append([first, second], at(1))
        else:
            ledger.append([first], at(1))
            with pytest.raises(MovementConflict) as conflict:
                ledger.append([second], at(2))
    assert "order/1/1" in str(conflict.value)
    assert "units=2" in str(conflict.value)
    assert "units=7" in str(conflict.value)


def test_the_same_name_in_another_shop_is_another_movement(store: Store) -> None:
    with store.writing() as session:
        assert session.of(SHOP).ledger.append([sale("order/1/1", 2)], at(1)) == 1
        assert session.of(OTHER).ledger.append([sale("order/1/1", 5)], at(1)) == 1
        assert session.of(OTHER).ledger.levels([TEE])[TEE, Bin(BOSTON, State.CUSTOMER)] == 5
        assert session.of(SHOP).ledger.head()[0] == session.of(OTHER).ledger.head()[0] == 1
        assert session.of(SHOP).ledger.head()[1] != session.of(OTHER).ledger.head()[1]


def test_each_link_of_the_chain_holds_all_that_came_before_it(store: Store) -> None:
    with store.writing() as session:
        heads = []
        for shop, units in ((SHOP, 2), (OTHER, 5)):
            ledger = session.of(shop).ledger
            ledger.append([sale("order/1/1", units)], at(1))
            ledger.append([sale("order/1/2", 1)], at(2))  # the same in both, behind something that is not
            heads.append(ledger.head())
        assert heads[0][0] == heads[1][0] == 2
        assert heads[0][1] != heads[1][1]


def test_what_an_order_has_caused_comes_back_as_it_was_booked(store: Store) -> None:
    movements = [
        move("order/1/1", State.AVAILABLE, State.COMMITTED, 3, origin="online_store", occurred_s=5.000001),
        move("order/1/2", State.COMMITTED, State.RESERVED, 1, to_location=WAREHOUSE),
    ]
    with store.writing() as session:
        ledger = session.of(SHOP).ledger
        ledger.append([*movements, sale("order/2/1")], at(9))
        assert ledger.caused_by("order/1") == movements
        assert ledger.caused_by("order/3") == []


def test_levels_can_be_read_for_one_item_or_one_location(store: Store) -> None:
    with store.writing() as session:
        ledger = session.of(SHOP).ledger
        ledger.append(
            [
                move("in/1", State.SUPPLIER, State.AVAILABLE, 3),
                move("in/2", State.SUPPLIER, State.AVAILABLE, 4, location=WAREHOUSE),
                move("in/3", State.SUPPLIER, State.AVAILABLE, 5, item=CAP),
            ],
            at(1),
        )
        assert len(ledger.all_levels()) == 6
        assert ledger.all_levels(item=CAP)[CAP, Bin(BOSTON, State.AVAILABLE)] == 5
        assert {bin_.location for _, bin_ in ledger.all_levels(location=WAREHOUSE)} == {WAREHOUSE}
        assert ledger.all_levels(item=TEE, location=WAREHOUSE) == {
            (TEE, Bin(WAREHOUSE, State.AVAILABLE)): 4,
            (TEE, Bin(WAREHOUSE, State.SUPPLIER)): -4,
        }


def test_levels_as_of_a_time_hold_only_what_was_known_then(store: Store) -> None:
    with store.writing() as session:
        ledger = session.of(SHOP).ledger
        ledger.append([move("in/1", State.SUPPLIER, State.AVAILABLE, 3)], at(1))
        ledger.append([sale("order/1/1"), sale("order/1/2", item=CAP)], at(2))
        assert ledger.levels_at(at(0)) == {}
        assert ledger.levels_at(at(1)) == ledger.levels_at(at(1), item=TEE)
        assert ledger.levels_at(at(1))[TEE, Bin(BOSTON, State.AVAILABLE)] == 3
        assert ledger.levels_at(at(2)) == ledger.all_levels()
        assert ledger.levels_at(at(2), item=CAP) == ledger.all_levels(item=CAP)


def test_history_comes_newest_first_and_page_by_page(store: Store) -> None:
    with store.writing() as session:
        ledger = session.of(SHOP).ledger
        for number in range(1, 6):
            ledger.append([sale(f"order/{number}/1", number), sale(f"cap/{number}/1", item=CAP)], at(number))
        page = ledger.history(TEE, limit=2)
        assert [movement.units for _, movement, _ in page] == [5, 4]
        assert page[0][2] == at(5)
        rest = ledger.history(TEE, limit=9, before_sequence=page[-1][0])
        assert [movement.units for _, movement, _ in rest] == [3, 2, 1]


def test_a_page_that_looks_on_learns_which_items_moved_since(store: Store) -> None:
    with store.writing() as session:
        ledger = session.of(SHOP).ledger
        ledger.append([sale("order/1/1"), sale("order/1/2", item=CAP)], at(1))
        assert ledger.moved_after(0, 9) == [(1, TEE), (2, CAP)]
        assert ledger.moved_after(1, 9) == [(2, CAP)]
        assert ledger.moved_after(0, 1) == [(1, TEE)]


def test_the_books_as_kept_hold(store: Store) -> None:
    with store.writing() as session:
        ledger = session.of(SHOP).ledger
        ledger.append([sale("order/1/1"), sale("order/1/2", item=CAP)], at(1))
        anchor = ledger.head()
        ledger.append([sale("order/2/1")], at(2))
    with store.reading() as session:
        ledger = session.of(SHOP).ledger
        verified = ledger.verify([anchor, ledger.head()])
        assert verified.problems == []
        assert (verified.movements, verified.levels) == (3, 4)
        assert session.of(OTHER).ledger.verify([]).problems == []


def test_an_anchor_that_does_not_fit_is_a_rewritten_ledger(store: Store) -> None:
    with store.writing() as session:
        ledger = session.of(SHOP).ledger
        ledger.append([sale("order/1/1")], at(1))
        (rewritten,) = ledger.verify([(1, b"\x00" * 32)]).problems
        (shortened,) = ledger.verify([(2, b"\x00" * 32)]).problems
    assert "movement 1" in rewritten
    assert "0000" in rewritten
    assert "movement 2" in shortened


def test_the_database_refuses_to_edit_or_remove_a_movement(store: Store, run_sql: RunSql) -> None:
    with store.writing() as session:
        session.of(SHOP).ledger.append([sale("order/1/1")], at(1))
    for sql in ("UPDATE movements SET units = 9", "DELETE FROM movements"):
        with pytest.raises(Exception, match="never edited or removed"):
            run_sql(sql)


@pytest.mark.parametrize(
    ("column", "value"), [("units", "9"), ("reason", "'gift'"), ("recorded_at", "recorded_at + 1"), ("hash", "id")]
)
def test_c06_whoever_edits_a_movement_past_the_triggers_is_found_out(
    store: Store, run_sql: RunSql, column: str, value: str
) -> None:
    with store.writing() as session:
        session.of(SHOP).ledger.append([sale("order/1/1"), sale("order/2/1"), sale("order/3/1")], at(1))
    value = _as_bytes(store, value) if column == "hash" else value
    run_sql(_without_guard(store, f"UPDATE movements SET {column} = {value} WHERE sequence = 2"))
    with store.reading() as session:
        problems = session.of(SHOP).ledger.verify([]).problems
    assert any("movement 2" in problem or "movement 3" in problem for problem in problems)


def test_whoever_removes_a_movement_past_the_triggers_is_found_out(store: Store, run_sql: RunSql) -> None:
    with store.writing() as session:
        session.of(SHOP).ledger.append([sale("order/1/1"), sale("order/2/1"), sale("order/3/1")], at(1))
    run_sql(_without_guard(store, "DELETE FROM movements WHERE sequence = 2"))
    with store.reading() as session:
        problems = session.of(SHOP).ledger.verify([]).problems
    assert any("movements 2 to 2 are missing" in problem for problem in problems)


def test_a_level_that_somebody_changed_is_found_and_rebuilt(store: Store, run_sql: RunSql) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.ledger.append([move("tt/1/1", State.AVAILABLE, State.RESERVED, 2, origin="tiktok_shop")], at(1))
    run_sql("UPDATE levels SET units = units + 1 WHERE state = 'available'")
    run_sql("DELETE FROM held")
    with store.writing() as session:
        books = session.of(SHOP)
        problems = books.ledger.verify([]).problems
        assert any("kept -1, the movements say -2" in problem for problem in problems)
        assert any("must sum to 0" in problem for problem in problems)
        assert books.ledger.rebuild(at(2)) == 2
        assert books.ledger.verify([]).problems == []
        assert books.pictures.held_units("tiktok_shop", [TEE]) == {TEE: 2}


def test_what_was_never_explained_is_counted_both_ways(store: Store) -> None:
    with store.writing() as session:
        ledger = session.of(SHOP).ledger
        assert ledger.unexplained_units() == (0, 0)
        ledger.append(
            [
                move("adoption/1/1", State.AVAILABLE, State.UNEXPLAINED, 5),
                move("adoption/2/1", State.UNEXPLAINED, State.AVAILABLE, 2),
                sale("order/1/1", 9),
            ],
            at(1),
        )
        assert ledger.unexplained_units() == (7, 3)


def test_opening_times_are_kept_by_level_and_can_be_set_again(store: Store) -> None:
    with store.writing() as session:
        ledger = session.of(SHOP).ledger
        ledger.set_cut(TEE_IN_BOSTON, at(1))
        ledger.set_cut(LevelKey(TEE, WAREHOUSE), at(2))
        ledger.set_cut(CAP_IN_BOSTON, at(3))
        ledger.set_cut(TEE_IN_BOSTON, at(4))
        assert ledger.cuts([TEE]) == {TEE_IN_BOSTON: at(4), LevelKey(TEE, WAREHOUSE): at(2)}
        assert session.of(OTHER).ledger.cuts([TEE]) == {}


def _without_guard(store: Store, sql: str) -> str:
    if store.engine == "postgresql":
        return f"SET session_replication_role = replica; {sql}"
    return f"DROP TRIGGER movement_is_never_edited; DROP TRIGGER movement_is_never_removed; {sql}"


def _as_bytes(store: Store, value: str) -> str:
    return f"convert_to({value}, 'UTF8')" if store.engine == "postgresql" else f"CAST({value} AS BLOB)"


def test_levels_below_zero_and_who_holds_units_of_them(store: Store) -> None:
    with store.writing() as session:
        ledger = session.of(SHOP).ledger
        ledger.append(
            [
                move("order/1/1", State.AVAILABLE, State.COMMITTED, 2),
                move("order/2/1", State.AVAILABLE, State.RESERVED, 3),
                move("order/1/2", State.COMMITTED, State.CUSTOMER, 1),
                move("order/3/1", State.AVAILABLE, State.COMMITTED, 1),
                move("order/3/2", State.COMMITTED, State.CUSTOMER, 1),
            ],
            at(1),
        )
        assert ledger.below_zero() == {TEE_IN_BOSTON: -6}
        held = [(claim.cause, claim.units) for claim in ledger.holders(TEE_IN_BOSTON)]
        assert held == [("order/2", 3), ("order/1", 1)]
        assert session.of(OTHER).ledger.below_zero() == {}
        assert session.of(OTHER).ledger.holders(TEE_IN_BOSTON) == []
