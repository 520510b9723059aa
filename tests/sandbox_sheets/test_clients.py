"""Google's client and gspread against the sandbox's Sheets: one book, and one set of rules."""

from collections.abc import Iterator
from typing import Any

import gspread
import httpx
import pytest
from google.auth.exceptions import RefreshError
from googleapiclient.errors import HttpError

from onhand.sandbox.server import Options, Running, SandboxThread
from onhand.sandbox.sheets import document
from onhand.sandbox.sheets.people import SheetAct, act, show
from onhand.sandbox.sheets.service import SheetsService
from onhand.sandbox.sheets.tokens import READ_SCOPE
from tests.sandbox_sheets.google import GoogleClient, open_with_gspread


@pytest.fixture
def running() -> Iterator[Running]:
    with SandboxThread(Options(items=1, locations=1)) as sandbox:
        yield sandbox


@pytest.fixture
def google(running: Running) -> Iterator[GoogleClient]:
    address: Any = running.addresses["google_sheets"]
    client = GoogleClient(address)
    yield client
    client.close()


def service_of(running: Running) -> SheetsService:
    assert running.sandbox.sheets is not None
    return running.sandbox.sheets


def refusal(error: "pytest.ExceptionInfo[HttpError]") -> tuple[int, str]:
    return int(error.value.status_code), str(error.value.reason)


def test_both_clients_see_what_either_has_written(running: Running, google: GoogleClient) -> None:
    address: Any = running.addresses["google_sheets"]
    google.put("Sheet1!A1:B2", [["SKU", "units"], ["TEE", 3]])
    book, session = open_with_gspread(address)
    with session:
        tab = book.sheet1
        assert tab.get_all_values() == [["SKU", "units"], ["TEE", "3"]]
        tab.update([["CAP", 5]], "A3:B3")
        tab.append_row(["HAT", 1])
        added = book.add_worksheet("Mine", rows=5, cols=2)
        added.update_acell("A1", "=1+1")
    assert google.get("A2:B4") == [["TEE", 3], ["CAP", 5], ["HAT", 1]]
    assert google.get("Mine!A1", "FORMULA") == [["=1+1"]]


def test_every_answer_is_one_that_the_discovery_document_allows(running: Running, google: GoogleClient) -> None:
    google.put("A1:C2", [["=IMPORTXML(1)", 1.5, True], ["x", "", "z"]])
    chart = {
        "spec": {"title": "Units", "basicChart": {"chartType": "BAR", "series": []}},
        "position": {"overlayPosition": {"anchorCell": {"sheetId": 0, "rowIndex": 3, "columnIndex": 5}}},
    }
    replies = google.batch(
        {"addSheet": {"properties": {"title": "Levels", "sheetId": 77}}},
        {"addChart": {"chart": chart}},
        {"addProtectedRange": {"protectedRange": {"range": {"sheetId": 77, "endColumnIndex": 1}}}},
        {"addNamedRange": {"namedRange": {"name": "units", "range": {"sheetId": 77, "endRowIndex": 3}}}},
        {"createDeveloperMetadata": {"developerMetadata": metadata(77, 2)}},
    )
    values, books = google.sheets.values(), google.sheets
    answers = {
        "BatchUpdateSpreadsheetResponse": replies,
        "Spreadsheet": books.get(spreadsheetId=google.book, includeGridData=True).execute(),
        "ValueRange": values.get(spreadsheetId=google.book, range="A1:C2").execute(),
        "BatchGetValuesResponse": values.batchGet(spreadsheetId=google.book, ranges=["A1", "Levels!A:B"]).execute(),
        "UpdateValuesResponse": google.put("B1", [[4]]),
        "SearchDeveloperMetadataResponse": books.developerMetadata()
        .search(spreadsheetId=google.book, body={"dataFilters": [{"developerMetadataLookup": {"metadataKey": "k"}}]})
        .execute(),
        "BatchUpdateValuesResponse": values.batchUpdate(
            spreadsheetId=google.book,
            body={"valueInputOption": "RAW", "data": [{"range": "units", "values": [["a"]]}]},
        ).execute(),
    }
    for schema, answer in answers.items():
        document.load().check(schema, answer)
    assert answers["Spreadsheet"]["sheets"][1]["data"][0]["columnMetadata"][2]["developerMetadata"]


