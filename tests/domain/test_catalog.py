"""Listings find their items by SKU only where the SKU names exactly one of each."""

from dataclasses import replace
from decimal import Decimal

import pytest

from onhand.domain.catalog import Item, Listing, Money, match_by_sku, match_key


def item(number: str, sku: str | None) -> Item:
    return Item(item=number, sku=sku, title="Tee")


def listing(number: str, sku: str | None) -> Listing:
    return Listing(channel="tiktok_shop", listing=number, item=None, sku=sku)


def test_a_sku_that_names_one_item_and_one_listing_matches() -> None:
    matching = match_by_sku([listing("9", " TEE-é ")], [item("1", "TEE-e\u0301"), item("2", "CAP")])
    assert [(row.listing, row.item) for row in matching.matched] == [("9", "1")]
    assert matching.unmatched == ()


@pytest.mark.parametrize(
    ("listings", "items", "reason"),
    [
        ([listing("9", None)], [item("1", None)], "it has no SKU"),
        ([listing("9", "TEE")], [item("1", "tee")], "no item carries SKU 'TEE'"),
        ([listing("9", "TEE")], [item("1", "TEE"), item("2", "TEE")], "2 items carry SKU 'TEE': 1, 2"),
        ([listing("8", "TEE"), listing("9", "TEE")], [item("1", "TEE")], "2 listings carry SKU 'TEE': 8, 9"),
    ],
)
def test_what_a_sku_cannot_decide_is_left_to_a_person(listings: list[Listing], items: list[Item], reason: str) -> None:
    matching = match_by_sku(listings, items)
    assert matching.matched == ()
    assert all(reason in why for _, why in matching.unmatched)


def test_white_space_around_a_sku_is_not_part_of_it() -> None:
    assert match_key("  A 1 ") == "A 1"
    assert match_key(" ") is None


def test_units_are_worth_their_cost_or_else_their_price_or_nobody_knows() -> None:
    tee = Item(item="1", sku="TEE", title="Tee", price=Decimal("20.00"), unit_cost=Decimal("0.10"), currency="EUR")
    assert tee.value_of(3) == Money(Decimal("0.30"), "EUR")
    assert replace(tee, unit_cost=None).value_of(-2) == Money(Decimal("-40.00"), "EUR")
    assert replace(tee, unit_cost=None, price=None).value_of(3) is None
    assert replace(tee, currency=None).value_of(3) is None
