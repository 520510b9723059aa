"""Refunds, cancellations, shipments, transfers and stocking through Shopify's API."""

from __future__ import annotations

from tests.sandbox_protocols.clients import Json, Shop
from tests.sandbox_protocols.test_reading import online, order_gid, picture

REFUND = """mutation R($input: RefundInput!, $key: String!) { refundCreate(input: $input) @idempotent(key: $key) {
  refund { id } order { id } userErrors { field message } } }"""
CANCEL = """mutation C($id: ID!, $restock: Boolean!) { orderCancel(orderId: $id, restock: $restock, reason: INVENTORY) {
  job { id done } orderCancelUserErrors { code field } userErrors { field } } }"""
FULFIL = """mutation F($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) {
  fulfillment { id status name totalQuantity location { id } } userErrors { field message } } }"""
MOVE_PART = """mutation M($id: ID!, $to: ID!) { fulfillmentOrderMove(id: $id, newLocationId: $to) {
  movedFulfillmentOrder { id status assignedLocation { location { id } } } userErrors { field message code } } }"""
TRANSFER = """mutation T($input: InventoryTransferCreateAsReadyToShipInput!, $key: String!) {
  inventoryTransferCreateAsReadyToShip(input: $input) @idempotent(key: $key) {
    inventoryTransfer { id status name totalQuantity } userErrors { field message code } } }"""
SHIP = """mutation S($input: InventoryShipmentCreateInput!, $key: String!) {
  inventoryShipmentCreateInTransit(input: $input) @idempotent(key: $key) {
    inventoryShipment { id status lineItems(first: 9) { nodes { id quantity } } } userErrors { field code } } }"""
RECEIVE = """mutation V($id: ID!, $rows: [InventoryShipmentReceiveItemInput!], $key: String!) {
  inventoryShipmentReceive(id: $id, lineItems: $rows) @idempotent(key: $key) {
    inventoryShipment { status totalAcceptedQuantity totalRejectedQuantity } userErrors { field code } } }"""
ACTIVATE = """mutation A($i: ID!, $l: ID!, $n: Int, $key: String!) {
  inventoryActivate(inventoryItemId: $i, locationId: $l, available: $n) @idempotent(key: $key) {
    inventoryLevel { id isActive quantities(names: ["available"]) { quantity } } userErrors { field message } } }"""


def refunding(shop: Shop, order_id: str, line: str, **more: object) -> Json:
    ask = {"orderId": order_id, "refundLineItems": [{"lineItemId": line, "quantity": 1} | more]}
    payload: Json = shop.admin.data(REFUND, {"input": ask, "key": f"{order_id} {line} {more}"})["refundCreate"]
    return payload


def test_a_refund_restocks_as_its_line_says(shop: Shop) -> None:
    order = online(shop, 3)
    level = shop.level()
    line = f"gid://shopify/LineItem/{order.lines[0].id}"
    available, committed = level.available, level.committed
    assert refunding(shop, order_gid(order), line, restockType="CANCEL")["userErrors"] == []
    assert (level.available, level.committed) == (available + 1, committed - 1)
    assert refunding(shop, order_gid(order), line, restockType="NO_RESTOCK")["userErrors"] == []
    assert (level.available, level.committed) == (available + 1, committed - 2)
    assert len(picture(shop, order)["refunds"]) == 2


def test_a_refund_that_cannot_be_is_refused(shop: Shop) -> None:
    order = online(shop, 1)
    line = f"gid://shopify/LineItem/{order.lines[0].id}"
    assert refunding(shop, "gid://shopify/Order/1", line)["userErrors"][0]["field"] == ["orderId"]
    foreign = refunding(shop, order_gid(order), "gid://shopify/LineItem/1")
    assert foreign["userErrors"][0]["field"] == ["refundLineItems", "0", "lineItemId"]
    too_many = refunding(shop, order_gid(order), line, quantity=2, restockType="CANCEL")
    assert too_many["refund"] is None
    assert too_many["userErrors"] != []
    legacy = refunding(shop, order_gid(order), line, restockType="LEGACY_RESTOCK")
    assert legacy["userErrors"][0]["field"] == ["refundLineItems", "0", "restockType"]
    error = shop.admin.error(
        REFUND.replace("@idempotent(key: $key)", "").replace(", $key: String!", ""),
        {"input": {"orderId": order_gid(order)}},
    )
    assert error["extensions"]["code"] == "BAD_REQUEST"


