"""Does the suite find bugs? Plants some, one at a time, in a clone of what is committed, and runs the tests there.

`planted` plants every bug of `tests/mutants/planted.toml`; `random` draws mutants with cosmic-ray
(`requirements/mutants.txt`). A bug that no test finds survives: where it was thought out by hand, the exit code is
then 1; what chance drew may be no bug at all, and a person looks at it. Figures go to standard output as rows of a
Markdown table.
"""

import argparse
import ast
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PLANTED = ROOT / "tests/mutants/planted.toml"

FIRST = {
    "intake": ("tests/intake", "tests/channels", "tests/web"),
    "log": ("tests/log",),
    "domain": ("tests/domain", "tests/intake"),
    "store": ("tests/store",),
    "publish": ("tests/publish",),
    "audit": ("tests/audit",),
}
"""The tests that stand nearest to a bug, by its area. Those that are named after its module are asked before them."""

THEN = ("tests/app", "tests/flow", "tests/simulator", "tests/serve")
"""Tests of a whole shop, asked next."""

NEVER = ("tests/house", "tests/mutants")
"""Tests of how the code is written, which would find any planted text."""

STAGE_S = 1_500
"""A stage that takes longer hangs: the tests have found the bug, if slowly."""

FOUND = re.compile(r"^(?:FAILED|ERROR) (\S+)", flags=re.MULTILINE)


class Mutant(NamedTuple):
    """One bug: the text of a file with it. `what` says what was changed."""

    id: str
    area: str
    file: str
    text: str
    what: str


class Result(NamedTuple):
    """Which test found a mutant, None where none did, and how long that took."""

    mutant: Mutant
    found_by: str | None
    took_s: float


def planted(tree: Path, only: Iterable[str]) -> Iterator[Mutant]:
    """Yield the bugs that were thought out by hand, or those of some names. Raises SystemExit for an unknown name."""
    bugs = {bug["id"]: bug for bug in tomllib.loads(PLANTED.read_text(encoding="utf-8"))["bug"]}
    unknown = sorted(set(only) - bugs.keys())
    if unknown:
        raise SystemExit(f"no bug is called {', '.join(unknown)}; they stand in {PLANTED.relative_to(ROOT)}")
    for name in only or bugs:
        bug = bugs[name]
        text = (tree / bug["file"]).read_text(encoding="utf-8")
        yield Mutant(name, bug["area"], bug["file"], text.replace(bug["find"], bug["put"], 1), bug["file"])


def drawn(tree: Path, count: int, seed: int) -> Iterator[Mutant]:
    """Yield `count` mutants that chance draws, each mutation of each module of the areas being as likely as any."""
    # Only this half needs the tool, which is no requirement of the tests.
    from cosmic_ray.commands import init  # noqa: PLC0415
    from cosmic_ray.mutating import mutate_code  # noqa: PLC0415
    from cosmic_ray.plugins import get_operator  # noqa: PLC0415
    from cosmic_ray.work_db import WorkDB, use_db  # noqa: PLC0415

    modules = [path for area in FIRST for path in sorted((tree / "src/onhand" / area).rglob("*.py"))]
    with tempfile.TemporaryDirectory() as folder, use_db(str(Path(folder, "work")), WorkDB.Mode.create) as work:
        init(modules, work, {})
        mutations = [mutation for item in work.work_items for mutation in item.mutations]
    mutations.sort(key=lambda one: (str(one.module_path), one.operator_name, one.occurrence))
    hints = {module: _hints(module.read_text(encoding="utf-8")) for module in modules}
    chance = random.Random(seed)  # noqa: S311 - a draw, not a secret
    while count and mutations:
        mutation = mutations.pop(chance.randrange(len(mutations)))
        line, path = mutation.start_pos[0], Path(mutation.module_path)
        if line in hints[path]:
            continue
        before = path.read_text(encoding="utf-8")
        after = mutate_code(before, get_operator(mutation.operator_name)(), mutation.occurrence)
        if after is None:
            continue
        file = str(path.relative_to(tree))
        operator = mutation.operator_name.partition("/")[2]
        what = f"{file}:{line} {operator}: `{_line(before, line)}` → `{_line(after, line)}`"
        yield Mutant(f"{operator}-{mutation.occurrence}", path.relative_to(tree).parts[2], file, after, what)
        count -= 1


