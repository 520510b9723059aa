"""What makes tabs and columns of ours that are not there: the first time, and after somebody has deleted them."""

from collections.abc import Mapping, Sequence
from typing import Any

from onhand.channels.google_sheets.layout import COLUMN_TAG, TAB_TAG, Layout, Tab
from onhand.channels.google_sheets.tables import INPUTS, TABLES, Column, Table

Json = Mapping[str, Any]
INPUT_ROWS = 500
"""Blank rows that people find in the tab they may write in."""

HEADING_FORMAT = {
    "textFormat": {"bold": True},
    "backgroundColorStyle": {"rgbColor": {"red": 0.9, "green": 0.93, "blue": 0.97}},
}


def build_requests(layout: Layout, channels: Sequence[str]) -> tuple[list[Json], frozenset[str]]:
    """Return what makes everything there that is missing, and the tables whose rows must all be written anew.

    `channels` are those that a buffer can be given for. A tab that has lost its hidden keys is left to people under
    another title, because nothing says any more which row is which; a new one takes its place.
    """
    requests: list[Json] = []
    anew: set[str] = set()
    taken_ids, taken_titles = set(layout.sheet_ids), set(layout.titles)
    for table in TABLES:
        tab = layout.tabs.get(table.name)
        if tab is not None and not tab.missing:
            continue
        anew.add(table.name)
        if tab is not None and "key" not in tab.missing:
            requests += _columns_of(tab)
            continue
        if tab is not None:
            left = _free_title(f"{tab.title} (left by onhand)", taken_titles)
            requests += _leave(tab, left)
            taken_titles = taken_titles - {tab.title.casefold()} | {left.casefold()}
        sheet_id, title = _free_id(table.sheet_id, taken_ids), _free_title(table.title, taken_titles)
        taken_ids.add(sheet_id)
        taken_titles.add(title.casefold())
        requests += _new_tab(table, sheet_id, title, channels)
    return requests, frozenset(anew)


def _free_id(wanted: int, taken: set[int]) -> int:
    while wanted in taken:
        wanted += 100
    return wanted


def _free_title(wanted: str, taken: set[str]) -> str:
    title, number = wanted, 2
    while title.casefold() in taken:
        title, number = f"{wanted} {number}", number + 1
    return title


def _leave(tab: Tab, title: str) -> list[Json]:
    here = {"metadataLocation": {"sheetId": tab.sheet_id}, "locationMatchingStrategy": "INTERSECTING_LOCATION"}
    tags = [{"developerMetadataLookup": {**here, "metadataKey": key}} for key in (TAB_TAG, COLUMN_TAG)]
    renamed = {"properties": {"sheetId": tab.sheet_id, "title": title}, "fields": "title"}
    return [{"updateSheetProperties": renamed}, *({"deleteDeveloperMetadata": {"dataFilter": tag}} for tag in tags)]


def _new_tab(table: Table, sheet_id: int, title: str, channels: Sequence[str]) -> list[Json]:
    rows = 2 if table.has_keys else INPUT_ROWS
    grid = {"rowCount": rows, "columnCount": len(table.columns), "frozenRowCount": 1}
    properties = {"sheetId": sheet_id, "title": title, "hidden": table.hidden, "gridProperties": grid}
    tag = {"metadataKey": TAB_TAG, "metadataValue": table.name, "location": {"sheetId": sheet_id}}
    requests: list[Json] = [
        {"addSheet": {"properties": properties}},
        {"createDeveloperMetadata": {"developerMetadata": {**tag, "visibility": "DOCUMENT"}}},
        *_columns(table, table.columns, sheet_id, 0),
    ]
    if table is INPUTS:
        return requests + _for_people(sheet_id, channels)
    # With a warning and not a wall: who may edit the sheet may sort it, and a wall would keep them from that.
    protected = {"range": {"sheetId": sheet_id}, "warningOnly": True, "description": "onhand keeps this tab"}
    return [*requests, {"addProtectedRange": {"protectedRange": protected}}]


def _columns_of(tab: Tab) -> list[Json]:
    """Return what puts deleted columns back, at the end: what stands between is people's."""
    columns = [column for column in tab.table.columns if column.name in tab.missing]
    grown = {"sheetId": tab.sheet_id, "dimension": "COLUMNS", "length": len(columns)}
    return [{"appendDimension": grown}, *_columns(tab.table, columns, tab.sheet_id, tab.width)]


def _columns(table: Table, columns: Sequence[Column], sheet_id: int, left: int) -> list[Json]:
    headings = [
        {
            "userEnteredValue": {"stringValue": column.heading},
            "userEnteredFormat": HEADING_FORMAT,
            "note": column.meaning,
        }
        for column in columns
    ]
    start = {"sheetId": sheet_id, "rowIndex": 0, "columnIndex": left}
    fields = "userEnteredValue,userEnteredFormat,note"
    requests: list[Json] = [{"updateCells": {"start": start, "rows": [{"values": headings}], "fields": fields}}]
    for place, column in enumerate(columns, start=left):
        span = {"sheetId": sheet_id, "dimension": "COLUMNS", "startIndex": place, "endIndex": place + 1}
        told = {
            "metadataKey": COLUMN_TAG,
            "metadataValue": f"{table.name}.{column.name}",
            "visibility": "DOCUMENT",
            "location": {"dimensionRange": span},
        }
        looks = {"pixelSize": column.width, "hiddenByUser": column.name == "key"}
        shown = {"range": span, "properties": looks, "fields": "pixelSize,hiddenByUser"}
        requests += [{"createDeveloperMetadata": {"developerMetadata": told}}, {"updateDimensionProperties": shown}]
    return requests


def _for_people(sheet_id: int, channels: Sequence[str]) -> list[Json]:
    """Return what guides people who write: which channels there are, that units are whole, who writes the verdict."""

    def column(name: str) -> dict[str, int]:
        place = INPUTS.place(name)
        return {"sheetId": sheet_id, "startRowIndex": 1, "startColumnIndex": place, "endColumnIndex": place + 1}

    known = {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": channel} for channel in channels]}
    units = {"type": "NUMBER_GREATER_THAN_EQ", "values": [{"userEnteredValue": "0"}]}
    rules: list[tuple[str, Json, str]] = [
        ("buffer", units, "A whole number from 0, or `default` for the channel's own buffer"),
        ("counted", units, "A whole number from 0"),
    ]
    if channels:
        rules.append(("channel", known, f"One of {', '.join(channels)}"))
    red = {"textFormat": {"foregroundColorStyle": {"rgbColor": {"red": 0.75}}}}
    refused = {"type": "TEXT_STARTS_WITH", "values": [{"userEnteredValue": "refused"}]}
    return [
        *(
            {
                "setDataValidation": {
                    "range": column(name),
                    "rule": {"condition": rule, "inputMessage": message, "strict": False, "showCustomUi": True},
                }
            }
            for name, rule, message in rules
        ),
        {
            "addConditionalFormatRule": {
                "rule": {"ranges": [column("verdict")], "booleanRule": {"condition": refused, "format": red}},
                "index": 0,
            }
        },
        {
            "addProtectedRange": {
                "protectedRange": {
                    "range": column("verdict"),
                    "warningOnly": True,
                    "description": "onhand writes its verdicts here",
                }
            }
        },
    ]
