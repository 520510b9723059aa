"""How answers look to people: tables that fit, numbers that line up, text from outside made harmless."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from rich.table import Table
from rich.text import Text

from onhand.cli.exits import visible

GOOD, MIND, BAD, QUIET = "green", "yellow", "red", "dim"
NOTHING = "-"


class Column(NamedTuple):
    """A column's heading; numbers stand at the right."""

    title: str
    number: bool = False


def table(columns: Sequence[Column], rows: Iterable[Sequence[object]], title: str | None = None) -> Table:
    """Return a table. Cells may be anything; None is shown as a dash, `Text` as it is."""
    painted = Table(
        title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="bold"
    )
    for column in columns:
        painted.add_column(column.title, justify="right" if column.number else "left", overflow="fold")
    for row in rows:
        painted.add_row(*(cell(value) for value in row))
    return painted


def cell(value: object, style: str = "") -> Text:
    """Return one cell; whatever a SKU or a title carries, it is only shown."""
    if isinstance(value, Text):
        return value
    if value is None:
        return Text(NOTHING, style=QUIET)
    return Text(visible(str(value)).replace("\n", "\\n"), style=style)


def signed(units: int) -> Text:
    """Return units with their sign, missing ones in red."""
    return Text(f"{units:+d}", style=BAD if units < 0 else "")


def age(at: datetime | None, now: datetime) -> str:
    """Return how long ago something was, in one unit; a dash for what never was."""
    if at is None:
        return NOTHING
    seconds = (now - at).total_seconds()
    if seconds < 0:
        return "just now"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return "just now"


def clock_time(at: datetime | None) -> str:
    """Return a time in UTC, to the second; a dash for None."""
    return NOTHING if at is None else f"{at:%Y-%m-%d %H:%M:%S}Z"


def pairs(facts: Mapping[str, object]) -> Table:
    """Return facts as two columns, name and value; facts within a fact get both names."""
    painted = Table.grid(padding=(0, 2))
    painted.add_column(style="bold")
    painted.add_column(overflow="fold")
    for name, value in facts.items():
        if isinstance(value, Mapping):
            for inner, part in value.items():
                painted.add_row(cell(f"{name} {inner}"), cell(part))
        else:
            painted.add_row(cell(name), cell(value))
    return painted
