"""Spreadsheets as the service shows them: resources, and the field masks that leave parts of them out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from onhand.sandbox.sheets.book import Book, Formula, Tab, Value
from onhand.sandbox.sheets.ranges import Area
from onhand.sandbox.sheets.refusals import invalid

Json = Mapping[str, Any]
Mask = dict[str, "Mask"]
"""Names of fields, each with the mask of what it holds; an empty one takes all of it."""


def show_tab_properties(book: Book, tab: Tab) -> dict[str, Any]:
    """Return a tab's properties with its place and the size of its grid."""
    grid = {**tab.properties.get("gridProperties", {}), "rowCount": len(tab.rows), "columnCount": tab.width}
    return {**tab.properties, "index": book.tabs.index(tab), "gridProperties": grid}


def show_book(book: Book, url: str, mask: Mask, areas: Mapping[int, list[Area]] | None, *, data: bool) -> Json:
    """Return a spreadsheet. `areas` None: whole tabs; grid data is in it with `data`, or where the mask asks for it."""
    wanted = mask.get("sheets", {})
    data = data if not mask else ("sheets" in mask and (not wanted or "data" in wanted))
    tabs = book.tabs if areas is None else [tab for tab in book.tabs if tab.id in areas]
    shown: dict[str, Any] = {
        "spreadsheetId": book.id,
        "properties": book.properties,
        "sheets": [
            _show_tab(book, tab, (areas or {}).get(tab.id, [Area()]), wanted.get("data", {}), data=data) for tab in tabs
        ],
        "spreadsheetUrl": url,
    }
    if book.named:
        shown["namedRanges"] = list(book.named)
    if overall := [one for one in book.metadata if one["location"].get("spreadsheet")]:
        shown["developerMetadata"] = overall
    return shown


def _show_tab(book: Book, tab: Tab, areas: Iterable[Area], mask: Mask, *, data: bool) -> Json:
    shown: dict[str, Any] = {"properties": show_tab_properties(book, tab)}
    if data:
        shown["data"] = [_show_data(book, tab, area, mask) for area in areas]
    hangings = {
        "charts": list(tab.charts),
        "protectedRanges": list(tab.protections),
        "conditionalFormats": list(tab.conditions),
        "basicFilter": tab.filter,
        "developerMetadata": [one for one in book.metadata if one["location"].get("sheetId") == tab.id],
    }
    return shown | {name: hanging for name, hanging in hangings.items() if hanging}


def _show_data(book: Book, tab: Tab, area: Area, mask: Mask) -> Json:
    top, bottom, left, right = tab.bounded(area, tab.title)
    shown: dict[str, Any] = {"startRow": top, "startColumn": left} if top or left else {}
    if not mask or "columnMetadata" in mask:
        shown["columnMetadata"] = [_show_column(book, tab, place) for place in range(left, right)]
    if not mask or "rowData" in mask:
        shown["rowData"] = [
            {"values": [_show_cell(tab, row, column) for column in range(left, right)]} for row in range(top, bottom)
        ]
    return shown


def _show_column(book: Book, tab: Tab, place: int) -> Json:
    here = [one for one in book.metadata if _is_column(one["location"], tab.id, place)]
    return {"pixelSize": 100, **tab.columns.get(place, {}), **({"developerMetadata": here} if here else {})}


def _is_column(location: Json, sheet_id: int, place: int) -> bool:
    span = location.get("dimensionRange")
    return (
        span is not None
        and span["dimension"] == "COLUMNS"
        and span["sheetId"] == sheet_id
        and span.get("startIndex", 0) == place
    )


def _show_cell(tab: Tab, row: int, column: int) -> Json:
    value, more = tab.value(row, column), tab.rows[row].more.get(column, {})
    if value is None:
        return more
    entered, effective = extended(value), extended(None if isinstance(value, Formula) else value)
    return {"userEnteredValue": entered, "effectiveValue": effective, "formattedValue": format_value(value), **more}


def extended(value: Value) -> Json:
    """Return a value as an ExtendedValue."""
    match value:
        case None:
            return {}
        case Formula():
            return {"formulaValue": value.text}
        case bool():
            return {"boolValue": value}
        case str():
            return {"stringValue": value}
        case _:
            return {"numberValue": value}


def format_value(value: Value) -> str:
    """Return a value as a cell shows it, in a format of its own kind; a formula is not computed here."""
    match value:
        case None:
            return ""
        case Formula():
            return "#N/A"
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return f"{value:.10g}"
        case _:
            return str(value)


def read_mask(text: str) -> Mask:
    """Return a field mask such as `sheets(properties.title,data/rowData)`; empty takes everything."""
    mask: Mask = {}
    end = _read_names(text, 0, mask)
    if end != len(text):
        raise invalid(f'Request contains an invalid argument: field mask "{text}" ends at {end}.')
    return {} if "*" in mask else mask


def _read_names(text: str, at: int, mask: Mask) -> int:
    while at < len(text):
        into = mask
        while True:
            end = at
            while end < len(text) and (text[end].isalnum() or text[end] in "_*"):
                end += 1
            if end == at:
                raise invalid(f'Request contains an invalid argument: field mask "{text}" lacks a name at {at}.')
            into, at = into.setdefault(text[at:end], {}), end
            if at < len(text) and text[at] in "./":
                at += 1
                continue
            break
        if at < len(text) and text[at] == "(":
            at = _read_names(text, at + 1, into)
            if at >= len(text) or text[at] != ")":
                raise invalid(f'Request contains an invalid argument: field mask "{text}" is not closed.')
            at += 1
        if at < len(text) and text[at] == ",":
            at += 1
            continue
        break
    return at


def masked(thing: Any, mask: Mask) -> Any:
    """Return what a mask leaves of an answer."""
    if not mask:
        return thing
    if isinstance(thing, list):
        return [masked(part, mask) for part in thing]
    if not isinstance(thing, Mapping):
        return thing
    return {name: masked(thing[name], inner) for name, inner in mask.items() if name in thing}
