"""A sale anywhere lowers what every other channel may sell, and the others are told."""

import pytest

from tests.flow.merchant import BOSTON, PORTLAND, WAREHOUSE, Merchant


def told_to_shopify(market: Merchant, sku: str) -> list[tuple[str, dict[str, int]]]:
    """Return the writes of ours that Shopify carried out on a SKU: reason and change by state, oldest first."""
    item = int(market.item(sku))
    told = []
    for group in list(market.running.sandbox.world.adjustment_groups.values()):
        changes = {change.state: change.delta_units for change in group.changes if change.item_id == item}
        changes.pop("on_hand", None)
        if changes:
            assert group.reference_document_uri is not None
            assert group.reference_document_uri.startswith("gid://onhand/Telling/shopify-")
            told.append((group.reason, changes))
    return told


def test_a_till_sale_lowers_the_online_store_and_the_tills_of_that_location(market: Merchant) -> None:
    sku = market.sku()
    online, tills, tiktok = market.ats_everywhere(sku)
    market.sale(sku, 2, at=BOSTON)
    market.until_equal(lambda: market.ats_everywhere(sku), (online - 2, tills - 2, tiktok))
    market.quiet()
    assert market.at_shopify(sku, BOSTON) == market.level(sku, BOSTON)
    assert told_to_shopify(market, sku) == []


def test_an_online_order_from_the_warehouse_lowers_tiktok_shop_and_its_listing(market: Merchant) -> None:
    sku = market.sku()
    online, tills, tiktok = market.ats_everywhere(sku)
    listed = market.at_tiktok(sku)
    order = market.do("order", channel="online_store", lines=[{"sku": sku, "units": 3}])
    assert order["locations"] == [WAREHOUSE]
    market.until_equal(lambda: market.ats_everywhere(sku), (online - 3, tills - 3, tiktok - 3))
    market.until_equal(lambda: market.at_tiktok(sku), listed - 3)
    assert market.level(sku, WAREHOUSE, "committed") == 3
    market.quiet()
    assert told_to_shopify(market, sku) == []  # its own orders are never told back to it


def test_a_tiktok_order_lowers_shopify_by_a_move_to_reserved_under_our_reference(market: Merchant) -> None:
    sku = market.sku()
    online, tills, tiktok = market.ats_everywhere(sku)
    at_shopify = market.at_shopify(sku, WAREHOUSE)
    market.order("tiktok_shop", sku, 2)
    market.until_equal(lambda: market.ats_everywhere(sku), (online - 2, tills - 2, tiktok - 2))
    market.until_equal(lambda: market.at_shopify(sku, WAREHOUSE), at_shopify - 2)
    market.quiet()
    assert market.at_shopify(sku, WAREHOUSE, "reserved") == market.level(sku, WAREHOUSE, "reserved") == 2
    assert market.at_tiktok(sku) == tiktok - 2
    assert told_to_shopify(market, sku) == [("reservation_created", {"available": -2, "reserved": 2})]


def test_cancelling_an_online_order_puts_its_units_back_everywhere(market: Merchant) -> None:
    sku = market.sku()
    before, listed = market.ats_everywhere(sku), market.at_tiktok(sku)
    order = market.order("online_store", sku, 2)
    market.until_equal(lambda: market.at_tiktok(sku), listed - 2)
    market.do("cancel", order=order, restock=True)
    market.until_equal(lambda: market.ats_everywhere(sku), before)
    market.until_equal(lambda: market.at_tiktok(sku), listed)
    assert market.level(sku, WAREHOUSE, "committed") == 0


def test_cancelling_an_online_order_without_restock_takes_its_units_out_of_the_books(market: Merchant) -> None:
    sku = market.sku()
    online, tills, tiktok = market.ats_everywhere(sku)
    order = market.order("online_store", sku, 2)
    market.until_equal(lambda: market.ats(sku, "tiktok_shop"), tiktok - 2)
    market.do("cancel", order=order, restock=False)
    market.until_equal(lambda: market.level(sku, WAREHOUSE, "committed"), 0)
    market.quiet()
    assert market.ats_everywhere(sku) == (online - 2, tills - 2, tiktok - 2)
    assert market.at_shopify(sku, WAREHOUSE, "committed") == 0


def test_cancelling_a_tiktok_order_moves_the_units_back_at_shopify_too(market: Merchant) -> None:
    sku = market.sku()
    before, at_shopify = market.ats_everywhere(sku), market.at_shopify(sku, WAREHOUSE)
    order = market.order("tiktok_shop", sku, 2)
    market.until_equal(lambda: market.at_shopify(sku, WAREHOUSE, "reserved"), 2)
    market.do("cancel", order=order)
    market.until_equal(lambda: market.at_shopify(sku, WAREHOUSE), at_shopify)
    market.until_equal(lambda: market.ats_everywhere(sku), before)
    market.quiet()
    assert told_to_shopify(market, sku) == [
        ("reservation_created", {"available": -2, "reserved": 2}),
        ("reservation_deleted", {"available": 2, "reserved": -2}),
    ]


