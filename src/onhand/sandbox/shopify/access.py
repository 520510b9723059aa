"""Which access scopes a field, an object or a topic needs, and the refusal of who lacks them.

The table is the schema's own (`requiredAccess`, Admin API 2026-10), in access_scopes.json. Shopify denies a field at a
time: it is null, an error says why, and what needs nothing more is answered all the same (changelog of 2020-06-15).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_abstract_type,
    visit,
)
from graphql.language import FragmentDefinitionNode

from onhand.sandbox.account.scopes import holds
from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.errors import refuse

ACCESS_FILE = "access_scopes.json"
_PAGE = "https://shopify.dev/api/usage/access-scopes"

# Scopes of which one is enough, by "Type" and "Type.field".
Needs = Mapping[str, tuple[str, ...]]
Resolve = Callable[..., Any]
Guard = Callable[..., Any]


@cache
def _table() -> tuple[Needs, Needs]:
    held = json.loads(files(__package__).joinpath(ACCESS_FILE).read_text(encoding="utf-8"))
    return (
        {name: tuple(scopes) for name, scopes in held["fields"].items()},
        {name: tuple(scopes) for name, scopes in held["topics"].items()},
    )


def field_needs() -> Needs:
    """Return the scopes by "Type" and "Type.field"; what needs none is missing."""
    return _table()[0]


def topic_needs() -> Needs:
    """Return the scopes by webhook topic, in the enum's names; what needs none is missing."""
    return _table()[1]


def needs_of(schema: GraphQLSchema, document: DocumentNode) -> Needs:
    """Return what a valid document as a whole may need, so that most calls are checked once."""
    collector = _Collector(schema)
    visit(document, TypeInfoVisitor(collector.info, collector))
    table = field_needs()
    return {name: table[name] for name in sorted(collector.names) if name in table}


def lacking(needs: Needs, granted: tuple[str, ...]) -> Needs:
    """Return what of it a grant does not cover."""
    held = frozenset(granted)
    return {name: scopes for name, scopes in needs.items() if not any(holds(held, scope) for scope in scopes)}


def guard(denied: Needs) -> Guard:
    """Return a middleware for graphql-core that denies each field in `denied`, and what gives such a type."""

    def resolve(go_on: Resolve, source: Any, info: GraphQLResolveInfo[Call], **arguments: Any) -> Any:
        for name in (f"{info.parent_type.name}.{info.field_name}", row_type(info.return_type).name):
            if name in denied:
                raise _denial(info.field_name, denied[name])
        value = go_on(source, info, **arguments)
        kind = get_named_type(info.return_type)
        if not is_abstract_type(kind) or value is None:
            return value
        if isinstance(value, list):
            return [_hidden(one, info, denied) or one for one in value]
        error = _hidden(value, info, denied)
        if error is not None:
            raise error
        return value

    return resolve


def row_type(kind: GraphQLOutputType) -> GraphQLNamedType:
    """Return the type of what a field gives: for a connection that of its rows."""
    named = get_named_type(kind)
    if isinstance(named, GraphQLObjectType) and named.name.endswith("Connection"):
        rows: GraphQLNamedType = get_named_type(named.fields["nodes"].type)
        return rows
    return named


def _hidden(value: Any, info: GraphQLResolveInfo[Call], denied: Needs) -> GraphQLError | None:
    """Return why an object behind an interface is not shown, or None."""
    kind = get_named_type(info.return_type)
    if value is None or not is_abstract_type(kind):
        return None
    assert kind.resolve_type is not None, "the schema was bound"
    name = str(kind.resolve_type(value, info, kind))
    return _denial(info.field_name, denied[name]) if name in denied else None


def _denial(field: str, scopes: tuple[str, ...]) -> GraphQLError:
    named = [f"`{scope}` access scope" for scope in scopes]
    needed = " or ".join(filter(None, (", ".join(named[:-1]), named[-1]))) + "."
    message = f"Access denied for {field} field. Required access: {needed}"
    return refuse("ACCESS_DENIED", message, documentation=_PAGE, requiredAccess=needed)


class _Collector(Visitor):
    """Notes every field and every type that a document names."""

    def __init__(self, schema: GraphQLSchema) -> None:
        super().__init__()
        self._schema = schema
        self.info = TypeInfo(schema)
        self.names: set[str] = set()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        """Note a field and the type of what it gives."""
        parent, kind = self.info.get_parent_type(), self.info.get_type()
        if parent is None or kind is None:
            return
        self.names |= {f"{parent.name}.{node.name.value}", row_type(kind).name}
        if is_abstract_type(parent) and node.name.value != "__typename":
            self.names |= {possible.name for possible in self._schema.get_possible_types(parent)}

    def enter_inline_fragment(self, node: InlineFragmentNode, *_: object) -> None:
        """Note a type that is looked at behind an interface."""
        if node.type_condition is not None:
            self.names.add(node.type_condition.name.value)

    def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: object) -> None:
        """Note the type of a named fragment."""
        self.names.add(node.type_condition.name.value)
