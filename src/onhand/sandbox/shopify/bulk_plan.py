"""A bulk query worked out beforehand: which readers make its lines, chosen once a document.

graphql-core decides anew for every field of every object what to do with it, which a shop of a million levels cannot
wait for. A plan uses the same resolvers and the same output coercion, and knows the rest from the document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    SelectionSetNode,
    get_named_type,
)
from graphql.execution.values import get_argument_values

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.documents import Document
from onhand.sandbox.shopify.fields import raw_resolver

Line = dict[str, Any]
# Gives the finished value of one field of an object.
Reader = Callable[[Any, Call], Any]
# Turns what a resolver gave into what stands in the answer.
Finisher = Callable[[Any, Call], Any]

_INT_MIN, _INT_MAX = -(2**31), 2**31 - 1
_AS_THEY_ARE: Mapping[str, type] = {"String": str, "ID": str, "Boolean": bool}


class _BeyondPlans(Exception):
    """A document holds something that only graphql-core can answer."""


class _Nothing:
    """The type of no value: what a resolver gives must always be finished."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RowPlan:
    """How one object of a connection becomes lines; `below` are the keys of its own connections in their order."""

    fields: tuple[tuple[str, Reader, RowPlan | None], ...]
    below: tuple[str, ...]

    def lines(self, source: Any, call: Call, parent_id: str | None = None) -> Iterator[Line]:
        """Yield the object's line and, behind it, those of its connections. Raises GraphQLError."""
        line: Line = {}
        nested: dict[str, tuple[RowPlan, Sequence[Any]]] = {}
        for key, read, plan in self.fields:
            value = read(source, call)
            if plan is None or value is None:
                line[key] = value
            else:
                nested[key] = plan, value
        if parent_id is not None:
            line["__parentId"] = parent_id
        yield line
        for key in self.below:
            if key in nested:
                plan, rows = nested[key]
                own_id = str(line["id"])
                for row in rows:
                    yield from plan.lines(row, call, own_id)


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkPlan:
    """A whole bulk query: `rows` gives the objects of its outermost connection as far as the call's window goes."""

    rows: Callable[[Call], Sequence[Any]]
    row: RowPlan


def plan_of(schema: GraphQLSchema, document: Document) -> BulkPlan | None:
    """Return the plan of a document that may run in bulk, or None where only graphql-core can read it.

    That is for fragments, directives, interfaces, fields asked for twice, page infos and cursors, and connections
    inside an object that is not a row.
    """
    operation, root = document.operation(None), schema.query_type
    assert operation is not None, "the rules of bulk queries were checked"
    assert root is not None, "Shopify's schema has queries"
    try:
        (node,) = _fields(operation.node.selection_set)
        read, row = _connection(root, node)
    except _BeyondPlans:
        return None
    return BulkPlan(rows=lambda call: read(None, call), row=row)


def _fields(selections: SelectionSetNode | None) -> list[FieldNode]:
    """Return the selected fields, each once and without conditions. Raises _BeyondPlans."""
    nodes = () if selections is None else selections.selections
    fields = [node for node in nodes if isinstance(node, FieldNode) and not node.directives]
    if len({_key(field) for field in fields}) != len(nodes):
        raise _BeyondPlans
    return fields


def _key(node: FieldNode) -> str:
    return node.alias.value if node.alias is not None else node.name.value


def _connection(parent: GraphQLObjectType, node: FieldNode) -> tuple[Reader, RowPlan]:
    """Return what reads a connection's rows, and how each of them becomes lines."""
    definition = parent.fields[node.name.value]
    connection = get_named_type(definition.type)
    selected = _fields(node.selection_set)
    if [one.name.value for one in selected] == ["edges"]:
        selected = _fields(selected[0].selection_set)
        if [one.name.value for one in selected] != ["node"]:
            raise _BeyondPlans
    elif [one.name.value for one in selected] != ["nodes"]:
        raise _BeyondPlans
    assert isinstance(connection, GraphQLObjectType)
    rows_of = raw_resolver(connection.fields["nodes"])
    item = get_named_type(connection.fields["nodes"].type)
    if not isinstance(item, GraphQLObjectType):
        raise _BeyondPlans
    finish = _or_null(definition.type, lambda page, _call: rows_of.function(page), f"{parent.name}.{node.name.value}")
    return _reader(definition, node, _Nothing, finish), _row(item, node=selected[0])


