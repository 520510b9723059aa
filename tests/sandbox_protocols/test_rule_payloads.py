"""What webhooks carry: the keys of Shopify's documented samples (API 2026-07 and 2026-10), and what they leave out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

import onhand.channels.shopify
from onhand.sandbox.letters import body_of, headers_of
from onhand.sandbox.shopify.topics import enum_of, header_of
from tests.sandbox_protocols.clients import Json, Shop
from tests.sandbox_protocols.conftest import UNLIMITED, opened

# Taken from the schema's descriptions by scripts/prune_schema.py.
TOPICS = Path(onhand.channels.shopify.__file__).with_name("topics.json")
TRANSFER = "id happened_at origin destination"
SHIPMENT = "id inventory_transfer_id happened_at"
RETURN_SAID = "id admin_graphql_api_id order_id status"
ORDER = """id admin_graphql_api_id app_id cancel_reason cancelled_at client_details closed_at confirmation_number
  confirmed created_at currency device_id financial_status fulfillment_status location_id merchant_of_record_app_id name
  number order_number processed_at reference source_identifier source_name source_url tags test updated_at user_id
  fulfillments line_items refunds returns line_item_groups"""
ITEM = """id sku created_at updated_at requires_shipping cost country_code_of_origin province_code_of_origin
  harmonized_system_code tracked country_harmonized_system_codes weight_value weight_unit admin_graphql_api_id"""
LOCATION = """id name address1 address2 city zip province country phone created_at updated_at country_code country_name
  province_code legacy active admin_graphql_api_id"""
RETURN = """id admin_graphql_api_id status order total_return_line_items name return_line_items return_shipping_fees
  exchange_line_items total_exchange_line_items"""
LEVEL = "inventory_item_id location_id available updated_at admin_graphql_api_id"
REOPEN = "mutation R($id: ID!) { returnReopen(id: $id) { return { status } userErrors { code } } }"
# The keys of the documented samples; of an order those that are no money, no address and no customer.
SAMPLES: Mapping[str, str] = {
    "inventory_levels/connect": LEVEL,
    "inventory_levels/update": LEVEL,
    "inventory_levels/disconnect": "inventory_item_id location_id",
    "inventory_items/create": ITEM,
    "inventory_items/update": ITEM,
    "inventory_items/delete": """id country_code_of_origin province_code_of_origin harmonized_system_code
      country_harmonized_system_codes admin_graphql_api_id""",
    "locations/create": LOCATION,
    "locations/update": LOCATION,
    "locations/deactivate": LOCATION,
    "orders/create": ORDER,
    "orders/updated": ORDER,
    "orders/cancelled": ORDER,
    "orders/edited": "order_edit",
    "fulfillment_orders/moved": """original_fulfillment_order moved_fulfillment_order destination_location_id
      fulfillment_order_line_items_requested source_location""",
    "fulfillments/create": """id order_id status created_at service updated_at tracking_company shipment_status
      location_id origin_address email destination line_items tracking_number tracking_numbers tracking_url
      tracking_urls receipt name admin_graphql_api_id""",
    "refunds/create": """id order_id created_at note user_id processed_at duties total_duties_set return
      refund_shipping_lines restock admin_graphql_api_id order_adjustments refund_line_items transactions""",
    "returns/approve": RETURN,
    "returns/close": RETURN_SAID,
    "returns/reopen": RETURN_SAID,
    "returns/cancel": RETURN_SAID,
    "reverse_fulfillment_orders/dispose": "id admin_graphql_api_id dispositions total_dispositions",
    "inventory_transfers/ready_to_ship": f"{TRANSFER} status line_items",
    "inventory_transfers/add_items": f"{TRANSFER} items_added",
    "inventory_transfers/update_item_quantities": f"{TRANSFER} status items_updated",
    "inventory_transfers/remove_items": f"{TRANSFER} items_removed",
    "inventory_transfers/updated": TRANSFER,
    "inventory_transfers/cancel": f"{TRANSFER} status",
    "inventory_transfers/complete": f"{TRANSFER} status",
    "inventory_shipments/create": f"{SHIPMENT} status tracking line_items",
    "inventory_shipments/mark_in_transit": f"{SHIPMENT} status",
    "inventory_shipments/receive_items": f"{SHIPMENT} status items_received",
}


def live(shop: Shop) -> None:
    """Let everything happen once that a topic of the samples tells of."""
    tee, cap, mug = (shop.item(index).sku for index in range(3))
    warehouse, boston = (shop.location(index).name for index in range(2))

    def order(units: int = 2) -> str:
        shop.do("order", channel="online_store", lines=[{"sku": tee, "units": units}])
        return list(shop.world.orders)[-1].name

    edited, moved, gone = order(), order(), order()
    shop.do("edit", order=edited, add=[{"sku": cap, "units": 1}], remove=[{"sku": tee, "units": 1}])
    shop.do("move", order=moved, to=boston)
    shop.do("cancel", order=gone)
    shop.do("fulfil", order=edited)
    shop.do("refund", order=edited, lines=[{"sku": cap, "units": 1}], location=boston)
    shop.do("return", order=edited, lines=[{"sku": tee, "units": 1}])
    shop.do("dispose", **{"return": f"{edited}-R1", "type": "RESTOCKED", "location": boston})
    shop.do("close_return", **{"return": f"{edited}-R1"})
    (closed,) = [one.id for order in shop.world.orders for one in order.returns]
    shop.admin.data(REOPEN, {"id": f"gid://shopify/Return/{closed}"})
    shop.do("fulfil", order=moved)
    shop.do("return", order=moved, lines=[{"sku": tee, "units": 1}])
    shop.do("cancel_return", **{"return": f"{moved}-R1"})
    lines = [{"sku": tee, "units": 2}, {"sku": cap, "units": 2}]
    for _ in range(2):
        shop.do("transfer", **{"from": warehouse, "to": boston, "lines": lines, "until": "ready"})
    first, second = [one.name for one in shop.world.transfers.values()]
    shop.do("change_transfer", transfer=first, lines=[{"sku": mug, "units": 1}, {"sku": tee, "units": 3}], remove=[cap])
    shop.do("ship_transfer", transfer=first, draft=True)
    shop.do("ship_transfer", transfer=first, packed=True)
    shop.do("receive_transfer", transfer=first)
    shop.do("cancel_transfer", transfer=second)
    shop.do("add_item", sku="NEW", location=warehouse, units=1)
    shop.do("change_item", sku="NEW", tracked=False)
    shop.do("stock_item", sku=cap, location=boston, stocked=False)
    shop.do("remove_item", sku="NEW")
    shop.do("add_location", name="Depot")
    shop.do("change_location", location="Depot", new_name="Store")
    shop.do("change_location", location="Store", active=False)


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, list[Json]]]:
    """Everything that a shop told, by topic."""
    with opened(UNLIMITED) as shop:
        sandbox = shop.running.sandbox
        outbox = shop.world.outbox
        found: dict[str, list[Json]] = {}

        def sent() -> None:
            for delivery in outbox.take():
                body = body_of(sandbox, delivery)
                assert body is not None
                assert headers_of(sandbox, delivery, body)["X-Shopify-Topic"] == delivery.topic
                found.setdefault(delivery.topic, []).append(msgspec.json.decode(body))

        outbox.on_queued = sent
        for topic in SAMPLES:
            outbox.subscribe(topic=topic, uri="http://127.0.0.1:9/", api_version="2026-10", now=sandbox.clock())
        live(shop)
        yield found


@pytest.mark.parametrize("topic", SAMPLES)
def test_a_webhook_carries_the_keys_of_the_documented_sample(told: dict[str, list[Json]], topic: str) -> None:
    wanted = set(SAMPLES[topic].split())
    assert told[topic]
    for payload in told[topic]:
        assert wanted - set(payload) == set()
        if not topic.startswith("orders/"):  # of those the samples' money, addresses and customers are not listed here
            assert set(payload) - wanted == set()


def test_a_level_says_neither_who_nor_why_nor_how_many_more(told: dict[str, list[Json]]) -> None:
    for payload in told["inventory_levels/update"]:
        assert set(payload) == set(LEVEL.split())
        assert payload["available"] is None or isinstance(payload["available"], int)


def test_a_refund_line_says_how_and_where_it_was_restocked(told: dict[str, list[Json]]) -> None:
    refund = told["refunds/create"][-1]
    (line,) = refund["refund_line_items"]
    keys = "id quantity line_item_id location_id restock_type subtotal total_tax subtotal_set total_tax_set line_item"
    assert set(line) == set(keys.split())
    assert (line["restock_type"], line["quantity"]) == ("return", 1)


def test_no_order_and_no_refund_names_an_inventory_item(told: dict[str, list[Json]]) -> None:
    assert [name for name in _names(told["orders/updated"] + told["refunds/create"]) if "inventory_item" in name] == []


def _names(value: Any) -> Iterator[str]:
    """Yield every key in a body."""
    if isinstance(value, dict):
        yield from value
        for below in value.values():
            yield from _names(below)
    elif isinstance(value, list):
        for row in value:
            yield from _names(row)


def test_an_edit_names_lines_and_unsigned_changes_only(told: dict[str, list[Json]]) -> None:
    (payload,) = told["orders/edited"]
    changes = payload["order_edit"]["line_items"]
    assert [set(row) for row in (*changes["additions"], *changes["removals"])] == [{"id", "delta"}] * 2
    assert [row["delta"] for row in changes["removals"]] == [1]
    assert "location_id" not in set(_names(payload))
    assert "restock" not in set(_names(payload))


def test_an_online_order_names_no_location(told: dict[str, list[Json]]) -> None:
    assert [order["location_id"] for order in told["orders/create"]] == [None] * len(told["orders/create"])


def test_ids_are_whole_numbers_that_no_reader_may_round(told: dict[str, list[Json]]) -> None:
    order = told["orders/create"][0]
    assert order["admin_graphql_api_id"] == f"gid://shopify/Order/{order['id']}"


FILTERED = """mutation F($topic: WebhookSubscriptionTopic!, $filter: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: "https://app.example/", filter: $filter}) {
    webhookSubscription { id filter } userErrors { field } } }"""


def test_a_filter_sends_only_what_it_finds(shop: Shop) -> None:
    sandbox, outbox = shop.running.sandbox, shop.world.outbox
    came: list[tuple[str, Json]] = []

    def sent() -> None:
        for delivery in outbox.take():
            body = body_of(sandbox, delivery)
            if body is not None:
                came.append((delivery.topic, msgspec.json.decode(body)))

    outbox.on_queued = sent
    before = shop.level(0, 1).available
    for topic, text in (("INVENTORY_LEVELS_UPDATE", f"available:<{before - 1}"), ("ORDERS_CREATE", "source_name:pos")):
        made = shop.admin.data(FILTERED, {"topic": topic, "filter": text})["webhookSubscriptionCreate"]
        assert (made["userErrors"], made["webhookSubscription"]["filter"]) == ([], text)
    for _ in range(2):
        shop.do("sale", location=shop.location(1).name, sku=shop.item().sku)
    shop.do("order", channel="online_store", lines=[{"sku": shop.item(1).sku, "units": 1}])
    assert [payload["source_name"] for topic, payload in came if topic == "orders/create"] == ["pos", "pos"]
    assert [payload["available"] for topic, payload in came if topic.startswith("inv")] == [before - 2]
    wrong = shop.admin.data(FILTERED, {"topic": "ORDERS_PAID", "filter": "this is no search"})
    assert wrong["webhookSubscriptionCreate"]["userErrors"] == [{"field": ["webhookSubscription", "filter"]}]


def test_the_header_of_a_topic_is_the_one_of_the_schema() -> None:
    names: Mapping[str, str] = json.loads(TOPICS.read_text(encoding="utf-8"))["topics"]
    known = {enum: header for enum, header in names.items() if header_of(enum) is not None}
    assert len(known) > 100
    assert {enum: header_of(enum) for enum in known} == known
    assert {header: enum_of(header) for header in known.values()} == {header: enum for enum, header in known.items()}


def test_what_the_apps_configuration_subscribes_to_is_not_listed(shop: Shop) -> None:
    outbox = shop.world.outbox
    outbox.queue_to("http://127.0.0.1:9/", "app/uninstalled", b"{}", outbox.act(shop.running.sandbox.clock()))
    found = shop.admin.data("{ webhookSubscriptions(first: 9) { nodes { id } } webhookSubscriptionsCount { count } }")
    assert found == {"webhookSubscriptions": {"nodes": []}, "webhookSubscriptionsCount": {"count": 0}}
