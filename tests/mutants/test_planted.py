"""The list of bugs that `make mutants` plants does not rot: each still finds its place, and makes another program."""

import tomllib
from collections import Counter

from scripts.mutants import FIRST, PLANTED, ROOT, planted

BUGS = tomllib.loads(PLANTED.read_text(encoding="utf-8"))["bug"]


def test_each_bug_has_one_place_to_be_planted_in() -> None:
    places = {bug["id"]: (ROOT / bug["file"]).read_text(encoding="utf-8").count(bug["find"]) for bug in BUGS}
    assert set(places.values()) == {1}, places


def test_there_are_enough_of_them_in_every_area() -> None:
    areas = Counter(bug["area"] for bug in BUGS)
    assert areas.keys() == FIRST.keys()
    assert areas.total() >= 20
    assert min(areas.values()) >= 3


def test_no_two_have_one_name() -> None:
    assert len({bug["id"] for bug in BUGS}) == len(BUGS)


def test_a_planted_bug_is_still_a_program_and_another_one() -> None:
    for mutant in planted(ROOT, ()):
        if mutant.file.endswith(".py"):
            compile(mutant.text, mutant.file, "exec")
        assert mutant.text != (ROOT / mutant.file).read_text(encoding="utf-8")


def test_the_tests_that_are_asked_first_exist() -> None:
    assert all((ROOT / folder).is_dir() for folders in FIRST.values() for folder in folders)