def _hints(text: str) -> set[int]:
    """Return the lines with type hints or decorators: a change there never runs, or stops the import of all."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        found: list[ast.expr | None] = []
        if isinstance(node, ast.AnnAssign | ast.arg):
            found.append(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found += [node.returns, *node.decorator_list]
        elif isinstance(node, ast.ClassDef):
            found += node.decorator_list
        lines |= {line for each in found if each for line in range(each.lineno, (each.end_lineno or 0) + 1)}
    return lines


def _line(text: str, number: int) -> str:
    lines = text.splitlines()
    return lines[number - 1].strip() if number <= len(lines) else ""


class Suite:
    """The tests of a clone. What is asked of a bug is first asked of the code without one: else it proves nothing."""

    def __init__(self, tree: Path) -> None:
        self._tree = tree
        self._sound: set[str] = set()
        every = {f"tests/{path.name}" for path in (tree / "tests").iterdir() if any(path.rglob("test_*.py"))}
        self._all = sorted(every - set(NEVER))

    def ask(self, mutant: Mutant) -> Result:
        """Run the nearest tests on a mutant, then those of a whole shop, then all others, until one fails."""
        first = FIRST[mutant.area]
        named = tuple(self._named_after(mutant))
        then = tuple(folder for folder in THEN if folder not in first)
        rest = tuple(folder for folder in self._all if folder not in (*first, *then))
        took_s = 0.0
        for stage in filter(None, (named, first, then, rest)):
            self._prove(stage)
            began = time.monotonic()
            found_by = self._run_with(mutant, stage)
            took_s += time.monotonic() - began
            if found_by is not None:
                return Result(mutant, found_by, took_s)
        return Result(mutant, None, took_s)

    def _named_after(self, mutant: Mutant) -> Iterator[str]:
        """Yield the test files that are named after a mutant's module."""
        for folder in FIRST[mutant.area]:
            for path in sorted((self._tree / folder).rglob(f"test_{Path(mutant.file).stem}*.py")):
                yield str(path.relative_to(self._tree))

    def _prove(self, folders: Sequence[str]) -> None:
        fresh = [folder for folder in folders if folder not in self._sound]
        if fresh and (failed := self._run(fresh)):
            raise SystemExit(f"{failed} fails without any bug planted: mend that first")
        self._sound.update(fresh)

    def _run_with(self, mutant: Mutant, folders: Sequence[str]) -> str | None:
        path = self._tree / mutant.file
        sound = path.read_text(encoding="utf-8")
        path.write_text(mutant.text, encoding="utf-8")
        try:
            return self._run(folders)
        finally:
            path.write_text(sound, encoding="utf-8")

    def _run(self, folders: Sequence[str]) -> str | None:
        """Return the test that fails first, or None. A run without end counts as found by its folders."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-rfE"]
        alone = len(folders) == 1 and folders[0].endswith(".py")
        command += [*([] if alone else ["-n", "auto", "--dist", "loadfile"]), *folders]
        environment = {**os.environ, "PYTHONPATH": str(self._tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        with subprocess.Popen(
            command, cwd=self._tree, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as tests:  # fmt: skip
            try:
                said = tests.communicate(timeout=STAGE_S)[0].decode(errors="replace")
            except subprocess.TimeoutExpired:
                os.killpg(tests.pid, signal.SIGKILL)
                return f"no end of {', '.join(folders)} within {STAGE_S} s"
        if tests.returncode == 0:
            return None
        named = FOUND.search(said)
        return named[1] if named else f"pytest ended with {tests.returncode}: {said.strip().splitlines()[-1:]}"


def main() -> int:
    """Run what the command line asks for; 1 when a bug of the list survives."""
    parser = argparse.ArgumentParser(description=__doc__)
    ways = parser.add_subparsers(dest="way", required=True)
    by_hand = ways.add_parser("planted", help="the bugs of tests/mutants/planted.toml")
    by_hand.add_argument("bug", nargs="*", help="only these")
    by_chance = ways.add_parser("random", help="mutants that chance draws")
    by_chance.add_argument("--count", type=int, default=20)
    by_chance.add_argument("--seed", type=int, required=True)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder, "tree")
        subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(ROOT), str(tree)], check=True)
        suite = Suite(tree)
        mutants = planted(tree, asked.bug) if asked.way == "planted" else drawn(tree, asked.count, asked.seed)
        survivors = total = 0
        for result in map(suite.ask, mutants):
            total += 1
            survivors += result.found_by is None
            found_by = "**survives**" if result.found_by is None else f"`{result.found_by}`"
            print(f"| {result.mutant.id} | {result.mutant.what} | {found_by} | {result.took_s:.0f} |", flush=True)
        print(f"\n{total} planted, {total - survivors} found, {survivors} survive")
    return 1 if survivors and asked.way == "planted" else 0


if __name__ == "__main__":
    sys.exit(main())
