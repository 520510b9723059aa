"""Transfers and shipments through Shopify's API: what each mutation does, and what it refuses in Shopify's words."""

from __future__ import annotations

from itertools import count

from tests.sandbox_protocols.clients import Json, Shop

KEYS = count(1)
CREATE = """mutation C($input: InventoryTransferCreateInput!, $key: String!) {
  inventoryTransferCreate(input: $input) @idempotent(key: $key) {
    inventoryTransfer { id status origin { name } } userErrors { field message code } } }"""
CREATE_READY = """mutation C($input: InventoryTransferCreateAsReadyToShipInput!, $key: String!) {
  inventoryTransferCreateAsReadyToShip(input: $input) @idempotent(key: $key) {
    inventoryTransfer { id status } userErrors { field code } } }"""
DUPLICATE = """mutation D($id: ID!, $key: String!) { inventoryTransferDuplicate(id: $id) @idempotent(key: $key) {
  inventoryTransfer { id status totalQuantity shipments(first: 1) { nodes { id } } } userErrors { code } } }"""
EDIT = """mutation E($id: ID!, $input: InventoryTransferEditInput!) { inventoryTransferEdit(id: $id, input: $input) {
  inventoryTransfer { origin { location { id } } } userErrors { field code } } }"""
READY = """mutation R($id: ID!) { inventoryTransferMarkAsReadyToShip(id: $id) {
  inventoryTransfer { status } userErrors { code } } }"""
CANCEL = (
    """mutation R($id: ID!) { inventoryTransferCancel(id: $id) { inventoryTransfer { status } userErrors { code } } }"""
)
DELETE = """mutation R($id: ID!) { inventoryTransferDelete(id: $id) { deletedId userErrors { code } } }"""
SET_ITEMS = """mutation S($input: InventoryTransferSetItemsInput!, $key: String!) {
  inventoryTransferSetItems(input: $input) @idempotent(key: $key) { updatedLineItems { newQuantity deltaQuantity }
    inventoryTransfer { lineItems(first: 9) { nodes { id totalQuantity processableQuantity pickedForShipmentQuantity
      shippedQuantity shippableQuantity } } } userErrors { field code } } }"""
REMOVE_ITEMS = """mutation S($input: InventoryTransferRemoveItemsInput!) { inventoryTransferRemoveItems(input: $input) {
  removedQuantities { newQuantity deltaQuantity } userErrors { field code } } }"""
PACK = """mutation P($input: InventoryShipmentCreateInput!, $key: String!) {
  inventoryShipmentCreate(input: $input) @idempotent(key: $key) {
    inventoryShipment { id status dateShipped tracking { trackingNumber } lineItems(first: 9) { nodes { id } } }
    userErrors { field code } } }"""
MARK = """mutation M($id: ID!, $at: DateTime) { inventoryShipmentMarkInTransit(id: $id, dateShipped: $at) {
  inventoryShipment { status dateShipped } userErrors { code } } }"""
ADD = """mutation A($id: ID!, $rows: [InventoryShipmentLineItemInput!]!, $key: String!) {
  inventoryShipmentAddItems(id: $id, lineItems: $rows) @idempotent(key: $key) {
    addedItems { quantity } inventoryShipment { lineItemTotalQuantity } userErrors { field code } } }"""
TAKE_OUT = """mutation T($id: ID!, $rows: [ID!]!) { inventoryShipmentRemoveItems(id: $id, lineItems: $rows) {
  inventoryShipment { lineItemTotalQuantity } userErrors { field code } } }"""
SET_UNITS = """mutation U($id: ID!, $rows: [InventoryShipmentUpdateItemQuantitiesInput!]) {
  inventoryShipmentUpdateItemQuantities(id: $id, items: $rows) {
    shipment { lineItemTotalQuantity } updatedLineItems { quantity } userErrors { field code } } }"""
TRACK = """mutation T($id: ID!, $tracking: InventoryShipmentTrackingInput!) {
  inventoryShipmentSetTracking(id: $id, tracking: $tracking) {
    inventoryShipment { tracking { trackingNumber } } userErrors { code } } }"""
UNPACK = """mutation D($id: ID!) { inventoryShipmentDelete(id: $id) { id userErrors { code } } }"""
RECEIVE = """mutation V($id: ID!, $rows: [InventoryShipmentReceiveItemInput!], $key: String!,
    $all: InventoryShipmentReceiveLineItemReason) {
  inventoryShipmentReceive(id: $id, lineItems: $rows, bulkReceiveAction: $all) @idempotent(key: $key) {
    inventoryShipment { status dateReceived totalAcceptedQuantity totalRejectedQuantity }
    userErrors { field code } } }"""


def do(shop: Shop, document: str, **variables: object) -> Json:
    """Run a mutation and return its payload; a key of its own goes along where the document has one."""
    named = {"key": f"key {next(KEYS)}"} if "$key" in document else {}
    (payload,) = shop.admin.data(document, variables | named).values()
    answer: Json = payload
    return answer


