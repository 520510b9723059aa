"""Counts that people enter in the input tab: booked once, as of when they came, and taken back exactly."""

from dataclasses import replace
from datetime import timedelta

import pytest

from onhand.app.sheet_counts import SOURCE
from onhand.audit.counts import compare_counts
from onhand.config.model import LocationConfig
from onhand.domain.stock import Bin, LevelKey, Movement, State
from onhand.heal.counts import plan_undone_count, take_back
from tests.sheet.shop import BOSTON, SHOP, SheetShop
from tests.sheet.test_inputs import fill, verdicts


def available(shop: SheetShop, sku: str = "TEE") -> int:
    with shop.store.reading() as session:
        return session.of(SHOP).ledger.all_levels()[shop.items[sku], Bin(BOSTON, State.AVAILABLE)]


def enter(shop: SheetShop, counted: object, row: int = 2, sku: str = "TEE") -> None:
    fill(shop, row, sku=sku, location="Boston", counted=counted)
    shop.run(12)


def test_a_count_is_booked_once_and_shown_everywhere(shop: SheetShop) -> None:
    enter(shop, 7)
    assert available(shop) == 7
    (verdict,) = verdicts(shop)
    assert verdict.startswith("accepted: 7 counted; the books held 10 at 2026-11-23 08:00 UTC, -3 are booked; ")
    assert "`onhand drift undo 1` takes that back" in verdict
    assert "Shopify is told once it may be: shopify is in shadow" in verdict
    assert shop.row_of("Levels", "TEE", "Boston")[1]["Available"] == 7
    shop.move([("TEE", BOSTON, -2)])
    shop.run(70)
    assert available(shop) == 5
    assert verdicts(shop) == [verdict]
    assert shop.differences() == []


def test_a_count_that_the_books_agree_with_moves_nothing(shop: SheetShop) -> None:
    enter(shop, 10)
    assert verdicts(shop) == ["accepted: 10 counted; as the books say since 2026-11-23 08:00 UTC"]
    assert available(shop) == 10


def test_a_process_that_starts_anew_books_no_count_again(shop: SheetShop) -> None:
    enter(shop, 7)
    shop.move([("TEE", BOSTON, -2)])
    shop.keeper = shop.new_keeper()
    shop.work = shop.new_work()
    shop.person("clear", tab="Inputs", at="F2")
    shop.run(12)
    assert available(shop) == 5
    assert verdicts(shop)[0].startswith("accepted: 7 counted; the books held 10")


def test_a_row_that_goes_and_comes_back_is_a_new_count(shop: SheetShop) -> None:
    enter(shop, 7)
    shop.move([("TEE", BOSTON, -2)])
    shop.person("delete_rows", tab="Inputs", at="2")
    shop.clock.advance(120)  # within a minute the books held seven, and agree
    shop.run(12)
    assert available(shop) == 5
    enter(shop, 7)
    assert available(shop) == 7


def test_another_number_in_the_same_row_is_a_new_count(shop: SheetShop) -> None:
    enter(shop, 7)
    enter(shop, 6)
    assert available(shop) == 6
    assert verdicts(shop)[0].startswith("accepted: 6 counted; the books held 7")


def test_rows_that_count_the_same_shelf_differently_are_conflicts(shop: SheetShop) -> None:
    fill(shop, 2, sku="TEE", location="Boston", counted=7)
    fill(shop, 3, sku="TEE", location="boston", counted=8)
    fill(shop, 4, sku="CAP", location="Boston", counted=9)
    fill(shop, 5, sku="CAP", location="Boston", counted="9")
    shop.run(12)
    first, second, third, fourth = verdicts(shop)
    assert first == "conflict: row 3 says 8 for the same item and location; nothing is changed"
    assert second.startswith("conflict: row 2 says 7")
    assert third == fourth
    assert third.startswith("accepted: 9 counted")
    assert (available(shop), available(shop, "CAP")) == (10, 9)


def test_a_slip_of_the_hand_is_asked_about_once(shop: SheetShop) -> None:
    enter(shop, 100)
    assert verdicts(shop) == ["refused: the books hold 10, and 100 were counted; if that is right write 100!"]
    assert available(shop) == 10
    enter(shop, "100!")
    assert verdicts(shop)[0].startswith("accepted: 100 counted; the books held 10")
    assert available(shop) == 100


def test_a_third_party_counts_what_it_keeps_itself(shop: SheetShop) -> None:
    shop.locations = (LocationConfig(shop=SHOP, name="Boston", authority="acme"),)
    shop.keeper = shop.new_keeper()
    shop.work = shop.new_work()
    enter(shop, 7)
    assert verdicts(shop) == ["refused: acme is believed at Boston; its own counts are taken over there"]
    assert available(shop) == 10


def test_a_row_that_can_only_be_taken_much_later_is_no_count_of_then(shop: SheetShop) -> None:
    fill(shop, 2, sku="TEE", location="Boston", counted=7)
    fill(shop, 3, sku="TEE", location="Boston", counted=8)
    shop.run(12)
    shop.clock.advance(600)
    shop.person("delete_rows", tab="Inputs", at="3")
    shop.run(12)
    (verdict,) = verdicts(shop)
    assert verdict.startswith(
        "refused: it was entered at 2026-11-23 08:00 UTC and could not be taken then; count again"
    )
    assert available(shop) == 10
    shop.run(12)
    assert available(shop) == 10
    enter(shop, 6)
    assert available(shop) == 6


def sold_before(shop: SheetShop, units: int) -> Movement:
    """Return a sale from before now that nobody has told us of yet."""
    return Movement(
        id="late/1",
        item=shop.items["TEE"],
        source=Bin(BOSTON, State.AVAILABLE),
        target=Bin("", State.CUSTOMER),
        units=units,
        cause="late",
        origin="shopify",
        reason="sold",
        occurred_at=shop.clock.now() - timedelta(minutes=10),
    )


def test_a_sale_that_is_told_after_the_count_is_not_taken_off_twice(shop: SheetShop) -> None:
    late = sold_before(shop, 2)
    enter(shop, 8)
    assert available(shop) == 8
    with shop.store.writing() as session:
        books = session.of(SHOP)
        books.ledger.append([late], shop.clock.now())
        (count,) = compare_counts(books, [LevelKey(shop.items["TEE"], BOSTON)], shop.clock.now())
        assert (count.source, count.gap_units, count.adopted_units) == (SOURCE, 0, 0)
    assert available(shop) == 8


@pytest.mark.parametrize("later_s", [0, 90])
def test_a_count_that_is_taken_back_stays_taken_back(shop: SheetShop, later_s: int) -> None:
    enter(shop, 7)
    shop.clock.advance(later_s)
    with shop.store.writing() as session:
        books = session.of(SHOP)
        (drift,) = books.drifts.rows()
        assert (drift.source, drift.status, drift.units) == (SOURCE, "adopted", -3)
        (count,) = books.counts.of([LevelKey(drift.item, drift.location)])
        plan = plan_undone_count(books, drift, count)
        take_back(books, replace(plan, undoes=0), count, drift.units, shop.clock.now())
    shop.run(70)
    assert available(shop) == 10
    assert shop.row_of("Levels", "TEE", "Boston")[1]["Available"] == 10
