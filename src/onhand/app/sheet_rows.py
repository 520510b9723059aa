"""What should stand in the workbook: rows of every tab, from the books."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from onhand.answers import stock
from onhand.answers.drifts import drifts
from onhand.answers.lookup import location_names
from onhand.channels.google_sheets.tables import dictionary_rows
from onhand.domain.catalog import Item
from onhand.domain.stock import KEPT_STATES, State
from onhand.store import Books
from onhand.store.workbook import Cell, Cells

Rows = dict[str, Cells]
STATES = ("available", "committed", "reserved", "damaged", "quality_control", "safety_stock")
AS_OF = "as_of"
"""The summary's row that says when the sheet was last written."""


def rows_of_items(books: Books, shop: str, items: Collection[Item]) -> dict[str, Rows]:
    """Return the rows of levels and ATS for some items. A bin that holds nothing is 0 there, and never left out."""
    return {"levels": _levels(books, items), "ats": _ats(books, shop, items)}


def rows_of_shop(books: Books, shop: str, now: datetime) -> dict[str, Rows]:
    """Return the rows that concern the shop as a whole: summary, drifts and anomalies, data dictionary."""
    anomalies = _drifts(books, shop) | _oversold(books) | _problems(books)
    dictionary: Rows = dict(dictionary_rows())
    return {"summary": _summary(books, anomalies, now), "drifts": anomalies, "dictionary": dictionary}


def _levels(books: Books, items: Collection[Item]) -> Rows:
    names = location_names(books)
    counted = {item.item: item for item in items if item.counted}
    units: defaultdict[tuple[str, str], dict[State, int]] = defaultdict(dict)
    for (item, bin_), much in books.ledger.levels(list(counted)).items():
        if bin_.state in KEPT_STATES:
            units[item, bin_.location][bin_.state] = much
    rows: Rows = {}
    for (item, location), states in units.items():
        on_hand = sum(much for state, much in states.items() if state is not State.INCOMING)
        cells: list[Cell] = [counted[item].sku or "", counted[item].title, names.get(location, location)]
        cells += [states.get(State(state), 0) for state in STATES]
        rows[f"{item}|{location}"] = (*cells, on_hand, states.get(State.INCOMING, 0))
    return rows


def _ats(books: Books, shop: str, items: Collection[Item]) -> Rows:
    return {
        f"{row.item}|{row.channel}|{row.listing}": (
            row.sku or "",
            row.title,
            row.channel,
            row.listing,
            "" if row.units is None else row.units,
            "" if row.published_units is None else row.published_units,
        )
        for row in stock.ats(books, shop, among=items)
    }


def _drifts(books: Books, shop: str) -> Rows:
    return {
        f"drift|{row.id}": (
            "drift",
            row.sku or "",
            row.location,
            f"{row.cause}: {row.source} shows {row.observed_units} {row.state}, the books expect {row.books_units}",
            row.books_units,
            row.observed_units,
            row.units,
            round(row.confidence, 3),
            _time(row.opened_at),
            f"onhand drift show {row.id}",
        )
        for row in drifts(books, shop)
    }


def _oversold(books: Books) -> Rows:
    below = books.ledger.below_zero()
    items, names = books.catalog.items_of({key.item for key in below}), location_names(books)
    return {
        f"oversold|{key.item}|{key.location}": (
            "oversold",
            (items[key.item].sku or "") if key.item in items else "",
            names.get(key.location, key.location),
            f"{-units} more were sold there than there are",
            units,
            "",
            "",
            "",
            "",
            "onhand oversells",
        )
        for key, units in below.items()
    }


def _problems(books: Books) -> Rows:
    return {
        f"problem|{row.kind}|{row.key}": (
            "problem",
            "",
            "",
            row.message,
            "",
            "",
            "",
            "",
            _time(row.opened_at),
            row.next_step,
        )
        for row in books.problems.open()
    }


def _summary(books: Books, anomalies: Mapping[str, Cells], now: datetime) -> Rows:
    sums, names = books.workbook.sums(), location_names(books)
    by_place: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (location, state), units in sums.levels.items():
        if location in names and state in {*STATES, "incoming"}:
            by_place[location][state] = units
    on_hand = {
        place: sum(units for state, units in states.items() if state != "incoming")
        for place, states in by_place.items()
    }
    kinds = [str(cells[0]) for cells in anomalies.values()]
    rows: Rows = {
        AS_OF: ("as of", _time(now), books.ledger.head()[0], "UTC; the number counts movements in the ledger"),
        "total.on_hand": ("total", "units on hand", sum(on_hand.values()), "at every location, incoming left out"),
        "total.available": (
            "total",
            "units available",
            sum(each.get("available", 0) for each in by_place.values()),
            "",
        ),
        "total.incoming": ("total", "units incoming", sum(each.get("incoming", 0) for each in by_place.values()), ""),
        "open.drift": ("open", "drifts", kinds.count("drift"), "counts that differ"),
        "open.oversold": ("open", "oversold places", kinds.count("oversold"), "more was sold than there is"),
        "open.problem": ("open", "problems", kinds.count("problem"), "need a person"),
    }
    for place, name in sorted(names.items()):
        available = by_place[place].get("available", 0)
        rows[f"location.{place}"] = ("location", name, on_hand.get(place, 0), f"{available} available")
    for channel, (units, listings, zeros) in sums.channels.items():
        rows[f"channel.{channel}"] = ("channel", channel, units, f"{listings} listings, {zeros} at zero")
    return rows


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")
