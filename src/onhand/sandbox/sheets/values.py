"""spreadsheets.values: reading and writing ranges as rows or columns of plain values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from onhand.sandbox.sheets.book import EMPTY, Book, Formula, Tab, Value
from onhand.sandbox.sheets.hangings import finds
from onhand.sandbox.sheets.ranges import Area, write_a1
from onhand.sandbox.sheets.refusals import invalid
from onhand.sandbox.sheets.shown import format_value

Json = Mapping[str, Any]
Cells = Sequence[Sequence[Any]]
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def read(book: Book, text: str, options: Mapping[str, str]) -> Json:
    """Return a range's values; what is blank at the end of rows, and blank rows at the end, are left out."""
    tab, area = book.read_range(text)
    return _show(tab, area, text, options)


def read_filtered(book: Book, filters: Sequence[Json], options: Mapping[str, str]) -> list[Json]:
    """Return the values of the ranges that data filters find."""
    found: list[Json] = []
    for data_filter in filters:
        for tab, area in _areas(book, data_filter):
            name = write_a1(tab.title, *tab.bounded(area, tab.title))
            found.append({"valueRange": _show(tab, area, name, options), "dataFilters": [data_filter]})
    return found


def _areas(book: Book, data_filter: Json) -> list[tuple[Tab, Area]]:
    if "a1Range" in data_filter:
        return [book.read_range(data_filter["a1Range"])]
    if "gridRange" in data_filter:
        tab = book.tab(data_filter["gridRange"].get("sheetId", 0))
        return [(tab, Area(*tab.area(data_filter["gridRange"])))]
    areas = []
    for entry in book.metadata:
        if finds(data_filter, entry):
            span = entry["location"].get("dimensionRange", {"sheetId": entry["location"].get("sheetId", 0)})
            ends = (span.get("startIndex", 0), span.get("endIndex"))
            columns = span.get("dimension") == "COLUMNS"
            areas.append((book.tab(span["sheetId"]), Area(0, None, *ends) if columns else Area(*ends)))
    return areas


def _show(tab: Tab, area: Area, name: str, options: Mapping[str, str]) -> Json:
    top, bottom, left, right = tab.bounded(area, name)
    how = options.get("valueRenderOption", "FORMATTED_VALUE")
    rows = [_trimmed([_render(value, how) for value in row.values[left:right]]) for row in tab.rows[top:bottom]]
    dimension = options.get("majorDimension", "ROWS")
    if dimension == "COLUMNS":
        width = max(map(len, rows), default=0)
        rows = [_trimmed([row[place] if place < len(row) else "" for row in rows]) for place in range(width)]
    while rows and not rows[-1]:
        rows.pop()
    shown: dict[str, Any] = {"range": write_a1(tab.title, top, bottom, left, right), "majorDimension": dimension}
    return shown | ({"values": rows} if rows else {})


def _trimmed(values: list[Any]) -> list[Any]:
    while values and values[-1] == "":
        values.pop()
    return values


def _render(value: Value, how: str) -> object:
    if value is None:
        return ""
    if isinstance(value, Formula):
        return value.text if how == "FORMULA" else "#N/A"
    return format_value(value) if how == "FORMATTED_VALUE" else value


def write(book: Book, actor: str, value_range: Json, option: str | None, area: tuple[Tab, Area] | None = None) -> Json:
    """Write a range of values; null leaves a cell as it is. Raises SheetsRefused beyond range or grid."""
    if option not in {"RAW", "USER_ENTERED"}:
        raise invalid("'valueInputOption' is required but not specified")
    text = value_range.get("range", "")
    tab, place = area or book.read_range(text)
    cells: Cells = value_range.get("values", [])
    if value_range.get("majorDimension", "ROWS") == "COLUMNS":
        height = max(map(len, cells), default=0)
        cells = [[column[row] if row < len(column) else None for column in cells] for row in range(height)]
    width = max(map(len, cells), default=0)
    one_cell = place.bottom == place.top + 1 and place.right == place.left + 1
    top, bottom, left, right = tab.bounded(place, text)
    if one_cell or place.bottom is None:
        bottom = max(bottom, top + len(cells))
    if one_cell or place.right is None:
        right = max(right, left + width)
    _check_inside(tab, text, (top, bottom, left, right), len(cells), width)
    book.check_protection(actor, tab, (top, top + len(cells), left, left + width))
    count = 0
    for number, row in enumerate(cells):
        kept = (
            tab.value(top + number, left + at) if value is None else _read(value, option)
            for at, value in enumerate(row)
        )
        tab.put(top + number, left, list(kept))
        count += sum(value is not None for value in row)
    return {
        "spreadsheetId": book.id,
        "updatedRange": write_a1(tab.title, top, top + max(1, len(cells)), left, left + max(1, width)),
        "updatedRows": len(cells),
        "updatedColumns": width,
        "updatedCells": count,
    }


