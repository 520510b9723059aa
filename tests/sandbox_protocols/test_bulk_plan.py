"""A bulk query's plan gives the lines that graphql-core would give, or there is no plan."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from itertools import islice
from typing import Any

import pytest
from graphql import GraphQLError

from onhand.sandbox.shopify.bulk_plan import plan_of
from onhand.sandbox.shopify.bulk_rows import ROWS_LISTED, Piece, by_graphql, by_plan
from onhand.sandbox.shopify.bulk_rules import why_not_bulk
from onhand.sandbox.shopify.call import BulkWindow, Call
from onhand.sandbox.shopify.documents import Document, documents_of
from onhand.sandbox.shopify.face import Face, face_of
from onhand.sandbox.shopify.schema import admin_schema
from tests.sandbox_protocols.clients import Shop
from tests.sandbox_protocols.conftest import UNLIMITED, opened
from tests.sandbox_protocols.test_reading import at_till, online

UNITS = 'inventoryLevels { nodes { quantities(names: ["available"]) { quantity } } }'
PLANNED = {
    "levels of items": """{ inventoryItems { nodes { id sku stock: inventoryLevels { nodes { at: updatedAt
        place: location { id name isActive } quantities(names: ["available", "on_hand"]) { id name quantity } } }
        createdAt unitCost { amount } variants { edges { node { __typename displayName price } } } } } }""",
    "what a search finds": '{ productVariants(query: "sku:TEE*") { edges { node { sku inventoryPolicy } } } }',
    "two deep": """{ products { nodes { id title tags variants { nodes { id selectedOptions { name value }
        inventoryItem { sku tracked } } } } } }""",
    "orders": """{ orders(query: "status:open", reverse: true) { nodes { id name cancelReason
        displayFinancialStatus totalPriceSet { shopMoney { amount currencyCode } } retailLocation { id }
        refunds { id createdAt } fulfillmentOrders { nodes { id status assignedLocation { name location { id } }
          lineItems { nodes { id remainingQuantity lineItem { id } } } } }
        lineItems { nodes { id sku quantity variant { id product { title } } } } } } }""",
    "nothing": '{ orders(query: "status:cancelled") { nodes { id } } }',
}
UNPLANNED = {
    "a fragment": "{ orders { nodes { ...Rest } } } fragment Rest on Order { id name }",
    "an inline fragment": "{ orders { nodes { id ... on Order { name } } } }",
    "a directive": "{ orders { nodes { id name @include(if: true) note: name @skip(if: true) } } }",
    "a field twice": "{ orders { nodes { id lineItems { nodes { id } } lineItems { nodes { sku } } } } }",
    "two lists of rows": "{ orders { nodes { id } edges { node { name } } } }",
    "a cursor": "{ orders { edges { cursor node { id } } } }",
    "a page's end": "{ orders { pageInfo { hasNextPage } nodes { id } } }",
    "a connection inside an object": """{ productVariants { nodes { id inventoryItem { id
        inventoryLevels { nodes { id } } } } } }""",
}


class Reading:
    """One shop, read in both ways."""

    def __init__(self, shop: Shop) -> None:
        sandbox = shop.running.sandbox
        self.shop = shop
        self.face: Face = face_of(sandbox, admin_schema(), sandbox.clock())

    def document(self, text: str) -> Document:
        document = documents_of(self.face.schema).read(text)
        assert why_not_bulk(self.face.schema, document) is None
        return document

    def by_graphql(self, text: str) -> Iterator[Piece]:
        return by_graphql(self.face.schema, self.document(text), self._call)

    def by_plan(self, text: str) -> Iterator[Piece]:
        plan = plan_of(self.face.schema, self.document(text))
        assert plan is not None
        return by_plan(plan, self._call)

    def _call(self, window: BulkWindow) -> Call:
        world, clock = self.shop.world, self.shop.running.sandbox.clock
        return Call(world=world, face=self.face, now=clock(), base_url="", call_id=1, scopes=(), bulk=window)


@pytest.fixture(scope="module")
def reading() -> Iterator[Reading]:
    """A shop with a bit of everything, and more items than are listed in one go."""
    with opened(UNLIMITED, items=ROWS_LISTED + 230) as shop:
        for units in (1, 2):
            online(shop, units, 1)
            at_till(shop, units)
        for index in range(3):
            shop.level(index, 1).active = False
        shop.level(4, 2).quality_control -= 9
        yield Reading(shop)


def bulk_documents() -> dict[str, str]:
    """Return the documents that onhand runs in bulk."""
    folder = files("onhand.channels.shopify.documents")
    return {one.name: one.read_text(encoding="utf-8") for one in folder.iterdir() if "bulk.graphql" in one.name}


def in_order(lines: Iterator[Piece]) -> list[list[tuple[str, Any]]]:
    return [list(line.items()) for piece in lines for line in piece.lines]


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in (PLANNED | bulk_documents()).items()])
def test_a_plan_gives_the_lines_of_graphql_core(reading: Reading, text: str) -> None:
    expected = in_order(reading.by_graphql(text))
    assert in_order(reading.by_plan(text)) == expected
    roots = [sum(piece.roots for piece in way(text)) for way in (reading.by_graphql, reading.by_plan)]
    assert roots[0] == roots[1] == sum("__parentId" not in dict(line) for line in expected)


def test_onhands_own_census_is_read_by_a_plan() -> None:
    assert set(bulk_documents()) == {"census_bulk.graphql"}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in UNPLANNED.items()])
def test_what_is_beyond_plans_is_read_by_graphql_core(reading: Reading, text: str) -> None:
    assert plan_of(reading.face.schema, reading.document(text)) is None
    assert next(reading.by_graphql(text)).lines


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{ inventoryItems { nodes { id measurement { id } } } }", "does not know InventoryItem.measurement"),
        (f"{{ inventoryItems {{ nodes {{ id {UNITS.replace('available', 'x')} }} }} }}", "names x"),
        ('{ orders(savedSearchId: "gid://shopify/SavedSearch/1") { nodes { id } } }', "saved search"),
        ('{ orders(query: "colour:red") { nodes { id } } }', "cannot search by 'colour'"),
    ],
)
def test_a_plan_refuses_what_graphql_core_refuses(reading: Reading, text: str, word: str) -> None:
    for way in (reading.by_graphql, reading.by_plan):
        with pytest.raises(GraphQLError, match=word):
            next(way(text))


def test_a_number_beyond_graphqls_whole_numbers_is_refused_by_both(reading: Reading) -> None:
    level = reading.shop.level(7, 0)
    text = f"{{ inventoryItems {{ nodes {{ id {UNITS} }} }} }}"
    before = level.available
    level.available = 2**31
    try:
        for way in (reading.by_graphql, reading.by_plan):
            with pytest.raises(GraphQLError, match="non 32-bit signed integer"):
                list(way(text))
    finally:
        level.available = before


def test_a_sale_while_a_plan_is_read_shows_in_the_rows_to_come(reading: Reading) -> None:
    pieces = reading.by_plan(PLANNED["levels of items"])
    list(islice(pieces, 5))
    reading.shop.level(9, 0).available += 1_000
    changed = next(islice(pieces, 4, None))
    shown = [one for line in changed.lines for one in line.get("quantities", ()) if one["name"] == "available"]
    assert max(one["quantity"] for one in shown) >= 1_000
