"""What people do in the workbook: type over numbers, sort, rename, insert, delete, copy, empty, stop sharing it.

The input tab is left alone: a buffer would change what every platform is to show. It has tests of its own.
"""

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from onhand.sandbox.sheets.book import Tab
from onhand.sandbox.sheets.people import SheetAct, act
from onhand.sandbox.sheets.service import SheetsService
from onhand.simulator.acts.chance import Act, named, one_of

WIDEST: Final = 12
"""Columns that people look at."""

KEYED: Final = "onhand"
NUMBERS: Final = ("Committed", "Published")
"""Headings of the column that holds our keys, and of one that only a tab with numbers has."""


class SheetActs:
    """Acts in the one spreadsheet of a service, in tabs that onhand has filled."""

    def __init__(self, service: SheetsService, rng: random.Random) -> None:
        self._service = service
        self._rng = rng

    def acts(self) -> Sequence[Act]:
        """Return what may happen."""
        return named(
            self._type, self._type, self._sort, self._sort, self._rename, self._insert_column, self._insert_rows,
            self._delete_rows, self._copy_row, self._clear, self._delete_column, self._delete_tab, self._share_or_not,
        )  # fmt: skip

    def _type(self, _: datetime) -> str:
        tab = self._tab()
        value = self._rng.choice((0, -3, 999, "soon", "=1+1"))
        return self._do(SheetAct(act="type", tab=tab.title, at=self._cell(tab), value=value))

    def _clear(self, _: datetime) -> str:
        tab = self._tab()
        return self._do(SheetAct(act="clear", tab=tab.title, at=self._cell(tab)))

    def _sort(self, _: datetime) -> str:
        tab = self._tab()
        return self._do(SheetAct(act="sort", tab=tab.title, at=self._column(tab), falling=self._rng.random() < 0.5))

    def _rename(self, _: datetime) -> str:
        title = f"Numbers {self._rng.randrange(1000)}"
        return self._do(SheetAct(act="rename_tab", tab=self._tab().title, new_title=title))

    def _insert_column(self, _: datetime) -> str:
        tab = self._tab()
        return self._do(SheetAct(act="insert_columns", tab=tab.title, at=self._column(tab)))

    def _delete_column(self, _: datetime) -> str:
        tab = self._tab()
        return self._do(SheetAct(act="delete_columns", tab=tab.title, at=self._column(tab)))

    def _insert_rows(self, _: datetime) -> str:
        tab, count = self._tab(), self._rng.choice((1, 3))
        return self._do(SheetAct(act="insert_rows", tab=tab.title, at=self._row(tab), count=count))

    def _delete_rows(self, _: datetime) -> str:
        tab = self._tab()
        return self._do(SheetAct(act="delete_rows", tab=tab.title, at=self._row(tab)))

    def _copy_row(self, _: datetime) -> str:
        tab = self._tab()
        return self._do(SheetAct(act="copy_row", tab=tab.title, at=self._row(tab)))

    def _delete_tab(self, _: datetime) -> str:
        return self._do(SheetAct(act="delete_tab", tab=self._tab().title))

    def _share_or_not(self, _: datetime) -> str:
        (book,) = self._service.books.values()
        return self._do(SheetAct(act="revoke" if book.editors else "share", tab=self._tab().title))

    def _do(self, ask: SheetAct) -> str:
        act(self._service, ask)
        return f"somebody in the sheet: {ask.act} in {ask.tab!r} {ask.at} {ask.new_title or ''} {ask.value or ''}"

    def _row(self, tab: Tab) -> str:
        return str(self._rng.randrange(1, len(tab.rows)) + 1)

    def _column(self, tab: Tab) -> str:
        return _column(self._rng.randrange(min(tab.width, WIDEST)))

    def _cell(self, tab: Tab) -> str:
        return f"{self._column(tab)}{self._row(tab)}"

    def _tab(self) -> Tab:
        (book,) = self._service.books.values()
        filled = [tab for tab in book.tabs if len(tab.rows) > 1 and is_ours(tab)]
        return one_of(self._rng, filled, "onhand has written nothing into the sheet yet")


def is_ours(tab: Tab) -> bool:
    """Return whether a tab shows numbers of onhand's, whatever it is called by now."""
    headings = tab.rows[0].values if tab.rows else ()
    return KEYED in headings and any(number in headings for number in NUMBERS)


def _column(number: int) -> str:
    return chr(ord("A") + number)
