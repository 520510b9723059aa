"""Reading Shopify: pictures of items, levels and orders; pages, searches, and what the sandbox does not know."""

from __future__ import annotations

from datetime import timedelta

import pytest

from onhand.sandbox.world.catalog import Item
from onhand.sandbox.world.fulfilling import fulfil
from onhand.sandbox.world.orders import Order
from onhand.sandbox.world.selling import place_online, sell_at_till
from onhand.sandbox.world.undoing import RefundWish, refund
from onhand.sandbox.world.wishes import Wish
from tests.sandbox_protocols.clients import Json, Shop
from tests.sandbox_protocols.documents import LEVELS, ORDERS


def wish(item: Item, units: int = 1) -> Wish:
    return Wish(item_id=item.inventory_item_id, units=units)


def online(shop: Shop, *units: int) -> Order:
    wishes = [wish(shop.item(index), count) for index, count in enumerate(units)]
    order = place_online(shop.world, lines=wishes, now=shop.running.sandbox.clock())
    assert isinstance(order, Order)
    return order


def at_till(shop: Shop, units: int, location: int = 1) -> Order:
    now = shop.running.sandbox.clock()
    order = sell_at_till(shop.world, location_id=shop.location(location).id, lines=[wish(shop.item(), units)], now=now)
    assert isinstance(order, Order)
    return order


def order_gid(order: Order) -> str:
    return f"gid://shopify/Order/{order.id}"


def picture(shop: Shop, order: Order) -> Json:
    found: Json = shop.admin.data(ORDERS, {"ids": [order_gid(order)]})["nodes"][0]
    return found


def test_levels_show_every_state_and_the_sum_on_hand(quiet_shop: Shop) -> None:
    item: Json = quiet_shop.admin.data(LEVELS, {"ids": [quiet_shop.item_gid(1)]})["nodes"][0]
    assert item["sku"] == quiet_shop.item(1).sku
    levels = item["inventoryLevels"]["nodes"]
    assert [level["location"]["id"] for level in levels] == [quiet_shop.location_gid(index) for index in range(3)]
    for level in levels:
        units = {row["name"]: row["quantity"] for row in level["quantities"]}
        assert units["on_hand"] == sum(units.values()) - units["on_hand"] - units["incoming"]
        assert level["updatedAt"].endswith("Z")


def test_a_level_has_an_opaque_id_by_which_it_is_found(quiet_shop: Shop) -> None:
    item: Json = quiet_shop.admin.data(LEVELS, {"ids": [quiet_shop.item_gid()]})["nodes"][0]
    level_id = item["inventoryLevels"]["nodes"][0]["id"]
    assert f"?inventory_item_id={quiet_shop.item().inventory_item_id}" in level_id
    assert str(quiet_shop.location().id) not in level_id
    query = "query L($id: ID!) { inventoryLevel(id: $id) { id item { id } location { id } } }"
    found = quiet_shop.admin.data(query, {"id": level_id})["inventoryLevel"]
    assert found == {
        "id": level_id,
        "item": {"id": quiet_shop.item_gid()},
        "location": {"id": quiet_shop.location_gid()},
    }


def test_an_inactive_level_is_shown_only_to_those_who_ask(shop: Shop) -> None:
    level = shop.level(location=2)
    query = """query L($i: ID!, $l: ID!) { inventoryItem(id: $i) { inventoryLevel(locationId: $l) { id }
      all: inventoryLevel(locationId: $l, includeInactive: true) { isActive }
      inventoryLevels(first: 9) { nodes { id } } } }"""
    mutation = "mutation D($id: ID!) { inventoryDeactivate(inventoryLevelId: $id) { userErrors { message } } }"
    gid = f"gid://shopify/InventoryLevel/{level.id}?inventory_item_id={level.item_id}"
    shop.admin.data(mutation, {"id": gid})
    item = shop.admin.data(query, {"i": shop.item_gid(), "l": shop.location_gid(2)})["inventoryItem"]
    assert item["inventoryLevel"] is None
    assert item["all"] == {"isActive": False}
    assert len(item["inventoryLevels"]["nodes"]) == 2