def test_a_cancelled_order_gives_its_units_back(shop: Shop) -> None:
    level = shop.level()
    before = level.available
    order = online(shop, 2)
    payload = shop.admin.data(CANCEL, {"id": order_gid(order), "restock": True})["orderCancel"]
    assert payload["job"]["done"] is True
    assert (level.available, level.committed) == (before, 0)
    seen = picture(shop, order)
    assert seen["cancelledAt"] is not None
    assert seen["cancelReason"] == "INVENTORY"
    again = shop.admin.data(CANCEL, {"id": order_gid(order), "restock": True})["orderCancel"]
    assert (again["job"], again["orderCancelUserErrors"][0]["code"]) == (None, "INVALID")
    unknown = shop.admin.data(CANCEL, {"id": "gid://shopify/Order/1", "restock": True})["orderCancel"]
    assert unknown["orderCancelUserErrors"][0]["code"] == "NOT_FOUND"


def test_shipping_some_of_an_order_takes_them_from_committed(shop: Shop) -> None:
    order = online(shop, 3)
    part = order.fulfillment_orders[0]
    line = {"id": f"gid://shopify/FulfillmentOrderLineItem/{part.lines[0].id}", "quantity": 2}
    ask: Json = {"fulfillmentOrderId": f"gid://shopify/FulfillmentOrder/{part.id}"}
    some = shop.admin.data(
        FULFIL, {"f": {"lineItemsByFulfillmentOrder": [ask | {"fulfillmentOrderLineItems": [line]}]}}
    )
    made = some["fulfillmentCreate"]["fulfillment"]
    assert (made["status"], made["totalQuantity"], made["location"]["id"]) == ("SUCCESS", 2, shop.location_gid())
    assert shop.level().committed == 1
    too_many = shop.admin.data(
        FULFIL, {"f": {"lineItemsByFulfillmentOrder": [ask | {"fulfillmentOrderLineItems": [line]}]}}
    )
    assert too_many["fulfillmentCreate"]["userErrors"] != []
    shop.admin.data(FULFIL, {"f": {"lineItemsByFulfillmentOrder": [ask]}})
    assert shop.level().committed == 0
    assert picture(shop, order)["displayFulfillmentStatus"] == "FULFILLED"


def test_moving_a_fulfillment_order_moves_what_is_committed(shop: Shop) -> None:
    order = online(shop, 2)
    part = f"gid://shopify/FulfillmentOrder/{order.fulfillment_orders[0].id}"
    moved = shop.admin.data(MOVE_PART, {"id": part, "to": shop.location_gid(1)})["fulfillmentOrderMove"]
    assert moved["movedFulfillmentOrder"]["assignedLocation"]["location"]["id"] == shop.location_gid(1)
    assert (shop.level().committed, shop.level(location=1).committed) == (0, 2)
    nowhere = shop.admin.data(MOVE_PART, {"id": part, "to": "gid://shopify/Location/1"})["fulfillmentOrderMove"]
    assert nowhere["userErrors"][0]["field"] == ["newLocationId"]


def test_a_transfer_reserves_then_travels_then_arrives(shop: Shop) -> None:
    origin, there = shop.level(location=0), shop.level(location=2)
    before = (origin.available, there.available)
    rows = [{"inventoryItemId": shop.item_gid(), "quantity": 5}]
    ask = {"originLocationId": shop.location_gid(0), "destinationLocationId": shop.location_gid(2), "lineItems": rows}
    made = shop.admin.data(TRANSFER, {"input": ask, "key": "t"})["inventoryTransferCreateAsReadyToShip"]
    assert made["inventoryTransfer"]["status"] == "READY_TO_SHIP"
    assert (origin.available, origin.reserved) == (before[0] - 5, 5)
    transfer_id = made["inventoryTransfer"]["id"]
    sent = shop.admin.data(SHIP, {"input": {"movementId": transfer_id, "lineItems": rows}, "key": "s"})
    shipment = sent["inventoryShipmentCreateInTransit"]["inventoryShipment"]
    assert (origin.reserved, there.incoming) == (0, 5)
    line = shipment["lineItems"]["nodes"][0]["id"]
    parts = [
        {"shipmentLineItemId": line, "quantity": 4, "reason": "ACCEPTED"},
        {"shipmentLineItemId": line, "quantity": 1, "reason": "REJECTED"},
    ]
    got = shop.admin.data(RECEIVE, {"id": shipment["id"], "rows": parts, "key": "r"})["inventoryShipmentReceive"]
    assert got["inventoryShipment"] == {"status": "RECEIVED", "totalAcceptedQuantity": 4, "totalRejectedQuantity": 1}
    assert (there.available, there.incoming) == (before[1] + 4, 0)
    query = """query T($id: ID!) { inventoryTransfer(id: $id) { status receivedQuantity origin { location { id } }
      destination { name } lineItems(first: 5) { nodes { totalQuantity shippedQuantity shippableQuantity } }
      shipments(first: 5) { nodes { status } } } }"""
    seen = shop.admin.data(query, {"id": transfer_id})["inventoryTransfer"]
    assert (seen["status"], seen["receivedQuantity"]) == ("TRANSFERRED", 5)
    assert seen["destination"]["name"] == shop.location(2).name
    assert seen["shipments"]["nodes"] == [{"status": "RECEIVED"}]


