"""The table of rules in docs/sandbox.md names tests that there are, and every test that was written for a rule."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parents[1]
TABLE = HERE.parent / "docs" / "sandbox.md"
_TEST = re.compile(r"`(test_\w+)`")


class Row(NamedTuple):
    """One rule."""

    rule: str
    source: str
    held_by: str


def rows() -> list[Row]:
    """Return the rules, in their order."""
    _, _, part = TABLE.read_text(encoding="utf-8").partition("## Rules of Shopify")
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")
    ]
    return [Row(*one) for one in cells if one[0] not in ("rule", "---")]


def names_in(pattern: str) -> Iterator[str]:
    """Yield the names of the tests in the sandbox's test modules of that name."""
    for folder in ("sandbox", "sandbox_protocols"):
        for path in sorted((HERE / folder).glob(pattern)):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                    yield node.name


def test_every_rule_is_held_by_a_test_or_says_why_it_is_not_played() -> None:
    found = rows()
    assert len(found) > 100
    assert [row for row in found if not row.source] == []
    assert [
        row.rule for row in found if not row.held_by.startswith("not played: ") and not _TEST.search(row.held_by)
    ] == []


def test_every_test_that_the_table_names_exists_once() -> None:
    existing = Counter(names_in("test_*.py"))
    named = {name for row in rows() for name in _TEST.findall(row.held_by)}
    assert {name: existing[name] for name in named if existing[name] != 1} == {}


def test_every_test_that_was_written_for_a_rule_stands_in_the_table() -> None:
    named = {name for row in rows() for name in _TEST.findall(row.held_by)}
    assert sorted(set(names_in("test_rule_*.py")) - named) == []


def test_no_rule_stands_there_twice() -> None:
    assert [rule for rule, times in Counter(row.rule for row in rows()).items() if times > 1] == []
