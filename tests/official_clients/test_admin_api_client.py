"""The npm package @shopify/admin-api-client, installed as published, asks and writes."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

from onhand.sandbox.server import Running
from onhand.sandbox.state import Settings
from tests.official_clients.conftest import HERE, NODE_BINARY, Ask, Json, opened

LEVELS = """query Levels($id: ID!) { inventoryItem(id: $id) { id sku inventoryLevels(first: 5) { nodes {
  location { id } quantities(names: ["available"]) { name quantity } } } } }"""
ADJUST = """mutation Adjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id } userErrors { field message code } } }"""
UNKEYED = ADJUST.replace("@idempotent(key: $key) ", "").replace(", $key: String!", "")


def item_of(running: Running) -> tuple[str, str, int]:
    """Return an item, a location, and the units available there."""
    world = running.sandbox.world
    item, location = next(iter(world.catalog.items)), next(iter(world.catalog.locations))
    level = world.levels.get(item, location)
    assert level is not None
    return f"gid://shopify/InventoryItem/{item}", f"gid://shopify/Location/{location}", level.available


def adjusting(running: Running, delta: int, key: str, expected: int | None = None) -> Json:
    """Return the ask that adds `delta` units at the first location."""
    item, location, available = item_of(running)
    change = {"inventoryItemId": item, "locationId": location, "delta": delta}
    change |= {"changeFromQuantity": available if expected is None else expected}
    entry = {"name": "available", "reason": "correction", "changes": [change]}
    entry |= {"referenceDocumentUri": "gid://test/Adjustment/1"}
    return {"operation": ADJUST, "variables": {"key": key, "input": entry}}


def test_the_installed_client_is_the_one_that_the_lock_pins(installed: Path) -> None:
    pinned = json.loads((HERE / "package-lock.json").read_text())["packages"]
    for path in ("node_modules/@shopify/admin-api-client", "node_modules/@shopify/graphql-client"):
        held = json.loads((installed / path / "package.json").read_text())
        assert held["version"] == pinned[path]["version"]
        assert pinned[path]["integrity"].startswith("sha512-")


def test_it_reads_a_level_and_sees_what_that_cost(running: Running, ask: Ask) -> None:
    item, location, available = item_of(running)
    told = ask(running, {"operation": LEVELS, "variables": {"id": item}})
    assert told["url"] == "https://tees.myshopify.com/admin/api/2026-10/graphql.json"
    (answer,) = told["answers"]
    assert "errors" not in answer
    rows = {
        row["location"]["id"]: row["quantities"] for row in answer["data"]["inventoryItem"]["inventoryLevels"]["nodes"]
    }
    assert rows[location] == [{"name": "available", "quantity": available}]
    assert answer["extensions"]["cost"]["throttleStatus"]["maximumAvailable"] == 2000


def test_a_write_sent_twice_under_one_key_counts_once(running: Running, ask: Ask) -> None:
    *_, before = item_of(running)
    wish = adjusting(running, -2, "8a6f6a1e-8f0c-4a44-9b56-6f1f6ff2f0a1")
    once, again = ask(running, wish, wish)["answers"]
    for answer in (once, again):
        assert answer["data"]["inventoryAdjustQuantities"]["userErrors"] == []
    assert once["data"] == again["data"]
    assert item_of(running)[2] == before - 2


def test_a_stale_compare_and_a_missing_key_are_refused_as_shopify_does(running: Running, ask: Ask) -> None:
    *_, before = item_of(running)
    unkeyed = adjusting(running, 1, "") | {"operation": UNKEYED}
    unkeyed["variables"].pop("key")
    stale, refused = ask(running, adjusting(running, -1, "key-1", expected=before + 7), unkeyed)["answers"]
    (error,) = stale["data"]["inventoryAdjustQuantities"]["userErrors"]
    assert error["code"] == "CHANGE_FROM_QUANTITY_STALE"
    (missing,) = refused["errors"]["graphQLErrors"]
    assert missing["extensions"]["code"] == "BAD_REQUEST"
    assert "@idempotent" in missing["message"]
    assert item_of(running)[2] == before


def test_a_throttle_is_an_error_within_a_good_answer(ask: Ask) -> None:
    with opened(Settings(bucket_points=20.0, restore_points_per_s=0.1)) as running:
        first, second = ask(running, *[adjusting(running, 1, f"key-{number}") for number in range(2)])["answers"]
        third = ask(running, adjusting(running, 1, "key-3"), retries=2)["answers"][0]
    assert "errors" not in first
    assert second["data"]["inventoryAdjustQuantities"]["userErrors"][0]["code"] == "CHANGE_FROM_QUANTITY_STALE"
    assert third["errors"]["networkStatusCode"] == 200
    assert third["errors"]["graphQLErrors"][0]["extensions"]["code"] == "THROTTLED"


def test_a_token_that_is_not_valid_any_more_is_told_as_such(running: Running, ask: Ask) -> None:
    (answer,) = ask(running, {"operation": "{ shop { name } }"}, token="shpat_dead")["answers"]
    assert answer["errors"]["networkStatusCode"] == 401


def test_an_outage_is_tried_again_by_the_client_itself(running: Running, ask: Ask) -> None:
    running.sandbox.faults.set("outage", share=1.0, platform="shopify")
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask, running, {"operation": "{ shop { name } }"}, retries=3)
        while not running.sandbox.faults.done["outage"] and not asking.done():
            sleep(0.01)
        running.sandbox.faults.heal()
        told = asking.result()
    assert told["answers"][0]["data"] == {"shop": {"name": "tees"}}
    assert "HTTP-Retry" in told["logged"]


def test_node_comes_with_the_test_requirements() -> None:
    done = subprocess.run([str(NODE_BINARY), "--version"], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("v24.")