def metadata(sheet_id: int, column: int) -> dict[str, Any]:
    span = {"sheetId": sheet_id, "dimension": "COLUMNS", "startIndex": column, "endIndex": column + 1}
    return {"metadataKey": "k", "metadataValue": "v", "visibility": "DOCUMENT", "location": {"dimensionRange": span}}


def test_a_batch_is_carried_out_whole_or_not_at_all(running: Running, google: GoogleClient) -> None:
    wrong = {"updateCells": {"start": {"sheetId": 0, "rowIndex": 5000}, "rows": [{"values": [{}]}], "fields": "*"}}
    with pytest.raises(HttpError) as error:
        google.batch({"addSheet": {"properties": {"title": "Half"}}}, wrong)
    assert refusal(error)[0] == 400
    assert "requests[1]" in refusal(error)[1]
    assert [tab.title for tab in service_of(running).books[google.book].tabs] == ["Sheet1"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"requests": [{"addSheet": {"propertys": {}}}]}, "Unknown name"),
        ({"requests": [{"addTab": {}}]}, "Unknown name"),
        ({"requests": [{"deleteSheet": {"sheetId": "0"}}]}, "Invalid value"),
        ({"requests": []}, "at least one request"),
    ],
)
def test_what_the_document_does_not_know_is_refused(google: GoogleClient, body: dict[str, Any], says: str) -> None:
    with pytest.raises(HttpError) as error:
        google.sheets.batchUpdate(spreadsheetId=google.book, body=body).execute()
    assert refusal(error)[0] == 400
    assert says in refusal(error)[1]


def test_values_beyond_the_grid_are_refused_and_null_leaves_a_cell(google: GoogleClient) -> None:
    for area in ("A1001", "AA1"):
        with pytest.raises(HttpError, match="exceeds grid limits"):
            google.put(area, [[1]])
    with pytest.raises(HttpError, match="tried writing to row"):
        google.put("A1:B1", [[1], [2]])
    google.put("A1:C1", [[1, 2, 3]])
    google.put("A1:C1", [[None, "", 9]])
    assert google.get("A1:C1") == [[1, "", 9]]


def test_what_is_raw_stays_as_it_is_and_what_is_typed_is_read(google: GoogleClient) -> None:
    texts = ["=1+1", "0012", "1E5", "+3", "'x", "TRUE"]
    google.put("A1:F1", [texts])
    google.put("A2:F2", [texts], "USER_ENTERED")
    assert google.get("A1:F2", "FORMULA") == [texts, ["=1+1", 12, 100000, 3, "x", True]]


def test_ten_million_cells_are_the_end(google: GoogleClient) -> None:
    ask = {"addSheet": {"properties": {"title": "Big", "gridProperties": {"rowCount": 1_000_000, "columnCount": 10}}}}
    with pytest.raises(HttpError, match="10000000 cells"):
        google.batch(ask)


def test_a_range_that_somebody_else_protects_refuses_the_whole_batch(running: Running, google: GoogleClient) -> None:
    act(running.sandbox.sheets, SheetAct(act="protect", tab="Sheet1"))
    google.batch({"addSheet": {"properties": {"title": "Mine"}}})
    data = [{"range": "Mine!A1", "values": [[1]]}, {"range": "Sheet1!A1", "values": [[1]]}]
    with pytest.raises(HttpError, match="protected cell"):
        google.sheets.values().batchUpdate(
            spreadsheetId=google.book, body={"valueInputOption": "RAW", "data": data}
        ).execute()
    assert google.get("Mine!A1") == []


def test_the_sixty_first_write_of_a_minute_is_one_too_many(running: Running, google: GoogleClient) -> None:
    service = service_of(running)
    now = service.clock()
    service.clock = lambda: now  # however slow the machine is, it is all one minute
    for number in range(60):
        google.put("A1", [[number]])
    with pytest.raises(HttpError) as error:
        google.put("A1", [[60]])
    assert refusal(error)[0] == 429
    assert google.get("A1") == [[59]]


