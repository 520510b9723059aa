"""The tabs of the workbook, and what stands in each column."""

from typing import Literal, NamedTuple

SCHEMA_VERSION = 1
REMARKS = "remarks"


class Column(NamedTuple):
    """One column: its name in tags (never shown), its heading, what it means, and how wide it is in pixels."""

    name: str
    heading: str
    meaning: str
    kind: Literal["text", "number"] = "text"
    width: int = 120


class Table(NamedTuple):
    """One tab. The first column of one with keys is hidden and names the row; `sheet_id` is what we ask for."""

    name: str
    title: str
    columns: tuple[Column, ...]
    sheet_id: int
    has_keys: bool = True
    hidden: bool = False

    def place(self, column: str) -> int:
        """Return which of the columns bears a name."""
        return next(number for number, each in enumerate(self.columns) if each.name == column)


KEY = Column("key", "onhand", "names the row; hidden, and not to be changed", width=40)
SKU = Column("sku", "SKU", "the merchant's label, as text", width=150)
TITLE = Column("title", "Title", "the item's title", width=200)
LOCATION = Column("location", "Location", "where the units stand", width=130)
REMARK = Column(REMARKS, "Remarks", "what onhand has put right in this row; stands for a day", width=320)


def _units(name: str, heading: str, meaning: str) -> Column:
    return Column(name, heading, meaning, "number", 90)


SUMMARY = Table(
    "summary",
    "Summary",
    (
        KEY,
        Column("section", "Section", "what the number is about", width=110),
        Column("name", "Name", "which of them", width=170),
        _units("units", "Units", "the number"),
        Column("note", "Note", "what to know of it", width=320),
        REMARK,
    ),
    71_001_001,
)
LEVELS = Table(
    "levels",
    "Levels",
    (
        KEY,
        SKU,
        TITLE,
        LOCATION,
        _units("available", "Available", "units that may be sold there"),
        _units("committed", "Committed", "units of Shopify's open orders"),
        _units("reserved", "Reserved", "units of open orders from other channels"),
        _units("damaged", "Damaged", "units that cannot be sold"),
        _units("quality_control", "Quality control", "units that are being looked at"),
        _units("safety_stock", "Safety stock", "units that are put aside"),
        _units("on_hand", "On hand", "all of these together: what should stand there"),
        _units("incoming", "Incoming", "units on their way; not on hand"),
        REMARK,
    ),
    71_001_002,
)
ATS = Table(
    "ats",
    "ATS by channel",
    (
        KEY,
        SKU,
        TITLE,
        Column("channel", "Channel", "who sells it", width=120),
        Column("listing", "Listing", "how the channel names it", width=160),
        _units("units", "Available to sell", "what the channel may sell now"),
        _units("published", "Published", "what the channel shows; blank where it was told nothing yet"),
        REMARK,
    ),
    71_001_003,
)
DRIFTS = Table(
    "drifts",
    "Drifts and anomalies",
    (
        KEY,
        Column("kind", "Kind", "drift: counts differ; oversold: more was sold than there is; problem: needs a person"),
        SKU,
        LOCATION,
        Column("what", "What", "what was found", width=320),
        _units("books", "Books", "units by our books"),
        _units("observed", "Observed", "units that were seen"),
        _units("units", "Difference", "observed less books; negative is missing"),
        _units("confidence", "Confidence", "how certain the cause is, 0 to 1"),
        Column("since", "Since", "when it was first met, in UTC", width=170),
        Column("next_step", "Next step", "the way out", width=320),
        REMARK,
    ),
    71_001_004,
)
INPUTS = Table(
    "inputs",
    "Inputs",
    (
        Column("sku", "SKU", "the item that is meant", width=150),
        Column("channel", "Channel", "for a buffer: the channel it is kept back from", width=120),
        Column("location", "Location", "for a count: where it was counted", width=130),
        Column("buffer", "Buffer units", "units kept back from the channel; `default`: as configured", "number", 100),
        Column("counted", "Counted units", "units that somebody has counted", "number", 110),
        Column("verdict", "Verdict", "what onhand made of the row; onhand writes it", width=420),
    ),
    71_001_005,
    has_keys=False,
)
DICTIONARY = Table(
    "dictionary",
    "Data dictionary",
    (
        KEY,
        Column("tab", "Tab", "a tab of this workbook", width=160),
        Column("column", "Column", "one of its columns", width=140),
        Column("meaning", "Meaning", "what stands there", width=480),
        REMARK,
    ),
    71_001_006,
)
META = Table(
    "meta",
    "_meta",
    (Column("name", "Name", "", width=120), Column("value", "Value", "", width=320)),
    71_001_009,
    has_keys=False,
    hidden=True,
)
TABLES = (SUMMARY, LEVELS, ATS, DRIFTS, INPUTS, DICTIONARY, META)
KEYED = tuple(table for table in TABLES if table.has_keys)


def table_of(name: str) -> Table:
    """Return a table by its name."""
    return next(table for table in TABLES if table.name == name)


def dictionary_rows() -> dict[str, tuple[str, ...]]:
    """Return the rows of the data dictionary by key."""
    return {
        f"{table.name}.{column.name}": (table.title, column.heading, column.meaning)
        for table in TABLES
        for column in table.columns
        if not table.hidden
    }