def _row(kind: GraphQLObjectType, node: FieldNode) -> RowPlan:
    fields: list[tuple[str, Reader, RowPlan | None]] = []
    for one in _fields(node.selection_set):
        if _is_connection(kind, one):
            read, plan = _connection(kind, one)
            fields.append((_key(one), read, plan))
        else:
            fields.append((_key(one), _value(kind, one), None))
    below = tuple(sorted(key for key, _, plan in fields if plan is not None))
    if below and "id" not in {key for key, _, _ in fields}:
        raise _BeyondPlans
    return RowPlan(fields=tuple(fields), below=below)


def _is_connection(kind: GraphQLObjectType, node: FieldNode) -> bool:
    definition = kind.fields.get(node.name.value)
    return definition is not None and get_named_type(definition.type).name.endswith("Connection")


def _value(kind: GraphQLObjectType, node: FieldNode) -> Reader:
    """Return what reads a field that is no connection."""
    name = node.name.value
    if name == "__typename":
        return lambda _source, _call: kind.name
    definition = kind.fields[name]
    plain = _AS_THEY_ARE.get(getattr(_bare(definition.type), "name", ""), _Nothing)
    return _reader(definition, node, plain, _finisher(definition.type, node, f"{kind.name}.{name}"))


def _bare(kind: GraphQLOutputType) -> GraphQLOutputType:
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind


def _reader(definition: GraphQLField, node: FieldNode, plain: type, finish: Finisher) -> Reader:
    """Return what calls a resolver with no more than it asks for; values of the type `plain` are finished already."""
    raw = raw_resolver(definition)
    function = raw.function
    match raw.parameters:
        case 1:

            def read(source: Any, call: Call) -> Any:
                value = function(source)
                return value if type(value) is plain else finish(value, call)
        case 2:

            def read(source: Any, call: Call) -> Any:
                value = function(source, call)
                return value if type(value) is plain else finish(value, call)
        case _:
            arguments = get_argument_values(definition, node)

            def read(source: Any, call: Call) -> Any:
                value = function(source, call, arguments)
                return value if type(value) is plain else finish(value, call)

    return read


def _finisher(kind: GraphQLOutputType, node: FieldNode, where: str) -> Finisher:
    bare = _bare(kind)
    if isinstance(bare, GraphQLList):
        return _or_null(kind, _list(_finisher(bare.of_type, node, where)), where)
    if isinstance(bare, GraphQLScalarType | GraphQLEnumType):
        return _or_null(kind, _leaf(bare), where)
    if isinstance(bare, GraphQLObjectType):
        return _or_null(kind, _object(bare, node), where)
    raise _BeyondPlans


def _or_null(kind: GraphQLOutputType, finish: Finisher, where: str) -> Finisher:
    """Return what lets null through where the schema does."""
    required = isinstance(kind, GraphQLNonNull)

    def finished(value: Any, call: Call) -> Any:
        if value is not None:
            return finish(value, call)
        if required:
            raise GraphQLError(f"Cannot return null for non-nullable field {where}.")
        return None

    return finished


def _list(finish: Finisher) -> Finisher:
    return lambda values, call: [finish(value, call) for value in values]


def _leaf(kind: GraphQLScalarType | GraphQLEnumType) -> Finisher:
    coerce = kind.coerce_output_value
    if kind.name != "Int":
        return lambda value, _call: coerce(value)

    def whole(value: Any, _call: Call) -> Any:
        return value if type(value) is int and _INT_MIN <= value <= _INT_MAX else coerce(value)

    return whole


def _object(kind: GraphQLObjectType, node: FieldNode) -> Finisher:
    nodes = _fields(node.selection_set)
    if any(_is_connection(kind, one) for one in nodes):
        raise _BeyondPlans
    readers = tuple((_key(one), _value(kind, one)) for one in nodes)
    return lambda source, call: {key: read(source, call) for key, read in readers}
