"""An order's webhook becomes a picture, and what it leaves open is asked for."""

from datetime import UTC, datetime
from typing import Any

import pytest

from onhand.channels.shopify.parse import parse
from onhand.domain.openings import Opened
from onhand.domain.orders import OrderLine, OrderPicture, Placed, Refunded, Restock, Shipped
from onhand.domain.settling import settle
from onhand.domain.stock import Bin, State, fold
from onhand.ports.channel import Ask, Report, Wanted
from onhand.ports.delivery import Delivery
from tests.channels.shopify import bodies
from tests.channels.shopify.bodies import BOSTON, CAP, CAP_ITEM, ORDER, TEE, TEE_ITEM, WAREHOUSE

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)


def delivered(payload: object, topic: str = "orders/updated") -> Delivery:
    body = payload if isinstance(payload, bytes) else bodies.as_body(payload)
    return Delivery(
        shop="tees.myshopify.com",
        channel="shopify",
        topic=topic,
        delivery_id="d-1",
        event_id=None,
        triggered_at=None,
        received_at=NOW,
        body=body,
    )


def told(payload: dict[str, Any], topic: str = "orders/updated") -> tuple[OrderPicture, Report]:
    report = parse(delivered(payload, topic), bodies.catalog())
    (picture,) = report.pictures
    assert isinstance(picture, OrderPicture)
    return picture, report


def effect(picture: OrderPicture) -> dict[tuple[str, Bin], int]:
    return fold(settle(picture, {}, Opened(), 0).movements)


def test_an_online_order_is_pictured_without_a_place_and_asked_for() -> None:
    picture, report = told(bodies.order(), "orders/create")
    assert picture.cause == f"shopify/order/{ORDER}"
    assert picture.version.at == datetime(2026, 11, 23, 15, 0, 2, tzinfo=UTC)
    assert picture.version.reading == 0
    assert picture.placed_at == datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    assert picture.lines == (OrderLine("1", TEE_ITEM, 2),)
    assert picture.placed == (Placed("1", None, 2),)
    assert not picture.complete
    (ask,) = report.asks
    assert (ask.wanted, ask.key) == (Wanted.ORDER, str(ORDER))


def test_a_sale_at_a_till_says_everything_and_asks_nothing() -> None:
    picture, report = told(bodies.pos_sale(), "orders/create")
    assert picture.complete
    assert report.asks == ()
    shipped_at = datetime(2026, 11, 23, 15, 5, tzinfo=UTC)
    assert picture.shipped == (Shipped("1", str(BOSTON), 2, shipped_at), Shipped("2", str(BOSTON), 1, shipped_at))
    assert effect(picture) == {
        (TEE_ITEM, Bin(str(BOSTON), State.AVAILABLE)): -2,
        (TEE_ITEM, Bin(str(BOSTON), State.CUSTOMER)): 2,
        (CAP_ITEM, Bin(str(BOSTON), State.AVAILABLE)): -1,
        (CAP_ITEM, Bin(str(BOSTON), State.CUSTOMER)): 1,
    }


@pytest.mark.parametrize("status", ["cancelled", "error", "failure", "pending", "open", None])
def test_only_a_successful_fulfilment_has_left_the_shelf(status: str | None) -> None:
    payload = bodies.order(
        line_items=[bodies.line(1, TEE, 2, 2)], fulfillments=[bodies.fulfillment(BOSTON, {1: 2}, status=status)]
    )
    picture, _ = told(payload)
    assert picture.shipped == ()


def test_a_fulfilment_without_a_location_lowers_everywhere_and_is_asked_for() -> None:
    payload = bodies.order(line_items=[bodies.line(1, TEE, 2, 0)], fulfillments=[bodies.fulfillment(None, {1: 2})])
    picture, report = told(payload)
    assert picture.placed == (Placed("1", None, 2),)
    assert not picture.complete
    assert [ask.wanted for ask in report.asks] == [Wanted.ORDER]


def test_an_unknown_item_is_asked_for_beside_its_order() -> None:
    payload = bodies.order(line_items=[bodies.line(1, 99, 2, 0), bodies.line(2, TEE, 1, 0)])
    picture, report = told(payload)
    assert picture.lines == (OrderLine("2", TEE_ITEM, 1),)
    assert not picture.complete
    assert {(ask.wanted, ask.key) for ask in report.asks} == {
        (Wanted.ORDER, str(ORDER)),
        (Wanted.ITEM, "variant:99"),
    }


