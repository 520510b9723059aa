"""Items that are bundles, shared, renamed, made anew, not counted or not stocked, over both platforms' protocols."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from onhand import answers
from onhand.publish.recalculate import NoSuchOffer, explain
from tests.flow.merchant import BOSTON, WAREHOUSE, Choices, Merchant, open_shop
from tests.support.parity import differences


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    """A shop of its own: its catalog changes."""
    folder: Path = tmp_path_factory.mktemp("identity")
    with open_shop(folder, Choices(items=40)) as merchant:
        yield merchant


def problem(market: Merchant, word: str) -> str:
    """Return the open problem whose message holds a word, once there is one."""
    return market.until(lambda: next((row for row in market.problems() if word in row), ""), f"no problem says {word}")


def settled(market: Merchant, word: str) -> None:
    """Wait until no open problem says a word any more."""
    market.until(lambda: not any(word in row for row in market.problems()), f"a problem still says {word}")


def listed(market: Merchant, sku: str, **more: object) -> str:
    """Add an item that TikTok Shop lists, wait until onhand knows it and offers it; return its item id."""
    made = market.do("add_item", sku=sku, listed=True, **more)
    market.until(lambda: market.has(sku), f"{sku} is not known")
    market.app.sync(market.shop)
    return str(made["inventory_item_id"])


def test_d10_a_bundle_is_sold_everywhere_as_its_components_go(market: Merchant) -> None:
    market.begin()
    tee, cap = market.tee, market.cap
    listed(market, "SET", components=[{"sku": tee, "units": 2}, {"sku": cap, "units": 1}])
    tees = market.ats(tee, "tiktok_shop")
    caps = market.ats(cap, "tiktok_shop")
    market.until_equal(lambda: market.ats("SET", "tiktok_shop"), min(tees // 2, caps))
    market.until_equal(lambda: market.at_tiktok("SET"), min(tees // 2, caps))
    on_tiktok = market.order("tiktok_shop", "SET", 2)
    online = market.order("online_store", "SET")
    market.until_equal(lambda: market.level(tee, WAREHOUSE, "reserved"), 4)
    market.until_equal(lambda: market.level(cap, WAREHOUSE, "committed"), 1)
    market.until_equal(lambda: market.at_shopify(tee, WAREHOUSE, "reserved"), 4)
    market.until_equal(lambda: market.ats(cap, "tiktok_shop"), caps - 3)
    market.until_equal(lambda: market.at_tiktok("SET"), min((tees - 6) // 2, caps - 3))
    market.do("fulfil", order=on_tiktok)
    market.do("cancel", order=online)
    market.quiet()
    assert market.level(tee, WAREHOUSE, "reserved") == 0
    assert market.ats("SET", "online_store") == market.at_shopify("SET", WAREHOUSE) + market.at_shopify("SET", BOSTON)
    assert market.unexplained(tee, cap, "SET") == (0, 0)
    written = {row.item for intent in market.intents("shopify") for row in intent.rows}
    assert market.item("SET") not in written
    assert differences(market.app, market.shop, market.truth()) == []


def test_a_bundle_whose_components_stand_apart_is_sold_as_often_as_one_location_has_all_of_it(market: Merchant) -> None:
    """Shopify counts a bundle location by location too, and what it shows is what is sold there."""
    market.begin()
    listed(market, "LEFT", location=BOSTON, units=7)
    listed(market, "RIGHT", location=WAREHOUSE, units=7)
    market.do("stock_item", sku="LEFT", location=WAREHOUSE)
    listed(market, "PAIR", components=[{"sku": "LEFT", "units": 1}, {"sku": "RIGHT", "units": 1}])
    market.until_equal(lambda: market.ats_everywhere("PAIR"), (0, 0, 0))
    market.do("receive", location=WAREHOUSE, sku="LEFT", units=3)
    market.until_equal(lambda: market.ats_everywhere("PAIR"), (3, 3, 3))
    market.until_equal(lambda: market.at_tiktok("PAIR"), 3)
    assert market.at_shopify("PAIR", WAREHOUSE) == 3
    with market.app.store.reading() as session:
        (explained,) = answers.explain(session.of(market.shop), market.shop, "PAIR", "tiktok_shop")
    made = {term.location: (term.units, term.because) for term in explained.terms if term.what == "bundles"}
    assert made[WAREHOUSE] == (3, "LEFT 3 (1 each), RIGHT 7 (1 each): all of a bundle leaves from one location")
    assert sum(term.units for term in explained.terms) == explained.units == 3


def test_variants_that_share_an_item_are_one_item_whichever_was_bought(market: Merchant) -> None:
    market.begin()
    before = market.ats(market.tee, "tiktok_shop")
    variants = market.do("change_item", sku=market.tee, another_variant=True)["variant_ids"]
    market.order("online_store", market.tee, 3)
    market.until_equal(lambda: market.ats(market.tee, "tiktok_shop"), before - 3)
    market.quiet()
    with market.app.store.reading() as session:
        listings = session.of(market.shop).catalog.listings_for([market.item(market.tee)])
    assert {row.listing for row in listings if row.channel == "shopify"} == {str(number) for number in variants}
    assert differences(market.app, market.shop, market.truth()) == []


def test_an_item_that_is_not_counted_for_a_while_loses_nothing(market: Merchant) -> None:
    market.begin()
    sku, item = market.tee, market.item(market.tee)
    market.order("online_store", sku, 2)
    market.quiet()
    shown = market.at_tiktok(sku)
    market.do("change_item", sku=sku, tracked=False)
    assert "it keeps the number it shows" in problem(market, f"stands for item {item}")
    market.sale(sku, 1)
    open_order = market.order("online_store", sku, 3)
    market.quiet()
    with market.app.store.reading() as session:
        books = session.of(market.shop)
        assert books.ledger.levels([item]) == {}
        with pytest.raises(NoSuchOffer):
            explain(books, item, "online_store")
    assert market.at_tiktok(sku) == shown
    market.do("change_item", sku=sku, tracked=True)
    settled(market, f"stands for item {item}")
    market.until_equal(lambda: market.level(sku, WAREHOUSE, "committed"), 5)
    market.next_second()  # what happens in the second of an opening counts as in it
    market.do("fulfil", order=open_order)
    market.until_equal(lambda: market.level(sku, WAREHOUSE, "committed"), 2)
    market.quiet()
    assert market.ats(sku, "tiktok_shop") == market.at_tiktok(sku) == market.at_shopify(sku, WAREHOUSE)
    assert market.unexplained(sku) == (0, 0)
    assert differences(market.app, market.shop, market.truth()) == []


def test_orders_of_tiktok_shop_from_before_and_meanwhile_are_held_when_an_item_is_counted_again(
    market: Merchant,
) -> None:
    """Shopify has kept what it was told before, and was told nothing meanwhile."""
    market.begin()
    sku = market.hoodie
    before, gone = market.order("tiktok_shop", sku, 2), market.order("tiktok_shop", sku, 1)
    market.until_equal(lambda: market.at_shopify(sku, WAREHOUSE, "reserved"), 3)
    market.quiet()
    there = market.at_shopify(sku, WAREHOUSE)
    market.do("change_item", sku=sku, tracked=False)
    market.until_equal(lambda: market.level(sku, WAREHOUSE), 0)
    meanwhile = market.order("tiktok_shop", sku, 3)
    market.do("fulfil", order=gone)
    market.quiet()
    assert market.at_shopify(sku, WAREHOUSE, "reserved") == 3
    market.next_second()
    market.do("change_item", sku=sku, tracked=True)
    market.until_equal(lambda: market.level(sku, WAREHOUSE, "reserved"), 5)
    market.until_equal(lambda: market.at_shopify(sku, WAREHOUSE, "reserved"), 5)
    market.quiet()
    assert market.at_shopify(sku, WAREHOUSE) == market.level(sku, WAREHOUSE) == there - 3
    market.next_second()
    for order in (before, meanwhile):
        market.do("fulfil", order=order)
    market.until_equal(lambda: market.at_shopify(sku, WAREHOUSE, "reserved"), 0)
    market.quiet()
    assert (market.level(sku, WAREHOUSE), market.level(sku, WAREHOUSE, "reserved")) == (there - 3, 0)
    assert market.at_shopify(sku, WAREHOUSE) == there - 3
    assert market.unexplained(sku) == (0, 0)
    assert differences(market.app, market.shop, market.truth()) == []


def test_d05_a_listing_moves_to_the_item_that_was_made_anew(market: Merchant) -> None:
    market.begin()
    old = listed(market, "PHOENIX", location=WAREHOUSE, units=9)
    market.until_equal(lambda: market.at_tiktok("PHOENIX"), 9)
    market.quiet()
    market.do("remove_item", sku="PHOENIX")
    assert "it is told 0" in problem(market, "is not mapped")
    market.until_equal(lambda: market.at_tiktok("PHOENIX"), 0)
    made = market.do("add_item", sku="PHOENIX", location=WAREHOUSE, units=4)
    market.until_equal(lambda: market.at_tiktok("PHOENIX"), 4)
    settled(market, "is not mapped")
    left = problem(market, f"item {old} (SKU 'PHOENIX') was removed")
    assert "Warehouse 9 available" in left
    market.next_second()  # what happens in the second of an opening counts as in it
    market.order("tiktok_shop", "PHOENIX")
    market.quiet()
    assert market.level("PHOENIX", WAREHOUSE) == 3
    assert market.item("PHOENIX") == str(made["inventory_item_id"])
    assert differences(market.app, market.shop, market.truth()) == []


def test_a_level_that_is_stocked_no_more_traps_its_units_until_it_is_again(market: Merchant) -> None:
    market.begin()
    before = market.ats(market.hoodie, "tiktok_shop")
    market.do("stock_item", sku=market.hoodie, location=WAREHOUSE, stocked=False)
    trapped = problem(market, "on a level that is not stocked")
    assert trapped.startswith(f"{before} units of {market.hoodie} (worth ")
    market.until_equal(lambda: market.at_tiktok(market.hoodie), 0)
    market.do("stock_item", sku=market.hoodie, location=WAREHOUSE)
    market.until_equal(lambda: market.at_tiktok(market.hoodie), before)
    settled(market, "on a level that is not stocked")
    assert market.unexplained(market.hoodie) == (0, 0)


def test_d05_a_renamed_sku_a_doubled_one_and_none_at_all(market: Merchant) -> None:
    market.begin()
    sku = market.tee
    item = market.item(sku)
    market.do("change_item", sku=sku, new_sku="RENAMED")
    market.until(lambda: market.has("RENAMED"), "the new SKU is not known")
    market.order("tiktok_shop", f"id:{item}")
    market.quiet()
    twin = market.do("add_item", sku="RENAMED", doubled=True)["inventory_item_id"]
    assert str(twin) in problem(market, "2 items carry SKU 'RENAMED'")
    market.do("change_item", sku=f"id:{twin}", new_sku="")
    settled(market, "2 items carry SKU 'RENAMED'")
    assert "have no SKU" in problem(market, str(twin))
    market.quiet()
    assert differences(market.app, market.shop, market.truth()) == []