def test_an_online_order_shows_where_it_will_be_shipped_from(shop: Shop) -> None:
    order = online(shop, 2, 1)
    seen = picture(shop, order)
    assert (seen["sourceName"], seen["retailLocation"], seen["displayFulfillmentStatus"]) == (
        "web",
        None,
        "UNFULFILLED",
    )
    lines = seen["lineItems"]["nodes"]
    assert [(row["quantity"], row["currentQuantity"], row["unfulfilledQuantity"]) for row in lines] == [
        (2, 2, 2),
        (1, 1, 1),
    ]
    assert lines[0]["variant"]["inventoryItem"]["id"] == shop.item_gid()
    part = seen["fulfillmentOrders"]["nodes"][0]
    assert (part["status"], part["assignedLocation"]["location"]["id"]) == ("OPEN", shop.location_gid())
    assert [row["inventoryItemId"] for row in part["lineItems"]["nodes"]] == [shop.item_gid(0), shop.item_gid(1)]


def test_a_till_sale_arrives_shipped_from_the_selling_location(shop: Shop) -> None:
    seen = picture(shop, at_till(shop, 2))
    assert (seen["sourceName"], seen["displayFulfillmentStatus"]) == ("pos", "FULFILLED")
    assert seen["retailLocation"] == {"id": shop.location_gid(1)}
    assert seen["fulfillments"][0]["location"] == {"id": shop.location_gid(1)}
    assert seen["lineItems"]["nodes"][0]["unfulfilledQuantity"] == 0


def test_a_refund_shows_how_and_where_units_came_back(shop: Shop) -> None:
    order = online(shop, 3)
    now = shop.running.sandbox.clock()
    fulfil(shop.world, order, lines={order.lines[0].id: 2}, now=now)
    wishes = [
        RefundWish(line_id=order.lines[0].id, units=1, restock_type="cancel"),
        RefundWish(line_id=order.lines[0].id, units=1, restock_type="return", location_id=shop.location(2).id),
    ]
    refund(shop.world, order, lines=wishes, note="", now=now)
    seen = picture(shop, order)
    rows = seen["refunds"][0]["refundLineItems"]["nodes"]
    assert [(row["quantity"], row["restockType"], row["location"]["id"]) for row in rows] == [
        (1, "CANCEL", shop.location_gid(0)),
        (1, "RETURN", shop.location_gid(2)),
    ]
    assert seen["lineItems"]["nodes"][0]["currentQuantity"] == 1


def test_an_object_that_does_not_exist_is_null_and_a_bad_id_is_an_error(quiet_shop: Shop) -> None:
    query = "query N($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids = ["gid://shopify/Order/1", quiet_shop.item_gid(), "gid://shopify/Location/2"]
    nodes = quiet_shop.admin.data(query, {"ids": ids})["nodes"]
    assert nodes == [None, {"id": quiet_shop.item_gid()}, None]
    assert quiet_shop.admin.error(query, {"ids": ["43300000000001"]})["extensions"]["code"] == "INVALID_ID"


