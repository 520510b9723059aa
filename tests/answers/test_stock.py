"""What is where, what may be sold, and why."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from onhand.answers import NotKnown, as_json, ats, drifts, explain, find_items, levels, timeline
from onhand.domain.bundles import Bundle, Component
from onhand.domain.catalog import Item
from onhand.domain.drift import Drift
from onhand.domain.stock import LevelKey, State
from onhand.intake.book import book
from onhand.ports.channel import Report
from onhand.publish.recalculate import recalculate
from onhand.store import Store
from tests.answers.shop import (
    BACK_ROOM,
    BOSTON,
    ITEMS,
    MORNING,
    SHOP,
    WAREHOUSE,
    happen,
    later,
    opened_shop,
    seen,
    sold,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_shop(tmp_path / "onhand.db") as opened:
        yield opened


def test_levels_are_told_bin_by_bin_with_the_names_of_locations(store: Store) -> None:
    happen(store, [sold("shopify/order/1", "1", BOSTON, 2, at=later(5))], later(5))
    with store.reading() as session:
        rows = levels(session.of(SHOP), SHOP, "TEE", "Boston")
    assert as_json(rows) == [
        {
            "shop": SHOP,
            "sku": "TEE",
            "item": "1",
            "title": "Tee",
            "location": "Boston",
            "state": state,
            "units": units,
            "stocked": True,
        }
        for state, units in (("available", 3), ("committed", 2))
    ]


def test_levels_can_be_asked_for_as_of_a_time(store: Store) -> None:
    happen(store, [sold("shopify/order/1", "1", BOSTON, 2, at=later(5))], later(5))
    with store.reading() as session:
        before = levels(session.of(SHOP), SHOP, "TEE", "Boston", later(4))
        everything = levels(session.of(SHOP), SHOP, at=later(4))
    assert [(row.state, row.units) for row in before] == [("available", 5)]
    assert sum(row.units for row in everything) == 27


def test_with_the_outside_every_item_sums_to_zero(store: Store) -> None:
    happen(store, [sold("shopify/order/1", "1", BOSTON, 2, at=later(5))], later(5))
    with store.reading() as session:
        rows = levels(session.of(SHOP), SHOP, outside=True)
    by_item: dict[str, int] = {}
    for row in rows:
        by_item[row.item] = by_item.get(row.item, 0) + row.units
    assert by_item == dict.fromkeys(("1", "2", "3"), 0)


def test_two_items_with_one_sku_are_both_told_with_their_ids(store: Store) -> None:
    with store.reading() as session:
        rows = ats(session.of(SHOP), SHOP, "TWIN", "online_store")
    assert [(row.item, row.units) for row in rows] == [("3", 4), ("4", 0)]


def test_an_item_without_a_sku_is_found_by_its_id(store: Store) -> None:
    with store.reading() as session:
        (row,) = ats(session.of(SHOP), SHOP, "5")
    assert (row.sku, row.title) == (None, "No label")


def test_a_misspelt_sku_is_answered_with_what_comes_near(store: Store) -> None:
    with store.reading() as session, pytest.raises(NotKnown, match=r"no item carries SKU 'TEEE'; near it are 'TEE'"):
        levels(session.of(SHOP), SHOP, "TEEE")


def test_an_unknown_location_or_channel_is_answered_with_those_that_there_are(store: Store) -> None:
    with store.reading() as session:
        books = session.of(SHOP)
        with pytest.raises(NotKnown, match="near it are 'Boston'"):
            levels(books, SHOP, location="Bostn")
        with pytest.raises(NotKnown, match="channels are online_store, tiktok_shop"):
            ats(books, SHOP, channel="tiktok")


def test_ats_says_what_a_channel_may_sell_and_what_it_was_told(store: Store) -> None:
    with store.writing() as session:
        session.of(SHOP).offers.told("tiktok_shop", "t-1", 8, later(1))
    happen(store, [sold("tiktok_shop/order/9", "1", WAREHOUSE, 3, at=later(2), origin="tiktok_shop")], later(2))
    with store.reading() as session:
        (row,) = as_json(ats(session.of(SHOP), SHOP, "TEE", "tiktok_shop"))
    assert row == {
        "shop": SHOP,
        "sku": "TEE",
        "item": "1",
        "title": "Tee",
        "channel": "tiktok_shop",
        "listing": "t-1",
        "units": 5,
        "published_units": 8,
        "published_at": "2026-11-23T08:01:00Z",
        "stale": False,
        "sells_below_zero": False,
        "made_of": {},
    }


def test_shopifys_own_channels_show_what_shopify_holds(store: Store) -> None:
    with store.reading() as session:
        (row,) = ats(session.of(SHOP), SHOP, "TEE", "online_store")
    assert (row.units, row.published_units) == (15, 15)
    assert row.published_at is not None


def test_a_movement_makes_an_offer_stale_until_it_is_computed(store: Store) -> None:
    with store.writing() as session:
        session.of(SHOP).ledger.append([sold("shopify/order/1", "1", BOSTON, 2, at=later(5))], later(5))
    with store.reading() as session:
        (row,) = ats(session.of(SHOP), SHOP, "TEE", "online_store")
    assert (row.units, row.stale) == (15, True)


def test_every_explanation_sums_to_its_number(store: Store) -> None:
    happen(store, [sold("shopify/order/1", "2", WAREHOUSE, 3, at=later(5))], later(5))
    with store.reading() as session:
        books = session.of(SHOP)
        for sku, channel in (
            ("TEE", "online_store"),
            ("TEE", "tiktok_shop"),
            ("CAP", "tiktok_shop"),
            ("TWIN", "online_store"),
        ):
            for explained in explain(books, SHOP, sku, channel):
                assert sum(term.units for term in explained.terms) == explained.units
                (row,) = [row for row in ats(books, SHOP, sku, channel) if row.item == explained.item]
                assert row.units == explained.units


def test_an_explanation_names_location_buffer_and_floor(store: Store) -> None:
    happen(store, [sold("shopify/order/1", "2", WAREHOUSE, 3, at=later(5))], later(5))
    with store.reading() as session:
        (explained,) = as_json(explain(session.of(SHOP), SHOP, "CAP", "tiktok_shop"))
    assert (explained["sku"], explained["channel"], explained["units"]) == ("CAP", "tiktok_shop", 0)
    assert [(term["what"], term["location"], term["units"]) for term in explained["terms"]] == [
        ("available", "Warehouse", -2),
        ("buffer", None, -2),
        ("floor", None, 4),
    ]


def test_what_a_channel_does_not_list_cannot_be_explained(store: Store) -> None:
    with store.reading() as session, pytest.raises(NotKnown, match="'TWIN' cannot be explained"):
        explain(session.of(SHOP), SHOP, "TWIN", "tiktok_shop")


def test_the_back_room_counts_for_no_channel(store: Store) -> None:
    with store.reading() as session:
        books = session.of(SHOP)
        assert [row.units for row in levels(books, SHOP, "TEE", BACK_ROOM)] == [7]
        assert all(term.location != "Back room" for term in explain(books, SHOP, "TEE", "online_store")[0].terms)


def test_an_item_is_found_by_the_sku_it_had_and_a_removed_one_by_its_id(store: Store) -> None:
    with store.writing() as session:
        catalog = session.of(SHOP).catalog
        catalog.put_items([replace(ITEMS[0], sku="SHIRT")], later(5))
        catalog.drop_items(["2"], later(6))
    with store.reading() as session:
        books = session.of(SHOP)
        assert [item.item for item in find_items(books, "TEE")] == ["1"]
        assert [item.item for item in find_items(books, "SHIRT")] == ["1"]
        assert [item.item for item in find_items(books, "CAP")] == ["2"]
        assert [item.item for item in find_items(books, "2")] == ["2"]
        (line,) = [row for row in timeline(books, SHOP, "TEE") if row.kind == "label"]
        assert (line.reason, line.happened_at) == ("SKU 'TEE' became 'SHIRT'", later(5))
    with store.writing() as session:
        session.of(SHOP).catalog.put_items([replace(ITEMS[3], sku="TEE")], later(7))
    with store.reading() as session:  # what carries the SKU now is meant before what once did
        assert [item.item for item in find_items(session.of(SHOP), "TEE")] == ["4"]


def test_levels_and_numbers_say_what_is_not_stocked_what_is_a_bundle_and_what_sells_below_zero(store: Store) -> None:
    bundle = Item(item="9", sku="SET", title="Set", bundle=True)
    with store.writing() as session:
        books = session.of(SHOP)
        report = Report(
            items=(bundle, replace(ITEMS[1], sells_below_zero=True)),
            bundles=(Bundle("9", (Component("1", 2), Component("2", 1))),),
            level_ids={LevelKey("1", BOSTON): "gid://1"},
            inactive_levels=frozenset({LevelKey("1", BOSTON)}),
        )
        book(books, "shopify", report, later(5))
        recalculate(books, later(5))
    with store.reading() as session:
        books = session.of(SHOP)
        assert {row.location: row.stocked for row in levels(books, SHOP, "TEE")} == {
            "Back room": True,
            "Boston": False,
            "Warehouse": True,
        }
        (made,) = ats(books, SHOP, "SET")
        assert (made.channel, made.units, made.made_of) == ("online_store", 1, {"TEE": 2, "CAP": 1})
        assert (made.published_units, made.published_at) == (1, MORNING)
        assert {row.channel: row.sells_below_zero for row in ats(books, SHOP, "CAP")} == {
            "online_store": True,
            "tiktok_shop": False,
        }
        (explained,) = explain(books, SHOP, "CAP", "online_store")
        assert explained.terms[-1].because == "online_store goes on selling it when nothing is left"


def test_what_is_at_risk_is_worth_its_cost(store: Store) -> None:
    drift = Drift(observation=seen("1", BOSTON, 3, later(5)), books_units={State.AVAILABLE: 5})
    with store.writing() as session:
        books = session.of(SHOP)
        books.catalog.put_items([replace(ITEMS[0], unit_cost=Decimal("4.25"), currency="EUR")], later(4))
        books.drifts.open(drift, "theft", 0.5, [], later(6))
    with store.reading() as session:
        (row,) = drifts(session.of(SHOP), SHOP)
        assert (row.units, row.value_at_risk, row.currency) == (-2, 8.5, "EUR")
