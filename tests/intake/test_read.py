"""What the books asked for, once it was read: struck off, asked for again, or left for the next reading."""

from datetime import UTC, datetime, timedelta

import httpx

from onhand.channels.shopify import ShopifyChannel, ShopifySettings
from onhand.domain.orders import OrderLine, OrderPicture, Placed
from onhand.domain.pictures import Version
from onhand.intake import read
from onhand.intake.book import book
from onhand.intake.lookup import Lookup
from onhand.ports.channel import Ask, Reading, Report, Wanted
from onhand.ports.errors import ChannelUnavailable
from onhand.store import Books, Store

SHOP = "tees.myshopify.com"
NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def ask_for(books: Books, *orders: str) -> None:
    books.asks.add("shopify", [Ask(Wanted.ORDER, order, "it changed") for order in orders], NOW)


def plan(books: Books) -> read.Errand:
    with httpx.Client() as http:
        shopify = ShopifyChannel(ShopifySettings(shop=SHOP, client_secrets=("shpss_1",), access_token="shpat_1"), http)
        errand = read.plan(books, shopify, Wanted.ORDER, NOW)
    assert errand is not None
    return errand


def asked(books: Books) -> list[str]:
    return sorted(ask.key for ask in books.asks.all("shopify", Wanted.ORDER, 10))


def test_what_was_read_is_asked_for_no_more_but_for_what_was_asked_while_it_was_read(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        ask_for(books, "1", "2")
        errand = plan(books)
        ask_for(books, "2", "3")  # the second one changed while it was being read
        read.conclude(books, errand, Reading(report=Report()), Lookup(), NOW)
        assert asked(books) == ["2", "3"]


def test_what_could_not_be_read_is_asked_for_later(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        ask_for(books, "1")
        read.conclude(books, plan(books), ChannelUnavailable("no answer"), Lookup(), NOW)
        assert asked(books) == ["1"]
        assert not books.asks.due("shopify", Wanted.ORDER, 10, NOW)


def test_units_wait_for_a_location_until_shopify_shows_their_order_no_more(store: Store) -> None:
    cause = "shopify/order/1"
    order = OrderPicture(
        cause=cause,
        origin="shopify",
        version=Version(at=NOW, reading=0),
        placed_at=NOW,
        lines=(OrderLine("L1", "TEE", 2),),
        placed=(Placed("L1", None, 2),),
    )
    with store.writing() as session:
        books = session.of(SHOP)
        book(books, "shopify", Report(pictures=(order,)), NOW)
        not_shown = Reading(report=Report(), missing=("1",))
        for minutes, waiting in ((1, {"TEE": 2}), (20, {})):  # what was told just now may not be shown yet
            ask_for(books, "1")
            read.conclude(books, plan(books), not_shown, Lookup(), NOW + timedelta(minutes=minutes))
            assert books.pictures.unplaced_by_item(cause) == waiting
