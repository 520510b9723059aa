"""What people do in a spreadsheet, by hand: type, sort, rename, insert, delete, filter, share and unshare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from onhand.sandbox.control_asks import Ask
from onhand.sandbox.sheets.book import Book, Tab, Value
from onhand.sandbox.sheets.ranges import column_index, read_cells
from onhand.sandbox.sheets.refusals import SheetsRefused
from onhand.sandbox.sheets.service import OWNER, SheetsService
from onhand.sandbox.sheets.values import read, typed
from onhand.sandbox.world.catalog import Refused

Json = Mapping[str, Any]
Act = Literal[
    "type", "sort", "filter", "rename_tab", "delete_tab", "add_tab", "insert_columns", "delete_columns", "insert_rows",
    "delete_rows", "copy_row", "clear", "protect", "revoke", "share", "delete", "restore", "grow",
]  # fmt: skip


class SheetAct(Ask, frozen=True, kw_only=True):
    """One act of a person. `at` is a cell such as B3, a column such as C or a row's number; `count` how many."""

    act: Act
    tab: str | None = None
    at: str = ""
    value: str | int | float | bool | None = None
    new_title: str | None = None
    count: int = 1
    falling: bool = False
    spreadsheet: str | None = None


def act(service: SheetsService | None, ask: SheetAct) -> dict[str, object]:
    """Do what a person does; raises Refused for what the sheet's menus do not offer."""
    if service is None:
        raise Refused("unknown_sheet", "Google's client is not installed: the sandbox plays no Google Sheets")
    book = service.books[ask.spreadsheet or next(iter(service.books))]
    if (sharing := _SHARING.get(ask.act)) is not None:
        sharing(service, book)
        return {"spreadsheet": book.id, "act": ask.act}
    tab = book.tabs[0] if ask.tab is None else book.titled(ask.tab)
    if ask.act == "add_tab":
        request: Json = {"addSheet": {"properties": {"title": ask.tab}}}
    elif tab is None:
        raise Refused("unknown_tab", f"there is no tab {ask.tab!r}; there are {[one.title for one in book.tabs]}")
    elif ask.act in {"type", "clear", "copy_row"}:
        _write(service, book, tab, ask)
        return {"spreadsheet": book.id, "act": ask.act}
    else:
        request = _request(tab, ask)
    try:
        service.change(book.id, [request])
    except SheetsRefused as refused:
        raise Refused("bad_sheet_act", refused.message) from refused
    return {"spreadsheet": book.id, "act": ask.act}


def show(service: SheetsService | None) -> dict[str, object]:
    """Return every spreadsheet as it stands: values by tab, which cells are formulas, who may edit it."""
    if service is None:
        return {}
    return {
        book.id: {
            "title": book.properties["title"],
            "deleted": book.deleted,
            "editors": sorted(book.editors),
            "tabs": [
                {
                    "title": tab.title,
                    "hidden": bool(tab.properties.get("hidden")),
                    "rows": len(tab.rows),
                    "columns": tab.width,
                    "charts": len(tab.charts),
                    "formulas": sum(isinstance(value, tuple) for row in tab.rows for value in row.values),
                    "values": read(book, f"'{tab.title.replace(chr(39), chr(39) * 2)}'", _AS_THEY_ARE).get(
                        "values", []
                    ),
                }
                for tab in book.tabs
            ],
        }
        for book in service.books.values()
    }


_AS_THEY_ARE = {"valueRenderOption": "UNFORMATTED_VALUE"}


def _revoke(service: SheetsService, book: Book) -> None:
    book.editors.discard(service.account.email)


def _share(service: SheetsService, book: Book) -> None:
    book.editors.add(service.account.email)


def _delete(_: SheetsService, book: Book) -> None:
    book.deleted = True


def _restore(_: SheetsService, book: Book) -> None:
    book.deleted = False


_SHARING = {"revoke": _revoke, "share": _share, "delete": _delete, "restore": _restore}


def _write(service: SheetsService, book: Book, tab: Tab, ask: SheetAct) -> None:
    """Type into a cell, empty one, or copy a whole row to the end."""
    copy = book.copy()
    mine = copy.tab(tab.id)
    if ask.act == "copy_row":
        mine.rows.append(mine.rows[int(ask.at) - 1])
    else:
        value = None if ask.act == "clear" else ask.value
        entered: Value = typed(value) if isinstance(value, str) else value
        area = read_cells(ask.at)
        if area is None or area.top >= len(mine.rows) or area.left >= mine.width:
            raise Refused("unknown_cell", f"{ask.at!r} is no cell of {tab.title!r}")
        mine.put(area.top, area.left, [entered])
    service.books[book.id] = copy


def _request(tab: Tab, ask: SheetAct) -> Json:
    """Return the request that stands behind an item of the menus."""
    whole = {"sheetId": tab.id, "startRowIndex": 1}
    match ask.act:
        case "sort":
            order = "DESCENDING" if ask.falling else "ASCENDING"
            spec = {"dimensionIndex": column_index(ask.at), "sortOrder": order}
            return {"sortRange": {"range": whole, "sortSpecs": [spec]}}
        case "filter":
            return {"setBasicFilter": {"filter": {"range": {"sheetId": tab.id}}}}
        case "rename_tab":
            told = {"sheetId": tab.id, "title": ask.new_title}
            return {"updateSheetProperties": {"properties": told, "fields": "title"}}
        case "delete_tab":
            return {"deleteSheet": {"sheetId": tab.id}}
        case "grow":
            return {"appendDimension": {"sheetId": tab.id, "dimension": "ROWS", "length": ask.count}}
        case "protect":
            return {
                "addProtectedRange": {"protectedRange": {"range": {"sheetId": tab.id}, "editors": {"users": [OWNER]}}}
            }
        case "insert_columns" | "delete_columns" | "insert_rows" | "delete_rows":
            columns = ask.act.endswith("columns")
            start = column_index(ask.at) if columns else int(ask.at) - 1
            span = {
                "sheetId": tab.id,
                "dimension": "COLUMNS" if columns else "ROWS",
                "startIndex": start,
                "endIndex": start + ask.count,
            }
            return {"insertDimension" if ask.act.startswith("insert") else "deleteDimension": {"range": span}}
        case _:
            raise Refused("unknown_act", f"{ask.act} is nothing that a menu offers")
