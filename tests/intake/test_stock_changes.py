"""What a marketplace tells of its listings: echoes of ours pass, everything else is looked at."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from onhand.intake import read
from onhand.intake.book import book
from onhand.intake.lookup import Lookup
from onhand.ports.channel import Reading, Report, Shown, StockChange, Wanted
from onhand.ports.errors import ChannelRefused
from onhand.publish import offers
from onhand.store import Books, Store
from onhand.store.channels import REMOVED
from tests.answers.shop import SHOP, later, opened_shop
from tests.publish.channels import tiktok_channel
from tests.publish.test_offers import TIKTOK, offered


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A shop with two listings on TikTok Shop."""
    with opened_shop(tmp_path / "onhand.db") as opened:
        yield opened


def change(units: int, *sources: str, at: datetime | None = None, listing: str = "t-1") -> StockChange:
    return StockChange(listing, Shown(units, 0), -1, sources, by_app=sources == ("api_sync",), changed_at=at)


def heard(books: Books, one: StockChange, at: datetime) -> tuple[str, list[str]]:
    note = book(books, TIKTOK, Report(stock_changes=(one,)), at)
    return note, [ask.because for ask in books.asks.due(TIKTOK, Wanted.LISTING, 10, at)]


def test_an_echo_of_what_was_told_asks_for_nothing_before_and_after_the_answer(store: Store) -> None:
    with store.writing() as session, tiktok_channel() as tiktok:
        books = session.of(SHOP)
        offered(books, units=3, told=8)
        assert offers.plan(books, tiktok, 8, later(6), run="run")
        note, asked = heard(books, change(3, "api_sync"), later(6))
        assert (note, asked) == ("listing t-1: api_sync (-1): it shows what it was told", [])
        assert heard(books, change(8, "api_sync"), later(6))[1] == []  # the one before comes late


def test_a_number_that_another_app_has_set_is_recognised_and_looked_at(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        offered(books, units=8, told=8)
        note, asked = heard(books, change(40, "api_sync"), later(6))
        assert note == "another app set it, shows 40: looked at"
        assert asked == ["another app set it: shows 40"]


@pytest.mark.parametrize("source", ["manual_adjustment", "order_created", "system_auto_replenish"])
def test_a_change_that_is_not_ours_is_looked_at_unless_somebody_has_looked_since(store: Store, source: str) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        offered(books, units=8, told=8)
        books.offers.shown(TIKTOK, "t-1", 8, 0, later(6))
        assert heard(books, change(7, source, at=later(4)), later(7))[1] == []
        assert heard(books, change(7, source, at=later(7)), later(8))[1] == [f"listing t-1: {source} (-1): shows 7"]


def test_a_change_of_a_listing_that_nobody_maps_is_noted(store: Store) -> None:
    with store.writing() as session:
        note, asked = heard(session.of(SHOP), change(7, "order_created", listing="9"), later(6))
        assert note == "listing 9: order_created (-1), which no item stands behind"
        assert asked == []


def test_locked_units_are_named_in_the_reason_to_look(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        offered(books, units=8, told=8)
        locked = change(8, "campaign_lock")._replace(shown=Shown(8, 0, locked_units=5, locked_for="campaigns (5)"))
        assert heard(books, locked, later(6))[1] == ["listing t-1: campaign_lock (-1): shows 8, 5 of them locked"]


def test_a_seller_who_is_said_to_have_left_holds_writing_until_the_app_is_seen_to_be_authorized(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        note = book(books, TIKTOK, Report(closed=True), later(6))
        assert note == "writing is held until tiktok_shop shows whether onhand is still installed"
        assert books.channels.get(TIKTOK).stopped_because == REMOVED
    with store.writing() as session, tiktok_channel() as tiktok:
        errand = read.plan(session.of(SHOP), tiktok, Wanted.RIGHTS, later(7))
    assert errand is not None
    with store.writing() as session:
        books = session.of(SHOP)
        refused = ChannelRefused("shop_id 7495 has not authorized this app")
        read.conclude(books, errand, refused, Lookup(), later(7))
        assert books.channels.get(TIKTOK).stopped_because == REMOVED
        read.conclude(books, errand, Reading(report=Report()), Lookup(), later(8))
        assert books.channels.get(TIKTOK).stopped_because is None
