"""The workbook is made, kept equal to the books, and holds what it should."""

from pathlib import Path

from tests.sheet.shop import BOSTON, WAREHOUSE, SheetShop


def test_a_blank_spreadsheet_becomes_a_workbook_equal_to_the_books(shop: SheetShop) -> None:
    tabs = shop.tabs()
    assert list(tabs) == [
        "Sheet1",
        "Summary",
        "Levels",
        "ATS by channel",
        "Drifts and anomalies",
        "Inputs",
        "Data dictionary",
        "_meta",
    ]
    assert shop.differences() == []
    assert len(shop.table("ATS by channel")) == 9
    assert tabs["Summary"]["charts"] == 2
    assert tabs["_meta"]["hidden"]
    assert {row["Name"]: row["Value"] for row in shop.table("_meta")}["schema_version"] == 1
    total = next(row for row in shop.table("Summary") if row["Name"] == "units on hand")
    assert total["Units"] == 60


def test_a_sale_reaches_the_sheet_with_the_cells_that_it_changed(shop: SheetShop) -> None:
    shop.google.calls.clear()
    shop.move([("TEE", BOSTON, -3)])
    shop.run()
    assert shop.differences() == []
    assert shop.row_of("Levels", "TEE", "Boston")[1]["Available"] == 7
    (write,) = [call for call in shop.google.writes() if call[0] == "values:batchUpdate"][:1]
    assert write[2] < 1_500


def test_what_came_to_nothing_stays_as_zero_and_what_left_the_catalog_goes(shop: SheetShop) -> None:
    shop.move([("TEE", BOSTON, -10)])
    shop.run()
    assert shop.row_of("Levels", "TEE", "Boston")[1]["On hand"] == 0
    assert shop.differences() == []


def test_a_restart_goes_on_without_writing_anything_twice(shop: SheetShop) -> None:
    shop.keeper = shop.new_keeper()
    shop.work = shop.new_work()
    shop.google.calls.clear()
    shop.run(30)
    assert [name for name, _, _ in shop.google.writes()] == [
        "values:batchUpdate",
        f"{shop.keeper.spreadsheet}:batchUpdate",
    ]
    assert shop.google.writes()[0][2] < 500
    shop.move([("CAP", WAREHOUSE, -1)])
    shop.run()
    assert shop.differences() == []


def test_a_bulk_edit_of_thousands_of_rows_goes_in_few_writes(tmp_path: Path) -> None:
    shop = SheetShop(tmp_path, [f"SKU-{number:05d}" for number in range(700)])
    shop.run(60)
    assert shop.keeper.waiting()[0] == 0
    shop.google.calls.clear()
    began_s = shop.clock.seconds()
    shop.move([(sku, WAREHOUSE, -1) for sku in shop.items])
    while shop.keeper.waiting()[0] or shop.differences():
        shop.run(1)
        assert shop.clock.seconds() - began_s < 65
    rows = 700 * 4  # a level, and what three channels may sell
    assert len(shop.google.writes()) <= 4
    assert max(size for _, _, size in shop.google.writes()) < 2_000_000
    assert sum(size for _, _, size in shop.google.writes()) < rows * 40
    shop.close()
