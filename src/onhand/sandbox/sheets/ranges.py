"""Ranges of cells: A1 notation as people and programs write it, and how ranges follow rows and columns that move."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

COLUMNS_MAX = 18_278
_CELL = re.compile(r"(?P<column>[A-Za-z]{1,3})?(?P<row>[1-9][0-9]{0,8})?")


class Area(NamedTuple):
    """Half-open ranges of rows and columns, from 0; an end of None is open."""

    top: int = 0
    bottom: int | None = None
    left: int = 0
    right: int | None = None


def column_letters(index: int) -> str:
    """Return a column's letters: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """Return a column's index from its letters."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def quote(title: str) -> str:
    """Return a tab's title as it stands in A1 notation."""
    return title if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", title) else "'" + title.replace("'", "''") + "'"


def split_a1(text: str) -> tuple[str | None, str]:
    """Return the title (None: not given) and the cells of a range in A1 notation."""
    if text.startswith("'"):
        found = re.fullmatch(r"'((?:[^']|'')*)'(?:!(.*))?", text)
        return (found[1].replace("''", "'"), found[2] or "") if found else (None, text)
    title, mark, cells = text.rpartition("!")
    return (title, cells) if mark else (None, text)


def read_cells(text: str) -> Area | None:
    """Return the area of the part behind the title, such as A1:B2, A:C, 2:5 or C7; None for what is none."""
    first, mark, last = text.partition(":")
    start, end = _CELL.fullmatch(first), _CELL.fullmatch(last if mark else first)
    if not first or start is None or end is None or (mark and not last):
        return None
    if not mark and (start["column"] is None or start["row"] is None):
        return None
    top = int(start["row"]) - 1 if start["row"] else 0
    left = column_index(start["column"]) if start["column"] else 0
    bottom = int(end["row"]) if end["row"] else None
    right = column_index(end["column"]) + 1 if end["column"] else None
    return Area(top, bottom, left, right)


def write_a1(title: str, top: int, bottom: int, left: int, right: int) -> str:
    """Return an area in A1 notation, with its title."""
    first, last = f"{column_letters(left)}{top + 1}", f"{column_letters(right - 1)}{bottom}"
    return f"{quote(title)}!{first}" if first == last else f"{quote(title)}!{first}:{last}"


_NAMES = {
    "ROWS": ("startRowIndex", "endRowIndex"),
    "COLUMNS": ("startColumnIndex", "endColumnIndex"),
}
_SPAN = ("startIndex", "endIndex")

Shift = Callable[[int, int | None], tuple[int, int | None] | None]
"""Takes a start and an end, and returns where they are afterwards, or None where nothing is left between them."""


def inserted(at: int, count: int) -> Shift:
    """Return how ranges move where `count` rows or columns come in before `at`."""

    def shift(start: int, end: int | None) -> tuple[int, int | None]:
        everything = start == 0 and end is None  # what spans all of a tab goes on doing so
        return (
            start + count if start >= at and not everything else start,
            end + count if end is not None and end > at else end,
        )

    return shift


def deleted(first: int, last: int) -> Shift:
    """Return how ranges move where the rows or columns from `first` to before `last` go."""

    def after(place: int) -> int:
        return place if place <= first else max(first, place - (last - first))

    def shift(start: int, end: int | None) -> tuple[int, int | None] | None:
        moved = after(start), None if end is None else after(end)
        return None if moved[1] is not None and moved[0] >= moved[1] else moved

    return shift


def follow(thing: Any, sheet_id: int, dimension: str, shift: Shift) -> Any:
    """Return a resource with every range in it moved; None where a range of it has nothing left."""
    if isinstance(thing, list):
        return [moved for part in thing if (moved := follow(part, sheet_id, dimension, shift)) is not None]
    if not isinstance(thing, Mapping):
        return thing
    names = _SPAN if thing.get("dimension") == dimension else _NAMES[dimension]
    if thing.get("sheetId") == sheet_id and any(name in thing for name in names):
        moved = shift(thing.get(names[0], 0), thing.get(names[1]))
        if moved is None:
            return None
        ends = {} if moved[1] is None else {names[1]: moved[1]}
        return {**{key: value for key, value in thing.items() if key not in names}, names[0]: moved[0], **ends}
    parts: dict[str, Any] = {}
    for key, value in thing.items():
        part = follow(value, sheet_id, dimension, shift)
        if part is None and value is not None:
            return None
        parts[key] = part
    return parts
