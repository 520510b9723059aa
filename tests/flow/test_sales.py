"""A sale anywhere lowers what every other channel may sell, and the others are told."""

import pytest

from tests.flow.merchant import BOSTON, PORTLAND, WAREHOUSE, Merchant
from tests.support.parity import differences


def told_to_shopify(merchant: Merchant, sku: str) -> list[tuple[str, dict[str, int]]]:
    """Return the writes of ours that Shopify carried out on a SKU: reason and change by state, oldest first."""
    item = int(merchant.item(sku))
    told = []
    for group in list(merchant.running.sandbox.world.adjustment_groups.values()):
        changes = {change.state: change.delta_units for change in group.changes if change.item_id == item}
        changes.pop("on_hand", None)
        if changes:
            assert group.reference_document_uri is not None
            assert group.reference_document_uri.startswith("gid://onhand/Telling/shopify-")
            told.append((group.reason, changes))
    return told


def test_a_till_sale_lowers_the_online_store_and_the_tills_of_that_location(merchant: Merchant) -> None:
    sku = merchant.sku()
    online, tills, tiktok = merchant.ats_everywhere(sku)
    merchant.sale(sku, 2, at=BOSTON)
    merchant.until_equal(lambda: merchant.ats_everywhere(sku), (online - 2, tills - 2, tiktok))
    merchant.booked()
    assert merchant.at_shopify(sku, BOSTON) == merchant.level(sku, BOSTON)
    assert told_to_shopify(merchant, sku) == []


def test_an_online_order_from_the_warehouse_lowers_tiktok_shop_and_its_listing(merchant: Merchant) -> None:
    sku = merchant.sku()
    online, tills, tiktok = merchant.ats_everywhere(sku)
    listed = merchant.at_tiktok(sku)
    order = merchant.do("order", channel="online_store", lines=[{"sku": sku, "units": 3}])
    assert order["locations"] == [WAREHOUSE]
    merchant.until_equal(lambda: merchant.ats_everywhere(sku), (online - 3, tills - 3, tiktok - 3))
    merchant.until_equal(lambda: merchant.at_tiktok(sku), listed - 3)
    merchant.until_equal(lambda: merchant.level(sku, WAREHOUSE, "committed"), 3)
    merchant.booked()
    assert told_to_shopify(merchant, sku) == []  # its own orders are never told back to it


def test_a_tiktok_order_lowers_shopify_by_a_move_to_reserved_under_our_reference(merchant: Merchant) -> None:
    sku = merchant.sku()
    online, tills, tiktok = merchant.ats_everywhere(sku)
    at_shopify = merchant.at_shopify(sku, WAREHOUSE)
    merchant.order("tiktok_shop", sku, 2)
    merchant.until_equal(lambda: merchant.ats_everywhere(sku), (online - 2, tills - 2, tiktok - 2))
    merchant.until_equal(lambda: merchant.at_shopify(sku, WAREHOUSE), at_shopify - 2)
    merchant.quiet()
    assert merchant.at_shopify(sku, WAREHOUSE, "reserved") == merchant.level(sku, WAREHOUSE, "reserved") == 2
    assert merchant.at_tiktok(sku) == tiktok - 2
    assert told_to_shopify(merchant, sku) == [("reservation_created", {"available": -2, "reserved": 2})]


def test_cancelling_an_online_order_puts_its_units_back_everywhere(merchant: Merchant) -> None:
    sku = merchant.sku()
    before, listed = merchant.ats_everywhere(sku), merchant.at_tiktok(sku)
    order = merchant.order("online_store", sku, 2)
    merchant.until_equal(lambda: merchant.at_tiktok(sku), listed - 2)
    merchant.do("cancel", order=order, restock=True)
    merchant.until_equal(lambda: merchant.ats_everywhere(sku), before)
    merchant.until_equal(lambda: merchant.at_tiktok(sku), listed)
    assert merchant.level(sku, WAREHOUSE, "committed") == 0


def test_cancelling_an_online_order_without_restock_takes_its_units_out_of_the_books(merchant: Merchant) -> None:
    sku = merchant.sku()
    online, tills, tiktok = merchant.ats_everywhere(sku)
    order = merchant.order("online_store", sku, 2)
    merchant.until_equal(lambda: merchant.ats(sku, "tiktok_shop"), tiktok - 2)
    merchant.do("cancel", order=order, restock=False)
    merchant.until_equal(lambda: merchant.level(sku, WAREHOUSE, "committed"), 0)
    merchant.until_equal(lambda: merchant.ats_everywhere(sku), (online - 2, tills - 2, tiktok - 2))
    assert merchant.at_shopify(sku, WAREHOUSE, "committed") == 0


def test_cancelling_a_tiktok_order_moves_the_units_back_at_shopify_too(merchant: Merchant) -> None:
    sku = merchant.sku()
    before, at_shopify = merchant.ats_everywhere(sku), merchant.at_shopify(sku, WAREHOUSE)
    order = merchant.order("tiktok_shop", sku, 2)
    merchant.until_equal(lambda: merchant.at_shopify(sku, WAREHOUSE, "reserved"), 2)
    merchant.do("cancel", order=order)
    merchant.until_equal(lambda: merchant.at_shopify(sku, WAREHOUSE), at_shopify)
    merchant.until_equal(lambda: merchant.ats_everywhere(sku), before)
    merchant.quiet()
    assert told_to_shopify(merchant, sku) == [
        ("reservation_created", {"available": -2, "reserved": 2}),
        ("reservation_deleted", {"available": 2, "reserved": -2}),
    ]


