"""Bulk queries: run beside everything else, and fetched as JSONL."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.sandbox_protocols.clients import Json, Shop
from tests.sandbox_protocols.conftest import UNLIMITED, opened
from tests.sandbox_protocols.test_reading import online

RUN = """mutation R($q: String!, $grouped: Boolean! = false) {
  bulkOperationRunQuery(query: $q, groupObjects: $grouped) {
    bulkOperation { id status url } userErrors { field message code } } }"""
READ = """query B($id: ID!) { bulkOperation(id: $id) { status errorCode objectCount rootObjectCount fileSize url
  createdAt completedAt type query } }"""
LEVELS = """{ inventoryItems { edges { node { id sku inventoryLevels { edges { node { id location { id }
  quantities(names: ["available"]) { name quantity } } } } } } } }"""


@pytest.fixture
def bulk_shop() -> Iterator[Shop]:
    """A shop with more items than a bulk operation reads in one piece, which starts reading at once."""
    with opened(replace(UNLIMITED, bulk_run_s=0.02), items=230) as one:
        yield one


def started(shop: Shop, query: str = LEVELS, *, grouped: bool = False) -> str:
    payload = shop.admin.data(RUN, {"q": query, "grouped": grouped})["bulkOperationRunQuery"]
    assert payload["userErrors"] == []
    assert payload["bulkOperation"]["status"] == "CREATED"
    assert payload["bulkOperation"]["url"] is None
    return str(payload["bulkOperation"]["id"])


def finished(shop: Shop, operation: str) -> Json:
    held: Json = {"status": "CREATED"}
    for _ in range(400):
        if held["status"] not in {"CREATED", "RUNNING", "CANCELING"}:
            return held
        time.sleep(0.01)
        held = shop.admin.data(READ, {"id": operation})["bulkOperation"]
    raise AssertionError(f"{operation} does not end: {held}")


def rows_of(shop: Shop, url: str) -> list[Json]:
    return [json.loads(line) for line in shop.admin.http.get(url).text.splitlines()]


def test_every_level_of_every_item_is_read_under_its_item(bulk_shop: Shop) -> None:
    held = finished(bulk_shop, started(bulk_shop))
    assert (held["status"], held["errorCode"]) == ("COMPLETED", None)
    assert (held["rootObjectCount"], held["objectCount"]) == ("230", str(230 * 4))
    rows = rows_of(bulk_shop, held["url"])
    items = {row["id"]: row["sku"] for row in rows if "__parentId" not in row}
    assert list(items.values()) == [item.sku for item in bulk_shop.world.catalog]
    levels = [row for row in rows if "__parentId" in row]
    assert len(levels) == 230 * 3
    assert all("inventoryLevels" not in row for row in rows)
    for row in levels:
        level = bulk_shop.world.levels.by_id(int(row["id"].split("/")[-1].split("?")[0]))
        assert level is not None
        assert row["__parentId"] == f"gid://shopify/InventoryItem/{level.item_id}"
        assert row["quantities"] == [{"name": "available", "quantity": level.available}]


def test_the_file_can_be_fetched_in_parts(bulk_shop: Shop) -> None:
    held = finished(bulk_shop, started(bulk_shop))
    whole = bulk_shop.admin.http.get(held["url"]).content
    assert len(whole) == int(held["fileSize"])
    part = bulk_shop.admin.http.get(held["url"], headers={"Range": "bytes=100-299"})
    assert (part.status_code, part.content) == (206, whole[100:300])
    assert bulk_shop.admin.http.get(held["url"].replace(".jsonl", "9.jsonl")).status_code == 404


def test_the_end_is_told_by_webhook(bulk_shop: Shop) -> None:
    told: list[Json] = []
    outbox = bulk_shop.world.outbox
    now = bulk_shop.running.sandbox.clock()
    outbox.subscribe(topic="bulk_operations/finish", uri="http://127.0.0.1:9/", api_version="2026-10", now=now)
    outbox.on_queued = lambda: told.extend(json.loads(one.body or b"{}") for one in outbox.take())
    operation = started(bulk_shop)
    held = finished(bulk_shop, operation)
    assert told == [
        {
            "admin_graphql_api_id": operation,
            "completed_at": held["completedAt"],
            "created_at": held["createdAt"],
            "error_code": None,
            "status": "completed",
            "type": "query",
        }
    ]


def test_an_empty_result_has_no_file(bulk_shop: Shop) -> None:
    held = finished(bulk_shop, started(bulk_shop, "{ orders { edges { node { id } } } }"))
    assert (held["status"], held["objectCount"], held["url"]) == ("COMPLETED", "0", None)


def test_orders_are_read_two_connections_deep(bulk_shop: Shop) -> None:
    order = online(bulk_shop, 2, 1)
    query = """{ orders(query: "status:open") { nodes { id name fulfillmentOrders { nodes { id status
      lineItems { nodes { id remainingQuantity } } } } lineItems { nodes { id sku } } } } }"""
    rows = rows_of(bulk_shop, finished(bulk_shop, started(bulk_shop, query, grouped=True))["url"])
    part = f"gid://shopify/FulfillmentOrder/{order.fulfillment_orders[0].id}"
    assert [row.get("__parentId") for row in rows] == [
        None,
        f"gid://shopify/Order/{order.id}",
        part,
        part,
        f"gid://shopify/Order/{order.id}",
        f"gid://shopify/Order/{order.id}",
    ]


def test_five_run_at_once_and_a_sixth_waits() -> None:
    with opened(replace(UNLIMITED, bulk_run_s=0.5)) as shop:
        for _ in range(5):
            started(shop)
        payload = shop.admin.data(RUN, {"q": LEVELS})["bulkOperationRunQuery"]
        assert [error["code"] for error in payload["userErrors"]] == ["LIMIT_REACHED"]


def test_a_cancelled_operation_ends_without_a_file() -> None:
    with opened(replace(UNLIMITED, bulk_run_s=0.2)) as shop:
        operation = started(shop)
        cancel = (
            "mutation C($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { message } } }"
        )
        payload = shop.admin.data(cancel, {"id": operation})["bulkOperationCancel"]
        assert payload["bulkOperation"]["status"] == "CANCELING"
        held = finished(shop, operation)
        assert (held["status"], held["url"]) == ("CANCELED", None)
        again = shop.admin.data(cancel, {"id": operation})["bulkOperationCancel"]
        assert "canceled" in again["userErrors"][0]["message"]


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("{ shop { name } }", "connection"),
        ('{ node(id: "x") { id } }', "node"),
        ("query Q($n: Int) { orders(first: $n) { nodes { id } } }", "variables"),
        ("{ orders { nodes { name lineItems { nodes { id } } } } }", "id"),
        ("{ orders { nodes { id refunds { id refundLineItems { nodes { quantity } } } } } }", "list"),
        ("mutation { webhookSubscriptionDelete(id: 1) { userErrors { field } } }", "query"),
        ("{ orders { nodes { id } } products { nodes { id } } }", "one field"),
        ("{ orders { nodes { colour } } }", "colour"),
        (
            """{ products { nodes { id variants { nodes { id inventoryItem { id inventoryLevels { nodes { id
              location { id inventoryLevels { nodes { id } } } } } } } } } } }""",
            "deep",
        ),
        (
            """{ orders { nodes { id a: lineItems { nodes { id } } b: lineItems { nodes { id } }
              c: lineItems { nodes { id } } d: lineItems { nodes { id } } e: lineItems { nodes { id } } } } }""",
            "at most 5",
        ),
    ],
)
def test_a_query_that_cannot_run_in_bulk_is_refused(quiet_shop: Shop, query: str, word: str) -> None:
    payload = quiet_shop.admin.data(RUN, {"q": query})["bulkOperationRunQuery"]
    assert payload["bulkOperation"] is None
    assert [error["code"] for error in payload["userErrors"]] == ["INVALID"]
    assert word in payload["userErrors"][0]["message"]


def test_other_calls_are_served_while_a_bulk_operation_reads() -> None:
    with opened(replace(UNLIMITED, bulk_run_s=0.0), items=3000) as shop:
        operation = started(shop)
        statuses: list[str] = []
        while not statuses or statuses[-1] in {"CREATED", "RUNNING"}:
            statuses.append(shop.admin.data(READ, {"id": operation})["bulkOperation"]["status"])
        assert "RUNNING" in statuses
        assert statuses[-1] == "COMPLETED"