def code(payload: Json) -> str:
    (error,) = payload["userErrors"]
    found: str = error["code"]
    return found


def rows(shop: Shop, *units: int) -> list[Json]:
    return [{"inventoryItemId": shop.item_gid(index), "quantity": count} for index, count in enumerate(units)]


def drafted(shop: Shop, *units: int) -> str:
    places = {"originLocationId": shop.location_gid(0), "destinationLocationId": shop.location_gid(2)}
    made = do(shop, CREATE, input=places | {"lineItems": rows(shop, *units)})
    assert made["userErrors"] == []
    text: str = made["inventoryTransfer"]["id"]
    return text


def made_ready(shop: Shop, *units: int) -> str:
    transfer = drafted(shop, *units)
    assert do(shop, READY, id=transfer)["userErrors"] == []
    return transfer


def packed(shop: Shop, transfer: str, *units: int) -> Json:
    made = do(shop, PACK, input={"movementId": transfer, "lineItems": rows(shop, *units)})
    assert made["userErrors"] == []
    shipment: Json = made["inventoryShipment"]
    return shipment


def test_a_draft_is_edited_made_ready_copied_cancelled_and_deleted(shop: Shop) -> None:
    made = do(shop, CREATE, input={"destinationLocationId": shop.location_gid(2), "lineItems": rows(shop, 2)})
    assert made["inventoryTransfer"]["origin"] is None
    transfer = made["inventoryTransfer"]["id"]
    assert code(do(shop, READY, id=transfer)) == "LOCATION_REQUIRED"
    same = do(shop, EDIT, id=transfer, input={"originId": shop.location_gid(2)})
    assert code(same) == "TRANSFER_ORIGIN_CANNOT_BE_THE_SAME_AS_DESTINATION"
    edited = do(shop, EDIT, id=transfer, input={"originId": shop.location_gid(0)})["inventoryTransfer"]
    assert edited["origin"]["location"]["id"] == shop.location_gid(0)
    assert do(shop, READY, id=transfer)["inventoryTransfer"]["status"] == "READY_TO_SHIP"
    assert code(do(shop, EDIT, id=transfer, input={"originId": shop.location_gid(1)})) == "TRANSFER_LOCATION_IMMUTABLE"
    assert code(do(shop, DELETE, id=transfer)) == "INVALID_TRANSFER_STATUS"
    copy = do(shop, DUPLICATE, id=transfer)["inventoryTransfer"]
    assert (copy["status"], copy["totalQuantity"], copy["shipments"]["nodes"]) == ("DRAFT", 2, [])
    assert do(shop, DELETE, id=copy["id"]) == {"deletedId": copy["id"], "userErrors": []}
    assert code(do(shop, DELETE, id=copy["id"])) == "TRANSFER_NOT_FOUND"
    before = shop.level(location=0).available
    assert do(shop, CANCEL, id=transfer)["inventoryTransfer"]["status"] == "CANCELED"
    assert (shop.level(location=0).available, shop.level(location=0).reserved) == (before + 2, 0)
    nothing = {"originLocationId": shop.location_gid(0), "destinationLocationId": shop.location_gid(2), "lineItems": []}
    assert code(do(shop, CREATE_READY, input=nothing)) == "ITEMS_EMPTY"


def test_a_transfer_with_a_shipment_cannot_be_cancelled(shop: Shop) -> None:
    transfer = made_ready(shop, 3)
    shipment = packed(shop, transfer, 1)
    assert code(do(shop, CANCEL, id=transfer)) == "SHIPMENT_EXISTS"
    assert do(shop, UNPACK, id=shipment["id"])["userErrors"] == []
    assert do(shop, CANCEL, id=transfer)["userErrors"] == []


def test_quantities_are_set_beside_what_is_in_shipments(shop: Shop) -> None:
    transfer = made_ready(shop, 4)
    packed(shop, transfer, 1)
    more = do(shop, SET_ITEMS, input={"id": transfer, "lineItems": rows(shop, 5, 2)})
    assert more["updatedLineItems"] == [{"newQuantity": 6, "deltaQuantity": 2}, {"newQuantity": 2, "deltaQuantity": 2}]
    first, second = more["inventoryTransfer"]["lineItems"]["nodes"]
    assert {name: first[name] for name in first if name != "id"} == {
        "totalQuantity": 6,
        "processableQuantity": 5,
        "pickedForShipmentQuantity": 1,
        "shippedQuantity": 0,
        "shippableQuantity": 6,
    }
    assert shop.level(location=0).reserved == 6
    assert code(do(shop, SET_ITEMS, input={"id": transfer, "lineItems": rows(shop, 0)})) == "INVALID_QUANTITY"
    gone = do(shop, REMOVE_ITEMS, input={"id": transfer, "transferLineItemIds": [first["id"], second["id"]]})
    assert gone["removedQuantities"] == [
        {"newQuantity": 1, "deltaQuantity": -5},
        {"newQuantity": 0, "deltaQuantity": -2},
    ]
    again = do(shop, REMOVE_ITEMS, input={"id": transfer, "transferLineItemIds": [first["id"]]})
    assert code(again) == "ALL_QUANTITY_SHIPPED"
    other = made_ready(shop, 1)
    (line,) = do(shop, SET_ITEMS, input={"id": other, "lineItems": []})["inventoryTransfer"]["lineItems"]["nodes"]
    last = do(shop, REMOVE_ITEMS, input={"id": other, "transferLineItemIds": [line["id"]]})
    assert code(last) == "CANT_REMOVE_ALL_ITEMS_FROM_READY_TO_SHIP_TRANSFER"
    assert do(shop, REMOVE_ITEMS, input={"id": other, "transferLineItemIds": []})["userErrors"] == []


