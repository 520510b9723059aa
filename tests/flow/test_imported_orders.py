"""A connector app brings TikTok Shop's orders to Shopify an hour later: each is held once, never twice."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.flow.merchant import PLAIN, WAREHOUSE, Merchant, open_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    choices = replace(PLAIN, items=20, imported="yes")
    with open_shop(tmp_path_factory.mktemp("imported"), choices) as merchant:
        yield merchant


@pytest.fixture
def merchant(shop: Merchant) -> Merchant:
    shop.begin()
    return shop


def held(merchant: Merchant, sku: str) -> tuple[int, int]:
    """Return the units that the books hold as reserved and as committed."""
    return merchant.level(sku, WAREHOUSE, "reserved"), merchant.level(sku, WAREHOUSE, "committed")


def brought(merchant: Merchant, order: str, **more: object) -> str:
    return str(merchant.do("import_order", order=order, **more)["order"])


@pytest.mark.parametrize("note_in", ["source_identifier", "tags"])
def test_an_order_is_held_until_its_twin_appears_and_then_once(merchant: Merchant, note_in: str) -> None:
    sku = merchant.tee
    online, tills, tiktok = merchant.ats_everywhere(sku)
    at_shopify = merchant.at_shopify(sku, WAREHOUSE)
    order = merchant.order("tiktok_shop", sku, 2)
    merchant.until_equal(lambda: held(merchant, sku), (2, 0))
    merchant.until_equal(lambda: merchant.ats_everywhere(sku), (online - 2, tills - 2, tiktok - 2))
    assert merchant.at_shopify(sku, WAREHOUSE) == at_shopify  # it is not told: the app will bring the order
    merchant.next_second()
    twin = brought(merchant, order, note_in=note_in)
    merchant.until_equal(lambda: held(merchant, sku), (0, 2))
    merchant.booked()
    merchant.until_equal(lambda: merchant.ats_everywhere(sku), (online - 2, tills - 2, tiktok - 2))
    assert merchant.at_shopify(sku, WAREHOUSE) == at_shopify - 2
    merchant.until_equal(lambda: merchant.at_tiktok(sku), tiktok - 2)
    merchant.next_second()
    merchant.do("fulfil", order=twin)
    merchant.do("fulfil", order=order)
    merchant.until_equal(lambda: held(merchant, sku), (0, 0))
    merchant.quiet()
    assert merchant.ats_everywhere(sku) == (online - 2, tills - 2, tiktok - 2)
    assert merchant.at_shopify(sku, WAREHOUSE) == merchant.level(sku, WAREHOUSE)
    assert merchant.unexplained(sku) == (0, 0)


def test_a_twin_that_is_heard_of_before_its_order_leaves_nothing_to_hold(merchant: Merchant) -> None:
    sku = merchant.tee
    online, tills, tiktok = merchant.ats_everywhere(sku)
    merchant.fault("lose", platform="tiktok_shop")
    order = merchant.order("tiktok_shop", sku, 1)
    brought(merchant, order)
    merchant.until_equal(lambda: held(merchant, sku), (0, 1))
    merchant.do("heal")
    merchant.app.steps(merchant.shop).catch_up()  # what TikTok Shop's webhooks did not bring is found by asking
    merchant.quiet()
    assert held(merchant, sku) == (0, 1)
    merchant.until_equal(lambda: merchant.ats_everywhere(sku), (online - 1, tills - 1, tiktok - 1))
    merchant.until_equal(lambda: merchant.at_tiktok(sku), tiktok - 1)


def test_a_twin_that_is_cancelled_leaves_the_order_held(merchant: Merchant) -> None:
    sku = merchant.tee
    online, tills, tiktok = merchant.ats_everywhere(sku)
    order = merchant.order("tiktok_shop", sku, 1)
    merchant.until_equal(lambda: held(merchant, sku), (1, 0))
    twin = brought(merchant, order)
    merchant.until_equal(lambda: held(merchant, sku), (0, 1))
    merchant.next_second()
    merchant.do("cancel", order=twin, restock=True)
    merchant.until_equal(lambda: held(merchant, sku), (1, 0))
    merchant.next_second()
    merchant.do("cancel", order=order)
    merchant.until_equal(lambda: held(merchant, sku), (0, 0))
    merchant.until_equal(lambda: merchant.ats_everywhere(sku), (online, tills, tiktok))


def test_a_twin_with_other_lines_claims_what_it_carries(merchant: Merchant) -> None:
    tee, cap = merchant.tee, merchant.cap
    order = merchant.order("tiktok_shop", tee, 2)
    merchant.until_equal(lambda: held(merchant, tee), (2, 0))
    brought(merchant, order, lines=[{"sku": tee, "units": 1}, {"sku": cap, "units": 1}])
    merchant.until_equal(lambda: held(merchant, tee), (1, 1))
    merchant.until_equal(lambda: held(merchant, cap), (0, 1))


def test_the_audit_calls_no_difference_between_books_and_shopify_a_drift_while_a_twin_is_awaited(
    merchant: Merchant,
) -> None:
    sku = merchant.tee
    merchant.order("tiktok_shop", sku, 1)
    merchant.until_equal(lambda: held(merchant, sku), (1, 0))
    merchant.booked()
    assert merchant.app.audit(merchant.shop, sku=sku).drifts == 0
    assert merchant.drifts(sku) == []
