"""What was touched is computed again, and every number can be explained term by term."""

from dataclasses import replace

import pytest

from onhand.publish.recalculate import NoSuchOffer, explain, recalculate
from onhand.store import Books, Store
from tests.answers.shop import BOSTON, RULES, SHOP, WAREHOUSE, later, seen, sold


def units(books: Books, channel: str) -> dict[str, int | None]:
    return {row.item: row.units for row in books.offers.rows(channel=channel)}


def test_a_sale_changes_the_offers_of_its_item_and_no_others(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        before = units(books, "online_store")
        books.ledger.append([sold("shopify/order/1", "1", WAREHOUSE, 3, at=later(1))], later(1))
        assert recalculate(books, later(2)) == 2
        assert recalculate(books, later(3)) == 0
        after = units(books, "online_store")
        assert after.pop("1") == (before.pop("1") or 0) - 3
        assert after == before


def test_the_smaller_of_books_and_observation_counts_at_each_location(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.observations.put(seen("1", WAREHOUSE, 4, later(1)), later(1))
        books.observations.put(seen("1", BOSTON, 50, later(1)), later(1))
        recalculate(books, later(2))
        assert units(books, "online_store")["1"] == 4 + 5
        assert units(books, "tiktok_shop")["1"] == 4 - 2


def test_d08_an_oversold_location_takes_from_the_others_and_zero_is_the_least(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.ledger.append([sold("shopify/order/1", "1", BOSTON, 8, at=later(1))], later(1))
        recalculate(books, later(2))
        assert units(books, "online_store")["1"] == 10 - 3
        books.ledger.append([sold("shopify/order/2", "1", BOSTON, 80, at=later(3))], later(3))
        recalculate(books, later(4))
        assert units(books, "online_store")["1"] == 0


def test_units_without_a_location_and_units_a_channel_holds_unknown_to_us_lower_it(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.pictures.set_unplaced("shopify/order/1", {"1": 3}, later(1))
        books.offers.shown("tiktok_shop", "t-1", 8, 2, later(1))
        recalculate(books, later(2))
        assert units(books, "online_store")["1"] == 15 - 3
        assert units(books, "tiktok_shop")["1"] == 10 - 2 - 3 - 2


def test_another_buffer_changes_its_channel(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        online, tiktok = RULES
        books.channels.set_rules([online, replace(tiktok, buffer_units=5)], later(1))
        recalculate(books, later(2))
        assert (units(books, "online_store")["1"], units(books, "tiktok_shop")["1"]) == (15, 5)


def test_every_explanation_sums_to_the_number_that_is_told(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.pictures.set_unplaced("shopify/order/1", {"1": 30}, later(1))
        books.offers.shown("tiktok_shop", "t-1", 8, 2, later(1))
        recalculate(books, later(2))
        for row in books.offers.rows():
            explained = explain(books, row.item, row.channel)
            assert explained.units == sum(term.units for term in explained.terms) == row.units
        names = {term.location for term in explain(books, "1", "tiktok_shop").terms}
        assert names == {"Warehouse", None}
        (floor,) = [term for term in explain(books, "1", "tiktok_shop").terms if term.what == "floor"]
        assert floor.because == "a channel can be told no less than 0, and it is 24 short"


def test_asking_for_what_nobody_sells_names_the_channels_there_are(store: Store) -> None:
    with store.reading() as session:
        books = session.of(SHOP)
        with pytest.raises(NoSuchOffer, match=r"item 5 is not sold on tiktok_shop; .* online_store, tiktok_shop"):
            explain(books, "5", "tiktok_shop")
        with pytest.raises(NoSuchOffer, match="not sold on ebay"):
            explain(books, "1", "ebay")
