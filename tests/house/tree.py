"""What the house tests look at: tracked files, parsed modules, settings."""

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src/onhand"

type_of_function = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def repository_files() -> tuple[Path, ...]:
    """Return every file that is, or is about to be, part of the repository; ignored files are left out."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


def python_files(*folders: str) -> tuple[Path, ...]:
    """Return the Python files under the named folders of the repository."""
    return tuple(
        path
        for path in repository_files()
        if path.suffix == ".py" and any(path.is_relative_to(ROOT / folder) for folder in folders)
    )


@cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method of a file, nested ones included."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, type_of_function):
            yield node


def place(path: Path, line: int | None = None) -> str:
    """Return `file` or `file:line`, relative to the repository, for a message."""
    name = str(path.relative_to(ROOT))
    return name if line is None else f"{name}:{line}"


@cache
def pyproject() -> dict[str, Any]:
    """Return pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def make_targets() -> set[str]:
    """Return the targets that Makefile declares phony: the ones people type."""
    for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines():
        if line.startswith(".PHONY:"):
            return set(line.removeprefix(".PHONY:").split())
    return set()
