"""The workbook beside the books: every number that the sandbox's spreadsheet shows, read without our own code."""

from collections.abc import Mapping
from time import monotonic, sleep
from typing import Any

from onhand.answers import stock
from onhand.app import App
from onhand.demo.options import Sheet
from onhand.demo.sandbox import SandboxProcess
from onhand.domain.stock import KEPT_STATES, State
from onhand.store import Books

WITHIN_S = 180.0
"""A flush and one window of the quota, more than twice."""

LOOK_EVERY_S = 1.0
HEADINGS = {
    "Available": State.AVAILABLE,
    "Committed": State.COMMITTED,
    "Reserved": State.RESERVED,
    "Damaged": State.DAMAGED,
    "Quality control": State.QUALITY_CONTROL,
    "Safety stock": State.SAFETY_STOCK,
    "Incoming": State.INCOMING,
}


def wait_for_sheet(app: App, shop: str, sandbox: SandboxProcess) -> Sheet:
    """Return how the sheet compares as soon as it is equal, or when it had time enough; no rows where there is none."""
    if not app.config.has_sheet(shop):
        return Sheet(rows=0, differing=0)
    ends_at = monotonic() + WITHIN_S
    while True:
        compared = compare_sheet(app, shop, sandbox.get("sheet"))
        if (compared.rows and not compared.differing) or monotonic() >= ends_at:
            return compared
        sleep(LOOK_EVERY_S)


def compare_sheet(app: App, shop: str, shown: Mapping[str, Any]) -> Sheet:
    """Compare every row of levels and of what channels may sell with what `onhand levels` and `onhand ats` say."""
    with app.store.reading() as session:
        return compare_books(session.of(shop), shop, shown)


def compare_books(books: Books, shop: str, shown: Mapping[str, Any]) -> Sheet:
    """Compare every row of a spreadsheet, as the sandbox's control shows it, with some books."""
    (book,) = shown.values()
    tabs = {tab["title"]: _by_key(tab["values"]) for tab in book["tabs"]}
    sellable = {
        f"{row.item}|{row.channel}|{row.listing}": (row.units, row.published_units) for row in stock.ats(books, shop)
    }
    levels: dict[str, dict[State, int]] = {}
    # What is left of an item that was removed, or is not counted any more, is nobody's number.
    there = {item.item for item in books.catalog.items() if item.counted}
    for (item, bin_), units in books.ledger.all_levels().items():
        if bin_.state in KEPT_STATES and item in there:
            levels.setdefault(f"{item}|{bin_.location}", {})[bin_.state] = units
    sold, standing = tabs.get("ATS by channel", {}), tabs.get("Levels", {})
    differing = sum(_sold(sold.get(key)) != told for key, told in sellable.items()) + len(sold.keys() - sellable.keys())
    for key in levels.keys() | standing.keys():
        row, states = standing.get(key, {}), levels.get(key, {})
        differing += any(row.get(heading, 0) != states.get(state, 0) for heading, state in HEADINGS.items())
    return Sheet(rows=len(sellable) + len(levels), differing=differing)


def _by_key(values: list[list[Any]]) -> dict[str, dict[str, Any]]:
    """Return rows by their hidden key, each by heading."""
    if not values:
        return {}
    headings = values[0]
    rows = [dict(zip(headings, [*row, *[""] * (len(headings) - len(row))], strict=False)) for row in values[1:]]
    return {str(row["onhand"]): row for row in rows if row.get("onhand")}


def _sold(row: Mapping[str, Any] | None) -> tuple[int | None, int | None] | None:
    if row is None:
        return None
    units, published = row["Available to sell"], row["Published"]
    return (None if units == "" else units, None if published == "" else published)