def test_shipping_a_tiktok_order_takes_its_units_out_of_reserved(market: Merchant) -> None:
    sku = market.sku()
    online, tills, tiktok = market.ats_everywhere(sku)
    on_hand = market.at_shopify(sku, WAREHOUSE, "on_hand")
    order = market.order("tiktok_shop", sku, 3)
    market.until_equal(lambda: market.at_shopify(sku, WAREHOUSE, "reserved"), 3)
    market.do("fulfil", order=order, lines=[{"sku": sku, "units": 1}])
    market.until_equal(lambda: market.at_shopify(sku, WAREHOUSE, "reserved"), 2)
    market.do("fulfil", order=order)
    market.until_equal(lambda: market.at_shopify(sku, WAREHOUSE, "reserved"), 0)
    market.quiet()
    assert market.at_shopify(sku, WAREHOUSE, "on_hand") == on_hand - 3
    assert market.level(sku, WAREHOUSE, "reserved") == 0
    assert market.ats_everywhere(sku) == (online - 3, tills - 3, tiktok - 3)


def test_shipping_an_online_order_takes_its_units_out_of_committed_and_tells_nobody(market: Merchant) -> None:
    sku = market.sku()
    before = market.ats_everywhere(sku)
    order = market.order("online_store", sku, 2)
    market.quiet()
    ordered = market.ats_everywhere(sku)
    market.do("fulfil", order=order, lines=[{"sku": sku, "units": 1}])
    market.until_equal(lambda: market.level(sku, WAREHOUSE, "committed"), 1)
    market.do("fulfil", order=order)
    market.until_equal(lambda: market.level(sku, WAREHOUSE, "committed"), 0)
    market.quiet()
    assert market.ats_everywhere(sku) == ordered == tuple(units - 2 for units in before)
    assert told_to_shopify(market, sku) == []


@pytest.mark.parametrize("restock", ["return", "no_restock"])
def test_a_refund_at_a_till_raises_what_is_for_sale_only_where_the_goods_came_back(
    market: Merchant, restock: str
) -> None:
    sku = market.sku()
    online, tills, tiktok = market.ats_everywhere(sku)
    portland = market.level(sku, PORTLAND)
    order = market.sale(sku, 3, at=BOSTON)
    market.until_equal(lambda: market.ats_everywhere(sku), (online - 3, tills - 3, tiktok))
    market.do("refund", order=order, lines=[{"sku": sku, "units": 2}], restock=restock, location=PORTLAND)
    came_back = 2 if restock == "return" else 0
    market.until_equal(lambda: market.ats_everywhere(sku), (online - 3, tills - 3 + came_back, tiktok))
    market.quiet()
    assert market.level(sku, PORTLAND) == market.at_shopify(sku, PORTLAND) == portland + came_back
    assert market.unexplained() == (0, 0)


def test_a_refund_that_cancels_open_units_frees_them_on_every_channel(market: Merchant) -> None:
    sku = market.sku()
    online, tills, tiktok = market.ats_everywhere(sku)
    order = market.order("online_store", sku, 3)
    market.until_equal(lambda: market.at_tiktok(sku), tiktok - 3)
    market.do("refund", order=order, lines=[{"sku": sku, "units": 2}], restock="cancel")
    market.until_equal(lambda: market.ats_everywhere(sku), (online - 1, tills - 1, tiktok - 1))
    market.until_equal(lambda: market.at_tiktok(sku), tiktok - 1)
    assert market.level(sku, WAREHOUSE, "committed") == 1


def test_editing_an_order_moves_the_difference(market: Merchant) -> None:
    sku, other = market.sku(), market.sku()
    tiktok, other_tiktok = market.ats(sku, "tiktok_shop"), market.ats(other, "tiktok_shop")
    order = market.order("online_store", sku, 3)
    market.until_equal(lambda: market.ats(sku, "tiktok_shop"), tiktok - 3)
    market.do("edit", order=order, add=[{"sku": other, "units": 2}], remove=[{"sku": sku, "units": 1}], restock=True)
    market.until_equal(lambda: market.ats(sku, "tiktok_shop"), tiktok - 2)
    market.until_equal(lambda: market.ats(other, "tiktok_shop"), other_tiktok - 2)
    market.quiet()
    assert market.parity()[1] == 0


def test_an_order_moved_to_another_location_frees_the_first_one(market: Merchant) -> None:
    sku = market.sku()
    online, _, tiktok = market.ats_everywhere(sku)
    order = market.order("online_store", sku, 2)
    market.until_equal(lambda: market.ats(sku, "tiktok_shop"), tiktok - 2)
    market.do("move", order=order, to=BOSTON)
    market.until_equal(lambda: market.ats(sku, "tiktok_shop"), tiktok)
    market.until_equal(lambda: market.level(sku, BOSTON, "committed"), 2)
    market.quiet()
    assert market.ats(sku, "online_store") == online - 2


def test_after_all_of_it_books_and_platforms_agree_and_nothing_is_unexplained(market: Merchant) -> None:
    market.quiet()
    assert market.app.audit(market.shop).drifts == 0
    checked, differing = market.parity()
    assert (checked > 800, differing) == (True, 0)
    assert market.unexplained() == (0, 0)
