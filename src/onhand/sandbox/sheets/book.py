"""A spreadsheet: tabs with a grid of values, and what people and programs hang on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from onhand.sandbox.sheets.ranges import Area, Shift, follow, read_cells, split_a1, write_a1
from onhand.sandbox.sheets.refusals import invalid

# Google Drive Help, "Files you can store in Google Drive": up to 10 million cells, blank ones included.
CELLS_MAX = 10_000_000
TABS_MAX = 200
CELL_CHARACTERS_MAX = 50_000
# Sheets API guide, "Limits on metadata": characters of keys and values, of a spreadsheet, and of everything in a tab.
METADATA_CHARACTERS_MAX = 30_000

Json = Mapping[str, Any]


class Formula(NamedTuple):
    """What begins with an equals sign and is no text. The sandbox keeps formulas and does not compute them."""

    text: str


Value = None | bool | int | float | str | Formula


class Row(NamedTuple):
    """Values from the left, and what else hangs on cells, by column: formats, notes. Never changed, only replaced."""

    values: tuple[Value, ...] = ()
    more: Mapping[int, Json] = {}


EMPTY = Row()


def rank(value: Value) -> tuple[int, float, str]:
    """Return what sorts values as a spreadsheet does: numbers, texts, booleans, blanks last."""
    if value is None or value == "":
        return 3, 0.0, ""
    if isinstance(value, bool):
        return 2, float(value), ""
    if isinstance(value, int | float):
        return 0, float(value), ""
    return 1, 0.0, (value.text if isinstance(value, Formula) else value).casefold()


@dataclass(kw_only=True)
class Tab:
    """One sheet. `properties` is its SheetProperties but for the size of the grid, which `rows` and `width` say."""

    properties: dict[str, Any]
    rows: list[Row]
    width: int
    columns: dict[int, Json] = field(default_factory=dict)
    validations: tuple[Json, ...] = ()
    conditions: tuple[Json, ...] = ()
    protections: tuple[Json, ...] = ()
    charts: tuple[Json, ...] = ()
    filter: Json | None = None

    @property
    def id(self) -> int:
        """The id that never changes."""
        return int(self.properties["sheetId"])

    @property
    def title(self) -> str:
        """What people call it."""
        return str(self.properties["title"])

    def value(self, row: int, column: int) -> Value:
        """Return one value; None where nothing stands."""
        values = self.rows[row].values
        return values[column] if column < len(values) else None

    def put(self, row: int, left: int, values: Sequence[Value]) -> None:
        """Write values side by side into one row."""
        for value in values:
            text = value.text if isinstance(value, Formula) else value
            if isinstance(text, str) and len(text) > CELL_CHARACTERS_MAX:
                raise invalid("Your input contains more than the maximum of 50000 characters in a single cell.")
        old = self.rows[row]
        padded = old.values + (None,) * (left - len(old.values))
        self.rows[row] = old._replace(values=(*padded[:left], *values, *padded[left + len(values) :]))

    def area(self, grid_range: Json) -> tuple[int, int, int, int]:
        """Return top, bottom, left, right of a GridRange. Raises SheetsRefused beyond the grid."""
        top, left = grid_range.get("startRowIndex", 0), grid_range.get("startColumnIndex", 0)
        bottom, right = grid_range.get("endRowIndex", len(self.rows)), grid_range.get("endColumnIndex", self.width)
        return self.bounded(Area(top, bottom, left, right), str(dict(grid_range)))

    def bounded(self, area: Area, name: str) -> tuple[int, int, int, int]:
        """Return an area with its open ends closed; what begins beyond the grid is refused, what ends there is cut."""
        if area.top >= len(self.rows) or area.left >= self.width:
            raise invalid(f"Range ({name}) exceeds grid limits. Max rows: {len(self.rows)}, max columns: {self.width}")
        bottom = len(self.rows) if area.bottom is None else min(area.bottom, len(self.rows))
        return area.top, bottom, area.left, self.width if area.right is None else min(area.right, self.width)

    def used_rows(self) -> int:
        """Return how many rows there are down to the last that holds something."""
        used = len(self.rows)
        while used and all(value is None or value == "" for value in self.rows[used - 1].values):
            used -= 1
        return used

    def copy(self) -> Tab:
        """Return a copy that can be changed without changing this one."""
        return Tab(
            properties=dict(self.properties),
            rows=list(self.rows),
            width=self.width,
            columns=dict(self.columns),
            validations=self.validations,
            conditions=self.conditions,
            protections=self.protections,
            charts=self.charts,
            filter=self.filter,
        )


@dataclass(kw_only=True)
class Book:
    """One spreadsheet. `editors` are the accounts it is shared with for editing; `deleted` while it lies in the bin."""

    id: str
    properties: dict[str, Any]
    owner: str
    editors: set[str] = field(default_factory=set)
    viewers: set[str] = field(default_factory=set)
    deleted: bool = False
    tabs: list[Tab] = field(default_factory=list)
    named: tuple[Json, ...] = ()
    metadata: tuple[Json, ...] = ()
    next_id: int = 1

    def copy(self) -> Book:
        """Return a copy that can be changed without changing this one: what makes a batch all or nothing."""
        return Book(
            id=self.id,
            properties=dict(self.properties),
            owner=self.owner,
            editors=self.editors,
            viewers=self.viewers,
            deleted=self.deleted,
            tabs=[tab.copy() for tab in self.tabs],
            named=self.named,
            metadata=self.metadata,
            next_id=self.next_id,
        )

    def new_id(self) -> int:
        """Return an id that nothing in this spreadsheet has."""
        self.next_id += 1
        return 1_000_000 + self.next_id * 7919

    def tab(self, sheet_id: int) -> Tab:
        """Return a tab by its id. Raises SheetsRefused."""
        for tab in self.tabs:
            if tab.id == sheet_id:
                return tab
        raise invalid(f"No grid with id: {sheet_id}")

    def titled(self, title: str) -> Tab | None:
        """Return a tab by its title, however it is capitalised."""
        return next((tab for tab in self.tabs if tab.title.casefold() == title.casefold()), None)

    def add_tab(self, properties: Json) -> Tab:
        """Add a tab; what its properties do not say is chosen. Raises SheetsRefused for an id or title there is."""
        grid = dict(properties.get("gridProperties", {}))
        rows, columns = grid.pop("rowCount", 1000), grid.pop("columnCount", 26)
        sheet_id = properties.get("sheetId", self.new_id())
        if any(tab.id == sheet_id for tab in self.tabs):
            raise invalid(f"Sheet with id {sheet_id} already exists.")
        title = properties.get("title") or f"Sheet{len(self.tabs) + 1}"
        if self.titled(title) is not None:
            raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')
        if len(self.tabs) >= TABS_MAX:
            raise invalid(f"This action would increase the number of sheets above the limit of {TABS_MAX}.")
        told = {**properties, "sheetId": sheet_id, "title": title, "sheetType": "GRID", "gridProperties": grid}
        index = min(told.pop("index", len(self.tabs)), len(self.tabs))
        tab = Tab(properties=told, rows=[EMPTY] * rows, width=columns)
        self.tabs.insert(index, tab)
        self.check_size()
        check_frozen(tab)
        return tab

    def check_size(self) -> None:
        """Raise SheetsRefused where there are too many cells."""
        cells = sum(len(tab.rows) * tab.width for tab in self.tabs)
        if cells > CELLS_MAX:
            raise invalid(
                f"This action would increase the number of cells in the workbook above the limit of {CELLS_MAX} cells."
            )

    def check_metadata(self) -> None:
        """Raise SheetsRefused where keys and values of developer metadata are too long together."""
        lengths: dict[int | None, int] = {}
        for entry in self.metadata:
            tab = _tab_of(entry["location"])
            lengths[tab] = lengths.get(tab, 0) + len(entry["metadataKey"]) + len(entry.get("metadataValue", ""))
        if any(length > METADATA_CHARACTERS_MAX for length in lengths.values()):
            raise invalid(f"Developer metadata exceeds the limit of {METADATA_CHARACTERS_MAX} characters.")

    def read_range(self, text: str) -> tuple[Tab, Area]:
        """Return the tab and area of a range in A1 notation, or of a named range. Raises SheetsRefused."""
        title, cells = split_a1(text)
        tab = self.tabs[0] if title is None else self.titled(title)
        area = read_cells(cells) if cells else Area()
        if title is None and area is None:
            named = next((one["range"] for one in self.named if one["name"] == text), None)
            if named is not None:
                area = Area(*self.tab(named["sheetId"]).area(named))
                return self.tab(named["sheetId"]), area
            tab, area = self.titled(text), Area()
        if tab is None or area is None:
            raise invalid(f"Unable to parse range: {text}")
        return tab, area

    def shift(self, tab: Tab, dimension: str, shift: Shift) -> None:
        """Let everything that points into a tab follow rows or columns that move."""
        self.named = tuple(follow(list(self.named), tab.id, dimension, shift))
        self.metadata = tuple(follow(list(self.metadata), tab.id, dimension, shift))
        for other in self.tabs:
            other.charts = tuple(follow(list(other.charts), tab.id, dimension, shift))
        for name in ("validations", "conditions", "protections"):
            setattr(tab, name, tuple(follow(list(getattr(tab, name)), tab.id, dimension, shift)))
        tab.conditions = tuple(one for one in tab.conditions if one.get("ranges"))
        tab.filter = None if tab.filter is None else follow(tab.filter, tab.id, dimension, shift)

    def check_protection(self, actor: str, tab: Tab, area: tuple[int, int, int, int]) -> None:
        """Raise SheetsRefused where an account may not write: one such cell refuses a whole batch."""
        if actor == self.owner:
            return
        top, bottom, left, right = area
        for protection in tab.protections:
            editors = protection.get("editors", {}).get("users", ())
            inside = tab.area(protection["range"]) if len(tab.rows) and tab.width else (0, 0, 0, 0)
            touches = inside[0] < bottom and top < inside[1] and inside[2] < right and left < inside[3]
            if touches and not protection.get("warningOnly") and actor not in editors:
                where = write_a1(tab.title, *inside)
                raise invalid(
                    f"You are trying to edit a protected cell or object ({where}). Please contact the spreadsheet "
                    "owner to remove protection if you need to edit."
                )


def check_frozen(tab: Tab) -> None:
    """Raise SheetsRefused where every row or column of a tab would be frozen or gone."""
    grid = tab.properties.get("gridProperties", {})
    if not tab.rows or not tab.width:
        raise invalid("You can't delete all the rows or columns on the sheet.")
    if grid.get("frozenRowCount", 0) >= len(tab.rows) or grid.get("frozenColumnCount", 0) >= tab.width:
        raise invalid("You can't freeze all visible rows or columns on the sheet.")


def _tab_of(location: Json) -> int | None:
    if "sheetId" in location:
        return int(location["sheetId"])
    return int(location["dimensionRange"]["sheetId"]) if "dimensionRange" in location else None
