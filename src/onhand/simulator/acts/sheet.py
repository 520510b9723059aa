"""What people do in the workbook: type over numbers, sort, rename, insert, delete, copy, empty, stop sharing it.

The input tab is left alone: a buffer would change what every platform is to show. It has tests of its own.
"""

import random
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from onhand.sandbox.sheets.book import Tab
from onhand.sandbox.sheets.people import Act as Doing
from onhand.sandbox.sheets.people import SheetAct, act
from onhand.sandbox.sheets.service import SheetsService
from onhand.simulator.acts.chance import Act, named, one_of

Where = Callable[[Tab], str]

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
        value = self._rng.choice((0, -3, 999, "soon", "=1+1"))
        return self._do("type", self._cell, value=value)

    def _clear(self, _: datetime) -> str:
        return self._do("clear", self._cell)

    def _sort(self, _: datetime) -> str:
        return self._do("sort", self._column, falling=self._rng.random() < 0.5)

    def _rename(self, _: datetime) -> str:
        return self._do("rename_tab", new_title=f"Numbers {self._rng.randrange(1000)}")

    def _insert_column(self, _: datetime) -> str:
        return self._do("insert_columns", self._column)

    def _delete_column(self, _: datetime) -> str:
        return self._do("delete_columns", self._column)

    def _insert_rows(self, _: datetime) -> str:
        return self._do("insert_rows", self._row, count=self._rng.choice((1, 3)))

    def _delete_rows(self, _: datetime) -> str:
        return self._do("delete_rows", self._row)

    def _copy_row(self, _: datetime) -> str:
        return self._do("copy_row", self._row)

    def _delete_tab(self, _: datetime) -> str:
        return self._do("delete_tab")

    def _share_or_not(self, _: datetime) -> str:
        (book,) = self._service.books.values()
        return self._do("revoke" if book.editors else "share")

    def _do(self, doing: Doing, where: Where | None = None, **more: Any) -> str:
        """Do it in one of our tabs, at a place that is drawn once it is known how large the tab is."""
        tab = self._tab()
        at = "" if where is None else where(tab)
        act(self._service, SheetAct(act=doing, tab=tab.title, at=at, **more))
        return f"somebody in the sheet: {doing} in {tab.title!r} {at} {more}"

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
