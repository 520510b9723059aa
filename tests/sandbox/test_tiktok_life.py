"""TikTok Shop's side: its own stock, its own orders, the merchant's shelf."""

from __future__ import annotations

import json

import pytest

from onhand.sandbox.world import tiktok_orders, tiktok_stock
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.outbox import Delivery
from onhand.sandbox.world.selling import TurnedAway
from onhand.sandbox.world.tiktok import Sku
from onhand.sandbox.world.world import World
from tests.sandbox.shop import (
    NOW,
    WAREHOUSE,
    item_id,
    location_id,
    make_shop,
    on_shelf,
    ordered_on_tiktok,
    units,
    wish,
)


def sku_of(world: World, sku: str) -> Sku:
    return world.tiktok.skus[world.tiktok.sku_of_item[item_id(world, sku)]]


def listening() -> World:
    world = make_shop()
    for event_type in ("ORDER_STATUS_CHANGE", "CANCELLATION_STATUS_CHANGE"):
        world.outbox.subscribe_tiktok(event_type=event_type, address="http://127.0.0.1:9/", now=NOW)
    return world


def bodies(world: World) -> list[dict[str, object]]:
    def read(delivery: Delivery) -> dict[str, object]:
        assert delivery.body is not None
        return dict(json.loads(delivery.body))

    return [read(delivery) for delivery in world.outbox.take()]


def test_an_order_has_one_line_a_unit_and_commits_at_once() -> None:
    world = make_shop()
    order = ordered_on_tiktok(world, wish(world, "TEE", 3))
    assert [line.seller_sku for line in order.lines] == ["TEE", "TEE", "TEE"]
    assert (sku_of(world, "TEE").available_units, sku_of(world, "TEE").committed_units) == (7, 3)
    assert units(world, "TEE", WAREHOUSE) == {"on_hand": 10, "available": 10}
    place = world.shelf.place(item_id(world, "TEE"), location_id(world, WAREHOUSE))
    assert (place.units, place.promised_units) == (10, 3)


def test_shipping_takes_committed_units_and_the_shelf() -> None:
    world = make_shop()
    order = ordered_on_tiktok(world, wish(world, "TEE", 3))
    tiktok_orders.ship(world, order, now=NOW, line_ids=[order.lines[0].id])
    assert (order.status, sku_of(world, "TEE").committed_units) == ("PARTIALLY_SHIPPING", 2)
    tiktok_orders.ship(world, order, now=NOW)
    assert (order.status, sku_of(world, "TEE").committed_units) == ("IN_TRANSIT", 0)
    assert on_shelf(world, "TEE", WAREHOUSE) == 7
    tiktok_orders.deliver(world, order, now=NOW)
    assert order.status == "DELIVERED"
    assert order.delivered_at == NOW


def test_a_cancellation_puts_units_back_on_sale_only_where_that_is_set() -> None:
    world = make_shop()
    back = ordered_on_tiktok(world, wish(world, "TEE", 3))
    tiktok_orders.cancel(world, back, reason="buyer", now=NOW)
    assert (sku_of(world, "TEE").available_units, sku_of(world, "TEE").committed_units) == (10, 0)
    sku_of(world, "CAP").auto_restock = False
    gone = ordered_on_tiktok(world, wish(world, "CAP", 3))
    tiktok_orders.cancel(world, gone, reason="buyer", now=NOW)
    assert (sku_of(world, "CAP").available_units, sku_of(world, "CAP").committed_units) == (1, 0)
    assert on_shelf(world, "CAP", WAREHOUSE) == 4


def test_an_order_waits_through_payment_and_hold() -> None:
    world = make_shop()
    order = tiktok_orders.place(world, lines=[wish(world, "TEE")], now=NOW, status="UNPAID")
    assert not isinstance(order, TurnedAway)
    with pytest.raises(Refused, match="is UNPAID and cannot be shipped"):
        tiktok_orders.ship(world, order, now=NOW)
    tiktok_orders.pay(world, order, now=NOW)
    assert order.is_on_hold
    tiktok_orders.release_hold(world, order, now=NOW)
    tiktok_orders.ship(world, order, now=NOW)
    with pytest.raises(Refused, match="is IN_TRANSIT and cannot be cancelled"):
        tiktok_orders.cancel(world, order, reason="buyer", now=NOW)


def test_shoppers_get_what_the_listing_shows_whatever_stands_there() -> None:
    world = make_shop(listed=2)
    away = tiktok_orders.place(world, lines=[wish(world, "TEE", 3)], now=NOW)
    assert isinstance(away, TurnedAway)
    assert (away.wanted_units, away.there_units) == (3, 2)
    tiktok_stock.set_stock(world, sku_id=sku_of(world, "TEE").sku_id, units=40, now=NOW)
    ordered_on_tiktok(world, wish(world, "TEE", 12))
    assert world.shelf.oversold_units == 2


def test_webhooks_tell_status_and_every_change_of_stock() -> None:
    world = listening()
    order = ordered_on_tiktok(world, wish(world, "TEE", 3))
    stock, status = bodies(world)
    assert (stock["type"], status["type"]) == (71, 1)
    assert status["shop_id"] == world.tiktok.shop_id
    assert status["data"] == {
        "order_id": order.id,
        "order_status": "AWAITING_SHIPMENT",
        "is_on_hold_order": False,
        "update_time": int(NOW.timestamp()),
    }
    data = stock["data"]
    assert isinstance(data, dict)
    assert data["quantity_snapshot_after_change"]["total_available_quantity"] == 7
    assert data["change_detail"][0]["trigger_source"] == "order_created"
    assert data["change_detail"][0]["total_committed_quantity_delta"] == 3


def test_the_webhook_says_cancel_where_the_api_says_cancelled() -> None:
    world = listening()
    order = ordered_on_tiktok(world, wish(world, "TEE"))
    bodies(world)
    tiktok_orders.cancel(world, order, reason="buyer", now=NOW)
    told = {body["type"]: body["data"] for body in bodies(world)}
    assert set(told) == {71, 1, 11}
    status, cancellation = told[1], told[11]
    assert isinstance(status, dict)
    assert isinstance(cancellation, dict)
    assert (status["order_status"], order.status) == ("CANCEL", "CANCELLED")
    assert cancellation["cancel_id"] == order.cancel_id


def test_what_the_app_sets_echoes_as_its_own() -> None:
    world = listening()
    tiktok_stock.set_stock(world, sku_id=sku_of(world, "TEE").sku_id, units=6, now=NOW)
    data = bodies(world)[0]["data"]
    assert isinstance(data, dict)
    assert data["change_detail"][0]["trigger_source"] == "api_sync"
    assert data["change_detail"][0]["total_available_quantity_delta"] == -4
