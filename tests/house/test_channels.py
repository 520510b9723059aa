"""A channel is one entry of a table: nobody outside `onhand.channels` knows one by name, but for Shopify."""

import ast
from collections.abc import Iterator
from pathlib import Path

from onhand.channels import CHANNELS
from tests.house.tree import PACKAGE, parsed, place, python_files

STRANGERS = ("channels", "sandbox", "simulator", "bench", "demo")
"""Who plays a merchant's world knows what is sold where in it."""


def test_nobody_knows_a_marketplace_by_name() -> None:
    words = {name for channel in CHANNELS for name in (channel, channel.replace("_", "-"))}
    words |= {f"{channel.partition('_')[0]}." for channel in CHANNELS}
    known = [
        f"{place(path, line)} {text}"
        for path in python_files("src")
        if not any(path.is_relative_to(PACKAGE / home) for home in STRANGERS)
        for line, text in _code_words(path)
        if any(word in text.lower() for word in words)
    ]
    assert known == []


def _code_words(path: Path) -> Iterator[tuple[int, str]]:
    """Yield names and literal texts with their lines; what only people read may mention what it likes."""
    tree = parsed(path)
    spoken = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spoken:
            yield node.lineno, node.value
        elif isinstance(node, ast.Name):
            yield node.lineno, f"{node.id}."
        elif isinstance(node, ast.Attribute):
            yield node.lineno, f"{node.attr}."
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or ""
