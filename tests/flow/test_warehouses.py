"""TikTok Shop with two warehouses, each a location of the merchant: what stands where is told so."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from onhand.sandbox.world.world import WorldSettings
from tests.flow.merchant import BOSTON, PLAIN, WAREHOUSE, Merchant, open_shop

FIRST, SECOND = "7068000000000000001", "7068000000000000002"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    world = WorldSettings(tiktok_warehouses=2)
    choices = replace(PLAIN, items=20, world=world, warehouses={FIRST: WAREHOUSE, SECOND: BOSTON})
    with open_shop(tmp_path_factory.mktemp("warehouses"), choices) as merchant:
        yield merchant


@pytest.fixture
def merchant(shop: Merchant) -> Merchant:
    shop.begin()
    return shop


def on_tiktok(merchant: Merchant, sku: str) -> tuple[int, int]:
    """Return what TikTok Shop sells from each warehouse."""
    tiktok = merchant.running.sandbox.world.tiktok
    listed = tiktok.skus[tiktok.sku_of_item[int(merchant.item(sku))]]
    return listed.units_in(FIRST), listed.units_in(SECOND)


def there(merchant: Merchant, sku: str) -> tuple[int, int]:
    return merchant.level(sku, WAREHOUSE), merchant.level(sku, BOSTON)


def test_each_warehouse_is_told_what_stands_at_its_location(merchant: Merchant) -> None:
    sku = merchant.tee
    merchant.until_equal(lambda: on_tiktok(merchant, sku), there(merchant, sku))
    merchant.sale(sku, 2, at=BOSTON)
    merchant.until_equal(lambda: on_tiktok(merchant, sku), (there(merchant, sku)[0], there(merchant, sku)[1]))
    assert merchant.ats(sku, "tiktok_shop") == sum(there(merchant, sku))


def test_goods_that_move_between_two_locations_are_told_although_the_sum_stays(merchant: Merchant) -> None:
    sku = merchant.tee
    first, second = there(merchant, sku)
    merchant.until_equal(lambda: on_tiktok(merchant, sku), (first, second))
    merchant.do("transfer", **{"from": WAREHOUSE, "to": BOSTON}, lines=[{"sku": sku, "units": 3}], until="received")
    merchant.until_equal(lambda: there(merchant, sku), (first - 3, second + 3))
    merchant.until_equal(lambda: on_tiktok(merchant, sku), (first - 3, second + 3))
    merchant.quiet()


def test_an_order_from_the_second_warehouse_holds_units_at_its_location(merchant: Merchant) -> None:
    sku = merchant.tee
    first, second = there(merchant, sku)
    merchant.until_equal(lambda: on_tiktok(merchant, sku), (first, second))
    merchant.do("adjust", location=WAREHOUSE, sku=sku, units=-first)
    merchant.until_equal(lambda: on_tiktok(merchant, sku), (0, second))
    merchant.next_second()
    merchant.order("tiktok_shop", sku, 2)
    merchant.until_equal(lambda: merchant.level(sku, BOSTON, "reserved"), 2)
    assert merchant.level(sku, WAREHOUSE, "reserved") == 0
    merchant.until_equal(lambda: on_tiktok(merchant, sku), (0, second - 2))
    merchant.quiet()
    audited = merchant.app.audit(merchant.shop, sku=sku)
    assert (audited.drifts, audited.equal) == (0, audited.checked)
