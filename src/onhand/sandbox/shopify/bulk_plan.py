"""A bulk query worked out beforehand: its values are read as `plan` reads them, and rows become lines.

A shop of a million levels cannot wait for graphql-core, which decides anew for every field of every object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    SelectionSetNode,
    get_named_type,
)

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.documents import Document
from onhand.sandbox.shopify.fields import raw_resolver
from onhand.sandbox.shopify.plan import BeyondPlans, Nothing, Planner, Reader, key_of, or_null

Line = dict[str, Any]


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
        read, row = _connection(Planner(schema, {}, {}), root, node)
    except BeyondPlans:
        return None
    return BulkPlan(rows=lambda call: read(None, call), row=row)


def _fields(selections: SelectionSetNode | None) -> list[FieldNode]:
    """Return the selected fields, each once and without conditions. Raises BeyondPlans."""
    nodes = () if selections is None else selections.selections
    fields = [node for node in nodes if isinstance(node, FieldNode) and not node.directives]
    if len({key_of(field) for field in fields}) != len(nodes):
        raise BeyondPlans
    return fields


def _connection(planner: Planner, parent: GraphQLObjectType, node: FieldNode) -> tuple[Reader, RowPlan]:
    """Return what reads a connection's rows, and how each of them becomes lines."""
    definition = parent.fields[node.name.value]
    connection = get_named_type(definition.type)
    selected = _fields(node.selection_set)
    if [one.name.value for one in selected] == ["edges"]:
        selected = _fields(selected[0].selection_set)
        if [one.name.value for one in selected] != ["node"]:
            raise BeyondPlans
    elif [one.name.value for one in selected] != ["nodes"]:
        raise BeyondPlans
    assert isinstance(connection, GraphQLObjectType)
    rows_of = raw_resolver(connection.fields["nodes"])
    item = get_named_type(connection.fields["nodes"].type)
    if not isinstance(item, GraphQLObjectType):
        raise BeyondPlans
    finish = or_null(definition.type, lambda page, _call: rows_of.function(page), f"{parent.name}.{node.name.value}")
    return planner.reader(definition, node, Nothing, finish), _row(planner, item, node=selected[0])


def _row(planner: Planner, kind: GraphQLObjectType, node: FieldNode) -> RowPlan:
    fields: list[tuple[str, Reader, RowPlan | None]] = []
    for one in _fields(node.selection_set):
        if _is_connection(kind, one):
            read, plan = _connection(planner, kind, one)
            fields.append((key_of(one), read, plan))
        else:
            _check_value(kind, one)
            fields.append((key_of(one), planner.value(kind, [one]), None))
    below = tuple(sorted(key for key, _, plan in fields if plan is not None))
    if below and "id" not in {key for key, _, _ in fields}:
        raise BeyondPlans
    return RowPlan(fields=tuple(fields), below=below)


def _is_connection(kind: GraphQLObjectType, node: FieldNode) -> bool:
    definition = kind.fields.get(node.name.value)
    return definition is not None and get_named_type(definition.type).name.endswith("Connection")


def _check_value(kind: GraphQLObjectType, node: FieldNode) -> None:
    """Raise BeyondPlans where what a field gives has connections, or is asked for in a way that may hide some."""
    if node.selection_set is None:
        return
    inner = get_named_type(kind.fields[node.name.value].type)
    if not isinstance(inner, GraphQLObjectType):
        raise BeyondPlans
    for one in _fields(node.selection_set):
        if _is_connection(inner, one):
            raise BeyondPlans
        _check_value(inner, one)
