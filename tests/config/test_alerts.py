"""Who is told of problems is read whole, and every mistake names the way out."""

from pathlib import Path

import pytest

from tests.config.test_config import SHOP, load, refusal

PAGER = f"""{SHOP}
[[webhook]]
name = "pager"
url = "https://alerts.example.com/onhand"
secret = "env:PAGER"
"""


def test_a_listener_is_told_of_numbers_where_nothing_is_said(tmp_path: Path) -> None:
    (one,) = load(tmp_path, PAGER, PAGER="x").webhooks
    assert (one.tells, one.kinds, one.owner) == (("numbers",), None, None)


def test_a_listener_that_is_told_of_problems_says_of_which_and_whose_they_are(tmp_path: Path) -> None:
    text = PAGER + 'tells = ["problems"]\nkinds = ["not connected"]\nowner = "Dana"\n'
    (one,) = load(tmp_path, text, PAGER="x").webhooks
    assert (one.tells, one.kinds, one.owner) == (("problems",), ("not connected",), "Dana")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ('tells = ["problem"]', "tells names 'problem', which is none of numbers, problems; did you mean problems?"),
        ("tells = []", "tells is empty: name what it is told of, numbers or problems"),
        ('owner = "Dana"', "owner belongs to one that is told of problems"),
        ('kinds = ["x"]', "kinds belongs to one that is told of problems"),
        ('tells = ["problems"]\nskus = ["TEE"]', "skus belongs to one that is told of numbers"),
    ],
)
def test_what_is_wrong_is_named_with_the_way_out(tmp_path: Path, more: str, expected: str) -> None:
    assert expected in refusal(tmp_path, f"{PAGER}{more}\n", PAGER="x")
