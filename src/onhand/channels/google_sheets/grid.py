"""Rows of our tabs as they stand in the sheet, and how changes to them become few ranges to write."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from onhand.channels.google_sheets.a1 import block
from onhand.channels.google_sheets.layout import Tab

Cell = str | int | float | bool
Cells = tuple[Cell, ...]

MOST = 1.8e308
"""No number in a cell is larger: it is none, or infinite."""

GAP_ROWS = 15
"""Rows left alone that a block may span: an empty row costs three bytes, a range of its own more than forty."""

BLOCK_ROWS = 2_000
"""Rows of one block at most, so that a portion of a large write stays far below the advised size."""


class Seen(NamedTuple):
    """One row with a key as it stands: where (from 0), and our other columns in their order."""

    row: int
    cells: Cells


class Grid(NamedTuple):
    """What was read of a tab: rows by key. `whole` where all of it was read.

    `strangers` are rows whose key is none of ours, or stands twice. `used` counts rows down to the last that holds
    something, heading included.
    """

    rows: Mapping[str, Seen]
    strangers: tuple[tuple[int, str], ...]
    used: int
    whole: bool


def same(left: Cell, right: Cell) -> bool:
    """Return whether two cells hold the same: TRUE is not 1, and 5.0 is 5."""
    return (
        left == right
        and isinstance(left, bool) == isinstance(right, bool)
        and isinstance(left, str) == isinstance(right, str)
    )


def equal(left: Cells, right: Cells) -> bool:
    """Return whether two rows hold the same."""
    return len(left) == len(right) and all(map(same, left, right))


def read_grid(tab: Tab, blocks: Iterable[tuple[int, Sequence[Sequence[Any]]]], *, whole: bool) -> Grid:
    """Return what stands in blocks of rows, each with where it begins."""
    names = [column.name for column in tab.table.columns]
    key_place, places = tab.places["key"], [tab.places.get(name) for name in names[1:]]
    rows: dict[str, Seen] = {}
    strangers: list[tuple[int, str]] = []
    used = 1
    for top, values in blocks:
        for row, given in enumerate(values, start=top):
            if row == 0 or all(value == "" for value in given):
                continue
            used = max(used, row + 1)
            key = str(_cell(tab, row, given, key_place))
            if key in rows:
                strangers.append((row, key))
            elif key:
                rows[key] = Seen(row, tuple(_cell(tab, row, given, place) for place in places))
    return Grid(rows, tuple(strangers), used, whole)


def _cell(tab: Tab, row: int, values: Sequence[Any], place: int | None) -> Cell:
    return "" if place is None or place >= len(values) else checked(tab, row, values[place])


def checked(tab: Tab, row: int, value: Any) -> Cell:
    """Return what stands in a cell; `row` counts from 0. Raises ValueError for what no cell of Google's can hold."""
    if (
        isinstance(value, bool)
        or (isinstance(value, str) and value.isascii())
        or (isinstance(value, int | float) and -MOST <= value <= MOST)
        or (isinstance(value, str) and value.encode(errors="replace").decode() == value)
    ):
        return value
    raise ValueError(f"{tab.table.name}, row {row + 1}: a cell holds {value!r:.60}")


class Change(NamedTuple):
    """Cells to be written into one row, by column of the sheet; every other cell stays."""

    row: int
    cells: Mapping[int, Cell]


def row_change(tab: Tab, key: str, wanted: Cells, seen: Seen | None, row: int) -> Change:
    """Return what makes a row hold what it should: of one that stands there, only what differs."""
    names = [column.name for column in tab.table.columns[1:]]
    if seen is None:
        return Change(
            row, {tab.places["key"]: key} | {tab.places[name]: cell for name, cell in zip(names, wanted, strict=True)}
        )
    return Change(
        row,
        {
            tab.places[name]: cell
            for name, cell, now in zip(names, wanted, seen.cells, strict=True)
            if not same(cell, now)
        },
    )


def runs_of(rows: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield begin and end of runs of rows, with small gaps in them."""
    begin = end = None
    for row in sorted(rows):
        if begin is None or end is None:
            begin, end = row, row + 1
        elif row - end <= GAP_ROWS:
            end = row + 1
        else:
            yield begin, end
            begin, end = row, row + 1
    if begin is not None and end is not None:
        yield begin, end


def _cut(runs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for begin, end in runs:
        for top in range(begin, end, BLOCK_ROWS):
            yield top, min(top + BLOCK_ROWS, end)


def as_ranges(title: str, changes: Sequence[Change]) -> Iterator[dict[str, Any]]:
    """Yield the ranges that write changes to one tab; null leaves a cell as it is."""
    by_row = {change.row: change.cells for change in changes if change.cells}
    for top, bottom in _cut(runs_of(by_row)):
        inside = [by_row.get(row, {}) for row in range(top, bottom)]
        if not any(inside):  # a gap that fell into a block of its own
            continue
        left = min(place for cells in inside for place in cells)
        width = max(place for cells in inside for place in cells) + 1 - left
        values = [
            [cells.get(left + place) for place in range(max(cells) + 1 - left)] if cells else [] for cells in inside
        ]
        yield {"range": block(title, top, left, bottom - top, width), "values": values}
