"""What calls cost, and the bucket they are paid from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from onhand.sandbox.shopify.bucket import Bucket
from onhand.sandbox.shopify.cost import Sizing
from onhand.sandbox.shopify.documents import DocumentCache
from onhand.sandbox.shopify.schema import admin_schema
from onhand.sandbox.state import Settings
from tests.sandbox_protocols.clients import Json
from tests.sandbox_protocols.conftest import opened

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CHEAP = "{ shop { name } }"


def requested(query: str, *, linear: bool = False, **variables: object) -> int:
    operation = DocumentCache(admin_schema()).read(query).operation(None)
    assert operation is not None
    return operation.cost.requested(variables, Sizing(linear=linear))


@pytest.mark.parametrize(
    ("query", "points"),
    [
        # Costs that the real platform was seen to ask for.
        ('{product(id:"x"){variants(first:250){nodes{inventoryItem{id tracked}}}}}', 25),
        (
            """{location(id:"x"){inventoryLevels(first:100){pageInfo{hasNextPage} edges{cursor node{id
            quantities(names:"available"){quantity} item{id variant{id product{id}}}}}}}}""",
            48,
        ),
        ("{products(first:200){nodes{id}}}", 12),
        # What the published table says.
        ("{shop{id name timezoneOffsetMinutes}}", 1),
        ("{a:shop{id} b:shop{id}}", 2),
        ("{orders(first:10){pageInfo{hasNextPage endCursor}}}", 2),
        ("{orders(last:1){nodes{id totalPriceSet{shopMoney{amount}}}}}", 3),
    ],
)
def test_a_query_costs_what_the_platform_was_seen_to_ask_for(query: str, points: int) -> None:
    assert requested(query) == points


def test_a_mutation_costs_ten_whatever_it_returns() -> None:
    query = """mutation M($i: InventoryMoveQuantitiesInput!) {
      a: inventoryMoveQuantities(input: $i) { inventoryAdjustmentGroup { changes { item { id } } } }
      b: inventoryMoveQuantities(input: $i) { userErrors { code } } }"""
    assert requested(query) == 20


def test_an_interface_costs_its_dearest_selection() -> None:
    query = """{ node(id: "x") { ... on InventoryLevel { item { id } location { id } }
      ... on Order { retailLocation { id } } } }"""
    assert requested(query) == 3


def test_sizes_come_from_variables_and_fragments_count_where_they_are_spread() -> None:
    query = (
        """query Q($n: Int!) { orders(first: $n) { nodes { ...F } } } fragment F on Order { retailLocation { id } }"""
    )
    assert [requested(query, n=n) for n in (1, 10, 250)] == [4, 10, 24]
    assert [requested(query, linear=True, n=n) for n in (1, 10, 250)] == [4, 22, 502]


def test_the_actual_cost_counts_what_came_back_and_the_rest_is_refunded() -> None:
    with opened(Settings(restore_points_per_s=0.0)) as shop:
        query = "{ inventoryItems(first: 250) { nodes { id inventoryLevels(first: 50) { nodes { id } } } } }"
        cost: Json = shop.admin.answer(query)["extensions"]["cost"]
        # 12 items with three levels each: 2 + 4 x (1 + 2 + 2 x 1); asked for were 250 items with fifty.
        assert cost["requestedQueryCost"] == 2 + 11 * (1 + 2 + 7)
        assert cost["actualQueryCost"] == 2 + 4 * (1 + 2 + 2)
        assert cost["throttleStatus"] == {
            "maximumAvailable": 2000.0,
            "currentlyAvailable": 2000 - cost["actualQueryCost"],
            "restoreRate": 0.0,
        }


def test_an_empty_answer_costs_no_more_than_its_connection() -> None:
    with opened(Settings()) as shop:
        cost = shop.admin.answer("{ orders(first: 50) { nodes { id } } }")["extensions"]["cost"]
        assert cost["actualQueryCost"] == 2


def test_a_call_that_asks_for_more_than_the_bucket_holds_is_throttled_with_http_200() -> None:
    with opened(Settings(bucket_points=30.0, restore_points_per_s=0.0)) as shop:
        query = "{ inventoryItems(first: 250) { nodes { id variant { id } sku } } }"  # asks for 24, takes 10
        first = shop.admin.answer(query)
        assert "errors" not in first
        second = shop.admin.answer(query)
        assert "data" not in second
        assert second["errors"][0]["message"] == "Throttled"
        assert second["errors"][0]["extensions"]["code"] == "THROTTLED"
        assert second["extensions"]["cost"] == {
            "requestedQueryCost": 24,
            "actualQueryCost": None,
            "throttleStatus": {"maximumAvailable": 30.0, "currentlyAvailable": 20, "restoreRate": 0.0},
        }


def test_a_bucket_may_start_empty() -> None:
    with opened(Settings(bucket_starts_empty=True, restore_points_per_s=0.0)) as shop:
        assert shop.admin.error(CHEAP)["extensions"]["code"] == "THROTTLED"


def test_a_throttled_mutation_changes_nothing() -> None:
    with opened(Settings(bucket_starts_empty=True, restore_points_per_s=0.0)) as shop:
        before = shop.level().available
        query = """mutation M($i: InventoryAdjustQuantitiesInput!) {
          inventoryAdjustQuantities(input: $i) @idempotent(key: "k") { userErrors { code } } }"""
        change = {"inventoryItemId": shop.item_gid(), "locationId": shop.location_gid(), "delta": -1}
        ask = {"name": "available", "reason": "correction", "changes": [change | {"changeFromQuantity": None}]}
        assert shop.admin.error(query, {"i": ask})["extensions"]["code"] == "THROTTLED"
        assert shop.level().available == before


def test_one_query_may_not_ask_for_more_than_a_thousand_points() -> None:
    with opened(Settings(bucket_points=20_000.0, linear_cost=True)) as shop:
        error = shop.admin.error(
            "{ inventoryItems(first: 250) { nodes { inventoryLevels(first: 3) { nodes { id } } } } }"
        )
        assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"
        assert error["extensions"]["cost"] == 2 + 250 * (1 + 2 + 3)
        assert error["extensions"]["maxCost"] == 1000


def test_a_bucket_fills_at_its_rate_and_never_over_its_rim() -> None:
    bucket = Bucket(size_points=2000.0, restore_points_per_s=100.0, starts_empty=True, now=NOW)
    assert not bucket.charge(100, NOW)
    assert not bucket.charge(100, NOW + timedelta(seconds=0.5))
    assert bucket.charge(100, NOW + timedelta(seconds=1))
    bucket.refund(40, NOW + timedelta(seconds=1))
    assert bucket.status(NOW + timedelta(seconds=1)).available_points == 40
    assert bucket.status(NOW + timedelta(hours=1)).available_points == 2000


def test_a_clock_that_steps_back_restores_nothing() -> None:
    bucket = Bucket(size_points=100.0, restore_points_per_s=10.0, starts_empty=True, now=NOW)
    assert not bucket.charge(1, NOW - timedelta(seconds=10))
