"""webhooks ls and replay: what others were not told, and telling it again."""

from pathlib import Path

import pytest

from onhand.ports.channel import Problem
from onhand.ports.listeners import Heard
from onhand.publish import alerting, announcing
from onhand.store import Store
from tests.answers.shop import SHOP, later
from tests.cli.conftest import Ask

LISTENER = """
[[webhook]]
name = "erp"
url = "https://erp.example.com/onhand"
secret = "env:SHOPIFY_CLIENT_SECRET"
"""


@pytest.fixture(autouse=True)
def _configured(folder: Path) -> None:
    path = folder / "onhand.toml"
    path.write_text(path.read_text() + LISTENER)


def test_what_was_not_taken_is_shown_and_told_again(ask: Ask, store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.offers.compute([("tiktok_shop", "t-1", 5)], later(5))
        row, *_ = announcing.plan(books, "erp", channels=["tiktok_shop"], skus=None, since=later(0), now=later(6))
        announcing.conclude(books, row, Heard("gone", "erp.example.com answered 410"), later(6))
    shown = ask("webhooks", "ls", "--json").document
    assert shown["stopped"] == {"erp": "erp.example.com answered 410"}
    assert shown["announcements"][0]["units"] == row.units
    assert "told nothing more" in ask("webhooks", "ls").out
    assert ask("webhooks", "replay", "erp", "--json").document["announcements"] >= 1
    assert ask("webhooks", "ls", "--json").document["stopped"] == {}


def test_a_listener_that_is_not_configured_is_named_with_those_that_are(ask: Ask, store: Store) -> None:
    answer = ask("webhooks", "replay", "epr")
    assert answer.code == 2
    assert "erp" in answer.err


def test_problems_that_were_not_taken_are_shown_and_told_again(ask: Ask, store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.problems.raise_(Problem("queue refused", "q-1", "the queue is gone", "make it again"), later(0))
        digest = alerting.plan(books, SHOP, "erp", kinds=None, owner=None, now=later(5))
        assert digest is not None
        alerting.conclude(books, digest, Heard("again", "erp.example.com answered 503"), later(5))
    (shown,) = ask("webhooks", "ls", "--json").document["digests"]
    assert {key: shown[key] for key in ("webhook", "problems", "attempts", "trouble")} == {
        "webhook": "erp",
        "problems": 1,
        "attempts": 1,
        "trouble": "erp.example.com answered 503",
    }
    assert "waiting to be told to erp: problems 1, tries 1" in ask("webhooks", "ls").out
    answer = ask("webhooks", "replay", "erp")
    assert "and the problems that it has not taken" in answer.out
