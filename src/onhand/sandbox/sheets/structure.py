"""What a batch does to tabs, rows and columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onhand.sandbox.sheets.book import EMPTY, Book, Row, Tab, check_frozen
from onhand.sandbox.sheets.cells import Change
from onhand.sandbox.sheets.ranges import COLUMNS_MAX, deleted, inserted
from onhand.sandbox.sheets.refusals import invalid
from onhand.sandbox.sheets.shown import show_tab_properties

Json = Mapping[str, Any]
_GRID = ("frozenRowCount", "frozenColumnCount", "hideGridlines")


def add_sheet(book: Book, _: str, ask: Json) -> Json:
    """Add a tab."""
    tab = book.add_tab(ask.get("properties", {}))
    return {"addSheet": {"properties": show_tab_properties(book, tab)}}


def delete_sheet(book: Book, actor: str, ask: Json) -> Json:
    """Delete a tab with everything in it; a spreadsheet keeps one."""
    tab = book.tab(ask.get("sheetId", 0))
    book.check_protection(actor, tab, (0, len(tab.rows), 0, tab.width))
    if len(book.tabs) == 1:
        raise invalid("You can't remove all the sheets in a document.")
    book.tabs.remove(tab)
    book.named = tuple(one for one in book.named if one["range"].get("sheetId") != tab.id)
    book.metadata = tuple(
        one
        for one in book.metadata
        if tab.id not in (one["location"].get("sheetId"), one["location"].get("dimensionRange", {}).get("sheetId"))
    )
    return {}


def update_sheet_properties(book: Book, _: str, ask: Json) -> Json:
    """Change what `fields` names of a tab: its title, whether it is hidden, its grid."""
    told = ask.get("properties", {})
    tab = book.tab(told.get("sheetId", 0))
    for path in _paths(ask):
        name, _dot, part = path.partition(".")
        if name == "title":
            other = book.titled(told.get("title", ""))
            if other not in (None, tab):
                raise invalid(f'A sheet with the name "{told["title"]}" already exists. Please enter another name.')
            tab.properties["title"] = told["title"]
        elif name == "index":
            book.tabs.remove(tab)
            book.tabs.insert(told.get("index", 0), tab)
        elif name == "gridProperties":
            for field in [part] if part else list(told.get("gridProperties", {})):
                _set_grid(book, tab, field, told.get("gridProperties", {}).get(field, 0))
        elif name in told:
            tab.properties[name] = told[name]
        else:
            tab.properties.pop(name, None)
    if all(each.properties.get("hidden") for each in book.tabs):
        raise invalid("You can't hide all the sheets in a document.")
    return {}


def _set_grid(book: Book, tab: Tab, field: str, value: int) -> None:
    if field == "rowCount":
        if value < len(tab.rows):
            _cut(book, tab, "ROWS", value, len(tab.rows))
        tab.rows += [EMPTY] * (value - len(tab.rows))
    elif field == "columnCount":
        if value < tab.width:
            _cut(book, tab, "COLUMNS", value, tab.width)
        tab.width = value
    elif field in _GRID:
        tab.properties["gridProperties"][field] = value
    else:
        raise invalid(f"Invalid field: grid_properties.{field}")
    book.check_size()
    check_frozen(tab)


def append_dimension(book: Book, _: str, ask: Json) -> Json:
    """Add blank rows or columns at the end."""
    tab, length = book.tab(ask.get("sheetId", 0)), ask.get("length", 0)
    if length < 1:
        raise invalid("appendDimension.length must be greater than 0.")
    if ask.get("dimension") == "COLUMNS":
        tab.width += length
    else:
        tab.rows += [EMPTY] * length
    if tab.width > COLUMNS_MAX:
        raise invalid(f"You can't have more than {COLUMNS_MAX} columns.")
    book.check_size()
    return {}


def insert_dimension(book: Book, actor: str, ask: Json) -> Json:
    """Add blank rows or columns in between; everything that points behind them follows."""
    span = ask["range"]
    tab, start, end = book.tab(span.get("sheetId", 0)), span.get("startIndex", 0), span["endIndex"]
    count = end - start
    if span["dimension"] == "COLUMNS":
        book.check_protection(actor, tab, (0, len(tab.rows), start, start + 1))
        tab.rows = [_widened(row, start, count) for row in tab.rows]
        tab.columns = {place + (count if place >= start else 0): one for place, one in tab.columns.items()}
        tab.width += count
    else:
        tab.rows[start:start] = [EMPTY] * count
    book.shift(tab, span["dimension"], inserted(start, count))
    book.check_size()
    return {}


def delete_dimension(book: Book, actor: str, ask: Json) -> Json:
    """Remove rows or columns with everything in them."""
    span = ask["range"]
    tab = book.tab(span.get("sheetId", 0))
    length = tab.width if span["dimension"] == "COLUMNS" else len(tab.rows)
    start, end = span.get("startIndex", 0), span.get("endIndex", length)
    if not 0 <= start < end <= length:
        raise invalid(f"Cannot delete {span['dimension']} {start} to {end}: there are {length}.")
    columns = span["dimension"] == "COLUMNS"
    area = (0, len(tab.rows), start, end) if columns else (start, end, 0, tab.width)
    book.check_protection(actor, tab, area)
    _cut(book, tab, span["dimension"], start, end)
    check_frozen(tab)
    return {}


def update_dimension(book: Book, _: str, ask: Json) -> Json:
    """Hide, show or size columns; of rows only that they are there is looked at."""
    span = ask["range"]
    tab = book.tab(span.get("sheetId", 0))
    if span["dimension"] == "COLUMNS":
        for place in range(span.get("startIndex", 0), min(span.get("endIndex", tab.width), tab.width)):
            told = {path: ask.get("properties", {}).get(path) for path in _paths(ask)}
            tab.columns[place] = {**tab.columns.get(place, {}), **told}
    return {}


def resize_dimensions(book: Book, _: str, ask: Json) -> Json:
    """Fit columns to what stands in them; a screen would show it."""
    book.tab(ask.get("dimensions", {}).get("sheetId", 0))
    return {}


def rename(book: Book, _: str, ask: Json) -> Json:
    """Change the spreadsheet's own properties."""
    book.properties |= {path: ask["properties"][path] for path in _paths(ask) if path in ask.get("properties", {})}
    return {}


