"""What people do in the workbook: it stays equal to the books, and nothing of theirs is lost."""

from datetime import timedelta

import pytest

from tests.sheet.shop import BOSTON, WAREHOUSE, SheetShop


def test_e02_i17_rows_that_people_have_sorted_are_written_where_they_stand(shop: SheetShop) -> None:
    shop.person("sort", tab="Levels", at="B", falling=True)
    shop.person("sort", tab="ATS by channel", at="D")
    shop.move([("CAP", BOSTON, -4), ("TEE", WAREHOUSE, -1)])
    shop.run()
    assert shop.differences() == []
    assert shop.table("Levels")[0]["SKU"] == "TEE"
    assert not any(row["Remarks"] for row in shop.table("Levels"))


def test_a_tab_may_be_called_and_filtered_as_people_like(shop: SheetShop) -> None:
    shop.person("rename_tab", tab="Levels", new_title="Tom's stock")
    shop.person("filter", tab="Tom's stock")
    shop.move([("CAP", BOSTON, -4)])
    shop.run()
    assert shop.differences(levels="Tom's stock") == []
    assert "Levels" not in shop.tabs()


def test_columns_and_headings_of_people_stay_theirs(shop: SheetShop) -> None:
    shop.person("insert_columns", tab="Levels", at="C", count=2)
    shop.person("type", tab="Levels", at="C1", value="Shelf")
    shop.person("type", tab="Levels", at="C2", value="A7")
    row = shop.tabs()["Levels"]["values"][1]
    shop.move([("TEE", BOSTON, -2), ("CAP", BOSTON, 5)])
    shop.run()
    assert shop.differences() == []
    assert shop.tabs()["Levels"]["values"][1][:4] == row[:4]
    assert shop.table("Levels")[0]["Shelf"] == "A7"


def test_a_column_that_was_deleted_comes_back_with_its_numbers(shop: SheetShop) -> None:
    shop.person("delete_columns", tab="Levels", at="E")
    assert "Available" not in shop.tabs()["Levels"]["values"][0]
    shop.run(16)
    assert shop.differences() == []
    assert shop.tabs()["Levels"]["values"][0][-1] == "Available"


def test_rows_that_were_deleted_or_pushed_down_are_there_again(shop: SheetShop) -> None:
    shop.person("delete_rows", tab="Levels", at="2", count=2)
    shop.person("insert_rows", tab="Levels", at="3", count=3)
    shop.person("delete_rows", tab="ATS by channel", at="4")
    shop.move([("TEE", WAREHOUSE, -1)])
    shop.run(70)
    assert shop.differences() == []


def test_a_heading_that_somebody_has_emptied_is_not_what_we_look_for(shop: SheetShop) -> None:
    shop.person("type", tab="Levels", at="E1", value="Free")
    shop.move([("TEE", WAREHOUSE, -1)])
    shop.run()
    assert shop.tabs()["Levels"]["values"][0][4] == "Free"
    assert shop.row_of("Levels", "TEE", "Warehouse")[1]["Free"] == 9


@pytest.mark.parametrize("tab", ["Summary", "Levels", "ATS by channel", "Inputs", "_meta", "Data dictionary"])
def test_a_tab_that_was_deleted_is_made_again(shop: SheetShop, tab: str) -> None:
    shop.person("delete_tab", tab=tab)
    shop.run(16)
    assert shop.differences() == []
    assert tab in shop.tabs()
    assert len(shop.table("Summary")) > 5
    assert shop.tabs()["Summary"]["charts"] == 2


def test_a_tab_that_has_lost_its_keys_is_left_to_people_and_a_new_one_takes_its_place(shop: SheetShop) -> None:
    shop.person("delete_columns", tab="Levels", at="A")
    shop.run(16)
    assert shop.differences() == []
    assert "Levels (left by onhand)" in shop.tabs()


def test_tabs_of_people_are_never_touched(shop: SheetShop) -> None:
    shop.person("add_tab", tab="My sums")
    shop.person("type", tab="My sums", at="A1", value="=SUM(Levels!E:E)")
    shop.person("type", tab="Sheet1", at="B2", value="mine")
    before = {name: shop.tabs()[name]["values"] for name in ("My sums", "Sheet1")}
    shop.move([("TEE", WAREHOUSE, -1)])
    shop.run(70)
    assert {name: shop.tabs()[name]["values"] for name in before} == before


def test_i17_a_number_that_somebody_wrote_over_ours_is_put_right_with_a_mark(shop: SheetShop) -> None:
    number, _ = shop.row_of("Levels", "TEE", "Boston")
    shop.person("type", tab="Levels", at=f"E{number}", value=77)
    shop.run(70)
    row = shop.row_of("Levels", "TEE", "Boston")[1]
    assert row["Available"] == 10
    assert row["Remarks"].startswith("conflict: somebody wrote Available: 77 here")
    shop.clock.advance(timedelta(days=1).total_seconds() + 10)
    shop.run(70)
    assert shop.row_of("Levels", "TEE", "Boston")[1]["Remarks"] == ""


def test_i17_a_cell_that_changes_here_and_there_at_once_is_marked_before_it_is_overwritten(shop: SheetShop) -> None:
    number, _ = shop.row_of("Levels", "CAP", "Boston")
    shop.person("type", tab="Levels", at=f"E{number}", value="=2+3")
    shop.move([("CAP", BOSTON, -1)])
    shop.run()
    row = shop.row_of("Levels", "CAP", "Boston")[1]
    assert row["Available"] == 9
    assert "'=2+3'" in row["Remarks"]
    assert shop.tabs()["Levels"]["formulas"] == 0


def test_a_copied_row_is_told_apart_and_kept_no_more(shop: SheetShop) -> None:
    number, _ = shop.row_of("Levels", "CAP", "Boston")
    shop.person("copy_row", tab="Levels", at=str(number))
    shop.run(70)
    copies = [row for row in shop.table("Levels") if row["SKU"] == "CAP" and row["Location"] == "Boston"]
    assert [row["Remarks"] for row in copies] == ["", "a copy, or changed by hand: onhand does not keep this row"]
    shop.move([("CAP", BOSTON, -1)])
    shop.run()
    assert shop.differences() == []


def test_what_people_note_below_our_rows_is_not_written_over(shop: SheetShop) -> None:
    shop.person("grow", tab="Levels", count=20)
    shop.person("type", tab="Levels", at="B15", value="count these on Monday")
    number, _ = shop.row_of("Levels", "CAP", "Boston")
    shop.person("delete_rows", tab="Levels", at=str(number))
    shop.run(70)
    assert shop.differences() == []
    assert any(row["SKU"] == "count these on Monday" for row in shop.table("Levels"))


def test_a_chart_that_somebody_has_taken_away_stays_away(shop: SheetShop) -> None:
    book = next(iter(shop.service.books))
    shop.service.change(book, [{"deleteEmbeddedObject": {"objectId": 71_002_001}}])
    shop.keeper = shop.new_keeper()
    shop.work = shop.new_work()
    shop.move([("TEE", WAREHOUSE, -1)])
    shop.run(20)
    assert shop.tabs()["Summary"]["charts"] == 1


def test_a_column_before_all_of_ours_moves_the_keys_with_it(shop: SheetShop) -> None:
    shop.person("insert_columns", tab="Levels", at="A")
    shop.move([("TEE", WAREHOUSE, -3)])
    shop.run(70)
    assert shop.tabs()["Levels"]["values"][0][:2] == ["", "onhand"]
    assert all(row["onhand"] for row in shop.table("Levels"))
    assert shop.differences() == []