def test_nodes_takes_250_ids_and_no_more(quiet_shop: Shop) -> None:
    query = "query N($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert len(quiet_shop.admin.data(query, {"ids": [quiet_shop.item_gid()] * 250})["nodes"]) == 250
    error = quiet_shop.admin.error(query, {"ids": [quiet_shop.item_gid()] * 251})
    assert error["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"


@pytest.mark.parametrize("reverse", [False, True])
def test_pages_of_a_list_give_every_row_once(quiet_shop: Shop, reverse: bool) -> None:
    query = """query P($after: String, $reverse: Boolean) { inventoryItems(first: 5, after: $after, reverse: $reverse) {
      pageInfo { hasNextPage hasPreviousPage endCursor } edges { cursor node { sku } } } }"""
    seen: list[str] = []
    after = None
    for number in range(3):
        page = quiet_shop.admin.data(query, {"after": after, "reverse": reverse})["inventoryItems"]
        seen += [edge["node"]["sku"] for edge in page["edges"]]
        assert page["pageInfo"]["hasNextPage"] == (number < 2)
        assert page["pageInfo"]["hasPreviousPage"] == (number > 0)
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        after = page["pageInfo"]["endCursor"]
    skus = [item.sku for item in quiet_shop.world.catalog]
    assert seen == (skus[::-1] if reverse else skus)


def test_a_list_is_read_from_its_end_too(quiet_shop: Shop) -> None:
    query = """query P($before: String) { inventoryItems(last: 5, before: $before) {
      pageInfo { hasPreviousPage startCursor } nodes { sku } } }"""
    seen: list[str] = []
    before, more = None, True
    while more:
        page = quiet_shop.admin.data(query, {"before": before})["inventoryItems"]
        seen = [node["sku"] for node in page["nodes"]] + seen
        before, more = page["pageInfo"]["startCursor"], page["pageInfo"]["hasPreviousPage"]
    assert seen == [item.sku for item in quiet_shop.world.catalog]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("", "BAD_REQUEST"),
        ("first: 251", "BAD_REQUEST"),
        ("first: 1, last: 1", "BAD_REQUEST"),
        ('first: 1, after: "nonsense"', "INVALID_CURSOR"),
        ('first: 1, query: "colour:red"', "BAD_REQUEST"),
        ('first: 1, query: "id>=3"', "BAD_REQUEST"),
    ],
)
def test_a_list_that_cannot_be_given_is_refused(quiet_shop: Shop, arguments: str, code: str) -> None:
    head = f"inventoryItems({arguments})" if arguments else "inventoryItems"
    assert quiet_shop.admin.error(f"{{ {head} {{ nodes {{ id }} }} }}")["extensions"]["code"] == code


