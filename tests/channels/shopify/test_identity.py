"""What Shopify says of items beside their units: price, cost, policy, components, whether they count or are stocked."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from onhand.channels.shopify.parse import parse
from onhand.domain.bundles import Bundle, Component
from onhand.domain.catalog import Item
from onhand.domain.stock import LevelKey
from onhand.ports.channel import Report, Wanted
from tests.channels.shopify import bodies
from tests.channels.shopify.bodies import TEE, TEE_ITEM, WAREHOUSE
from tests.channels.shopify.platform import Shop
from tests.channels.shopify.test_told_orders import delivered

KNOWN = Item(item=TEE_ITEM, sku="TEE", title="Tee", price=Decimal("19.50"))


def make_bundle(shop: Shop) -> str:
    """Make a bundle of two of the first item and one of the second; return its item."""
    parts = [{"sku": shop.sku(0), "units": 2}, {"sku": shop.sku(1), "units": 1}]
    return str(shop.do("add_item", sku="SET", components=parts)["inventory_item_id"])


def test_an_item_is_read_with_its_price_cost_and_policy(shop: Shop) -> None:
    shop.do("change_item", sku=shop.sku(0), price_cents=2_990, cost_cents=1_205, sells_below_zero=True)
    report = shop.read(Wanted.ITEM, [shop.item(0), shop.item(1)]).report
    first, second = report.items
    assert (first.price, first.unit_cost, first.currency) == (Decimal("29.90"), Decimal("12.05"), "USD")
    assert (first.sells_below_zero, first.bundle, first.counted) == (True, False, True)
    assert (second.unit_cost, second.currency, second.sells_below_zero) == (None, "USD", False)
    assert second.price is not None


def test_a_bundle_is_read_with_its_components_and_without_its_levels(shop: Shop) -> None:
    bundle = make_bundle(shop)
    report = shop.read(Wanted.ITEM, [bundle, shop.item(0)]).report
    made = (Component(shop.item(0), 2), Component(shop.item(1), 1))
    assert report.bundles == (Bundle(bundle, tuple(sorted(made))),)
    assert {item.item: item.bundle for item in report.items} == {bundle: True, shop.item(0): False}
    assert {seen.item for seen in report.observations} == {shop.item(0)}
    assert {key.item for key in report.level_ids} == {bundle, shop.item(0)}


def test_a_census_says_of_bundles_what_a_reading_says(shop: Shop) -> None:
    bundle = make_bundle(shop)
    shop.do("change_item", sku=shop.sku(2), cost_cents=700)
    shop.do("change_item", sku=shop.sku(3), another_variant=True)
    census = shop.channel.take_census(shop.reading(), shop.lookup)
    read = shop.read(Wanted.ITEM, [item.item for item in census.items]).report
    assert sorted(census.items, key=lambda item: item.item) == sorted(read.items, key=lambda item: item.item)
    assert census.bundles == read.bundles
    assert census.bundles[0].item == bundle
    assert len([row for row in census.listings if row.item == shop.item(3)]) == 2
    census.close()


def test_a_level_that_is_not_stocked_any_more_is_read_with_its_units(shop: Shop) -> None:
    key = LevelKey(shop.item(0), shop.location("Warehouse"))
    shop.do("stock_item", sku=shop.sku(0), location="Warehouse", stocked=False)
    for wanted, name in ((Wanted.LEVEL, f"{key.item}@{key.location}"), (Wanted.ITEM, key.item)):
        report = shop.read(wanted, [name]).report
        assert report.inactive_levels == {key}
        assert key in {seen.key for seen in report.observations}
    shop.do("stock_item", sku=shop.sku(0), location="Warehouse")
    assert shop.read(Wanted.LEVEL, [f"{key.item}@{key.location}"]).report.inactive_levels == frozenset()


def test_a_deleted_item_is_missing(shop: Shop) -> None:
    item = shop.item(0)
    shop.do("remove_item", sku=shop.sku(0))
    reading = shop.read(Wanted.ITEM, [item, shop.item(1)])
    assert reading.missing == (item,)


def tell(payload: object, topic: str, known: Item | None = KNOWN) -> Report:
    lookup = bodies.catalog()
    if known is not None:
        lookup.learn((), {}, items=[known])
    return parse(delivered(payload, topic), lookup)


def product(**variant: Any) -> dict[str, Any]:
    told = {"id": TEE, "inventory_item_id": int(TEE_ITEM), "sku": "TEE", "price": "19.5", "inventory_policy": "deny"}
    return {"id": 7, "variants": [told | variant]}


@pytest.mark.parametrize(
    "change", [{"sku": "TEE-2"}, {"sku": None}, {"price": "19.51"}, {"inventory_policy": "continue"}]
)
def test_a_product_whose_variant_changed_asks_for_its_item(change: dict[str, Any]) -> None:
    (ask,) = tell(product(**change), "products/update").asks
    assert (ask.wanted, ask.key) == (Wanted.ITEM, TEE_ITEM)


def test_a_product_that_says_nothing_new_asks_for_nothing_unless_it_is_a_bundle() -> None:
    assert tell(product(), "products/update").asks == ()
    (ask,) = tell(product(), "products/update", replace(KNOWN, bundle=True)).asks
    assert ask.key == TEE_ITEM


def test_a_level_that_begins_or_ends_to_count_asks_for_its_item() -> None:
    for available, tracked in ((None, True), (7, False)):
        (ask,) = tell(bodies.level(available), "inventory_levels/update", replace(KNOWN, tracked=tracked)).asks
        assert (ask.wanted, ask.key) == (Wanted.ITEM, TEE_ITEM)
    assert tell(bodies.level(None), "inventory_levels/update", replace(KNOWN, tracked=False)).asks == ()


def test_the_level_of_a_bundle_means_nothing() -> None:
    report = tell(bodies.level(7), "inventory_levels/update", replace(KNOWN, bundle=True))
    assert report.observations == ()
    assert "no units of its own" in report.note


def test_a_level_that_is_connected_is_read_because_it_may_have_been_asleep() -> None:
    report = tell(bodies.level(7), "inventory_levels/connect")
    assert [(ask.wanted, ask.key) for ask in report.asks] == [(Wanted.LEVEL, f"{TEE_ITEM}@{WAREHOUSE}")]
    assert len(report.observations) == 1