def test_a_transfer_that_cannot_be_is_refused(shop: Shop) -> None:
    rows = [{"inventoryItemId": shop.item_gid(), "quantity": 1}] * 2
    ask = {
        "originLocationId": shop.location_gid(0),
        "destinationLocationId": "gid://shopify/Location/1",
        "lineItems": rows,
    }
    payload = shop.admin.data(TRANSFER, {"input": ask, "key": "t"})["inventoryTransferCreateAsReadyToShip"]
    codes = [(error["code"], error["field"][1]) for error in payload["userErrors"]]
    assert codes == [("LOCATION_NOT_FOUND", "destinationLocationId"), ("DUPLICATE_ITEM", "lineItems")]


def test_activating_a_level_again_gives_back_what_it_held(shop: Shop) -> None:
    level = shop.level(location=2)
    held = level.available
    level.active = False
    where = {"i": shop.item_gid(), "l": shop.location_gid(2)}
    payload = shop.admin.data(ACTIVATE, where | {"key": "a"})["inventoryActivate"]
    assert payload["inventoryLevel"]["isActive"] is True
    assert payload["inventoryLevel"]["quantities"] == [{"quantity": held}]
    refused = shop.admin.data(ACTIVATE, where | {"n": 3, "key": "b"})["inventoryActivate"]
    assert refused["userErrors"][0]["field"] == ["available"]


def test_a_level_with_committed_units_is_not_deactivated(shop: Shop) -> None:
    online(shop, 1)
    document = """mutation T($i: ID!, $u: [InventoryBulkToggleActivationInput!]!) {
      inventoryBulkToggleActivation(inventoryItemId: $i, inventoryItemUpdates: $u) {
        inventoryLevels { id } userErrors { code field } } }"""
    updates = [{"locationId": shop.location_gid(index), "activate": False} for index in (0, 2)]
    payload = shop.admin.data(document, {"i": shop.item_gid(), "u": updates})["inventoryBulkToggleActivation"]
    assert [error["code"] for error in payload["userErrors"]] == ["COMMITTED_INVENTORY_AT_LOCATION"]
    assert shop.level(location=2).active
    updates = updates[1:]
    payload = shop.admin.data(document, {"i": shop.item_gid(), "u": updates})["inventoryBulkToggleActivation"]
    assert payload["userErrors"] == []
    assert not shop.level(location=2).active


def test_an_item_changes_its_sku(shop: Shop) -> None:
    document = """mutation U($id: ID!, $input: InventoryItemInput!) { inventoryItemUpdate(id: $id, input: $input) {
      inventoryItem { sku tracked } userErrors { field } } }"""
    payload = shop.admin.data(document, {"id": shop.item_gid(), "input": {"sku": "NÄH-1"}})["inventoryItemUpdate"]
    assert payload["inventoryItem"] == {"sku": "NÄH-1", "tracked": True}
    payload = shop.admin.data(document, {"id": shop.item_gid(), "input": {"cost": "3.0"}})["inventoryItemUpdate"]
    assert payload["userErrors"] == []
    assert shop.item().cost_cents == 300
    payload = shop.admin.data(document, {"id": shop.item_gid(), "input": {"requiresShipping": False}})
    assert payload["inventoryItemUpdate"]["userErrors"] == [{"field": ["input", "requiresShipping"]}]
