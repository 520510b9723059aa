"""TikTok Shop's stock in earnest: no 0, locks of promotions, hands in the Seller Center, webhooks that are lost."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from onhand.sandbox.world.world import WorldSettings
from tests.flow.merchant import PLAIN, WAREHOUSE, Merchant, open_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    choices = replace(PLAIN, items=20, world=WorldSettings(tiktok_least_units=1))
    with open_shop(tmp_path_factory.mktemp("tiktok-stock"), choices) as merchant:
        yield merchant


@pytest.fixture
def merchant(shop: Merchant) -> Merchant:
    shop.begin()
    return shop


def on_sale(merchant: Merchant, sku: str) -> bool:
    tiktok = merchant.running.sandbox.world.tiktok
    item = int(merchant.item(sku))
    return tiktok.products[tiktok.skus[tiktok.sku_of_item[item]].product_id].status == "ACTIVATE"


def test_what_has_run_out_goes_off_sale_and_comes_back_with_its_units(merchant: Merchant) -> None:
    sku = merchant.tee
    there = merchant.level(sku, WAREHOUSE)
    merchant.do("adjust", location=WAREHOUSE, sku=sku, units=-there)
    merchant.until_equal(lambda: (merchant.ats(sku, "tiktok_shop"), on_sale(merchant, sku)), (0, False))
    merchant.until(lambda: merchant.offer(sku, "tiktok_shop").told_units == 0, "it does not count as told")
    merchant.quiet()
    audited = merchant.app.audit(merchant.shop, sku=sku)
    assert (audited.drifts, audited.equal) == (0, audited.checked)
    assert any("takes no 0" in message for message in merchant.problems()) is False  # a sync says it
    merchant.next_second()
    merchant.do("adjust", location=WAREHOUSE, sku=sku, units=4)
    merchant.until_equal(lambda: (merchant.at_tiktok(sku), on_sale(merchant, sku)), (4, True))
    merchant.quiet()
    merchant.app.sync(merchant.shop)
    assert any("takes no 0" in message for message in merchant.problems())


def test_locked_units_are_told_and_left_alone_until_the_promotion_ends(merchant: Merchant) -> None:
    sku = merchant.tee
    online, _, tiktok = merchant.ats_everywhere(sku)
    merchant.do("lock_units", sku=sku, units=5, name="Black Friday")
    merchant.until_equal(lambda: merchant.ats_everywhere(sku)[::2], (online - 5, tiktok))
    there = merchant.level(sku, WAREHOUSE)
    merchant.do("adjust", location=WAREHOUSE, sku=sku, units=2 - there)
    merchant.until_equal(lambda: merchant.ats(sku, "tiktok_shop"), 2)
    merchant.until_equal(lambda: merchant.at_tiktok(sku), 5)
    merchant.until(lambda: any("3 units may be oversold" in one for one in merchant.problems()), "nobody is told")
    merchant.quiet()
    audited = merchant.app.audit(merchant.shop, sku=sku)
    assert (audited.drifts, audited.equal) == (0, audited.checked)
    merchant.do("lock_units", sku=sku, units=-5, name="Black Friday")
    merchant.until_equal(lambda: merchant.at_tiktok(sku), 2)
    merchant.until(lambda: not any("may be oversold" in one for one in merchant.problems()), "it is still a problem")


def test_a_number_set_in_the_seller_center_is_told_again(merchant: Merchant) -> None:
    sku = merchant.tee
    tiktok = merchant.ats(sku, "tiktok_shop")
    merchant.do("set_listing", sku=sku, units=tiktok + 30)
    merchant.until_equal(lambda: merchant.at_tiktok(sku), tiktok)


def test_a_product_that_somebody_puts_on_sale_again_is_taken_off_again(merchant: Merchant) -> None:
    sku = merchant.tee
    merchant.do("adjust", location=WAREHOUSE, sku=sku, units=-merchant.level(sku, WAREHOUSE))
    merchant.until(lambda: not on_sale(merchant, sku), "it is still on sale")
    merchant.quiet()
    merchant.do("set_listing", sku=sku, on_sale=True)
    merchant.until(lambda: not on_sale(merchant, sku), "it stays on sale")


def test_orders_whose_webhooks_are_lost_are_found_by_polling(merchant: Merchant) -> None:
    tee, cap = merchant.tee, merchant.cap
    held = merchant.order("tiktok_shop", cap, 1)
    merchant.until_equal(lambda: merchant.level(cap, WAREHOUSE, "reserved"), 1)
    merchant.next_second()
    merchant.fault("lose", platform="tiktok_shop")
    merchant.order("tiktok_shop", tee, 2)
    merchant.do("cancel", order=held)
    merchant.do("heal")
    merchant.app.steps(merchant.shop).catch_up()
    merchant.until_equal(lambda: merchant.level(tee, WAREHOUSE, "reserved"), 2)
    merchant.until_equal(lambda: merchant.level(cap, WAREHOUSE, "reserved"), 0)
