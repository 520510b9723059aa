"""The official schema, bound to this world: every field has a resolver, or says loudly that it has none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from graphql import GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, build_schema, is_interface_type

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.errors import unknown_to_the_sandbox
from onhand.sandbox.shopify.fields import FieldTable, RawResolver, Resolver, keep_raw
from onhand.sandbox.shopify.read_agreements import AGREEMENT_FIELDS
from onhand.sandbox.shopify.read_catalog import CATALOG_FIELDS
from onhand.sandbox.shopify.read_delivery import DELIVERY_FIELDS, DELIVERY_ROOT_FIELDS
from onhand.sandbox.shopify.read_inventory import INVENTORY_FIELDS
from onhand.sandbox.shopify.read_orders import ORDER_FIELDS
from onhand.sandbox.shopify.read_returns import RETURN_FIELDS
from onhand.sandbox.shopify.read_root import ROOT_FIELDS
from onhand.sandbox.shopify.read_shipping import SHIPPING_FIELDS
from onhand.sandbox.shopify.read_shop import SHOP_FIELDS, SHOP_ROOT_FIELDS
from onhand.sandbox.shopify.views import TYPE_NAMES, EdgeView
from onhand.sandbox.shopify.write_fields import WRITE_FIELDS

SDL_FILE = "admin_2026-10.graphql"

_PAGE: FieldTable = {
    "nodes": lambda page: page.rows,
    "edges": lambda page: [EdgeView(page, row) for row in page.rows],
    "pageInfo": lambda page: page,
}
_EDGE: FieldTable = {
    "node": lambda edge: edge.row,
    "cursor": lambda edge: edge.page.cursor(edge.row),
}
_PAGE_INFO: FieldTable = {
    "hasNextPage": lambda page: page.has_next,
    "hasPreviousPage": lambda page: page.has_previous,
    "startCursor": lambda page: page.cursor(page.rows[0]) if page.rows else None,
    "endCursor": lambda page: page.cursor(page.rows[-1]) if page.rows else None,
}
_TABLES: Mapping[str, FieldTable] = {
    **AGREEMENT_FIELDS,
    **CATALOG_FIELDS,
    **DELIVERY_FIELDS,
    **INVENTORY_FIELDS,
    **ORDER_FIELDS,
    **RETURN_FIELDS,
    **SHIPPING_FIELDS,
    **SHOP_FIELDS,
    "PageInfo": _PAGE_INFO,
    "QueryRoot": {**ROOT_FIELDS, **SHOP_ROOT_FIELDS, **DELIVERY_ROOT_FIELDS},
}


def read_sdl() -> str:
    """Return the pruned SDL as it lies in this package."""
    return files(__package__).joinpath(SDL_FILE).read_text(encoding="utf-8")


@cache
def admin_schema() -> GraphQLSchema:
    """Return the schema with its resolvers; reading it takes a tenth of a second, so it is done once a process."""
    schema = build_schema(read_sdl(), assume_valid=True, no_location=True)
    for name, kind in schema.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(kind, GraphQLObjectType):
            _bind(kind)
        elif is_interface_type(kind):
            kind.resolve_type = _type_name
    return schema


def _bind(kind: GraphQLObjectType) -> None:
    table = _TABLES.get(kind.name)
    if kind.name == "Mutation":
        table = {}
    elif table is None and kind.name.endswith("Connection"):
        table = _PAGE
    elif table is None and kind.name.endswith("Edge"):
        table = _EDGE
    for name, field in kind.fields.items():
        if kind.name == "Mutation":
            field.resolve = WRITE_FIELDS.get(name) or _bound(keep_raw(field, _unknown(kind.name, name)))
        elif table is None:
            field.resolve = _bound(keep_raw(field, _from_mapping(kind.name, name)))
        else:
            field.resolve = _bound(keep_raw(field, table.get(name) or _unknown(kind.name, name)))
    strangers = set(table or ()) - set(kind.fields)
    if strangers:
        raise LookupError(f"{kind.name} has resolvers for fields the schema does not have: {sorted(strangers)}")


def _bound(raw: RawResolver) -> Callable[..., Any]:
    """Return a resolver as graphql-core calls it: with what it asks for and nothing else, since it runs so often."""
    function = raw.function
    match raw.parameters:
        case 1:
            return lambda source, _info, **_arguments: function(source)
        case 2:
            return lambda source, info, **_arguments: function(source, info.context)
        case _:
            return lambda source, info, **arguments: function(source, info.context, arguments)


def _from_mapping(type_name: str, name: str) -> Resolver:
    """Return what reads a field of a payload or a value object, which the resolver above gave as a mapping."""

    def read(source: Mapping[str, Any]) -> Any:
        if name not in source:
            raise unknown_to_the_sandbox(type_name, name)
        return source[name]

    return read


def _unknown(type_name: str, name: str) -> Resolver:
    def refuse(_source: Any) -> Any:
        raise unknown_to_the_sandbox(type_name, name)

    return refuse


def _type_name(value: Any, _info: GraphQLResolveInfo[Call], _abstract: Any) -> str:
    if isinstance(value, Mapping):
        return str(value["id"]).split("/")[3]
    name = TYPE_NAMES.get(type(value))
    if name is None:
        raise LookupError(f"no type name for {type(value).__name__}")
    return name