def test_orders_are_found_by_what_changed_since(shop: Shop) -> None:
    old, new = online(shop, 1), online(shop, 1)
    for order, minutes in ((old, -90), (new, -1)):
        order.updated_at += timedelta(minutes=minutes)
    bound = (new.updated_at - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    query = """query O($q: String!) { orders(first: 9, query: $q, sortKey: UPDATED_AT) { nodes { name } } }"""

    def names(search: str) -> list[str]:
        return [row["name"] for row in shop.admin.data(query, {"q": search})["orders"]["nodes"]]

    assert names(f"updated_at:>={bound}") == [new.name]
    assert names(f"updated_at:>='{bound}' AND id:{old.id}") == []
    assert names(f"id:{old.id} OR id:{new.id}") == [old.name, new.name]
    assert names(f"id:>{old.id}") == [new.name]
    assert names("status:open source_name:web") == [old.name, new.name]
    assert names("") == [old.name, new.name]


def test_orders_come_in_the_order_of_their_last_change(shop: Shop) -> None:
    orders = [online(shop, 1) for _ in range(3)]
    for order, seconds in zip(orders, (30, 10, 20), strict=True):
        order.updated_at += timedelta(seconds=seconds)
    query = "{ orders(first: 9, sortKey: UPDATED_AT) { nodes { name } } ordersCount { count precision } }"
    held = shop.admin.data(query)
    assert [row["name"] for row in held["orders"]["nodes"]] == [orders[1].name, orders[2].name, orders[0].name]
    assert held["ordersCount"] == {"count": 3, "precision": "EXACT"}


def test_a_field_that_the_world_cannot_know_is_an_error_and_not_a_null(quiet_shop: Shop) -> None:
    error = quiet_shop.admin.error("{ shop { contactEmail } }")
    assert error["extensions"]["code"] == "SANDBOX_UNKNOWN_FIELD"
    assert "Shop.contactEmail" in error["message"]
    answer = quiet_shop.admin.answer("{ inventoryItems(first: 1) { nodes { sku inventoryHistoryUrl } } }")
    assert answer["errors"][0]["extensions"]["code"] == "SANDBOX_UNKNOWN_FIELD"


def test_locations_and_quantity_names_are_told(quiet_shop: Shop) -> None:
    query = """{ locations(first: 10, sortKey: ID) { nodes { id name isActive fulfillsOnlineOrders deactivatedAt } }
      inventoryProperties { quantityNames { name belongsTo comprises isInUse } }
      currentAppInstallation { accessScopes { handle } } }"""
    held = quiet_shop.admin.data(query)
    rows = [(row["name"], row["fulfillsOnlineOrders"]) for row in held["locations"]["nodes"]]
    assert rows == [("Warehouse", True), ("Boston", True), ("Portland", False)]
    names = {row["name"]: row for row in held["inventoryProperties"]["quantityNames"]}
    assert names["reserved"]["belongsTo"] == ["on_hand"]
    assert names["incoming"]["belongsTo"] == []
    assert "committed" in names["on_hand"]["comprises"]
    handles = {row["handle"] for row in held["currentAppInstallation"]["accessScopes"]}
    assert {"read_inventory", "write_inventory", "read_orders"} <= handles


def test_a_quantity_name_that_does_not_exist_is_refused(quiet_shop: Shop) -> None:
    query = """{ inventoryItems(first: 1) { nodes { inventoryLevels(first: 1) { nodes {
      quantities(names: ["sold"]) { quantity } } } } } }"""
    assert quiet_shop.admin.error(query)["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"


AGREEMENTS = """query A($id: ID!) { order(id: $id) { edited agreements(first: 9) { nodes { __typename happenedAt reason
  sales(first: 9) { nodes { actionType quantity ... on ProductSale { lineItem { id } } } } } } } }"""


def test_agreements_say_when_which_units_came_to_an_order_and_left_it(shop: Shop) -> None:
    order = online(shop, 2)
    first, number = order.lines[0].id, order_gid(order)
    added = [{"sku": shop.item(1).sku, "units": 1}]
    shop.do("edit", order=order.name, add=added, remove=[{"sku": shop.item().sku, "units": 1}])
    shop.do("fulfil", order=order.name)
    shop.do("return", order=order.name, lines=[{"sku": shop.item().sku, "units": 1}], exchange=added)
    shop.do("refund", order=order.name, lines=[{"sku": shop.item(1).sku, "units": 1}], restock=False)
    found: Json = shop.admin.data(AGREEMENTS, {"id": number})["order"]
    assert found["edited"]
    rows = [
        (row["__typename"], row["reason"], [(sale["actionType"], sale["quantity"]) for sale in row["sales"]["nodes"]])
        for row in found["agreements"]["nodes"]
    ]
    assert rows == [
        ("OrderAgreement", "ORDER", [("ORDER", 2)]),
        ("OrderEditAgreement", "ORDER_EDIT", [("RETURN", -1), ("ORDER", 1)]),
        ("ReturnAgreement", "RETURN", [("ORDER", 1)]),
        ("RefundAgreement", "REFUND", [("RETURN", -1)]),
    ]
    sold = found["agreements"]["nodes"][0]["sales"]["nodes"][0]
    assert sold["lineItem"]["id"] == f"gid://shopify/LineItem/{first}"


def test_a_search_may_leave_out_what_a_term_holds_for(shop: Shop) -> None:
    open_one, done, gone = online(shop, 1), online(shop, 1), online(shop, 1)
    shop.do("fulfil", order=done.name)
    shop.do("cancel", order=gone.name, restock=True)
    query = "query O($q: String!) { orders(first: 250, query: $q) { nodes { id } } }"
    for text in (
        "NOT status:cancelled AND NOT fulfillment_status:fulfilled",
        "-status:cancelled -fulfillment_status:fulfilled",
    ):
        found = {row["id"] for row in shop.admin.data(query, {"q": text})["orders"]["nodes"]}
        assert order_gid(open_one) in found
        assert not found & {order_gid(done), order_gid(gone)}
