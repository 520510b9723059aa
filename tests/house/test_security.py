"""The page about security agrees with the tests that exist, and says of everything on the checklist what stands."""

import re

import pytest

from tests.house.tree import ROOT, functions

PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\d+) \|(.*)\|([^|]*)\|$", flags=re.MULTILINE)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
SIZE = 20
NOT_THERE = "not there yet"
MAY_LACK = {3, 8, 9, 11, 14}
"""What rests on embedded pages, exports, alerts and a login: these may say that something is not there yet."""

OWN_FILES = (
    "tests/channels/test_hostile_answers.py",
    "tests/cli/test_logs.py",
    "tests/flow/test_nothing_shown.py",
    "tests/house/test_canaries.py",
    "tests/house/test_security_rules.py",
    "tests/web_pages/test_browser_hostile.py",
)
"""Files that are about security alone: each test of theirs stands on the page."""

SCANNER = (
    "COMMITTED_SECRET",
    "STATIC_FRAME_ANCESTORS",
    "MISSING_EMBEDDED_CSP",
    "MISSING_COMPLIANCE_WEBHOOKS",
    "EXPIRING_OFFLINE_TOKEN",
)


def held_by(name: str) -> set[str]:
    """Return the names of the tests of a file."""
    return {function.name for function in functions(ROOT / name) if function.name.startswith("test_")}


def test_every_item_of_the_checklist_stands_on_the_page_once() -> None:
    assert [int(number) for number, _, _ in ROW.findall(PAGE)] == list(range(1, SIZE + 1))


def test_every_test_that_the_page_names_exists() -> None:
    named = set(NAMED.findall(PAGE))
    assert len(named) > 50
    assert {(name, test) for name, test in named if not (ROOT / name).is_file() or test not in held_by(name)} == set()


@pytest.mark.parametrize("name", OWN_FILES)
def test_every_test_about_security_is_named_by_the_page(name: str) -> None:
    assert held_by(name) == {test for file, test in NAMED.findall(PAGE) if file == name}


def test_an_item_without_a_test_says_that_there_is_no_such_feature() -> None:
    for number, about, shown in ROW.findall(PAGE):
        if NAMED.search(shown) is None:
            assert NOT_THERE in about, number
        if NOT_THERE in about:
            assert int(number) in MAY_LACK, number


def test_what_shopifys_scanner_looks_for_stands_on_the_page() -> None:
    for check in SCANNER:
        (row,) = re.findall(rf"^\| {check} \|.*$", PAGE, flags=re.MULTILINE)
        assert NAMED.search(row) or NOT_THERE in row