def test_a_custom_line_concerns_no_stock() -> None:
    payload = bodies.order(
        line_items=[bodies.line(1, None, 5, 5)],
        fulfillments=[bodies.fulfillment(BOSTON, {1: 3})],
        refunds=[bodies.refund([(1, 2, "cancel", BOSTON)])],
    )
    picture, report = told(payload)
    assert (picture.lines, picture.placed, picture.shipped, picture.refunded) == ((), (), (), ())
    assert report.asks == ()


@pytest.mark.parametrize(
    ("word", "restock"),
    [("return", Restock.RETURN), ("cancel", Restock.CANCEL), ("no_restock", Restock.NONE), (None, Restock.NONE)],
)
def test_a_refund_keeps_its_restock_type_and_place(word: str, restock: Restock) -> None:
    payload = bodies.order(
        line_items=[bodies.line(1, TEE, 2, 0)],
        fulfillments=[bodies.fulfillment(BOSTON, {1: 2})],
        refunds=[bodies.refund([(1, 1, word, WAREHOUSE)])],
    )
    picture, _ = told(payload)
    refunded_at = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    assert picture.refunded == (Refunded("1", str(WAREHOUSE), 1, restock, refunded_at),)


def test_an_old_style_restock_is_a_return_of_what_was_shipped_and_a_cancel_of_what_was_not() -> None:
    shipped = bodies.order(
        line_items=[bodies.line(1, TEE, 2, 0)],
        fulfillments=[bodies.fulfillment(BOSTON, {1: 2})],
        refunds=[bodies.refund([(1, 1, "legacy_restock", BOSTON)])],
    )
    unshipped = bodies.order(
        line_items=[bodies.line(1, TEE, 2, 0)], refunds=[bodies.refund([(1, 2, "legacy_restock", BOSTON)])]
    )
    assert told(shipped)[0].refunded[0].restock is Restock.RETURN
    assert told(unshipped)[0].refunded[0].restock is Restock.CANCEL


def test_a_cancelled_order_with_restock_leaves_no_trace() -> None:
    payload = bodies.order(
        cancelled_at="2026-11-23T11:00:00-05:00",
        line_items=[bodies.line(1, TEE, 2, 0)],
        refunds=[bodies.refund([(1, 2, "cancel", WAREHOUSE)])],
    )
    picture, report = told(payload, "orders/cancelled")
    assert picture.complete
    assert report.asks == ()
    assert effect(picture) == {}


def test_units_written_off_before_shipping_are_asked_for_because_nobody_says_where() -> None:
    payload = bodies.order(
        line_items=[bodies.line(1, TEE, 2, 0)], refunds=[bodies.refund([(1, 2, "no_restock", None)])]
    )
    picture, report = told(payload)
    assert not picture.complete
    because = "orders/updated: units were written off, from where is not said"
    assert Ask(Wanted.ORDER, str(ORDER), because) in report.asks


def test_giving_money_back_without_the_goods_asks_nothing() -> None:
    payload = bodies.order(
        line_items=[bodies.line(1, TEE, 3, 0)],
        fulfillments=[bodies.fulfillment(BOSTON, {1: 2})],
        refunds=[bodies.refund([(1, 1, "cancel", None)]), bodies.refund([(1, 2, "no_restock", None)])],
    )
    picture, report = told(payload)
    assert picture.complete
    assert report.asks == ()
    assert effect(picture)[TEE_ITEM, Bin(str(BOSTON), State.CUSTOMER)] == 2


def test_what_comes_back_to_a_store_is_free_there() -> None:
    payload = bodies.order(
        line_items=[bodies.line(1, TEE, 2, 0)],
        fulfillments=[bodies.fulfillment(WAREHOUSE, {1: 2})],
        refunds=[bodies.refund([(1, 1, "return", BOSTON)])],
    )
    picture, _ = told(payload)
    assert effect(picture) == {
        (TEE_ITEM, Bin(str(WAREHOUSE), State.AVAILABLE)): -2,
        (TEE_ITEM, Bin(str(WAREHOUSE), State.CUSTOMER)): 2,
        (TEE_ITEM, Bin(str(BOSTON), State.CUSTOMER)): -1,
        (TEE_ITEM, Bin(str(BOSTON), State.AVAILABLE)): 1,
    }


