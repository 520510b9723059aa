"""TikTok Shop: stock, products, orders and webhooks, with the errors that hide inside a success."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from onhand.sandbox.world.tiktok import Sku, TikTokOrder
from onhand.sandbox.world.tiktok_orders import cancel, place, ship
from onhand.sandbox.world.wishes import Wish
from tests.sandbox_protocols.clients import Json, Shop

PRODUCTS = "/product/202502/products/search"
INVENTORY = "/product/202309/inventory/search"
ORDERS = "/order/202309/orders/search"
WEBHOOKS = "/event/202309/webhooks"


def sku_at(shop: Shop, index: int = 0) -> Sku:
    return list(shop.world.tiktok.listings())[index]


def set_stock(shop: Shop, sku: Sku, *rows: Json) -> Json:
    body = {"skus": [{"id": sku.sku_id, "inventory": list(rows)}]}
    return shop.seller.data("POST", f"/product/202309/products/{sku.product_id}/inventory/update", body=body)


def ordered(shop: Shop, *units: int) -> TikTokOrder:
    wishes = [Wish(item_id=sku_at(shop, index).item_id, units=count) for index, count in enumerate(units)]
    order = place(shop.world, lines=wishes, now=shop.running.sandbox.clock())
    assert isinstance(order, TikTokOrder)
    return order


def test_stock_is_set_absolutely_and_read_back(shop: Shop) -> None:
    sku = sku_at(shop)
    warehouse = shop.world.tiktok.warehouse
    assert warehouse is not None
    assert set_stock(shop, sku, {"warehouse_id": warehouse.id, "quantity": 7}) == {"errors": []}
    ordered(shop, 2)
    found = shop.seller.data("POST", INVENTORY, body={"sku_ids": [sku.sku_id]})["inventory"]
    assert [row["product_id"] for row in found] == [sku.product_id]
    row = found[0]["skus"][0]
    assert (row["total_available_quantity"], row["total_committed_quantity"]) == (5, 2)
    assert row["warehouse_inventory"] == [
        {"warehouse_id": warehouse.id, "available_quantity": 5, "committed_quantity": 2}
    ]
    by_product = shop.seller.data("POST", INVENTORY, body={"product_ids": [sku.product_id, "1"]})["inventory"]
    assert by_product == found


def test_nothing_left_is_a_stock_too(shop: Shop) -> None:
    sku = sku_at(shop)
    assert set_stock(shop, sku, {"quantity": 0})["errors"] == []
    assert sku.available_units == 0


@pytest.mark.parametrize(
    ("rows", "code", "extra"),
    [
        ([{"quantity": 100_000}], 12052055, 12052055),
        ([{"quantity": -1}], 12052055, 12052055),
        ([{"quantity": 1, "warehouse_id": "1"}], 12052097, 12052097),
        ([], 12052516, None),
        ([{"quantity": 1}, {"quantity": 2}], 12052516, None),
    ],
)
def test_a_refused_sku_stands_in_a_successful_answer(
    shop: Shop, rows: list[Json], code: int, extra: int | None
) -> None:
    sku = sku_at(shop)
    before = sku.available_units
    errors = set_stock(shop, sku, *rows)["errors"]
    assert [(row["code"], row["detail"]["sku_id"]) for row in errors] == [(code, sku.sku_id)]
    assert [row["code"] for row in errors[0]["detail"]["extra_errors"]] == ([] if extra is None else [extra])
    assert sku.available_units == before


def test_one_refused_sku_does_not_keep_another_from_its_stock(shop: Shop) -> None:
    mine, foreign = sku_at(shop, 0), sku_at(shop, 1)
    body = {"skus": [{"id": sku.sku_id, "inventory": [{"quantity": 4}]} for sku in (foreign, mine)]}
    path = f"/product/202309/products/{mine.product_id}/inventory/update"
    errors = shop.seller.data("POST", path, body=body)["errors"]
    assert [row["detail"]["sku_id"] for row in errors] == [foreign.sku_id]
    assert mine.available_units == 4


def test_an_unknown_or_frozen_product_takes_no_stock(shop: Shop) -> None:
    sku = sku_at(shop)
    body = {"skus": [{"id": sku.sku_id, "inventory": [{"quantity": 4}]}]}
    assert shop.seller.code("POST", "/product/202309/products/1/inventory/update", body=body) == 12052990
    shop.world.tiktok.products[sku.product_id].status = "FREEZE"
    path = f"/product/202309/products/{sku.product_id}/inventory/update"
    assert shop.seller.code("POST", path, body=body) == 12052990
    assert shop.seller.code("POST", path, body={"skus": []}) != 0


def test_products_come_in_pages(quiet_shop: Shop) -> None:
    seen: list[str] = []
    token = ""
    while True:
        page = quiet_shop.seller.data("POST", PRODUCTS, {"page_size": "5", "page_token": token}, {})
        seen += [row["id"] for row in page["products"]]
        assert page["total_count"] == 12
        token = page["next_page_token"]
        if not token:
            break
    assert seen == list(quiet_shop.world.tiktok.products)


def test_products_are_found_by_seller_sku(quiet_shop: Shop) -> None:
    sku = sku_at(quiet_shop, 3)
    page = quiet_shop.seller.data("POST", PRODUCTS, {"page_size": "5"}, {"seller_skus": [sku.seller_sku]})
    assert [row["skus"][0]["id"] for row in page["products"]] == [sku.sku_id]
    assert page["products"][0]["skus"][0]["inventory"][0]["quantity"] == sku.available_units


@pytest.mark.parametrize(
    ("path", "query", "body"),
    [
        (PRODUCTS, {}, {}),
        (PRODUCTS, {"page_size": "0"}, {}),
        (PRODUCTS, {"page_size": "101"}, {}),
        (PRODUCTS, {"page_size": "5", "page_token": "nonsense"}, {}),
        (PRODUCTS, {"page_size": "5"}, {"seller_skus": ["x"] * 11}),
        (INVENTORY, {}, {}),
        (INVENTORY, {}, {"sku_ids": ["1"] * 601}),
        (INVENTORY, {}, {"product_ids": ["1"] * 101}),
        (ORDERS, {"page_size": "5", "sort_field": "name"}, {}),
        (ORDERS, {"page_size": "5"}, {"order_status": "CANCEL"}),
    ],
)
def test_a_search_out_of_bounds_is_refused(quiet_shop: Shop, path: str, query: dict[str, str], body: Json) -> None:
    assert quiet_shop.seller.code("POST", path, query, body) == 36009004


def test_an_order_has_one_line_item_for_each_unit(shop: Shop) -> None:
    order = ordered(shop, 2, 1)
    for version in ("202309", "202507"):
        rows = shop.seller.data("GET", f"/order/{version}/orders", {"ids": f"{order.id},1"})["orders"]
        assert [row["id"] for row in rows] == [order.id]
        skus = [line["sku_id"] for line in rows[0]["line_items"]]
        assert skus == [sku_at(shop, 0).sku_id] * 2 + [sku_at(shop, 1).sku_id]
        assert all("quantity" not in line for line in rows[0]["line_items"])
        assert rows[0]["warehouse_id"] == order.warehouse_id
        assert rows[0]["recipient_address"]["full_address"]
        assert "rts_time" not in rows[0]


def test_what_became_of_an_order_shows_with_its_times(shop: Shop) -> None:
    sent, off = ordered(shop, 1), ordered(shop, 1)
    now = shop.running.sandbox.clock()
    ship(shop.world, sent, now=now)
    cancel(shop.world, off, reason="changed my mind", now=now)
    rows = shop.seller.data("GET", "/order/202309/orders", {"ids": f"{sent.id},{off.id}"})["orders"]
    assert [(row["status"], "rts_time" in row, "cancel_time" in row) for row in rows] == [
        ("IN_TRANSIT", True, False),
        ("CANCELLED", False, True),
    ]
    assert rows[0]["line_items"][0]["display_status"] == "IN_TRANSIT"


def test_orders_are_searched_by_their_last_change_in_pages(shop: Shop) -> None:
    orders = [ordered(shop, 1) for _ in range(5)]
    for index, order in enumerate(orders):
        order.updated_at += timedelta(seconds=10 * index)
    bound = int(orders[1].updated_at.timestamp())
    query = {"page_size": "2", "sort_field": "update_time", "sort_order": "ASC"}
    seen: list[str] = []
    token = ""
    while True:
        page = shop.seller.data("POST", ORDERS, query | {"page_token": token}, {"update_time_ge": bound})
        seen += [row["id"] for row in page["orders"]]
        token = page["next_page_token"]
        if not token:
            break
    assert seen == [order.id for order in orders[1:]]
    before = shop.seller.data("POST", ORDERS, query, {"update_time_lt": bound})["orders"]
    assert [row["id"] for row in before] == [orders[0].id]
    newest = shop.seller.data("POST", ORDERS, query | {"sort_order": "DESC"}, {})["orders"]
    assert [row["id"] for row in newest] == [orders[4].id, orders[3].id]


def test_the_ids_of_an_order_detail_are_bounded(quiet_shop: Shop) -> None:
    path = "/order/202309/orders"
    assert quiet_shop.seller.code("GET", path, {"ids": ""}) == 36009004
    assert quiet_shop.seller.code("GET", path, {"ids": ",".join(["1"] * 51)}) == 36009004


def test_webhooks_are_put_listed_and_deleted(shop: Shop) -> None:
    address = "http://127.0.0.1:9/webhooks/tiktok-shop/tees"
    shop.seller.data("PUT", WEBHOOKS, body={"event_type": "ORDER_STATUS_CHANGE", "address": address})
    held = shop.seller.data("GET", WEBHOOKS)
    assert [(row["event_type"], row["address"]) for row in held["webhooks"]] == [("ORDER_STATUS_CHANGE", address)]
    assert shop.world.outbox.tiktok_subscriptions["ORDER_STATUS_CHANGE"].address == address
    shop.seller.data("DELETE", WEBHOOKS, body={"event_type": "ORDER_STATUS_CHANGE"})
    assert shop.seller.data("GET", WEBHOOKS)["total_count"] == 0
    assert shop.seller.code("DELETE", WEBHOOKS, body={"event_type": "ORDER_STATUS_CHANGE"}) == 36009004


@pytest.mark.parametrize(
    ("event_type", "address"),
    [
        ("ORDER_STATUS_CHANGE", "http://example.com/hook"),
        ("ORDER_STATUS_CHANGE", "https://example.com:8443/hook"),
        ("ORDER_STATUS_CHANGE", f"https://example.com/{'x' * 255}"),
        ("ORDER_STATUS_CHANGE", ""),
        ("INVENTORY_CHANGE", "https://example.com/hook"),
    ],
)
def test_a_webhook_that_cannot_be_is_refused(quiet_shop: Shop, event_type: str, address: str) -> None:
    body = {"event_type": event_type, "address": address}
    assert quiet_shop.seller.code("PUT", WEBHOOKS, body=body) == 36009004


def test_what_the_app_set_is_confirmed_once_it_has_the_answer(shop: Shop) -> None:
    set_stock(shop, sku_at(shop), {"quantity": 3})
    replace(shop.seller, cipher=None).data("GET", "/authorization/202309/shops")
    assert [entry.kind for entry in shop.world.confirmations.entries] == ["told", "confirmed"]
