"""Returns, drafts, app-created orders, edits and fulfilment orders through Shopify's API, as an app sees them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from onhand.sandbox.world.fulfilling import fulfil
from tests.sandbox_protocols.clients import Json, Shop
from tests.sandbox_protocols.test_reading import at_till, online, order_gid

RETURN = """mutation R($r: ReturnInput!) { returnCreate(returnInput: $r) { return {
  id name status totalQuantity order { id returnStatus }
  returnLineItems(first: 9) { nodes { id quantity processableQuantity
    ... on ReturnLineItem { fulfillmentLineItem { id } } } }
  exchangeLineItems(first: 9) { nodes { id quantity variantSku lineItems { id quantity } } }
  reverseFulfillmentOrders(first: 9) { nodes { id status lineItems(first: 9) { nodes {
    id totalQuantity fulfillmentLineItem { lineItem { id } } dispositions { type quantity location { id } } } } } }
} userErrors { field message code } } }"""
DISPOSE = """mutation D($d: [ReverseFulfillmentOrderDisposeInput!]!) {
  reverseFulfillmentOrderDispose(dispositionInputs: $d) {
  reverseFulfillmentOrderLineItems { id dispositions { type quantity location { id } } }
  userErrors { field message code } } }"""
PROCESS = """mutation P($p: ReturnProcessInput!) { returnProcess(input: $p) { return { id status
  refunds(first: 3) { nodes { id return { id } refundLineItems(first: 3) { nodes { restockType quantity } } } } }
  userErrors { field message code } } }"""
END = "mutation E($id: ID!) { returnClose(id: $id) { return { status closedAt } userErrors { code } } }"
CANCEL_RETURN = "mutation E($id: ID!) { returnCancel(id: $id) { return { status } userErrors { code } } }"
DRAFT = """mutation D($d: DraftOrderInput!) { draftOrderCreate(input: $d) { draftOrder {
  id name status reserveInventoryUntil lineItems(first: 9) { nodes { quantity variant { id inventoryItem { id } } } } }
  userErrors { field message } } }"""
COMPLETE = """mutation C($id: ID!) { draftOrderComplete(id: $id) {
  draftOrder { status order { id app { name } } } userErrors { message } } }"""
APP_ORDER = """mutation O($o: OrderCreateOrderInput!, $n: OrderCreateInputsInventoryBehavior) {
  orderCreate(order: $o, options: {inventoryBehaviour: $n}) {
    order { id app { id name } } userErrors { code message } } }"""
PART = """fragment Part on FulfillmentOrder {
  id status deliveryMethod { methodType } fulfillmentHolds { id reason handle }
  lineItems(first: 5) { nodes { id remainingQuantity } } }"""
HOLD = (
    """mutation H($id: ID!, $h: FulfillmentOrderHoldInput!) { fulfillmentOrderHold(id: $id, fulfillmentHold: $h) {
  fulfillmentHold { id } fulfillmentOrder { ...Part } remainingFulfillmentOrder { ...Part }
  userErrors { code message } } } """
    + PART
)
RELEASE = (
    """mutation R($id: ID!) { fulfillmentOrderReleaseHold(id: $id) {
  fulfillmentOrder { ...Part } userErrors { code message } } } """
    + PART
)
SPLIT = (
    """mutation S($s: [FulfillmentOrderSplitInput!]!) { fulfillmentOrderSplit(fulfillmentOrderSplits: $s) {
  fulfillmentOrderSplits { fulfillmentOrder { ...Part } remainingFulfillmentOrder { ...Part } }
  userErrors { code message } } } """
    + PART
)
MERGE = (
    """mutation M($m: [FulfillmentOrderMergeInput!]!) { fulfillmentOrderMerge(fulfillmentOrderMergeInputs: $m) {
  fulfillmentOrderMerges { fulfillmentOrder { ...Part } } userErrors { code message } } } """
    + PART
)
UNFULFIL = """mutation U($id: ID!) { fulfillmentCancel(id: $id) {
  fulfillment { status displayStatus } userErrors { message } } }"""
BEGIN = "mutation B($id: ID!) { orderEditBegin(id: $id) { calculatedOrder { id } userErrors { message } } }"
SET = """mutation S($id: ID!, $line: ID!, $n: Int!, $restock: Boolean) {
  orderEditSetQuantity(id: $id, lineItemId: $line, quantity: $n, restock: $restock) {
    calculatedLineItem { quantity restocking } userErrors { field message } } }"""
ADD = """mutation A($id: ID!, $v: ID!, $n: Int!) { orderEditAddVariant(id: $id, variantId: $v, quantity: $n) {
  calculatedLineItem { quantity } userErrors { field message } } }"""
COMMIT = "mutation C($id: ID!) { orderEditCommit(id: $id) { order { id edited } userErrors { message } } }"


def ask(shop: Shop, document: str, variables: dict[str, Any]) -> Json:
    payload: Json = next(iter(shop.admin.data(document, variables).values()))
    return payload


def variant(shop: Shop, index: int = 0) -> str:
    return f"gid://shopify/ProductVariant/{shop.item(index).variant_id}"


def opened(shop: Shop, **more: object) -> Json:
    order = at_till(shop, 2)
    line = f"gid://shopify/FulfillmentLineItem/{order.fulfillments[0].line_id(0)}"
    given = {"orderId": order_gid(order), "returnLineItems": [{"fulfillmentLineItemId": line, "quantity": 2}]} | more
    payload = ask(shop, RETURN, {"r": given})
    assert payload["userErrors"] == []
    return payload["return"]  # type: ignore[no-any-return]


def test_a_return_restocks_where_its_disposition_says(shop: Shop) -> None:
    there = shop.level(location=2)
    before = there.available
    back = opened(shop)
    assert (back["status"], back["order"]["returnStatus"]) == ("OPEN", "IN_PROGRESS")
    row = back["reverseFulfillmentOrders"]["nodes"][0]["lineItems"]["nodes"][0]
    rows = [
        {"reverseFulfillmentOrderLineItemId": row["id"], "quantity": 1, "dispositionType": "MISSING"},
        {
            "reverseFulfillmentOrderLineItemId": row["id"],
            "quantity": 1,
            "dispositionType": "RESTOCKED",
            "locationId": shop.location_gid(2),
        },
    ]
    done = ask(shop, DISPOSE, {"d": rows})["reverseFulfillmentOrderLineItems"]
    assert done[0]["dispositions"][1] == {"type": "RESTOCKED", "quantity": 1, "location": {"id": shop.location_gid(2)}}
    assert there.available == before + 1
    assert ask(shop, DISPOSE, {"d": rows[:1]})["userErrors"][0]["code"] == "GREATER_THAN"
    assert ask(shop, CANCEL_RETURN, {"id": back["id"]})["userErrors"] == [{"code": "INVALID_STATE"}]
    assert ask(shop, END, {"id": back["id"]})["return"]["status"] == "CLOSED"


def test_processing_a_return_refunds_it_and_sends_the_exchange(shop: Shop) -> None:
    back = opened(shop, exchangeLineItems=[{"variantId": variant(shop, 1), "quantity": 1}])
    exchange, row = back["exchangeLineItems"]["nodes"][0], back["returnLineItems"]["nodes"][0]
    assert (exchange["variantSku"], exchange["lineItems"][0]["quantity"]) == (shop.item(1).sku, 1)
    given = {
        "returnId": back["id"],
        "returnLineItems": [{"id": row["id"], "quantity": 2}],
        "exchangeLineItems": [{"id": exchange["id"], "quantity": 1}],
        "financialTransfer": {"issueRefund": {"orderTransactions": []}},
    }
    payload = ask(shop, PROCESS, {"p": given})
    assert payload["userErrors"] == []
    refund = payload["return"]["refunds"]["nodes"][0]
    assert refund["return"]["id"] == back["id"]
    assert refund["refundLineItems"]["nodes"] == [{"restockType": "NO_RESTOCK", "quantity": 2}]
    assert ask(shop, PROCESS, {"p": given})["userErrors"][0]["code"] == "GREATER_THAN"


def test_a_draft_reserves_and_becomes_an_order(shop: Shop) -> None:
    level = shop.level()
    before = level.available
    until = (shop.running.sandbox.clock() + timedelta(hours=1)).isoformat()
    given = {"lineItems": [{"variantId": variant(shop), "quantity": 1}], "reserveInventoryUntil": until}
    draft = ask(shop, DRAFT, {"d": given})["draftOrder"]
    assert (draft["status"], draft["lineItems"]["nodes"][0]["quantity"]) == ("OPEN", 1)
    assert (level.available, level.reserved) == (before - 1, 1)
    done = ask(shop, COMPLETE, {"id": draft["id"]})["draftOrder"]
    assert (done["status"], done["order"]["app"]["name"]) == ("COMPLETED", "Draft Orders")
    assert (level.available, level.reserved, level.committed) == (before - 1, 0, 1)
    assert ask(shop, COMPLETE, {"id": draft["id"]})["userErrors"] != []


def test_an_app_creates_an_order_that_claims_nothing_unless_it_says_so(shop: Shop) -> None:
    level = shop.level()
    before = level.available
    given = {"lineItems": [{"variantId": variant(shop), "quantity": 1}]}
    made = ask(shop, APP_ORDER, {"o": given, "n": "BYPASS"})
    assert (level.available, level.committed) == (before, 0)
    assert made["order"]["app"]["name"] == "Marketplace Connector"
    ask(shop, APP_ORDER, {"o": given, "n": "DECREMENT_OBEYING_POLICY"})
    assert (level.available, level.committed) == (before - 1, 1)
    too_many = {"lineItems": [{"variantId": variant(shop), "quantity": 9_999}]}
    refused = ask(shop, APP_ORDER, {"o": too_many, "n": "DECREMENT_OBEYING_POLICY"})
    assert refused["userErrors"][0]["code"] == "INVENTORY_CLAIM_FAILED"


def test_a_fulfilment_order_is_held_split_and_merged(shop: Shop) -> None:
    order = online(shop, 3)
    part = f"gid://shopify/FulfillmentOrder/{order.fulfillment_orders[0].id}"
    held = ask(shop, HOLD, {"id": part, "h": {"reason": "OTHER", "handle": "us"}})
    assert (held["fulfillmentOrder"]["status"], held["remainingFulfillmentOrder"]) == ("ON_HOLD", None)
    again = ask(shop, HOLD, {"id": part, "h": {"reason": "OTHER", "handle": "us"}})
    assert again["userErrors"][0]["code"] == "DUPLICATE_FULFILLMENT_HOLD_HANDLE"
    freed = ask(shop, RELEASE, {"id": part})["fulfillmentOrder"]
    assert (freed["status"], freed["fulfillmentHolds"]) == ("OPEN", [])
    line = freed["lineItems"]["nodes"][0]["id"]
    asked = {"fulfillmentOrderId": part, "fulfillmentOrderLineItems": [{"id": line, "quantity": 1}]}
    split = ask(shop, SPLIT, {"s": [asked]})["fulfillmentOrderSplits"][0]
    other = split["remainingFulfillmentOrder"]
    assert other["lineItems"]["nodes"][0]["remainingQuantity"] == 1
    intents = [{"fulfillmentOrderId": part}, {"fulfillmentOrderId": other["id"]}]
    merged = ask(shop, MERGE, {"m": [{"mergeIntents": intents}]})["fulfillmentOrderMerges"][0]["fulfillmentOrder"]
    assert merged["lineItems"]["nodes"][0]["remainingQuantity"] == 3
    assert ask(shop, MERGE, {"m": [{"mergeIntents": intents}]})["userErrors"] != []


def test_a_fulfilment_is_taken_back(shop: Shop) -> None:
    order = online(shop, 2)
    done = fulfil(shop.world, order, lines=None, now=shop.running.sandbox.clock())[0]
    gid = f"gid://shopify/Fulfillment/{done.id}"
    assert ask(shop, UNFULFIL, {"id": gid})["fulfillment"] == {"status": "CANCELLED", "displayStatus": "CANCELED"}
    assert ask(shop, UNFULFIL, {"id": gid})["userErrors"] != []


def test_an_edit_restocks_only_what_it_says(shop: Shop) -> None:
    order = online(shop, 3, 1)
    first, second = shop.level(0), shop.level(1)
    before, on_hand = first.available, second.on_hand
    edit = ask(shop, BEGIN, {"id": order_gid(order)})["calculatedOrder"]["id"]
    lines = [f"gid://shopify/CalculatedLineItem/{line.id}" for line in order.lines]
    assert ask(shop, SET, {"id": edit, "line": lines[0], "n": 1, "restock": True})["userErrors"] == []
    assert ask(shop, SET, {"id": edit, "line": lines[1], "n": 0})["userErrors"] == []
    assert ask(shop, ADD, {"id": edit, "v": variant(shop, 2), "n": 1})["userErrors"] == []
    assert first.available == before
    assert ask(shop, COMMIT, {"id": edit})["order"]["edited"] is True
    assert (first.available, first.committed) == (before + 2, 1)
    assert (second.on_hand, second.committed) == (on_hand - 1, 0)
    assert ask(shop, COMMIT, {"id": edit})["userErrors"] != []
