"""What mutations refuse, each by the code that the schema has for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from graphql import GraphQLEnumType

import onhand.sandbox.shopify
from onhand.sandbox.shopify.schema import admin_schema
from onhand.sandbox.world.catalog import Part
from tests.sandbox_protocols import test_transfer_writes as transfers
from tests.sandbox_protocols.clients import Json, Shop
from tests.sandbox_protocols.documents import ADJUST, MOVE, SET
from tests.sandbox_protocols.test_quantities import adjusting, change, end, moved, moving, quantity, setting, written
from tests.sandbox_protocols.test_reading import online, order_gid
from tests.sandbox_protocols.test_return_writes import APP_ORDER, HOLD, MERGE, RELEASE, SPLIT, ask, variant

TOGGLE = """mutation T($id: ID!, $rows: [InventoryBulkToggleActivationInput!]!) {
  inventoryBulkToggleActivation(inventoryItemId: $id, inventoryItemUpdates: $rows) {
    inventoryItem { id } inventoryLevels { id isActive } userErrors { field code } } }"""
ACTIVATE = """mutation A($item: ID!, $place: ID!, $available: Int, $onHand: Int, $key: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $place, available: $available, onHand: $onHand)
    @idempotent(key: $key) { inventoryLevel { id isActive } userErrors { field message } } }"""
PREPARE = """mutation P($id: ID!) { fulfillmentOrderLineItemsPreparedForPickup(
  input: {lineItemsByFulfillmentOrder: [{fulfillmentOrderId: $id}]}) { userErrors { field code } } }"""
NOWHERE = "gid://shopify/FulfillmentOrder/1"
_CODE = re.compile(r'"([A-Z]+(?:_[A-Z]+)+)"')


def codes_of(payload: Json) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


def make_bundle(shop: Shop) -> None:
    item, parts = shop.item(), (Part(shop.item(1).inventory_item_id, 2),)
    shop.world.catalog.replace_item(replace(item, parts=parts), now=shop.world.started_at)


def untrack(shop: Shop) -> None:
    shop.world.catalog.replace_item(replace(shop.item(), tracked=False), now=shop.world.started_at)


def close(shop: Shop) -> None:
    shop.do("change_location", location=shop.location(0).name, active=False)


def unstock(shop: Shop) -> None:
    shop.level(0, 0).active = False


@pytest.mark.parametrize(
    ("happens", "code", "field"),
    [
        (make_bundle, "BUNDLED_ITEM", ["input", "lineItems", "0", "inventoryItemId"]),
        (untrack, "UNTRACKED_ITEM", ["input", "lineItems", "0", "inventoryItemId"]),
        (unstock, "INVENTORY_STATE_NOT_ACTIVE", ["input", "lineItems", "0", "inventoryItemId"]),
        (close, "LOCATION_NOT_ACTIVE", ["input", "originLocationId"]),
    ],
)
@pytest.mark.parametrize("document", [transfers.CREATE, transfers.CREATE_READY])
def test_what_cannot_be_transferred_is_refused(
    shop: Shop, document: str, happens: Callable[[Shop], None], code: str, field: list[str]
) -> None:
    happens(shop)
    places = {"originLocationId": shop.location_gid(0), "destinationLocationId": shop.location_gid(2)}
    made = transfers.do(shop, document, input=places | {"lineItems": transfers.rows(shop, 2)})
    assert [(error["code"], error["field"]) for error in made["userErrors"]] == [(code, field)]
    assert made["inventoryTransfer"] is None
    assert shop.world.transfers == {}


def test_a_shipment_lists_an_item_once(shop: Shop) -> None:
    transfer = transfers.made_ready(shop, 4)
    twice = transfers.rows(shop, 1) * 2
    made = transfers.do(shop, transfers.PACK, input={"movementId": transfer, "lineItems": twice})
    assert transfers.code(made) == "DUPLICATE_ITEM"


def toggled(shop: Shop, *places: int, activate: bool = False) -> Json:
    rows = [{"locationId": shop.location_gid(place), "activate": activate} for place in places]
    payload: Json = shop.admin.data(TOGGLE, {"id": shop.item_gid(), "rows": rows})["inventoryBulkToggleActivation"]
    return payload


@pytest.mark.parametrize(
    ("units", "code"),
    [
        ({"committed": 1}, "COMMITTED_INVENTORY_AT_LOCATION"),
        ({"incoming": 1}, "INCOMING_INVENTORY_AT_LOCATION"),
        ({"committed": 1, "incoming": 1}, "COMMITTED_AND_INCOMING_INVENTORY_AT_LOCATION"),
        ({"reserved": 1}, "RESERVED_INVENTORY_AT_LOCATION"),
        ({"damaged": 1}, "RESERVED_INVENTORY_AT_LOCATION"),
        ({"safety_stock": 1}, "RESERVED_INVENTORY_AT_LOCATION"),
        ({"quality_control": 1}, "RESERVED_INVENTORY_AT_LOCATION"),
    ],
)
def test_a_level_is_not_disconnected_while_units_wait_there(shop: Shop, units: dict[str, int], code: str) -> None:
    for state, count in units.items():
        setattr(shop.level(), state, count)
    payload = toggled(shop, 0)
    assert codes_of(payload) == [code]
    assert shop.level().active


def test_the_last_location_of_an_item_is_not_taken_from_it(shop: Shop) -> None:
    assert codes_of(toggled(shop, 1, 2)) == []
    assert codes_of(toggled(shop, 0)) == ["CANNOT_DEACTIVATE_FROM_ONLY_LOCATION"]
    assert [shop.level(0, place).active for place in (0, 1, 2)] == [True, False, False]


def test_toggling_knows_its_item_and_its_location(shop: Shop) -> None:
    rows = [{"locationId": "gid://shopify/Location/1", "activate": True}]
    unknown = shop.admin.data(TOGGLE, {"id": shop.item_gid(), "rows": rows})["inventoryBulkToggleActivation"]
    assert codes_of(unknown) == ["LOCATION_NOT_FOUND"]
    asked = {"id": "gid://shopify/InventoryItem/1", "rows": rows}
    assert codes_of(shop.admin.data(TOGGLE, asked)["inventoryBulkToggleActivation"]) == ["INVENTORY_ITEM_NOT_FOUND"]


def test_toggling_is_all_or_nothing(shop: Shop) -> None:
    shop.level(0, 1).committed = 1
    assert codes_of(toggled(shop, 1, 2)) == ["COMMITTED_INVENTORY_AT_LOCATION"]
    assert shop.level(0, 2).active


def test_an_item_is_toggled_at_250_locations_at_most(quiet_shop: Shop) -> None:
    row = {"locationId": quiet_shop.location_gid(), "activate": True}
    error = quiet_shop.admin.error(TOGGLE, {"id": quiet_shop.item_gid(), "rows": [row] * 251})
    assert error["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"


def activated(shop: Shop, key: str, place: int = 2, **more: int) -> Json:
    asked = {"item": shop.item_gid(), "place": shop.location_gid(place), "key": key} | more
    payload: Json = shop.admin.data(ACTIVATE, asked)["inventoryActivate"]
    return payload


def test_quantities_are_given_only_while_a_level_is_activated(shop: Shop) -> None:
    shop.level(0, 2).active = False
    assert activated(shop, "1", available=7)["userErrors"] == []
    assert (shop.level(0, 2).active, shop.level(0, 2).available) == (True, 7)
    assert activated(shop, "2", available=9)["userErrors"][0]["field"] == ["available"]
    assert activated(shop, "3", onHand=9)["userErrors"][0]["field"] == ["onHand"]
    assert activated(shop, "4", available=1, onHand=1)["userErrors"][0]["field"] == ["onHand"]
    assert activated(shop, "5")["userErrors"] == []
    assert shop.level(0, 2).available == 7


def test_a_bundle_is_activated_without_quantities_of_its_own(shop: Shop) -> None:
    make_bundle(shop)
    shop.level(0, 2).active = False
    assert activated(shop, "1", available=7)["userErrors"][0]["field"] == ["available"]
    assert activated(shop, "2")["userErrors"] == []


def part_of(shop: Shop) -> tuple[str, str]:
    """Return the fulfilment order of a new online order of two units, and its line."""
    part = online(shop, 2).fulfillment_orders[0]
    return f"gid://shopify/FulfillmentOrder/{part.id}", f"gid://shopify/FulfillmentOrderLineItem/{part.lines[0].id}"


def held(shop: Shop, part: str, *rows: Json, handle: str = "") -> Json:
    given = {"reason": "OTHER", "handle": handle, "fulfillmentOrderLineItems": list(rows)}
    return ask(shop, HOLD, {"id": part, "h": given})


def test_a_hold_that_cannot_be_is_refused(shop: Shop) -> None:
    part, line = part_of(shop)
    assert codes_of(held(shop, NOWHERE)) == ["FULFILLMENT_ORDER_NOT_FOUND"]
    assert codes_of(held(shop, part, {"id": line, "quantity": 0})) == ["GREATER_THAN_ZERO"]
    assert codes_of(held(shop, part, {"id": line, "quantity": 9})) == ["INVALID_LINE_ITEM_QUANTITY"]
    twice = [{"id": line, "quantity": 1}] * 2
    assert codes_of(held(shop, part, *twice)) == ["DUPLICATED_FULFILLMENT_ORDER_LINE_ITEMS"]
    for number in range(10):
        assert codes_of(held(shop, part, handle=f"h{number}")) == []
    assert codes_of(held(shop, part, handle="one more")) == ["FULFILLMENT_ORDER_HOLD_LIMIT_REACHED"]


def test_a_handle_holds_once(shop: Shop) -> None:
    part, _ = part_of(shop)
    assert codes_of(held(shop, part, handle="h")) == []
    assert codes_of(held(shop, part, handle="h")) == ["DUPLICATE_FULFILLMENT_HOLD_HANDLE"]


def test_what_is_closed_is_neither_held_nor_split(shop: Shop) -> None:
    part, line = part_of(shop)
    shop.do("cancel", order=next(iter(shop.world.orders)).name)
    assert codes_of(held(shop, part)) == ["FULFILLMENT_ORDER_NOT_SPLITTABLE"]
    rows = [{"fulfillmentOrderId": part, "fulfillmentOrderLineItems": [{"id": line, "quantity": 1}]}]
    assert codes_of(ask(shop, SPLIT, {"s": rows})) == ["NO_LINE_ITEMS_PROVIDED_TO_SPLIT"]


def test_releasing_splitting_and_merging_know_what_they_are_asked_for(shop: Shop) -> None:
    part, line = part_of(shop)
    assert codes_of(ask(shop, RELEASE, {"id": NOWHERE})) == ["FULFILLMENT_ORDER_NOT_FOUND"]
    assert codes_of(ask(shop, RELEASE, {"id": part})) == ["INVALID_ACCESS"]

    def split(where: str, *rows: Json) -> list[str]:
        return codes_of(ask(shop, SPLIT, {"s": [{"fulfillmentOrderId": where, "fulfillmentOrderLineItems": rows}]}))

    assert split(NOWHERE, {"id": line, "quantity": 1}) == ["FULFILLMENT_ORDER_NOT_FOUND"]
    assert split(part, {"id": line, "quantity": 0}) == ["GREATER_THAN"]
    assert split(part, {"id": line, "quantity": 3}) == ["INVALID_LINE_ITEM_QUANTITY"]
    assert split(part) == ["NO_LINE_ITEMS_PROVIDED_TO_SPLIT"]
    merged = ask(shop, MERGE, {"m": [{"mergeIntents": [{"fulfillmentOrderId": NOWHERE}]}]})
    assert codes_of(merged) == ["FULFILLMENT_ORDER_NOT_FOUND"]


def test_only_what_is_picked_up_is_prepared_for_pickup(shop: Shop) -> None:
    part, _ = part_of(shop)

    def prepared(where: str) -> list[str]:
        answer = shop.admin.data(PREPARE, {"id": where})["fulfillmentOrderLineItemsPreparedForPickup"]
        return codes_of(answer)

    assert prepared(NOWHERE) == ["FULFILLMENT_ORDER_INVALID"]
    assert prepared(part) == ["UNABLE_TO_PREPARE_QUANTITY"]


def test_an_order_of_tomorrow_is_not_created(shop: Shop) -> None:
    line = {"variantId": variant(shop), "quantity": 1}
    given = {"lineItems": [line], "processedAt": "2101-01-01T00:00:00Z"}
    assert codes_of(ask(shop, APP_ORDER, {"o": given})) == ["PROCESSED_AT_INVALID"]
    assert list(shop.world.orders) == []


def test_a_service_that_is_away_writes_nothing_and_leaves_the_key_free(shop: Shop) -> None:
    before = shop.level().available
    row = moved(shop, end(shop, "available"), end(shop, "reserved"))
    shop.do("fault", kind="service_unavailable", share=1.0)
    assert codes_of(written(shop, ADJUST, adjusting(change(shop)), key="a")) == ["SERVICE_UNAVAILABLE"]
    assert codes_of(written(shop, MOVE, moving(row), key="m")) == ["SERVICE_UNAVAILABLE"]
    # The schema has no such code for setting: a set is carried out.
    assert codes_of(written(shop, SET, setting(quantity(shop, units=before)), key="s")) == []
    assert (shop.level().available, shop.level().reserved) == (before, 0)
    shop.do("heal")
    assert codes_of(written(shop, ADJUST, adjusting(change(shop)), key="a")) == []
    assert shop.level().available == before - 2


def test_every_code_that_the_sandbox_answers_with_is_one_of_the_schema() -> None:
    schema = admin_schema()
    known = {
        value for name, kind in schema.type_map.items() if isinstance(kind, GraphQLEnumType) for value in kind.values
    }
    folder = Path(onhand.sandbox.shopify.__file__).parent
    written = {
        (path.name, code)
        for path in sorted(folder.glob("write*.py"))
        for code in _CODE.findall(path.read_text("utf-8"))
    }
    assert len(written) > 50
    assert sorted((path, code) for path, code in written if code not in known) == []


def test_the_version_has_dropped_what_it_dropped() -> None:
    schema = admin_schema()
    for name in ("InventoryAdjustQuantitiesUserErrorCode", "InventorySetQuantitiesUserErrorCode"):
        enum = schema.type_map[name]
        assert isinstance(enum, GraphQLEnumType)
        assert "ITEM_NOT_STOCKED_AT_LOCATION" not in enum.values
    assert schema.query_type is not None
    assert "inventoryHistory" not in schema.query_type.fields
    assert schema.mutation_type is not None
    assert "inventorySetScheduledChanges" not in schema.mutation_type.fields
    for name in ("InventoryChangeInput", "InventoryQuantityInput"):
        fields = schema.type_map[name].fields  # type: ignore[attr-defined]
        assert "changeFromQuantity" in fields
        assert "compareQuantity" not in fields


def test_an_order_that_is_nowhere_is_not_cancelled(shop: Shop) -> None:
    document = """mutation C($id: ID!) { orderCancel(orderId: $id, reason: OTHER, restock: true) {
      job { id } orderCancelUserErrors { code } userErrors { field } } }"""
    payload = shop.admin.data(document, {"id": "gid://shopify/Order/1"})["orderCancel"]
    assert [error["code"] for error in payload["orderCancelUserErrors"]] == ["NOT_FOUND"]
    order = online(shop, 1)
    assert shop.admin.data(document, {"id": order_gid(order)})["orderCancel"]["orderCancelUserErrors"] == []
    again = shop.admin.data(document, {"id": order_gid(order)})["orderCancel"]
    assert [error["code"] for error in again["orderCancelUserErrors"]] == ["INVALID"]
