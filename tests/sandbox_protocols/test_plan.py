"""A query's plan gives the answer that graphql-core would give, to the byte, or leaves it to graphql-core."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import msgspec
import pytest
from graphql import execute_sync

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.documents import Document, documents_of
from onhand.sandbox.shopify.face import Face, face_of
from onhand.sandbox.shopify.gids import gid
from onhand.sandbox.shopify.schema import admin_schema
from onhand.sandbox.state import Settings
from tests.sandbox_protocols.clients import Shop
from tests.sandbox_protocols.conftest import UNLIMITED, opened
from tests.sandbox_protocols.test_reading import at_till, online

PLANNED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "pages and cursors": (
        """query Q($first: Int = 2, $after: String) { orders(first: $first, after: $after, sortKey: UPDATED_AT) {
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id __typename } } } }""",
        {},
    ),
    "fragments, one of them twice": (
        """{ orders(first: 3) { nodes { ...Rest ...Rest lineItems(first: 1) { nodes { id } } } } }
        fragment Rest on Order { name lineItems(first: 1) { nodes { sku quantity } } ...More }
        fragment More on Order { id }""",
        {},
    ),
    "the same list asked for twice": (
        "{ a: orders(first: 2) { nodes { id } nodes { name } } b: orders(first: 2) { nodes { id } } }",
        {},
    ),
    "a search": ("query Q($q: String) { productVariants(first: 5, query: $q) { nodes { sku } } }", {"q": "sku:TEE*"}),
    "null and nothing": (
        '{ order(id: "gid://shopify/Order/1") { id } orders(first: 1, query: "id:1") { nodes { id } } }',
        {},
    ),
    "what is wanted on condition": (
        """query Q($yes: Boolean!, $no: Boolean = false) { shop { id @include(if: $yes) name @skip(if: $yes)
        currencyCode @include(if: $no) email: id @skip(if: false) } }""",
        {"yes": True},
    ),
    "what is not": ("query Q($yes: Boolean!) { shop { id @include(if: $yes) name @skip(if: $yes) } }", {"yes": False}),
}
ONE_PAGE = "query Q($first: Int!) { orders(first: $first) { nodes { id } } }"
REFUSED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "a page too large": ("{ orders(first: 251) { nodes { id } } }", {}),
    "a field that the sandbox does not know": ("{ shop { id contactEmail } }", {}),
    "a variable of another kind": (
        "query Q($first: Int!) { orders(first: $first) { nodes { id } } }",
        {"first": "two"},
    ),
    "a variable that is missing": (ONE_PAGE, {}),
    "what the schema tells of itself": ("{ __schema { queryType { name } } }", {}),
    "a mutation": (
        """mutation { webhookSubscriptionDelete(id: "gid://shopify/WebhookSubscription/1") {
        deletedWebhookSubscriptionId } }""",
        {},
    ),
}


OWNERS = {"inventoryItem": "InventoryItem", "return": "Return"}
"""Of what the id is that a document's root field takes, where it is no order."""


class Reading:
    """One shop, read in both ways."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        sandbox = shop.running.sandbox
        self.face: Face = face_of(sandbox, admin_schema(), sandbox.clock())

    def document(self, text: str) -> Document:
        document = documents_of(self.face.schema).read(text)
        assert document.errors == ()
        return document

    def by_graphql(self, text: str, variables: Mapping[str, Any]) -> Any:
        ast = self.document(text).ast
        assert ast is not None
        result = execute_sync(self.face.schema, ast, context_value=self._call(), variable_values=dict(variables))
        assert result.errors is None
        return result.data

    def by_plan(self, text: str, variables: Mapping[str, Any]) -> Any:
        operation = self.document(text).operation(None)
        assert operation is not None
        return operation.reading.data(self._call(), variables)

    def ids(self) -> list[str]:
        """Return an id of everything that a node can be here, and of what is not there."""
        world = self.shop.world
        orders = list(world.orders)
        found = [gid("Order", order.id) for order in orders]
        found += [gid("FulfillmentOrder", part.id) for order in orders for part in order.fulfillment_orders]
        found += [gid("Fulfillment", part.id) for order in orders for part in order.fulfillments]
        found += [gid("LineItem", line.id) for order in orders for line in order.lines]
        found += [gid("InventoryItem", item.inventory_item_id) for item in world.catalog]
        found += [gid("ProductVariant", item.variant_id) for item in world.catalog]
        found += [gid("Location", number) for number in world.catalog.locations]
        return [*found, gid("Order", 1), gid("Product", 1), gid("Return", 1)]

    def _call(self) -> Call:
        world, clock = self.shop.world, self.shop.running.sandbox.clock
        scopes = Settings().scopes
        return Call(world=world, face=self.face, now=clock(), base_url="", call_id=1, scopes=tuple(scopes))


@pytest.fixture(scope="module")
def reading() -> Iterator[Reading]:
    """A shop with a bit of everything."""
    with opened(UNLIMITED) as shop:
        for units in (1, 2, 3):
            online(shop, units, 1)
            at_till(shop, units)
        yield Reading(shop)


def documents() -> dict[str, str]:
    """Return onhand's own queries."""
    folder = files("onhand.channels.shopify.documents")
    texts = {one.name: one.read_text(encoding="utf-8") for one in folder.iterdir() if one.name.endswith(".graphql")}
    return {name: text for name, text in texts.items() if "\nmutation" not in text and "bulk" not in name}


def variables_for(text: str, ids: list[str]) -> dict[str, Any]:
    """Return values for the variables that a document of ours declares and that need one."""
    owner = next((kind for field, kind in OWNERS.items() if f"{field}(id: $id)" in text), "Order")
    own = {
        "id": next(one for one in ids if f"/{owner}/" in one),
        "item": next(one for one in ids if "/InventoryItem/" in one),
        "location": next(one for one in ids if "/Location/" in one),
        **dict.fromkeys(("query", "orders", "transfers", "drafts"), ""),
    }
    of_type: dict[str, Any] = {"[ID!]!": ids, "Int!": 3, "Boolean!": True, "String!": "x"}
    declared = re.findall(r"[$](\w+): ([][\w!]+)", text.partition("{")[0])
    return {name: own.get(name, of_type.get(kind)) for name, kind in declared if kind.endswith("!")}


@pytest.mark.parametrize(("text", "variables"), [pytest.param(*case, id=name) for name, case in PLANNED.items()])
def test_a_plan_gives_the_answer_of_graphql_core(reading: Reading, text: str, variables: Mapping[str, Any]) -> None:
    expected = msgspec.json.encode(reading.by_graphql(text, variables))
    assert msgspec.json.encode(reading.by_plan(text, variables)) == expected


@pytest.mark.parametrize("name", sorted(documents()))
def test_onhands_own_queries_are_read_by_a_plan(reading: Reading, name: str) -> None:
    text = documents()[name]
    variables = variables_for(text, reading.ids())
    expected = msgspec.json.encode(reading.by_graphql(text, variables))
    assert msgspec.json.encode(reading.by_plan(text, variables)) == expected


@pytest.mark.parametrize(("text", "variables"), [pytest.param(*case, id=name) for name, case in REFUSED.items()])
def test_what_is_refused_or_beyond_plans_is_left_to_graphql_core(
    reading: Reading, text: str, variables: Mapping[str, Any]
) -> None:
    assert reading.by_plan(text, variables) is None
