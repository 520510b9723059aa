"""Named SQL statements: read once from the .sql files, put into the words of one engine."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

Parameters = Sequence[Any] | Mapping[str, Any]
"""Values for a statement: by name, or in the order in which its names first appear."""

Row = tuple[Any, ...]

FOLDER = files("onhand.store") / "sql"

_HEADING = re.compile(r"^-- name: (\w+)$")
_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")

# `x IN (EACH :list)` takes a JSON list of texts, `(x, y) IN (EACH PAIR :list)` a JSON list of pairs of texts.
# PostgreSQL guesses that a JSON list has 100 elements and would rather read a whole table than look them up: an array
# is looked up.
_MACROS = {
    "sqlite": {
        r"IN \(EACH (:\w+)\)": r"IN (SELECT value FROM json_each(\1))",
        r"IN \(EACH PAIR (:\w+)\)": r"IN (SELECT value ->> 0, value ->> 1 FROM json_each(\1))",
    },
    "postgres": {
        r"IN \(EACH (:\w+)\)": r"= ANY (ARRAY(SELECT jsonb_array_elements_text(CAST(\1 AS JSONB))))",
        r"\(([\w.]+), ([\w.]+)\) IN \(EACH PAIR (:\w+)\)": (
            r"\1 = ANY (ARRAY(SELECT value ->> 0 FROM jsonb_array_elements(CAST(\3 AS JSONB)) AS each(value)))"
            r" AND (\1, \2) IN (SELECT value ->> 0, value ->> 1"
            r" FROM jsonb_array_elements(CAST(\3 AS JSONB)) AS each(value))"
        ),
    },
}

ALL_ROWS = ("rows",)
"""The names of a statement that takes every row at once, as a JSON list of lists: one trip, one run of the triggers."""


COPY = "COPY "
"""How a statement of PostgreSQL begins that takes every row as one stream."""

STAGE, CLEAR = "stage_", "clear_"
"""Before the name of a statement that takes its rows from a table of the connection: what lays one row ready there, and
what empties the table."""


class Statement(NamedTuple):
    """One statement as an engine takes it, and the names of its parameters in the order of their numbers."""

    text: str
    names: tuple[str, ...]


@cache
def load_statements(engine: str) -> Mapping[str, Statement]:
    """Return every statement for `engine` ("sqlite" or "postgres") by name.

    A statement of the engine's own replaces the shared one of its name, and takes its values in the same order.
    Raises ValueError where two statements of one folder bear the same name, or a replacement other parameters.
    """
    statements = {name: _translate(text, engine) for name, text in _load_folder(FOLDER / "shared").items()}
    own = FOLDER / engine / "statements"
    for name, text in (_load_folder(own) if own.is_dir() else {}).items():
        replaced = statements.get(name)
        statements[name] = statement = _translate(text, engine, replaced.names if replaced else ())
        staged = statements.get(STAGE + name)
        taken = staged.names if staged else statement.names
        if replaced and taken != replaced.names and statement.names != ALL_ROWS and not _copies(statement):
            raise ValueError(f"{name} of {engine} takes {taken}, the shared one takes {replaced.names}")
    return statements


def _copies(statement: Statement) -> bool:
    return statement.text.startswith(COPY)


def load_script(engine: str, name: str) -> str:
    """Return the text of a file of `engine` that makes tables or triggers."""
    return (FOLDER / engine / name).read_text(encoding="utf-8")


def _load_folder(folder: Traversable) -> dict[str, str]:
    texts: dict[str, str] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        for name, text in _split(file.read_text(encoding="utf-8")):
            if name in texts:
                raise ValueError(f"{file.name}: a statement named {name} exists already")
            texts[name] = text
    return texts


def _split(text: str) -> Iterator[tuple[str, str]]:
    name, lines = "", list[str]()
    for line in text.splitlines():
        heading = _HEADING.match(line)
        if heading:
            if name:
                yield name, "\n".join(lines)
            name, lines = heading[1], []
        elif line.strip() and not line.lstrip().startswith("--"):
            lines.append(line)
    if name:
        yield name, "\n".join(lines)


def _translate(text: str, engine: str, order: tuple[str, ...] = ()) -> Statement:
    for pattern, replacement in _MACROS[engine].items():
        text = re.sub(pattern, replacement, text)
    found = dict.fromkeys(_PARAMETER.findall(text))
    names = tuple(sorted(found, key=lambda name: order.index(name) if name in order else len(order)))
    if engine == "postgres":  # $1, $2: one number a name, so that values may come by position in both engines
        text = _PARAMETER.sub(lambda match: f"${names.index(match[1]) + 1}", text)
    return Statement(text, names)