def test_nothing_about_a_customer_crosses_into_a_report() -> None:
    report = parse(delivered(bodies.pos_sale()), bodies.catalog())
    words = repr(report)
    for secret in ("ada@example.com", "Ada", "555", "Sample Street", "engraving"):
        assert secret not in words


@pytest.mark.parametrize("event", ["create", "updated", "cancelled", "fulfilled", "partially_fulfilled", "paid"])
def test_every_topic_that_carries_an_order_gives_the_same_picture(event: str) -> None:
    assert told(bodies.pos_sale(), f"orders/{event}")[0] == told(bodies.pos_sale())[0]


@pytest.mark.parametrize(
    ("topic", "payload", "key"),
    [
        ("orders/delete", {"id": ORDER}, str(ORDER)),
        ("orders/edited", {"order_edit": {"id": 1, "order_id": ORDER, "line_items": {}}}, str(ORDER)),
        ("refunds/create", {"id": 890000000001, "order_id": ORDER}, str(ORDER)),
        ("fulfillments/create", {"id": 4800000000001, "order_id": ORDER}, str(ORDER)),
        ("fulfillments/update", {"id": 4800000000001, "order_id": ORDER}, str(ORDER)),
        (
            "fulfillment_orders/moved",
            {
                "original_fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/66", "status": "closed"},
                "moved_fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/67"},
            },
            "fo:66",
        ),
        (
            "fulfillment_orders/order_routing_complete",
            {"fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/66", "status": "open"}},
            "fo:66",
        ),
    ],
)
def test_what_says_too_little_of_an_order_asks_for_it(topic: str, payload: object, key: str) -> None:
    report = parse(delivered(payload, topic), bodies.catalog())
    assert report.asks == (Ask(Wanted.ORDER, key, topic),)
    assert report.pictures == ()


@pytest.mark.parametrize(
    ("topic", "payload", "ask"),
    [
        ("returns/approve", {"id": 7, "order": {"id": ORDER}}, (Wanted.RETURN, "7")),
        ("returns/close", {"id": 7, "order_id": ORDER, "status": "closed"}, (Wanted.RETURN, "7")),
        ("returns/update", {"admin_graphql_api_id": "gid://shopify/Return/7"}, (Wanted.RETURN, "7")),
        ("reverse_fulfillment_orders/dispose", {"id": 9, "dispositions": []}, (Wanted.RETURN, "rfo:9")),
        ("draft_orders/create", {"id": 5, "name": "#D1"}, (Wanted.DRAFT, "5")),
        ("draft_orders/delete", {"id": 5}, (Wanted.DRAFT, "5")),
    ],
)
def test_returns_dispositions_and_drafts_are_asked_for_by_their_own_ids(
    topic: str, payload: object, ask: tuple[Wanted, str]
) -> None:
    assert parse(delivered(payload, topic), bodies.catalog()).asks == (Ask(*ask, topic),)


def test_a_return_that_names_nothing_is_found_by_its_order() -> None:
    report = parse(delivered({}, "returns/process"), bodies.catalog())
    assert report.asks == ()
    assert "names no return" in report.note


def test_the_refund_of_a_return_is_left_to_the_return() -> None:
    refund = {
        "created_at": "2026-11-23T10:00:00-05:00",
        "return": {"id": 7},
        "refund_line_items": [
            {"line_item_id": 1, "quantity": 1, "restock_type": "return", "location_id": int(WAREHOUSE)}
        ],
    }
    payload = bodies.order(
        line_items=[bodies.line(1, TEE, 1, 0)], fulfillments=[bodies.fulfillment(WAREHOUSE, {1: 1})], refunds=[refund]
    )
    picture, report = told(payload)
    assert picture.refunded == ()
    assert Ask(Wanted.RETURN, "7", "orders/updated: the order names a return") in report.asks


def test_a_mixed_order_keeps_each_line_apart() -> None:
    payload = bodies.order(
        line_items=[bodies.line(1, TEE, 3, 1), bodies.line(2, CAP, 2, 0)],
        fulfillments=[bodies.fulfillment(WAREHOUSE, {1: 2}), bodies.fulfillment(BOSTON, {2: 2})],
    )
    picture, _ = told(payload)
    assert picture.placed == (Placed("1", None, 1),)
    assert [(row.line, row.location, row.units) for row in picture.shipped] == [
        ("1", str(WAREHOUSE), 2),
        ("2", str(BOSTON), 2),
    ]
