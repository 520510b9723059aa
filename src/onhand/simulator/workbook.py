"""The verdict on the workbook: every number that people see in the spreadsheet beside the books."""

from collections.abc import Mapping
from typing import Any

from onhand.demo.sheet import HEADINGS, compare_books
from onhand.sandbox.sheets.people import show
from onhand.sandbox.sheets.service import SheetsService
from onhand.simulator.acts.sheet import KEYED
from onhand.simulator.house import House


def wrong_cells(house: House, service: SheetsService | None) -> list[str]:
    """Return a sentence where the sheet differs from the books, or shows a row twice; nothing where none is kept."""
    if house.sheeting is None:
        return []
    tabs = _tabs(show(service))
    with house.app.store.reading() as session:
        compared = compare_books(session.of(house.shop), house.shop, {"": {"tabs": list(tabs.values())}})
    sentences = [f"the sheet differs from the books in {compared.differing} of {compared.rows} rows"]
    keys = {title: _keys(tab["values"]) for title, tab in tabs.items()}
    return [
        *(sentences if compared.differing or not compared.rows else ()),
        *(f"{title} shows a row twice" for title, found in keys.items() if len(found) != len(set(found))),
    ]


def _tabs(shown: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the tabs with numbers, called as they were before people called them something else."""
    (book,) = shown.values()
    found = {}
    for tab in book["tabs"]:
        headings = set(tab["values"][0]) if tab["values"] else set()
        if KEYED in headings and "Published" in headings:
            found["ATS by channel"] = {**tab, "title": "ATS by channel"}
        elif KEYED in headings and headings >= HEADINGS.keys():
            found["Levels"] = {**tab, "title": "Levels"}
    return found


def _keys(values: list[list[Any]]) -> list[str]:
    at = values[0].index(KEYED)
    return [str(row[at]) for row in values[1:] if len(row) > at and row[at]]
