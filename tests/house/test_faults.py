"""The table of faults agrees with the tests that exist: each fault has one that is named by its id, or is open."""

import re
from collections import defaultdict

from tests.house.tree import ROOT, repository_files

ROW = re.compile(r"^\| ([A-E]\d\d) \|.*\| ([^|]+) \|$", flags=re.MULTILINE)
NAMED = re.compile(r"^(?:async )?def test_((?:[a-e]\d\d_)+)", flags=re.MULTILINE)
SIZES = {"A": 20, "B": 24, "C": 16, "D": 17, "E": 16}
OPEN = "open: "
MAY_BE_OPEN = {"E06", "E12", "E13", "E14"}
"""What concerns alerts, imports, fixes by hand, and TikTok Shop in full."""

NOT_YET_SHOWN = "open: not yet shown"


def rows() -> dict[str, str]:
    """Return what the table says in its last column, by id."""
    return dict(ROW.findall((ROOT / "docs/faults.md").read_text(encoding="utf-8")))


def files_by_fault() -> dict[str, set[str]]:
    """Return the files with tests that are named by a fault, by its id."""
    found = defaultdict(set)
    for path in repository_files():
        if path.suffix == ".py" and ROOT / "tests" in path.parents:
            for faults in NAMED.findall(path.read_text(encoding="utf-8")):
                for fault in faults.strip("_").split("_"):
                    found[fault.upper()].add(f"`{path.relative_to(ROOT)}`")
    return found


def test_every_fault_stands_in_the_table() -> None:
    assert set(rows()) == {f"{group}{number:02}" for group, size in SIZES.items() for number in range(1, size + 1)}


def test_the_table_names_the_tests_that_exist() -> None:
    tested = {fault: set(told.split(", ")) for fault, told in rows().items() if not told.startswith(OPEN)}
    assert tested == files_by_fault()


def test_only_what_onhand_does_not_have_yet_is_open() -> None:
    waiting = {fault for fault, told in rows().items() if told.startswith(OPEN) and told != NOT_YET_SHOWN}
    assert waiting <= MAY_BE_OPEN
