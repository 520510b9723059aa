"""Where our tabs and columns are now: told by their tags, whatever people call them and wherever they moved them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from onhand.channels.google_sheets.tables import TABLES, Table, table_of

TAB_TAG, COLUMN_TAG, CHARTED_TAG = "onhand.tab", "onhand.column", "onhand.charted"
Json = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tab:
    """One of our tabs as it is now. `places` says where each of our columns stands; one that is gone is not in it.

    `charted` where its charts were drawn once: one that is not there any more was taken away by somebody.
    """

    table: Table
    sheet_id: int
    title: str
    rows: int
    width: int
    places: Mapping[str, int]
    charted: bool

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of columns that somebody has deleted."""
        return tuple(column.name for column in self.table.columns if column.name not in self.places)


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """The spreadsheet as it is now. `sheet_ids`, `titles` and `charts` are those of everybody's tabs."""

    tabs: Mapping[str, Tab]
    sheet_ids: frozenset[int]
    titles: frozenset[str]
    charts: frozenset[int]

    @property
    def whole(self) -> bool:
        """Whether every tab and column of ours is there."""
        return len(self.tabs) == len(TABLES) and not any(tab.missing for tab in self.tabs.values())


def read_layout(spreadsheet: Json) -> Layout:
    """Return the layout of a spreadsheet. Of two tabs with one tag, as a copy has it, the first counts."""
    tabs: dict[str, Tab] = {}
    sheets = spreadsheet.get("sheets", [])
    for sheet in sheets:
        name = _tag(sheet, TAB_TAG)
        if name is None or name in tabs or all(table.name != name for table in TABLES):
            continue
        properties = sheet["properties"]
        columns = sheet["data"][0].get("columnMetadata", []) if sheet.get("data") else []
        places: dict[str, int] = {}
        for place, column in enumerate(columns):
            tagged = _tag(column, COLUMN_TAG)
            if tagged is not None and tagged.startswith(f"{name}."):
                places.setdefault(tagged.removeprefix(f"{name}."), place)
        tabs[name] = Tab(
            table=table_of(name),
            sheet_id=_number(properties.get("sheetId", 0), name, "sheetId"),
            title=properties["title"],
            rows=_number(properties["gridProperties"]["rowCount"], name, "rowCount"),
            width=_number(properties["gridProperties"]["columnCount"], name, "columnCount"),
            places=places,
            charted=_tag(sheet, CHARTED_TAG) is not None,
        )
    return Layout(
        tabs=tabs,
        sheet_ids=frozenset(sheet["properties"].get("sheetId", 0) for sheet in sheets),
        titles=frozenset(sheet["properties"]["title"].casefold() for sheet in sheets),
        charts=frozenset(chart["chartId"] for sheet in sheets for chart in sheet.get("charts", [])),
    )


def _number(value: object, tab: str, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise ValueError(f"tab {tab}: {field} is {value!r:.60}")
    return value


def _tag(thing: Json, key: str) -> str | None:
    for entry in thing.get("developerMetadata", []):
        if entry["metadataKey"] == key:
            return str(entry.get("metadataValue", ""))
    return None