def test_shipping_a_tiktok_order_takes_its_units_out_of_reserved(merchant: Merchant) -> None:
    sku = merchant.sku()
    online, tills, tiktok = merchant.ats_everywhere(sku)
    on_hand = merchant.at_shopify(sku, WAREHOUSE, "on_hand")
    order = merchant.order("tiktok_shop", sku, 3)
    merchant.until_equal(lambda: merchant.at_shopify(sku, WAREHOUSE, "reserved"), 3)
    merchant.do("fulfil", order=order, lines=[{"sku": sku, "units": 1}])
    merchant.until_equal(lambda: merchant.at_shopify(sku, WAREHOUSE, "reserved"), 2)
    merchant.do("fulfil", order=order)
    merchant.until_equal(lambda: merchant.at_shopify(sku, WAREHOUSE, "reserved"), 0)
    merchant.quiet()
    assert merchant.at_shopify(sku, WAREHOUSE, "on_hand") == on_hand - 3
    assert merchant.level(sku, WAREHOUSE, "reserved") == 0
    assert merchant.ats_everywhere(sku) == (online - 3, tills - 3, tiktok - 3)


def test_shipping_an_online_order_takes_its_units_out_of_committed_and_tells_nobody(merchant: Merchant) -> None:
    sku = merchant.sku()
    online, tills, tiktok = merchant.ats_everywhere(sku)
    order = merchant.order("online_store", sku, 2)
    merchant.until_equal(lambda: merchant.level(sku, WAREHOUSE, "committed"), 2)
    merchant.do("fulfil", order=order, lines=[{"sku": sku, "units": 1}])
    merchant.until_equal(lambda: merchant.level(sku, WAREHOUSE, "committed"), 1)
    merchant.do("fulfil", order=order)
    merchant.until_equal(lambda: merchant.level(sku, WAREHOUSE, "committed"), 0)
    merchant.until_equal(lambda: merchant.ats_everywhere(sku), (online - 2, tills - 2, tiktok - 2))
    assert told_to_shopify(merchant, sku) == []


@pytest.mark.parametrize("restock", ["return", "no_restock"])
def test_a_refund_at_a_till_raises_what_is_for_sale_only_where_the_goods_came_back(
    merchant: Merchant, restock: str
) -> None:
    sku = merchant.sku()
    online, tills, tiktok = merchant.ats_everywhere(sku)
    portland = merchant.level(sku, PORTLAND)
    order = merchant.sale(sku, 3, at=BOSTON)
    merchant.until_equal(lambda: merchant.ats_everywhere(sku), (online - 3, tills - 3, tiktok))
    merchant.do("refund", order=order, lines=[{"sku": sku, "units": 2}], restock=restock, location=PORTLAND)
    came_back = 2 if restock == "return" else 0
    merchant.until_equal(lambda: merchant.ats_everywhere(sku), (online - 3, tills - 3 + came_back, tiktok))
    assert merchant.level(sku, PORTLAND) == merchant.at_shopify(sku, PORTLAND) == portland + came_back
    assert merchant.unexplained(sku) == (0, 0)


def test_a_refund_that_cancels_open_units_frees_them_on_every_channel(merchant: Merchant) -> None:
    sku = merchant.sku()
    online, tills, tiktok = merchant.ats_everywhere(sku)
    order = merchant.order("online_store", sku, 3)
    merchant.until_equal(lambda: merchant.at_tiktok(sku), tiktok - 3)
    merchant.do("refund", order=order, lines=[{"sku": sku, "units": 2}], restock="cancel")
    merchant.until_equal(lambda: merchant.ats_everywhere(sku), (online - 1, tills - 1, tiktok - 1))
    merchant.until_equal(lambda: merchant.at_tiktok(sku), tiktok - 1)
    assert merchant.level(sku, WAREHOUSE, "committed") == 1


def test_editing_an_order_moves_the_difference(merchant: Merchant) -> None:
    sku, other = merchant.sku(), merchant.sku()
    tiktok, other_tiktok = merchant.ats(sku, "tiktok_shop"), merchant.ats(other, "tiktok_shop")
    order = merchant.order("online_store", sku, 3)
    merchant.until_equal(lambda: merchant.ats(sku, "tiktok_shop"), tiktok - 3)
    merchant.do("edit", order=order, add=[{"sku": other, "units": 2}], remove=[{"sku": sku, "units": 1}], restock=True)
    merchant.until_equal(lambda: merchant.ats(sku, "tiktok_shop"), tiktok - 2)
    merchant.until_equal(lambda: merchant.ats(other, "tiktok_shop"), other_tiktok - 2)


def test_an_order_moved_to_another_location_frees_the_first_one(merchant: Merchant) -> None:
    sku = merchant.sku()
    online, _, tiktok = merchant.ats_everywhere(sku)
    order = merchant.order("online_store", sku, 2)
    merchant.until_equal(lambda: merchant.ats(sku, "tiktok_shop"), tiktok - 2)
    merchant.do("move", order=order, to=BOSTON)
    merchant.until_equal(lambda: merchant.ats(sku, "tiktok_shop"), tiktok)
    merchant.until_equal(lambda: merchant.level(sku, BOSTON, "committed"), 2)
    merchant.until_equal(lambda: merchant.ats(sku, "online_store"), online - 2)


def test_after_all_of_it_books_and_platforms_agree(merchant: Merchant) -> None:
    merchant.quiet()
    assert merchant.app.audit(merchant.shop).drifts == 0
    found = differences(merchant.app, merchant.shop, merchant.truth())
    assert not found, "\n".join(found)
