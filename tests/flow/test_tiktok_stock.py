"""TikTok Shop's stock in earnest: no 0, locks of promotions, hands in the Seller Center, webhooks that are lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from onhand.answers import returns, timeline
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


def resting(merchant: Merchant, sku: str) -> int:
    """Return what is available at the warehouse once nothing is under way."""
    merchant.quiet()
    return merchant.level(sku, WAREHOUSE)


def back(merchant: Merchant, opened: str) -> list[tuple[str, int, int, str | None]]:
    """Return how far a return has come as onhand shows it: status, awaited and arrived units, what to do."""
    with merchant.app.store.reading() as session:
        rows = returns(session.of(merchant.shop), merchant.shop, datetime.now(UTC), timedelta(days=30))
    return [(row.status, row.awaited_units, row.processing_units, row.next_step) for row in rows if row.name == opened]


@pytest.mark.parametrize("lost", [False, True])
def test_goods_that_come_back_are_held_until_somebody_puts_them_on_sale(merchant: Merchant, lost: bool) -> None:
    sku = merchant.tee
    order = merchant.order("tiktok_shop", sku, 2)
    merchant.do("fulfil", order=order)
    merchant.until_equal(lambda: merchant.level(sku, WAREHOUSE, "reserved"), 0)
    there = resting(merchant, sku)
    if lost:
        merchant.fault("lose", platform="tiktok_shop")
    opened = str(merchant.do("ask_back", order=order)["id"])
    for step in ("approve", "send"):
        merchant.next_second()
        merchant.do("step_return", **{"return": opened, "step": step})
    find = merchant.app.steps(merchant.shop).catch_up if lost else bool
    way = "2 have not arrived: add in Shopify what can be sold when they do"
    merchant.until(lambda: (find(), back(merchant, opened) == [("open", 2, 0, way)])[1], "the return is not awaited")
    merchant.next_second()
    merchant.do("step_return", **{"return": opened, "step": "receive"})
    way = "tiktok_shop puts none of the 2 on sale: add in Shopify what can be sold"
    merchant.until(lambda: (find(), back(merchant, opened) == [("open", 0, 2, way)])[1], "it has not arrived")
    merchant.do("heal")
    assert resting(merchant, sku) == there
    with merchant.app.store.reading() as session:
        rows = timeline(session.of(merchant.shop), merchant.shop, sku)
    came = [(row.name, row.units, row.reason) for row in rows if row.kind == "return" and row.name == opened]
    assert came == [(opened, 2, "open: 2 arrived")]


def test_a_refund_without_goods_moves_nothing_and_awaits_nothing(merchant: Merchant) -> None:
    sku = merchant.tee
    order = merchant.order("tiktok_shop", sku, 1)
    merchant.do("fulfil", order=order)
    merchant.until_equal(lambda: merchant.level(sku, WAREHOUSE, "reserved"), 0)
    there = resting(merchant, sku)
    opened = str(merchant.do("ask_back", order=order, type="REFUND")["id"])
    for step in ("approve", "complete"):
        merchant.next_second()
        merchant.do("step_return", **{"return": opened, "step": step})
    cause = f"tiktok_shop/return/{opened}"

    def booked() -> list[str]:
        with merchant.app.store.reading() as session:
            return list(session.of(merchant.shop).pictures.versions([cause]))

    merchant.until_equal(booked, [cause])
    assert resting(merchant, sku) == there
    assert back(merchant, opened) == []


def test_a_product_that_becomes_a_virtual_bundle_is_left_alone_and_is_no_problem(merchant: Merchant) -> None:
    sku, part = merchant.tee, merchant.cap
    tiktok = merchant.running.sandbox.world.tiktok
    bundle, component = (tiktok.skus[tiktok.sku_of_item[int(merchant.item(one))]] for one in (sku, part))
    bundle.combined = ((component.sku_id, 2),)
    merchant.do("adjust", location=WAREHOUSE, sku=sku, units=-1)
    merchant.until(lambda: merchant.offer(sku, "tiktok_shop").parked_reason is not None, "it is still told")
    enough = component.available_units // 2
    merchant.until(lambda: merchant.offer(sku, "tiktok_shop").told_units == enough, "it shows something else")
    assert "12052850" in (merchant.offer(sku, "tiktok_shop").parked_reason or "")
    assert not any("12052850" in message for message in merchant.problems())
    bundle.combined = ()  # and back again: the next sync finds it
    merchant.app.sync(merchant.shop)
    merchant.until_equal(lambda: merchant.at_tiktok(sku), merchant.ats(sku, "tiktok_shop"))
