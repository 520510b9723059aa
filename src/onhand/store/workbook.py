"""The workbook in Google Sheets as the books keep it: what should stand in each row, and what was written there."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from onhand.store.engine import Sql
from onhand.store.json_text import dump, load, texts
from onhand.store.statements import Row
from onhand.store.times import from_us, from_us_or_none, to_us

Cell = str | int | float | bool
Cells = tuple[Cell, ...]


class WorkbookCursor(NamedTuple):
    """How far it was read from the books: the ledger's sequence, and a time of offers. `revision` counts writes."""

    spreadsheet: str
    sequence: int
    offers_at: datetime
    revision: int


class WorkbookRow(NamedTuple):
    """One row. `wanted` None: nothing should stand there; `told` None: nothing was written yet, or it is gone."""

    key: str
    wanted: Cells | None
    told: Cells | None
    changed_at: datetime


class UntoldRow(NamedTuple):
    """A row that differs from what was written, since `changed_at`."""

    tab: str
    key: str
    wanted: Cells | None
    told: Cells | None
    changed_at: datetime


class Sums(NamedTuple):
    """Units by (location id, state), and by channel: units, listings, listings at zero."""

    levels: Mapping[tuple[str, str], int]
    channels: Mapping[str, tuple[int, int, int]]


class Workbook:
    """The workbook of one shop."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def cursor(self) -> WorkbookCursor | None:
        """Return how far it was brought; None before the first time."""
        row = self._sql.row("workbook", (self._shop,))
        return None if row is None else WorkbookCursor(row[0], row[1], from_us(row[2]), row[3])

    def move(self, cursor: WorkbookCursor) -> None:
        """Keep how far it was brought."""
        row = {**cursor._asdict(), "offers_at": to_us(cursor.offers_at)}
        self._sql.run("move_workbook", {"shop": self._shop, **row})

    def want(self, tab: str, rows: Mapping[str, Cells | None], at: datetime) -> None:
        """Say what should stand in rows of a tab, None: nothing. Rows of which that is known stay as they are."""
        at_us = to_us(at)
        self._sql.run_many(
            "want_workbook_row",
            [(self._shop, tab, key, None if cells is None else dump(cells), at_us) for key, cells in rows.items()],
        )

    def remark(self, tab: str, key: str, *, wanted: Cells, found: Cells, remark: str, at: datetime) -> None:
        """Keep what was found in a row instead of what was written, and the remark with which it is put right."""
        row = {"tab": tab, "key": key, "wanted": dump(wanted), "told": dump(found), "remark": remark}
        self._sql.run("remark_workbook_row", {"shop": self._shop, "at": to_us(at), **row})

    def remarks(self) -> dict[tuple[str, str], tuple[str, datetime]]:
        """Return the remarks that stand in rows by (tab, key), each with its time."""
        rows = self._sql.rows("workbook_remarks", (self._shop,))
        return {(tab, key): (remark, from_us(at_us)) for tab, key, remark, at_us in rows}

    def end_remark(self, tab: str, key: str) -> None:
        """Forget a remark; whoever does says what should stand in the row now."""
        self._sql.run("end_workbook_remark", {"shop": self._shop, "tab": tab, "key": key})

    def told(self, tab: str, rows: Mapping[str, Cells | None]) -> None:
        """Keep what now stands in rows of a tab, None: they are gone from it."""
        self._sql.run_many(
            "workbook_rows_told",
            [(None if cells is None else dump(cells), self._shop, tab, key) for key, cells in rows.items()],
        )
        self._sql.run("workbook_rows_gone", (self._shop,))

    def forget_tab(self, tab: str, at: datetime) -> None:
        """Take a tab for empty: it was made anew."""
        self._sql.run("forget_workbook_tab", {"shop": self._shop, "tab": tab, "at": to_us(at)})
        self._sql.run("workbook_rows_gone", (self._shop,))

    def forget(self) -> None:
        """Begin with another spreadsheet."""
        self._sql.run("forget_workbook", (self._shop,))

    def rows(self, tab: str, keys: Iterable[str] | None = None) -> dict[str, WorkbookRow]:
        """Return rows of a tab by key: some, or (None) all."""
        if keys is None:
            found = self._sql.rows("workbook_rows_of_tab", {"shop": self._shop, "tab": tab})
        else:
            found = self._sql.rows("workbook_rows_of_keys", {"shop": self._shop, "tab": tab, "keys": texts(keys)})
        return _by_key(found)

    def rows_of_items(self, tab: str, items: Iterable[str]) -> dict[str, WorkbookRow]:
        """Return the rows of a tab whose keys begin with an item and a bar."""
        found: dict[str, WorkbookRow] = {}
        for item in items:
            span = {"first": f"{item}|", "last": f"{item}}}"}  # the brace comes next behind the bar
            found |= _by_key(self._sql.rows("workbook_rows_of_item", {"shop": self._shop, "tab": tab, **span}))
        return found

    def untold(self, limit: int) -> Sequence[UntoldRow]:
        """Return up to `limit` rows to be written, longest waiting first."""
        rows = self._sql.rows("workbook_rows_untold", {"shop": self._shop, "limit": limit})
        return [
            UntoldRow(tab, key, _cells(wanted), _cells(told), from_us(at_us)) for tab, key, wanted, told, at_us in rows
        ]

    def waiting(self) -> tuple[int, datetime | None]:
        """Return how many rows are to be written, and since when the first of them."""
        row = self._sql.row("count_workbook_rows_untold", (self._shop,))
        assert row is not None
        return int(row[0]), from_us_or_none(row[1])

    def sums(self) -> Sums:
        """Return units by place and by channel, added up by the database."""
        levels = {(row[0], row[1]): int(row[2]) for row in self._sql.rows("sum_levels", (self._shop,))}
        channels = {
            row[0]: (int(row[1] or 0), int(row[2]), int(row[3] or 0))
            for row in self._sql.rows("sum_offers", (self._shop,))
        }
        return Sums(levels, channels)


def _by_key(found: Iterable[Row]) -> dict[str, WorkbookRow]:
    return {key: WorkbookRow(key, _cells(wanted), _cells(told), from_us(at_us)) for key, wanted, told, at_us in found}


def _cells(text: str | None) -> Cells | None:
    return None if text is None else tuple(load(text))