def test_a_shipment_is_packed_changed_sent_and_received_in_two_goes(shop: Shop) -> None:
    transfer = made_ready(shop, 6, 2)
    origin, there = shop.level(location=0), shop.level(location=2)
    arrived = there.available
    shipment = packed(shop, transfer, 2)
    assert (shipment["status"], shipment["dateShipped"], shipment["tracking"]) == ("DRAFT", None, None)
    line = shipment["lineItems"]["nodes"][0]["id"]
    assert do(shop, ADD, id=shipment["id"], rows=rows(shop, 1, 2))["addedItems"] == [{"quantity": 3}, {"quantity": 2}]
    assert code(do(shop, ADD, id=shipment["id"], rows=rows(shop, 4))) == "INVALID_QUANTITY"
    changed = do(shop, SET_UNITS, id=shipment["id"], rows=[{"shipmentLineItemId": line, "quantity": 5}])
    assert (changed["updatedLineItems"], changed["shipment"]) == ([{"quantity": 5}], {"lineItemTotalQuantity": 7})
    lost = do(shop, SET_UNITS, id=shipment["id"], rows=[{"shipmentLineItemId": line + "9", "quantity": 5}])
    assert code(lost) == "ITEM_NOT_FOUND"
    tracked = do(shop, TRACK, id=shipment["id"], tracking={"trackingNumber": "1Z"})["inventoryShipment"]
    assert tracked == {"tracking": {"trackingNumber": "1Z"}}
    assert (origin.reserved, there.incoming) == (6, 0)
    sent = do(shop, MARK, id=shipment["id"], at="2026-11-20T08:00:00Z")["inventoryShipment"]
    assert sent == {"status": "IN_TRANSIT", "dateShipped": "2026-11-20T08:00:00Z"}
    assert (origin.reserved, there.incoming) == (1, 5)
    assert code(do(shop, UNPACK, id=shipment["id"])) == "INVALID_SHIPMENT_STATUS"
    assert do(shop, TAKE_OUT, id=shipment["id"], rows=[line])["inventoryShipment"] == {"lineItemTotalQuantity": 2}
    assert (origin.reserved, there.incoming) == (6, 0)
    assert do(shop, ADD, id=shipment["id"], rows=rows(shop, 6))["userErrors"] == []
    line = shop.admin.data(
        "query L($id: ID!) { inventoryShipment(id: $id) { lineItems(first: 9, reverse: true) { nodes { id } } } }",
        {"id": shipment["id"]},
    )["inventoryShipment"]["lineItems"]["nodes"][0]["id"]
    part = [
        {"shipmentLineItemId": line, "quantity": 3, "reason": "ACCEPTED"},
        {"shipmentLineItemId": line, "quantity": 1, "reason": "REJECTED"},
    ]
    first = do(shop, RECEIVE, id=shipment["id"], rows=part)["inventoryShipment"]
    assert (first["status"], first["totalAcceptedQuantity"], first["totalRejectedQuantity"]) == (
        "PARTIALLY_RECEIVED",
        3,
        1,
    )
    assert first["dateReceived"] is not None
    assert (there.available, there.incoming) == (arrived + 3, 2)
    rest = do(shop, RECEIVE, id=shipment["id"], all="REJECTED")["inventoryShipment"]
    assert (rest["status"], rest["totalRejectedQuantity"]) == ("RECEIVED", 5)
    assert (there.available, there.incoming) == (arrived + 3, 0)
    assert code(do(shop, RECEIVE, id=shipment["id"])) == "INVALID_SHIPMENT_STATUS"


def test_what_nobody_knows_is_refused(shop: Shop) -> None:
    ghost = "gid://shopify/InventoryShipment/1"
    assert code(do(shop, UNPACK, id=ghost)) == "SHIPMENT_NOT_FOUND"
    assert code(do(shop, MARK, id=ghost)) == "SHIPMENT_NOT_FOUND"
    assert code(do(shop, SET_UNITS, id=ghost, rows=[])) == "SHIPMENT_NOT_FOUND"
    ask = {"movementId": "gid://shopify/InventoryTransfer/1", "lineItems": rows(shop, 1)}
    assert code(do(shop, PACK, input=ask)) == "TRANSFER_NOT_FOUND"
    draft = drafted(shop, 1)
    assert code(do(shop, PACK, input=ask | {"movementId": draft})) == "INVALID_TRANSFER_STATUS"