def _cut(book: Book, tab: Tab, dimension: str, start: int, end: int) -> None:
    if dimension == "COLUMNS":
        tab.rows = [_narrowed(row, start, end) for row in tab.rows]
        kept = {place: one for place, one in tab.columns.items() if not start <= place < end}
        tab.columns = {place - (end - start if place >= end else 0): one for place, one in kept.items()}
        tab.width -= end - start
    else:
        del tab.rows[start:end]
    book.shift(tab, dimension, deleted(start, end))


def _widened(row: Row, start: int, count: int) -> Row:
    values = row.values if len(row.values) <= start else (*row.values[:start], *(None,) * count, *row.values[start:])
    return Row(values, {place + (count if place >= start else 0): one for place, one in row.more.items()})


def _narrowed(row: Row, start: int, end: int) -> Row:
    more = {place: one for place, one in row.more.items() if not start <= place < end}
    moved = {place - (end - start if place >= end else 0): one for place, one in more.items()}
    return Row((*row.values[:start], *row.values[end:]), moved)


def _paths(ask: Json) -> list[str]:
    paths = [path.strip() for path in ask.get("fields", "").split(",") if path.strip()]
    if not paths:
        raise invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    return paths


CHANGES: Mapping[str, Change] = {
    "addSheet": add_sheet,
    "deleteSheet": delete_sheet,
    "updateSheetProperties": update_sheet_properties,
    "updateSpreadsheetProperties": rename,
    "appendDimension": append_dimension,
    "insertDimension": insert_dimension,
    "deleteDimension": delete_dimension,
    "updateDimensionProperties": update_dimension,
    "autoResizeDimensions": resize_dimensions,
}
