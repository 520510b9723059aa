"""What goes wrong with Google Sheets: faults E01 and E03 to E05 of docs/faults.md, and quotas."""

import itertools
from collections import Counter
from datetime import timedelta

import httpx
import pytest

from onhand.sandbox.sheets.people import Act
from tests.sheet.shop import BOSTON, SHOP, WAREHOUSE, SheetShop


def problems(shop: SheetShop) -> list[tuple[str, str]]:
    with shop.store.reading() as session:
        return [(row.kind, row.next_step) for row in session.of(SHOP).problems.open()]


def test_e01_a_quota_that_is_used_up_is_waited_out_and_nothing_is_lost(shop: SheetShop) -> None:
    shop.faults.set("throttle", share=1.0, for_s=90.0)
    shop.move([("TEE", BOSTON, -3)])
    shop.google.calls.clear()
    shop.run(90)
    assert Counter(status for _, status, _ in shop.google.calls) == {429: len(shop.google.calls)}
    assert len(shop.google.calls) <= 8
    assert shop.differences() != []
    shop.run(80)
    assert shop.differences() == []
    assert problems(shop) == []


def test_e01_work_without_end_stays_within_sixty_writes_a_minute(shop: SheetShop) -> None:
    shop.google.calls.clear()
    times: list[float] = []
    shop.google.before = lambda request: (
        times.append(shop.clock.seconds()) if "atchUpdate" in str(request.url) else None
    )
    shop.work = type(shop.work)(shop.keeper, shop.store, shop.clock, 0.5)
    for _ in range(120):
        shop.move([("TEE", BOSTON, 1)])
        shop.run(1)
    assert {status for _, status, _ in shop.google.calls} == {200}
    in_a_minute = max(sum(start <= each < start + 60 for each in times) for start in times)
    assert in_a_minute <= 55
    assert all(later - earlier > 0.99 for earlier, later in itertools.pairwise(times))


@pytest.mark.parametrize("fault", ["timeout_after_apply", "error_5xx"])
def test_e03_a_write_without_an_answer_is_read_back_and_stands_there_once(shop: SheetShop, fault: str) -> None:
    with shop.store.writing() as session:
        before = session.of(SHOP).workbook.cursor()
    shop.move([("TEE", BOSTON, -3)])
    failing = ["values:batchUpdate"]

    def fail(request: httpx.Request) -> None:
        on = request.url.path.rpartition("/")[2] in failing
        shop.faults.set("timeout_after_apply" if fault == "timeout_after_apply" else "error_5xx", share=float(on))

    shop.google.before = fail
    shop.run(6)
    failing.clear()
    rows = len(shop.table("Levels"))
    shop.run(20)
    assert shop.differences() == []
    assert len(shop.table("Levels")) == rows
    told = {row["Name"]: row["Value"] for row in shop.table("_meta")}
    with shop.store.reading() as session:
        cursor = session.of(SHOP).workbook.cursor()
    assert before is not None
    assert cursor is not None
    assert told["revision"] == cursor.revision > before.revision
    assert not any(row["Remarks"] for row in shop.table("Levels"))


def test_e03_rows_that_were_added_by_a_write_without_an_answer_are_not_added_again(
    tmp_path: object, shop: SheetShop
) -> None:
    shop.person("delete_tab", tab="Levels")
    failures = [True, True, True]

    def fail(request: httpx.Request) -> None:
        on = "values:batchUpdate" in str(request.url) and bool(failures) and failures.pop()
        shop.faults.set("timeout_after_apply", share=float(on))

    shop.google.before = fail
    shop.run(40)
    assert shop.differences() == []
    assert len(shop.table("Levels")) == 6


def test_e04_a_formula_in_a_sku_or_title_stays_a_text(shop: SheetShop) -> None:
    assert {row["SKU"] for row in shop.table("Levels")} == {"TEE", "CAP", "=IMPORTXML(1)"}
    assert {name: tab["formulas"] for name, tab in shop.tabs().items() if tab["formulas"]} == {}


@pytest.mark.parametrize(("taken", "given"), [("revoke", "share"), ("delete", "restore")])
def test_e05_a_sheet_that_is_gone_pauses_with_a_problem_and_goes_on_by_itself(
    shop: SheetShop, taken: Act, given: Act
) -> None:
    shop.person(taken)
    shop.move([("TEE", BOSTON, -3)])
    shop.run(130)
    ((kind, step),) = problems(shop)
    assert kind == "google sheet"
    assert "onhand@onhand-sandbox.iam.gserviceaccount.com" in step
    calls = len(shop.google.calls)
    shop.run(50)
    assert len(shop.google.calls) - calls <= 1
    shop.person(given)
    shop.run(70)
    assert problems(shop) == []
    assert shop.differences() == []


def test_e05_a_full_spreadsheet_pauses_with_a_problem(shop: SheetShop) -> None:
    book = next(iter(shop.service.books))
    cells = sum(len(tab.rows) * tab.width for tab in shop.service.books[book].tabs)
    rows = 10_000_000 - cells
    grid = {"rowCount": rows, "columnCount": 1}
    shop.service.change(book, [{"addSheet": {"properties": {"title": "Big", "gridProperties": grid}}}])
    shop.person("delete_rows", tab="Levels", at="2")
    shop.person("grow", tab="Big", count=13)
    shop.run(70)
    assert [kind for kind, _ in problems(shop)] == ["google sheet"]
    shop.person("delete_tab", tab="Big")
    shop.run(130)
    assert problems(shop) == []
    assert shop.differences() == []


def test_a_tab_that_somebody_protects_pauses_with_a_problem(shop: SheetShop) -> None:
    shop.person("protect", tab="Levels")
    shop.move([("TEE", WAREHOUSE, -3)])
    shop.run(20)
    assert [kind for kind, _ in problems(shop)] == ["google sheet"]


def test_a_token_that_was_taken_back_is_replaced(shop: SheetShop) -> None:
    shop.service.account.void()
    shop.move([("TEE", WAREHOUSE, -3)])
    shop.run()
    assert shop.differences() == []
    shop.clock.advance(timedelta(hours=2).total_seconds())
    shop.move([("TEE", WAREHOUSE, -3)])
    shop.run()
    assert shop.differences() == []
