"""The log's SQL, by name, from the files beside this module."""

from functools import cache
from importlib import resources


def schema() -> str:
    """Return the statements that make an empty log."""
    return _text("schema.sql")


@cache
def statements() -> dict[str, str]:
    """Return every named statement of statements.sql."""
    named: dict[str, str] = {}
    for block in _text("statements.sql").split("-- name: ")[1:]:
        name, _, sql = block.partition("\n")
        named[name.strip()] = sql.strip()
    return named


@cache
def append_rows(rows: int) -> str:
    """Return the `append` statement for several rows at once.

    One statement for many rows gives the interpreter lock away once, not once a row: the thread that answers
    requests would otherwise hold it for up to a switch interval each time.
    """
    sql = statements()["append"]
    before, values, after = sql.partition("(?, ?, ?, ?, ?, ?, ?)")
    return before + ", ".join([values] * rows) + after


def _text(name: str) -> str:
    return resources.files("onhand.log").joinpath("sql", name).read_text(encoding="utf-8")
