"""Named SQL statements: read once from the .sql files, put into the words of one engine."""

import re
from collections.abc import Iterator, Mapping, Sequence
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
_MACROS = {
    "sqlite": {
        r"\(EACH (:\w+)\)": r"(SELECT value FROM json_each(\1))",
        r"\(EACH PAIR (:\w+)\)": r"(SELECT value ->> 0, value ->> 1 FROM json_each(\1))",
    },
    "postgres": {
        r"\(EACH (:\w+)\)": r"(SELECT jsonb_array_elements_text(CAST(\1 AS JSONB)))",
        r"\(EACH PAIR (:\w+)\)": (
            r"(SELECT value ->> 0, value ->> 1 FROM jsonb_array_elements(CAST(\1 AS JSONB)) AS each(value))"
        ),
    },
}


class Statement(NamedTuple):
    """One statement as an engine takes it, and the names of its parameters in the order of their numbers."""

    text: str
    names: tuple[str, ...]


def load_statements(engine: str) -> dict[str, Statement]:
    """Return every shared statement for `engine` ("sqlite" or "postgres") by name; its own files go first.

    Raises ValueError when two statements of one folder bear the same name.
    """
    statements: dict[str, Statement] = {}
    for folder in (FOLDER / "shared", FOLDER / engine / "statements"):
        if folder.is_dir():
            statements |= _load_folder(folder, engine)
    return statements


def load_script(engine: str, name: str) -> str:
    """Return the text of a file of `engine` that makes tables or triggers."""
    return (FOLDER / engine / name).read_text(encoding="utf-8")


def _load_folder(folder: Traversable, engine: str) -> dict[str, Statement]:
    statements: dict[str, Statement] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        for name, text in _split(file.read_text(encoding="utf-8")):
            if name in statements:
                raise ValueError(f"{file.name}: a statement named {name} exists already")
            statements[name] = _translate(text, engine)
    return statements


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


def _translate(text: str, engine: str) -> Statement:
    for pattern, replacement in _MACROS[engine].items():
        text = re.sub(pattern, replacement, text)
    names = tuple(dict.fromkeys(_PARAMETER.findall(text)))
    if engine == "postgres":  # $1, $2: one number a name, so that values may come by position in both engines
        text = _PARAMETER.sub(lambda match: f"${names.index(match[1]) + 1}", text)
    return Statement(text, names)
