"""Access scopes: what a token does not cover is denied, field by field."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_required_argument,
    is_required_input_field,
)

from onhand.sandbox.shopify.access import field_needs, row_type, topic_needs
from onhand.sandbox.shopify.schema import admin_schema
from onhand.sandbox.shopify.topics import header_of
from tests.sandbox_protocols.clients import Json, Shop
from tests.sandbox_protocols.conftest import UNLIMITED, opened
from tests.sandbox_protocols.documents import ADJUST
from tests.sandbox_protocols.test_quantities import adjusting, change

SUBSCRIBE = """mutation S($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri}) {
    webhookSubscription { id } userErrors { field message } } }"""
RUN = """mutation R($query: String!) { bulkOperationRunQuery(query: $query) {
  bulkOperation { id } userErrors { code message } } }"""
STATUS = "query S($id: ID!) { bulkOperation(id: $id) { status errorCode url partialDataUrl objectCount } }"
_LITERALS = {"Boolean": "true", "Int": "1", "Float": "1.0", "DateTime": '"2026-11-23T09:00:00Z"', "Decimal": '"1"'}


@contextmanager
def granted(*scopes: str) -> Iterator[Shop]:
    """Run a shop whose app has these scopes."""
    with opened(replace(UNLIMITED, scopes=scopes)) as shop:
        yield shop


@pytest.fixture(scope="module")
def closed_shop() -> Iterator[Shop]:
    """A shop whose app may see nothing."""
    with granted() as shop:
        yield shop


def literal(kind: GraphQLInputType) -> str:
    """Return some value of an input type, as it is written in a document."""
    bare = get_nullable_type(kind)
    if isinstance(bare, GraphQLList):
        return f"[{literal(bare.of_type)}]"
    if isinstance(bare, GraphQLEnumType):
        return str(next(iter(bare.values)))
    if isinstance(bare, GraphQLInputObjectType):
        required = {name: field for name, field in bare.fields.items() if is_required_input_field(field)}
        return "{" + ", ".join(f"{name}: {literal(field.type)}" for name, field in required.items()) + "}"
    return _LITERALS.get(get_named_type(bare).name, '"gid://shopify/Order/1"')


def arguments(given: dict[str, GraphQLArgument]) -> str:
    """Return the arguments that a field cannot do without."""
    needed = [f"{name}: {literal(one.type)}" for name, one in given.items() if is_required_argument(one)]
    needed += ["first: 1"] if "first" in given else []
    return f"({', '.join(needed)})" if needed else ""


def call_of(root: str, name: str, field: GraphQLField) -> str:
    """Return a document that asks for nothing but that field."""
    below = " { __typename }" if is_composite_type(get_named_type(field.type)) else ""
    return f"{root} {{ {name}{arguments(field.args)}{below} }}"


def denied(shop: Shop, document: str) -> list[tuple[str, list[str]]]:
    found: list[Json] = shop.admin.answer(document).get("errors", [])
    return [(error["extensions"]["code"], error["path"]) for error in found]


def test_a_field_without_its_scope_is_null_and_the_error_names_the_scope() -> None:
    with granted("read_products") as shop:
        answer = shop.admin.answer('{ order(id: "gid://shopify/Order/1") { id } shop { name } }')
    needed = "`read_marketplace_orders` access scope, `read_orders` access scope or `read_quick_sale` access scope."
    assert answer["data"]["order"] is None
    assert answer["data"]["shop"]["name"]
    assert answer["errors"] == [
        {
            "message": f"Access denied for order field. Required access: {needed}",
            "locations": [{"line": 1, "column": 3}],
            "path": ["order"],
            "extensions": {
                "code": "ACCESS_DENIED",
                "documentation": "https://shopify.dev/api/usage/access-scopes",
                "requiredAccess": needed,
            },
        }
    ]


def test_a_field_that_cannot_be_null_takes_what_holds_it_along() -> None:
    with granted("read_inventory") as shop:
        document = f'{{ location(id: "{shop.location_gid()}") {{ id name }} }}'
        answer = shop.admin.answer(document)
    assert answer["data"] == {"location": None}
    (error,) = answer["errors"]
    assert error["path"] == ["location", "name"]
    assert error["message"] == (
        "Access denied for name field. "
        "Required access: `read_locations` access scope or `read_markets_home` access scope."
    )


@pytest.mark.parametrize("name", sorted(one.partition(".")[2] for one in field_needs() if one.startswith("Mutation.")))
def test_a_mutation_is_denied_without_its_scope(closed_shop: Shop, name: str) -> None:
    mutations = admin_schema().mutation_type
    assert mutations is not None
    assert denied(closed_shop, call_of("mutation", name, mutations.fields[name])) == [("ACCESS_DENIED", [name])]


def roots() -> list[str]:
    """Return the fields of the root that need a scope, or give what needs one."""
    query = admin_schema().query_type
    assert query is not None
    return [
        name
        for name, field in query.fields.items()
        if f"QueryRoot.{name}" in field_needs() or row_type(field.type).name in field_needs()
    ]


@pytest.mark.parametrize("name", roots())
def test_a_query_is_denied_without_its_scope(closed_shop: Shop, name: str) -> None:
    query = admin_schema().query_type
    assert query is not None
    assert denied(closed_shop, call_of("query", name, query.fields[name])) == [("ACCESS_DENIED", [name])]


def test_objects_behind_an_interface_are_denied_one_by_one() -> None:
    with granted("read_products") as shop:
        shop.do("sale", location=shop.location(1).name, sku=shop.item().sku)
        order = f"gid://shopify/Order/{next(iter(shop.world.orders)).id}"
        ids = [order, shop.item_gid(), order]
        answer = shop.admin.answer("query N($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ids})
        alone = shop.admin.answer("query N($id: ID!) { node(id: $id) { id } }", {"id": ids[0]})
    assert answer["data"]["nodes"] == [None, {"id": ids[1]}, None]
    assert [error["path"] for error in answer["errors"]] == [["nodes", 0], ["nodes", 2]]
    assert (alone["data"], alone["errors"][0]["extensions"]["code"]) == ({"node": None}, "ACCESS_DENIED")


def test_who_may_write_may_read() -> None:
    document = """query L($id: ID!) { inventoryItem(id: $id) {
      inventoryLevels(first: 1) { nodes { id location { name } } } } }"""
    with granted("write_inventory", "write_locations") as shop:
        (level,) = shop.admin.data(document, {"id": shop.item_gid()})["inventoryItem"]["inventoryLevels"]["nodes"]
    assert level["location"]["name"]


def test_reading_does_not_let_an_app_write() -> None:
    with granted("read_inventory") as shop:
        before = shop.level().available
        answer = shop.admin.answer(ADJUST, {"input": adjusting(change(shop)), "key": "k"})
        assert [error["path"] for error in answer["errors"]] == [["inventoryAdjustQuantities"]]
        assert shop.level().available == before


def test_a_bulk_query_without_its_scopes_fails_with_access_denied() -> None:
    with granted("read_products") as shop:
        query = "{ inventoryItems { edges { node { id inventoryLevels { edges { node { id } } } } } } }"
        started = shop.admin.data(RUN, {"query": query})["bulkOperationRunQuery"]
        assert started["userErrors"] == []
        operation: Json = {"status": "CREATED"}
        while operation["status"] in ("CREATED", "RUNNING"):
            time.sleep(0.02)
            operation = shop.admin.data(STATUS, {"id": started["bulkOperation"]["id"]})["bulkOperation"]
    assert operation == {
        "status": "FAILED",
        "errorCode": "ACCESS_DENIED",
        "url": None,
        "partialDataUrl": None,
        "objectCount": "0",
    }


def subscribe(shop: Shop, topic: str) -> Json:
    uri = f"https://app.example/{topic}"
    answer: Json = shop.admin.data(SUBSCRIBE, {"topic": topic, "uri": uri})["webhookSubscriptionCreate"]
    return answer


def test_a_topic_needs_one_of_its_scopes() -> None:
    enum = admin_schema().type_map["WebhookSubscriptionTopic"]
    assert isinstance(enum, GraphQLEnumType)
    topics = [topic for topic in enum.values if topic in topic_needs() and header_of(topic) is not None]
    assert len(topics) > 50
    with granted() as shop:
        refused = {topic: subscribe(shop, topic)["userErrors"] for topic in topics}
        free = subscribe(shop, "APP_UNINSTALLED")
    assert [topic for topic, errors in refused.items() if [error["field"] for error in errors] != [["topic"]]] == []
    assert free["userErrors"] == []
    with granted("read_marketplace_orders", "write_returns") as shop:
        assert subscribe(shop, "ORDERS_CREATE")["userErrors"] == []
        assert subscribe(shop, "RETURNS_APPROVE")["userErrors"] == []
        assert subscribe(shop, "LOCATIONS_UPDATE")["webhookSubscription"] is None


def test_the_scopes_are_the_schemas_own() -> None:
    schema = admin_schema()
    for name in field_needs():
        kind, _, field = name.partition(".")
        assert kind in schema.type_map
        assert not field or field in schema.type_map[kind].fields  # type: ignore[attr-defined]
    assert field_needs()["Mutation.inventorySetQuantities"] == ("write_inventory",)
    assert field_needs()["InventoryLevel"] == ("read_inventory",)