@pytest.mark.parametrize(("taken", "given", "status"), [("revoke", "share", 403), ("delete", "restore", 404)])
def test_who_is_shut_out_is_told_so(
    running: Running, google: GoogleClient, taken: Any, given: Any, status: int
) -> None:
    act(running.sandbox.sheets, SheetAct(act=taken))
    with pytest.raises(HttpError) as error:
        google.get("A1")
    assert refusal(error)[0] == status
    act(running.sandbox.sheets, SheetAct(act=given))
    assert google.get("A1") == []


def test_a_token_is_given_for_a_signed_assertion_of_the_right_scope(running: Running) -> None:
    address: Any = running.addresses["google_sheets"]
    reader = GoogleClient(address, (READ_SCOPE,))
    assert reader.get("A1") == []
    with pytest.raises(HttpError) as error:
        reader.put("A1", [[1]])
    assert refusal(error)[0] == 403
    stranger = {**address, "credentials": {**address["credentials"], "client_email": "who@example.com"}}
    other = GoogleClient(stranger)
    with pytest.raises(RefreshError, match="invalid_grant"):
        other.get("A1")
    reader.close()
    other.close()


def test_names_and_tags_follow_what_people_do(running: Running, google: GoogleClient) -> None:
    google.put("A1:C4", [["k", "sku", "units"], [1, "b", 5], [2, "a", 6], [3, "c", 4]])
    google.batch(
        {"createDeveloperMetadata": {"developerMetadata": metadata(0, 2)}},
        {
            "addNamedRange": {
                "namedRange": {"name": "units", "range": {"sheetId": 0, "startColumnIndex": 2, "endColumnIndex": 3}}
            }
        },
    )
    for one in (
        SheetAct(act="sort", tab="Sheet1", at="B"),
        SheetAct(act="insert_columns", tab="Sheet1", at="B", count=2),
        SheetAct(act="insert_rows", tab="Sheet1", at="1"),
        SheetAct(act="rename_tab", tab="Sheet1", new_title="Tom's"),
        SheetAct(act="delete_rows", tab="Tom's", at="4"),
    ):
        act(running.sandbox.sheets, one)
    assert google.get("units") == [[], ["units"], [6], [4]]
    assert google.get("'Tom''s'!E2:E4", "FORMATTED_VALUE") == [["units"], ["6"], ["4"]]
    found = google.sheets.get(
        spreadsheetId=google.book, fields="sheets(properties(title,sheetId),data.columnMetadata.developerMetadata)"
    ).execute()
    tagged = found["sheets"][0]["data"][0]["columnMetadata"]
    assert [bool(column) for column in tagged[:6]] == [False, False, False, False, True, False]
    act(running.sandbox.sheets, SheetAct(act="delete_columns", tab="Tom's", at="E"))
    assert not service_of(running).books[google.book].metadata
    told: Any = show(running.sandbox.sheets)[google.book]
    assert told["tabs"][0]["title"] == "Tom's"


def test_a_new_spreadsheet_belongs_to_who_made_it(google: GoogleClient) -> None:
    made = google.sheets.create(body={"properties": {"title": "New"}}).execute()
    document.load().check("Spreadsheet", made)
    assert google.sheets.get(spreadsheetId=made["spreadsheetId"]).execute()["properties"]["title"] == "New"


def test_gspread_is_refused_as_google_refuses(running: Running) -> None:
    address: Any = running.addresses["google_sheets"]
    book, session = open_with_gspread(address)
    with session, pytest.raises(gspread.exceptions.APIError, match="already exists"):
        book.add_worksheet("Sheet1", rows=1, cols=1)


def test_people_may_look_at_a_spreadsheet_as_a_page(running: Running, google: GoogleClient) -> None:
    address: Any = running.addresses["google_sheets"]
    google.put("A1:B1", [["<TEE>", 3]])
    shown = httpx.get(address["page"], timeout=60)
    assert "<td>&lt;TEE&gt;</td><td>3</td>" in shown.text
    assert "There is no such spreadsheet" in httpx.get(address["page"].replace("/edit", "x/edit"), timeout=60).text


def test_a_long_reading_comes_as_a_post_and_is_still_a_reading(running: Running, google: GoogleClient) -> None:
    ranges = [f"Sheet1!A{row}:C{row}" for row in range(1, 300)]
    google.put("A299", [["last"]])
    found = google.sheets.values().batchGet(spreadsheetId=google.book, ranges=ranges).execute()
    assert found["valueRanges"][-1]["values"] == [["last"]]
