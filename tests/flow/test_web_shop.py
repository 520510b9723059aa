"""A web shop on WooCommerce beside TikTok Shop: one count, whoever sells."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from onhand.channels import CHANNELS
from tests.flow.merchant import BOSTON, WAREHOUSE, Choices, Merchant, open_shop

ALL = ("shopify", *CHANNELS)


@pytest.fixture(scope="module")
def merchant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    """A merchant who sells everywhere."""
    with open_shop(Path(tmp_path_factory.mktemp("web")), Choices(web_items=12, armed=ALL)) as shop:
        yield shop


@pytest.fixture(autouse=True)
def _begin(merchant: Merchant) -> None:
    merchant.begin()


def at_web_shop(merchant: Merchant, sku: str) -> int:
    """What the web shop sells of a SKU."""
    return {row["sku"]: int(row["available"]) for row in merchant.truth("woocommerce")["woocommerce"]}[sku]


def everywhere(merchant: Merchant, sku: str) -> tuple[int, int, int]:
    """What the web shop and TikTok Shop show, and what stands at the warehouse at Shopify."""
    return at_web_shop(merchant, sku), merchant.at_tiktok(sku), merchant.at_shopify(sku, WAREHOUSE)


def test_what_the_online_store_sells_the_web_shop_sells_no_more(merchant: Merchant) -> None:
    sku = merchant.sku()
    web, tiktok, shopify = everywhere(merchant, sku)
    merchant.order("online_store", sku, 3)
    merchant.until_equal(lambda: everywhere(merchant, sku), (web - 3, tiktok - 3, shopify - 3))


def test_a_till_that_shares_no_location_with_the_web_shop_leaves_it_as_it_is(merchant: Merchant) -> None:
    sku = merchant.sku()
    web = at_web_shop(merchant, sku)
    tills = merchant.ats(sku, "shopify_pos")
    merchant.sale(sku, 2, at=BOSTON)
    merchant.until_equal(lambda: merchant.ats(sku, "shopify_pos"), tills - 2)
    merchant.booked()
    assert at_web_shop(merchant, sku) == web


def test_what_the_web_shop_sells_is_told_to_shopify_and_lowers_tiktok_shop(merchant: Merchant) -> None:
    sku = merchant.sku()
    web, tiktok, shopify = everywhere(merchant, sku)
    order = merchant.order("woocommerce", sku, 2)
    merchant.until_equal(lambda: everywhere(merchant, sku), (web - 2, tiktok - 2, shopify - 2))
    merchant.until_equal(lambda: merchant.at_shopify(sku, WAREHOUSE, "reserved"), 2)
    merchant.do("fulfil", order=order)
    merchant.until_equal(lambda: merchant.at_shopify(sku, WAREHOUSE, "reserved"), 0)
    merchant.until_equal(lambda: everywhere(merchant, sku), (web - 2, tiktok - 2, shopify - 2))


def test_what_comes_back_to_the_web_shop_is_sold_again_everywhere(merchant: Merchant) -> None:
    sku = merchant.sku()
    before = everywhere(merchant, sku)
    order = merchant.order("woocommerce", sku, 3)
    merchant.do("fulfil", order=order)
    merchant.until_equal(lambda: everywhere(merchant, sku), tuple(units - 3 for units in before))
    merchant.next_second()
    merchant.do("refund", order=order, lines=[{"sku": sku, "units": 2}], restock=True)
    merchant.until_equal(lambda: everywhere(merchant, sku), tuple(units - 1 for units in before))


def test_a_cancelled_order_of_the_web_shop_gives_its_units_back_everywhere(merchant: Merchant) -> None:
    sku = merchant.sku()
    before = everywhere(merchant, sku)
    order = merchant.order("woocommerce", sku, 2)
    merchant.until_equal(lambda: everywhere(merchant, sku), tuple(units - 2 for units in before))
    merchant.next_second()
    merchant.do("cancel", order=order)
    merchant.until_equal(lambda: everywhere(merchant, sku), before)


def test_an_order_of_which_no_webhook_came_is_found_by_the_sweep(merchant: Merchant) -> None:
    sku = merchant.sku()
    web, tiktok, shopify = everywhere(merchant, sku)
    merchant.booked()
    merchant.fault("lose", platform="woocommerce")
    merchant.order("woocommerce", sku, 2)
    merchant.do("heal")
    steps = merchant.app.steps(merchant.shop)
    assert steps.sweep(steps.parts.markets["woocommerce"]) is not None
    merchant.until_equal(lambda: everywhere(merchant, sku), (web - 2, tiktok - 2, shopify - 2))
