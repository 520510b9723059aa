"""The scopes that onhand asks for are the least that let it do what it does, by Shopify's own table."""

import json
from functools import cache
from typing import Any

import pytest
from graphql import TypeInfo, TypeInfoVisitor, Visitor, get_named_type, parse, visit

from onhand.channels.shopify.documents import load, names
from onhand.channels.shopify.scopes import READING, compare, needed
from tests.channels.shopify.platform import SCHEMA, official_schema

TABLE = json.loads(SCHEMA.with_name("access_scopes.json").read_text(encoding="utf-8"))
WRITES = {"activate_level", "adjust_quantities", "move_quantities", "set_quantities", "toggle_levels"}
ANYTHING = {scope for need in READING for scope in need.scopes}


@cache
def alternatives(document: str) -> frozenset[tuple[str, ...]]:
    """Return what a document's types and fields ask for: of each row one scope is enough."""
    info = TypeInfo(official_schema())
    found: set[tuple[str, ...]] = set()

    class Collector(Visitor):
        def enter_field(self, node: Any, *_: Any) -> None:
            parent, kind = info.get_parent_type(), info.get_type()
            assert parent is not None
            assert kind is not None
            keys = (parent.name, f"{parent.name}.{node.name.value}", get_named_type(kind).name)
            found.update(tuple(TABLE["fields"][key]) for key in keys if key in TABLE["fields"])

    visit(parse(load(document).text), TypeInfoVisitor(info, Collector()))
    return frozenset(found)


def covered(alternative: tuple[str, ...], scopes: set[str]) -> bool:
    return any(scope in scopes or scope.replace("read_", "write_", 1) in scopes for scope in alternative)


@pytest.mark.parametrize("document", names())
def test_the_scopes_asked_for_let_every_document_through(document: str) -> None:
    scopes = set(needed(writes=document in WRITES))
    assert [row for row in alternatives(document) if not covered(row, scopes)] == []


def test_reading_asks_for_no_scope_that_writes() -> None:
    assert [scope for scope in needed(writes=False) if scope.startswith("write_")] == []
    assert set(needed(writes=True)) - set(needed(writes=False)) == {"write_inventory"}


def test_each_scope_of_a_document_is_needed_by_one() -> None:
    rows = {row for document in names() for row in alternatives(document)}
    for need in READING:
        if need.necessary:
            lone = ANYTHING - set(need.scopes)
            assert any(not covered(row, lone) for row in rows), need


def test_a_grant_is_compared_with_what_is_needed() -> None:
    granted = {*needed(writes=True), "write_orders", "read_customers"} - {"read_locations", "read_shipping"}
    gap = compare(granted, writes=True)
    assert [scope for scope, _ in gap.missing] == ["read_locations"]
    assert [scope for scope, _ in gap.lesser] == ["read_shipping"]
    assert gap.surplus == ("read_customers", "write_orders")
    assert compare(needed(writes=True), writes=True) == ((), (), ())
    assert compare(needed(writes=True), writes=False).surplus == ("write_inventory",)


def test_the_table_says_where_it_comes_from() -> None:
    assert "@shopify/dev-mcp 1.16.0" in TABLE["source"]
    assert "ISC" in TABLE["source"]
