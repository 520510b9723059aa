"""Shopify tells of a product whenever its stock changes: that is no news of the catalog, and asks for nothing."""

from pathlib import Path

from onhand.sandbox.world.world import WorldSettings
from tests.flow.merchant import BOSTON, Choices, Merchant, open_shop
from tests.support.parity import differences


def asked_for_items(merchant: Merchant) -> int:
    """Return how many calls asked for an item or a variant."""
    texts = [str(call["detail"]) for call in merchant.log()["calls"]]
    return sum("gid://shopify/InventoryItem/" in text or "gid://shopify/ProductVariant/" in text for text in texts)


def test_products_that_change_with_every_sale_are_not_read_back(tmp_path: Path) -> None:
    with open_shop(tmp_path, Choices(world=WorldSettings(stock_changes_products=True))) as merchant:
        merchant.quiet()
        before = asked_for_items(merchant)
        for _ in range(4):
            merchant.sale(merchant.tee, 1, at=BOSTON)
        merchant.quiet()
        topics = [row["topic"] for row in merchant.log()["deliveries"]]
        assert topics.count("products/update") == 4
        assert asked_for_items(merchant) == before
        assert differences(merchant.app, merchant.shop, merchant.truth()) == []


def test_webhooks_that_are_left_out_because_they_say_nothing_new_cost_nothing(tmp_path: Path) -> None:
    with open_shop(tmp_path, Choices(world=WorldSettings(drops_repeats=True))) as merchant:
        order = merchant.order("online_store", merchant.tee, 2)
        for _ in range(5):
            merchant.sale(merchant.tee, 1, at=BOSTON)
        merchant.do("fulfil", order=order)
        merchant.do("refund", order=order, lines=[{"sku": merchant.tee, "units": 1}], location=BOSTON)
        merchant.quiet()
        assert differences(merchant.app, merchant.shop, merchant.truth()) == []
        assert merchant.unexplained(merchant.tee) == (0, 0)