def _check_inside(tab: Tab, text: str, area: tuple[int, int, int, int], height: int, width: int) -> None:
    top, bottom, left, right = area
    if bottom > len(tab.rows) or right > tab.width:
        raise invalid(f"Range ({text}) exceeds grid limits. Max rows: {len(tab.rows)}, max columns: {tab.width}")
    if height > bottom - top:
        raise invalid(f"Requested writing within range [{text}], but tried writing to row [{bottom + 1}]")
    if width > right - left:
        raise invalid(f"Requested writing within range [{text}], but tried writing to column [{right + 1}]")


def write_filtered(book: Book, actor: str, entry: Json, option: str | None) -> Json:
    """Write values where a data filter finds one range. Raises SheetsRefused without majorDimension."""
    if entry.get("majorDimension") not in {"ROWS", "COLUMNS"}:
        raise invalid("dimension_unspecified: majorDimension must be given")
    areas = _areas(book, entry.get("dataFilter", {}))
    if not areas:
        return {"dataFilter": entry["dataFilter"]}
    done = write(book, actor, entry, option, areas[0])
    return {name: value for name, value in done.items() if name != "spreadsheetId"} | {
        "dataFilter": entry["dataFilter"]
    }


def append(book: Book, actor: str, text: str, value_range: Json, option: str | None) -> Json:
    """Write below the table that is found around a range; the grid grows where it must."""
    tab, area = book.read_range(text)
    top, bottom, left, _ = tab.bounded(area, text)
    while top < bottom and not _blank(tab, top, left) and top + 1 < len(tab.rows):
        top += 1
        bottom = len(tab.rows)
    if not _blank(tab, top, left):
        top += 1
    cells: Cells = value_range.get("values", [])
    tab.rows += [EMPTY] * max(0, top + len(cells) - len(tab.rows))
    book.check_size()
    width = max(map(len, cells), default=1)
    name = write_a1(tab.title, top, top + max(1, len(cells)), left, left + width)
    done = write(book, actor, {**value_range, "range": name}, option)
    return {"spreadsheetId": book.id, "tableRange": text, "updates": done}


def _blank(tab: Tab, row: int, left: int) -> bool:
    return all(value in {None, ""} for value in tab.rows[row].values[left:])


def clear(book: Book, actor: str, text: str) -> str:
    """Empty a range, and return it."""
    tab, area = book.read_range(text)
    top, bottom, left, right = tab.bounded(area, text)
    book.check_protection(actor, tab, (top, bottom, left, right))
    for row in range(top, bottom):
        tab.put(row, left, [None] * (right - left))
    return write_a1(tab.title, top, bottom, left, right)


def _read(value: Any, option: str) -> Value:
    """Return what a cell then holds: RAW takes it as it is, USER_ENTERED reads it as if somebody had typed it."""
    if not isinstance(value, str | bool | int | float):
        raise invalid(f"Invalid values: a cell holds a text, a number or a boolean, got {type(value).__name__}")
    return typed(value) if option == "USER_ENTERED" and isinstance(value, str) else value


def typed(text: str) -> Value:
    """Return what a cell holds after somebody has typed a text into it."""
    if text == "":
        return None
    if text.startswith("'"):
        return text[1:]
    if text.startswith(("=", "+")) and len(text) > 1 and not _NUMBER.fullmatch(text):
        return Formula("=" + text[1:])
    if text.upper() in {"TRUE", "FALSE"}:
        return text.upper() == "TRUE"
    if _NUMBER.fullmatch(text.strip()):
        number = float(text)
        return int(number) if number.is_integer() and abs(number) < 1e15 else number
    return text
