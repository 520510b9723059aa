"""What a batch does to cells: values, formats, order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from onhand.sandbox.sheets.book import EMPTY, Book, Formula, Row, Tab, Value, rank
from onhand.sandbox.sheets.refusals import invalid

Json = Mapping[str, Any]
Change = Callable[[Book, str, Json], Json]
_FORMATS = ("userEnteredFormat", "note", "dataValidation")


def update_cells(book: Book, actor: str, ask: Json) -> Json:
    """Write typed cells from a start, or into a range; what `fields` names and a cell lacks is cleared."""
    fields = _fields(ask)
    if "start" in ask:
        start = ask["start"]
        tab, top, left = book.tab(start.get("sheetId", 0)), start.get("rowIndex", 0), start.get("columnIndex", 0)
        rows = ask.get("rows", [])
        height, width = len(rows), max((len(row.get("values", [])) for row in rows), default=0)
    else:
        tab = book.tab(ask["range"].get("sheetId", 0))
        top, bottom, left, right = tab.area(ask["range"])
        height, width, rows = bottom - top, right - left, ask.get("rows", [])
        if len(rows) > height or any(len(row.get("values", [])) > width for row in rows):
            raise invalid("Attempting to write outside the given range.")
    if top + height > len(tab.rows) or left + width > tab.width:
        raise invalid(
            f"Attempting to write row: {top + height - 1}, beyond the last requested row of: {len(tab.rows) - 1}"
        )
    book.check_protection(actor, tab, (top, top + height, left, left + width))
    for number in range(height):
        cells = rows[number].get("values", []) if number < len(rows) else []
        if "range" in ask:
            cells = [*cells, *({} for _ in range(width - len(cells)))]
        _write(tab, top + number, left, cells, fields)
    return {}


def append_cells(book: Book, actor: str, ask: Json) -> Json:
    """Write typed rows below the last one that holds something; the grid grows where it must."""
    tab, fields = book.tab(ask.get("sheetId", 0)), _fields(ask)
    rows, top = ask.get("rows", []), tab.used_rows()
    tab.rows += [EMPTY] * max(0, top + len(rows) - len(tab.rows))
    tab.width = max([tab.width, *(len(row.get("values", [])) for row in rows)])
    book.check_size()
    book.check_protection(actor, tab, (top, top + len(rows), 0, tab.width))
    for number, row in enumerate(rows):
        _write(tab, top + number, 0, row.get("values", []), fields)
    return {}


def repeat_cell(book: Book, actor: str, ask: Json) -> Json:
    """Write the same cell into a whole range."""
    tab, fields = book.tab(ask["range"].get("sheetId", 0)), _fields(ask)
    top, bottom, left, right = tab.area(ask["range"])
    book.check_protection(actor, tab, (top, bottom, left, right))
    for row in range(top, bottom):
        _write(tab, row, left, [ask.get("cell", {})] * (right - left), fields)
    return {}


def sort_range(book: Book, actor: str, ask: Json) -> Json:
    """Sort the rows of a range by its columns; what stands beside the range stays."""
    tab = book.tab(ask["range"].get("sheetId", 0))
    top, bottom, left, right = tab.area(ask["range"])
    book.check_protection(actor, tab, (top, bottom, left, right))
    order = list(range(top, bottom))
    for spec in reversed(ask.get("sortSpecs", [])):
        column, falling = spec.get("dimensionIndex", 0), spec.get("sortOrder") == "DESCENDING"
        filled = [row for row in order if rank(tab.value(row, column))[0] < 3]
        blank = [row for row in order if rank(tab.value(row, column))[0] == 3]
        order = [*sorted(filled, key=lambda row: rank(tab.value(row, column)), reverse=falling), *blank]
    before = tab.rows[top:bottom]
    for place, row in enumerate(order):
        moved, stays = before[row - top], before[place]
        tab.rows[top + place] = _spliced(stays, moved, left, right)
    return {}


def _spliced(stays: Row, moved: Row, left: int, right: int) -> Row:
    """Return a row that has the columns from `left` to `right` of another one."""
    width = max(len(stays.values), min(right, len(moved.values)))
    mine = stays.values + (None,) * (width - len(stays.values))
    theirs = moved.values + (None,) * (width - len(moved.values))
    values = (*mine[:left], *theirs[left:right], *mine[right:])
    more = {column: one for column, one in stays.more.items() if not left <= column < right}
    more |= {column: one for column, one in moved.more.items() if left <= column < right}
    return Row(values, more)


def _fields(ask: Json) -> tuple[str, ...]:
    """Return what a field mask names of CellData, by first name. Raises SheetsRefused for none."""
    fields = tuple(dict.fromkeys(part.strip().split(".")[0].split("(")[0] for part in ask.get("fields", "").split(",")))
    if fields == ("",):
        raise invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    known = ("userEnteredValue", *_FORMATS)
    for field in fields:
        if field not in ("*", *known):
            raise invalid(f"Invalid field: {field}")
    return known if "*" in fields else fields


def _write(tab: Tab, row: int, left: int, cells: Sequence[Json], fields: tuple[str, ...]) -> None:
    if "userEnteredValue" in fields:
        tab.put(row, left, [read_value(cell.get("userEnteredValue", {})) for cell in cells])
    named = [field for field in fields if field in _FORMATS]
    if not named:
        return
    more = dict(tab.rows[row].more)
    for number, cell in enumerate(cells):
        kept = {name: value for name, value in more.get(left + number, {}).items() if name not in named}
        told = kept | {name: cell[name] for name in named if name in cell}
        more.pop(left + number, None)
        if told:
            more[left + number] = told
    tab.rows[row] = tab.rows[row]._replace(more=more)


def read_value(extended: Json) -> Value:
    """Return the value of an ExtendedValue, which is taken as it is: nothing is parsed. Raises SheetsRefused."""
    if not extended:
        return None
    if len(extended) > 1:
        raise invalid("A cell's userEnteredValue has one kind of value only.")
    ((kind, value),) = extended.items()
    if kind == "errorValue":
        raise invalid("errorValue is read-only.")
    if kind == "formulaValue":
        if not value.startswith("="):
            raise invalid("Invalid formulaValue: a formula begins with '='.")
        return Formula(value)
    number: Value = value
    return number


CHANGES: Mapping[str, Change] = {
    "updateCells": update_cells,
    "appendCells": append_cells,
    "repeatCell": repeat_cell,
    "sortRange": sort_range,
}
