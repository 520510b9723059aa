"""The workbook: looked at, then written, in as few calls as there can be."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from onhand.channels.google_sheets.a1 import block, letters, quoted
from onhand.channels.google_sheets.building import build_requests
from onhand.channels.google_sheets.charts import chart_requests
from onhand.channels.google_sheets.grid import (
    Cells,
    Change,
    Grid,
    Seen,
    as_ranges,
    checked,
    equal,
    read_grid,
    row_change,
    runs_of,
    same,
)
from onhand.channels.google_sheets.layout import Layout, Tab, read_layout
from onhand.channels.google_sheets.tables import INPUTS, KEYED, META, REMARKS, SCHEMA_VERSION, table_of
from onhand.ports.errors import ChannelUnavailable

if TYPE_CHECKING:  # Google's client is an extra
    from onhand.channels.google_sheets.client import SheetsClient

Json = Mapping[str, Any]
CHUNK_BYTES = 1_500_000
"""Sheets API guide: requests of at most 2 MB are advised."""

FEW_RANGES = 100
"""Ranges of single rows in one reading; past that reading the whole tab is less."""

BLANK_ROWS_MAX = 1_000
"""Blank rows at the end of a tab: what people add by one click. More are trimmed, because blank cells count, too."""

MOST_REVISIONS = 2**53
"""Past that a number in a sheet is not exact any more: it is none that onhand wrote."""

FEWEST_ROWS = 2
"""A tab keeps a row below its frozen heading: Sheets refuses to be left with frozen rows alone."""

NOT_OURS = "a copy, or changed by hand: onhand does not keep this row"


class Stamp(NamedTuple):
    """What the hidden tab says of a write: its number, and how far the books were read."""

    shop: str
    revision: int
    sequence: int
    as_of: datetime


class InputRow(NamedTuple):
    """One row that people have written, with the verdict that stands beside it; `row` counts from 0."""

    row: int
    sku: str
    channel: str
    location: str
    buffer: str | int | float | bool
    counted: str | int | float | bool
    verdict: str

    @property
    def blank(self) -> bool:
        """Whether nothing was asked for."""
        return all(value == "" for value in (self.sku, self.channel, self.location, self.buffer, self.counted))


class Edit(NamedTuple):
    """What a person has written over one of our rows: headings of the cells, and everything that stands there."""

    tab: str
    key: str
    found: Cells
    cells: tuple[tuple[str, object], ...]


class Looked(NamedTuple):
    """The workbook as it stands. `made_anew` are tables whose rows must all be written again; then that is all."""

    layout: Layout
    grids: Mapping[str, Grid]
    inputs: Sequence[InputRow]
    revision: int | None
    made_anew: frozenset[str]


class Written(NamedTuple):
    """What now stands there, by table and key; None for rows that are gone."""

    told: Mapping[str, Mapping[str, Cells | None]]
    cells: int


class Workbook:
    """One spreadsheet. It remembers where rows stood, and never trusts that without looking."""

    def __init__(self, client: "SheetsClient", channels: Sequence[str]) -> None:
        self._client = client
        self._channels = channels
        self._rows: dict[str, dict[str, int]] = {}
        self._charts: dict[int, Json] = {}

    def forget(self) -> None:
        """Look at everything the next time: nobody knows what became of a write."""
        self._rows.clear()

    def title(self) -> str:
        """Return what the spreadsheet is called. Raises NotConnected, ChannelUnavailable."""
        try:
            return str(self._client.layout()["properties"]["title"])
        except (KeyError, TypeError) as error:
            raise ChannelUnavailable(f"google sheets answered what it never answers: {error!r}") from error

    def look(self, keys: Mapping[str, Collection[str]], *, whole: bool) -> Looked:
        """Return rows that will be written, or (`whole`) all of them, and what people have put into the input tab.

        Whatever is missing of the workbook is made first. Raises NotConnected, ChannelUnavailable, ChannelRefused.
        """
        try:
            return self._look(keys, whole=whole)
        except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
            raise ChannelUnavailable(f"google sheets answered what it never answers: {error!r}") from error

    def _look(self, keys: Mapping[str, Collection[str]], *, whole: bool) -> Looked:
        layout = read_layout(self._client.layout())
        if not layout.whole:
            requests, anew = build_requests(layout, self._channels)
            self._client.change(requests)
            self._rows.clear()
            self._charts.clear() if "summary" in anew else None
            return Looked(layout, {}, (), None, anew)
        meta, inputs = layout.tabs["meta"], layout.tabs["inputs"]
        reading = _Reading(layout, self._rows, keys, whole=whole)
        fixed = [block(meta.title, 1, 0, 6, meta.width), _columns_range(inputs)]
        values = self._client.values([*fixed, *reading.ranges])
        grids, again = reading.grids(values[2:])
        if again:
            more = _Reading(layout, {}, dict.fromkeys(again, ()), whole=False, only=again)
            grids |= more.grids(self._client.values(more.ranges))[0]
        for name, grid in grids.items():
            if grid.whole:
                self._rows[name] = {key: seen.row for key, seen in grid.rows.items()}
        return Looked(layout, grids, _read_inputs(inputs, values[1]), _revision(meta, values[0]), frozenset())

    def write(
        self,
        looked: Looked,
        wanted: Mapping[str, Mapping[str, Cells | None]],
        verdicts: Mapping[int, str],
        known: Mapping[str, Collection[str]],
        stamp: Stamp,
    ) -> Written:
        """Make rows hold what is wanted (None: take them away), and write verdicts by row of the input tab.

        `known` are all keys of the tables that were read whole. The stamp goes with every call, in the same batch.
        Raises OutcomeUnknown, NotConnected, ChannelUnavailable, ChannelRefused.
        """
        plans = [_plan(looked, name, rows, known.get(name)) for name, rows in wanted.items()]
        inputs = looked.layout.tabs[INPUTS.name]
        ranges = [one for plan in plans for one in as_ranges(plan.tab.title, plan.changes)]
        place = inputs.places["verdict"]
        ranges += as_ranges(inputs.title, [Change(row, {place: text}) for row, text in sorted(verdicts.items())])
        before = [request for plan in plans for request in plan.before]
        after = [request for plan in plans for request in plan.after]
        for plan in plans:
            rows = self._rows.setdefault(plan.tab.table.name, {})
            rows.update(plan.added)
        summary = looked.layout.tabs["summary"]
        after += chart_requests(summary, self._rows.get("summary", {}), looked.layout.charts, self._charts)
        meta = looked.layout.tabs[META.name]
        if before:
            self._client.change([*before, _stamp_request(meta, stamp)])
        for chunk in _chunks(ranges):
            self._client.write([*chunk, _stamp_range(meta, stamp)])
        if after:
            self._client.change([*after, _stamp_request(meta, stamp)])
        for plan in plans:
            if plan.after:
                self._rows.pop(plan.tab.table.name, None)
        told = {plan.tab.table.name: plan.told for plan in plans}
        return Written(told, sum(len(change.cells) for plan in plans for change in plan.changes) + len(verdicts))


class _Reading:
    """Which ranges to read for some rows, and what was read in them."""

    def __init__(
        self,
        layout: Layout,
        known: Mapping[str, Mapping[str, int]],
        keys: Mapping[str, Collection[str]],
        *,
        whole: bool,
        only: Collection[str] | None = None,
    ) -> None:
        self._parts: list[tuple[Tab, int | None, Collection[str]]] = []
        self.ranges: list[str] = []
        for table in KEYED:
            tab, wanted = layout.tabs[table.name], keys.get(table.name)
            if (only is not None and table.name not in only) or (wanted is None and not whole):
                continue
            rows = known.get(table.name)
            runs = _runs(rows, wanted or ()) if rows is not None and not whole else None
            if runs is None or any(bottom > tab.rows for _, bottom in runs):
                self._add(tab, None, (), _columns_range(tab))
                continue
            for top, bottom in runs:
                self._add(tab, top, wanted or (), block(tab.title, top, 0, bottom - top, tab.width))

    def _add(self, tab: Tab, top: int | None, keys: Collection[str], text: str) -> None:
        self._parts.append((tab, top, keys))
        self.ranges.append(text)

    def grids(self, values: Sequence[Sequence[Sequence[Any]]]) -> tuple[dict[str, Grid], set[str]]:
        """Return what was read, and the tables whose rows do not stand where they were remembered."""
        blocks: dict[str, list[tuple[int, Sequence[Sequence[Any]]]]] = {}
        tabs: dict[str, tuple[Tab, bool, Collection[str]]] = {}
        for (tab, top, keys), rows in zip(self._parts, values, strict=True):
            tabs[tab.table.name] = tab, top is None, keys
            blocks.setdefault(tab.table.name, []).append((top or 0, rows))
        grids: dict[str, Grid] = {}
        again: set[str] = set()
        for name, (tab, whole, keys) in tabs.items():
            grid = read_grid(tab, blocks[name], whole=whole)
            if not whole and not grid.rows.keys() >= set(keys):
                again.add(name)
            else:
                grids[name] = grid
        return grids, again


def _runs(rows: Mapping[str, int], keys: Collection[str]) -> list[tuple[int, int]] | None:
    """Return the runs of rows that hold keys; None where the whole tab must be read: a new key, or too many runs."""
    if any(key not in rows for key in keys):
        return None
    runs = list(runs_of(rows[key] for key in keys))
    return runs if len(runs) <= FEW_RANGES else None


class _Plan(NamedTuple):
    """What is done to one tab: requests before and after the writing of values, and the changes themselves."""

    tab: Tab
    changes: Sequence[Change]
    before: Sequence[Json]
    after: Sequence[Json]
    told: Mapping[str, Cells | None]
    added: Mapping[str, int]


def _plan(looked: Looked, name: str, wanted: Mapping[str, Cells | None], known: Collection[str] | None) -> _Plan:
    tab, grid = looked.layout.tabs[name], looked.grids[name]
    changes: list[Change] = []
    gone: list[int] = []
    added: dict[str, int] = {}
    told: dict[str, Cells | None] = dict(wanted)
    end = grid.used
    for key, cells in wanted.items():
        seen = grid.rows.get(key)
        if cells is None:
            gone += [seen.row] if seen is not None else []
        elif seen is None:
            changes.append(row_change(tab, key, cells, None, end))
            added[key], end = end, end + 1
        elif not equal(cells, seen.cells):
            changes.append(row_change(tab, key, cells, seen, seen.row))
    if known is not None:
        strange = [row for key, (row, _) in grid.rows.items() if key not in known and key not in wanted]
        cleared = {tab.places["key"]: "", tab.places[REMARKS]: NOT_OURS}
        changes += [Change(row, cleared) for row in [*strange, *(row for row, _ in grid.strangers)]]
    before: list[Json] = []
    if end > tab.rows:
        grown = {"sheetId": tab.sheet_id, "dimension": "ROWS", "length": end - tab.rows}
        before.append({"appendDimension": grown})
    spans = [(row, row + 1) for row in sorted(gone, reverse=True)]
    if grid.whole and tab.rows - end > BLANK_ROWS_MAX:
        spans.insert(0, (end + 1, tab.rows))
    left = max(tab.rows, end) - sum(bottom - top for top, bottom in spans)
    if spans and left < FEWEST_ROWS:
        before.append({"appendDimension": {"sheetId": tab.sheet_id, "dimension": "ROWS", "length": FEWEST_ROWS - left}})
    return _Plan(tab, changes, before, [_deleted(tab, *span) for span in spans], told, added)


def _deleted(tab: Tab, start: int, end: int) -> Json:
    span = {"sheetId": tab.sheet_id, "dimension": "ROWS", "startIndex": start, "endIndex": end}
    return {"deleteDimension": {"range": span}}


def find_edits(name: str, grid: Grid, rows: Mapping[str, tuple[Cells | None, Cells | None]]) -> Iterator[Edit]:
    """Yield what people have written over our rows; `rows` are (wanted, told) by key.

    What stands there is theirs where it is neither what we wrote last nor what we are about to write.
    """
    columns = table_of(name).columns[1:]
    for key, seen in grid.rows.items():
        wanted, told = rows.get(key, (None, None))
        if told is None or wanted is None or equal(seen.cells, told):
            continue
        cells = tuple(
            (column.heading, now)
            for column, now, ours, next_ in zip(columns, seen.cells, told, wanted, strict=True)
            if not same(now, ours) and not same(now, next_) and column.name != REMARKS
        )
        yield Edit(name, key, seen.cells, cells)


def _columns_range(tab: Tab) -> str:
    return f"{quoted(tab.title)}!A1:{letters(tab.width - 1)}{tab.rows}"


def _read_inputs(tab: Tab, values: Sequence[Sequence[Any]]) -> list[InputRow]:
    found = []
    for row, given in enumerate(values):
        cells = {
            column.name: checked(tab, row, given[place]) if (place := tab.places[column.name]) < len(given) else ""
            for column in INPUTS.columns
        }
        words = {name: _text(cells[name]) for name in ("sku", "channel", "location", "verdict")}
        read = InputRow(row=row, buffer=cells["buffer"], counted=cells["counted"], **words)
        if row and not (read.blank and not read.verdict):
            found.append(read)
    return found


def _text(value: Any) -> str:
    """Return what people see in a cell: a SKU of digits that they typed has become a number."""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()


def _revision(tab: Tab, values: Sequence[Sequence[Any]]) -> int | None:
    name, value = tab.places["name"], tab.places["value"]
    for given in values:
        if len(given) > max(name, value) and given[name] == "revision":
            said = given[value]
            return said if isinstance(said, int) and 0 <= said <= MOST_REVISIONS else None
    return None


def _stamp_rows(stamp: Stamp) -> list[tuple[str, str | int]]:
    as_of = stamp.as_of.strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        ("schema_version", SCHEMA_VERSION),
        ("shop", stamp.shop),
        ("revision", stamp.revision),
        ("sequence", stamp.sequence),
        ("as_of", as_of),
    ]


def _stamp_range(tab: Tab, stamp: Stamp) -> Json:
    changes = [
        Change(row, {tab.places["name"]: name, tab.places["value"]: value})
        for row, (name, value) in enumerate(_stamp_rows(stamp), start=1)
    ]
    return next(as_ranges(tab.title, changes))


def _stamp_request(tab: Tab, stamp: Stamp) -> Json:
    """Return the stamp as a request of a batch, written into the column of its values."""
    rows = [
        {"values": [{"userEnteredValue": {"stringValue": value} if isinstance(value, str) else {"numberValue": value}}]}
        for _, value in _stamp_rows(stamp)
    ]
    start = {"sheetId": tab.sheet_id, "rowIndex": 1, "columnIndex": tab.places["value"]}
    return {"updateCells": {"start": start, "rows": rows, "fields": "userEnteredValue"}}


def _chunks(ranges: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield ranges in portions that stay below the advised size."""
    portion: list[dict[str, Any]] = []
    size = 0
    for one in ranges:
        length = len(msgspec.json.encode(one))
        if portion and size + length > CHUNK_BYTES:
            yield portion
            portion, size = [], 0
        portion.append(one)
        size += length
    if portion:
        yield portion


__all__ = ["Edit", "InputRow", "Looked", "Seen", "Stamp", "Workbook", "Written", "find_edits"]
