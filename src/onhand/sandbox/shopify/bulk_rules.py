"""What a bulk query may look like (Shopify, "Perform bulk operations with the GraphQL Admin API")."""

from __future__ import annotations

from graphql import (
    FieldNode,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    visit,
)

from onhand.sandbox.shopify.documents import Document

MAX_CONNECTIONS = 5
# A root connection, and at most two below it.
MAX_NESTING = 2


def why_not_bulk(schema: GraphQLSchema, document: Document) -> str | None:
    """Return why a document cannot run in bulk, or None when it can."""
    if document.errors:
        return f"Invalid bulk query: {document.errors[0].message}"
    operation = document.operation(None)
    if operation is None or operation.is_mutation or document.ast is None:
        return "Invalid bulk query: exactly one query operation is needed."
    if operation.node.variable_definitions:
        return "Invalid bulk query: a bulk query takes no variables."
    if {"node", "nodes"} & set(operation.root_fields):
        return "Invalid bulk query: node and nodes cannot be used at the top."
    if len(operation.root_fields) != 1:
        return f"Invalid bulk query: the sandbox takes one field at the top, got {len(operation.root_fields)}."
    shape = _Shape(TypeInfo(schema))
    visit(document.ast, TypeInfoVisitor(shape.info, shape))
    if not shape.root_is_connection:
        return "Invalid bulk query: the field at the top must be a connection."
    return shape.trouble


class _Shape(Visitor):
    """Walks a query and notes what a bulk operation could not do with it."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.connections = 0
        self.depth = 0
        self.lists = 0
        self.root_is_connection = False
        self._fields = 0
        self._trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        """Return the first thing that is wrong, or None."""
        if self._trouble is None and self.connections > MAX_CONNECTIONS:
            return f"Invalid bulk query: at most {MAX_CONNECTIONS} connections are allowed, got {self.connections}."
        return self._trouble

    def enter_field(self, node: FieldNode, *_: object) -> None:
        """Count a connection or a list on the way down."""
        kind = self.info.get_type()
        self._fields += 1
        if kind is None:
            return
        if _is_connection(kind):
            self.root_is_connection = self.root_is_connection or self._fields == 1
            self.connections += 1
            if self.depth > MAX_NESTING:
                self._note(f"connections may be nested {MAX_NESTING} deep, {node.name.value} is {self.depth} deep.")
            if self.lists:
                self._note(f"the connection {node.name.value} lies inside a list, which cannot run in bulk.")
            self.depth += 1
        elif _is_plain_list(kind, node):
            self.lists += 1
        if node.name.value in {"node", "nodes"} and _nests(node) and not _selects_id(node):
            self._note("the parent of a nested connection must select its id.")

    def leave_field(self, node: FieldNode, *_: object) -> None:
        """Undo what `enter_field` counted."""
        kind = self.info.get_type()
        if kind is None:
            return
        if _is_connection(kind):
            self.depth -= 1
        elif _is_plain_list(kind, node):
            self.lists -= 1

    def _note(self, trouble: str) -> None:
        self._trouble = self._trouble or f"Invalid bulk query: {trouble}"


def _is_connection(kind: GraphQLOutputType) -> bool:
    return get_named_type(kind).name.endswith("Connection")


def _is_plain_list(kind: GraphQLOutputType, node: FieldNode) -> bool:
    bare = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    return isinstance(bare, GraphQLList) and node.name.value not in {"edges", "nodes"}


def _nests(node: FieldNode) -> bool:
    selections = () if node.selection_set is None else node.selection_set.selections
    below = (one for one in selections if isinstance(one, FieldNode) and one.selection_set is not None)
    return any(
        isinstance(inner, FieldNode) and inner.name.value in {"edges", "nodes"}
        for field in below
        if field.selection_set is not None
        for inner in field.selection_set.selections
    )


def _selects_id(node: FieldNode) -> bool:
    selections = () if node.selection_set is None else node.selection_set.selections
    return any(isinstance(one, FieldNode) and one.name.value == "id" and one.alias is None for one in selections)
