"""Reading a document once to learn what its fields will cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)

from onhand.sandbox.shopify.cost import CostField, CostPlan

# Value objects without an identity of their own cost nothing (staff answer in the topic named in cost.py).
FREE_TYPES = frozenset(
    (
        "Count",
        "EditableProperty",
        "FulfillmentOrderAssignedLocation",
        "InventoryItemMeasurement",
        "LocationAddress",
        "MoneyBag",
        "MoneyV2",
        "PageInfo",
        "SelectedOption",
        "Weight",
    )
)
SIZE_ARGUMENTS = frozenset(("first", "last", "ids"))


class CostReader:
    """Builds the cost plan of one operation of a validated document."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }

    def plan(self, operation: OperationDefinitionNode) -> CostPlan:
        """Return the plan; a mutation's fields cost the same whatever is selected below them."""
        root = self._schema.get_root_type(operation.operation)
        assert isinstance(root, GraphQLObjectType), "validation refuses an operation the schema does not have"
        if operation.operation is OperationType.MUTATION:
            nodes = self._nodes([operation.selection_set], root)
            return CostPlan(mutations=sum(1 for node in nodes if node.name.value != "__typename"), fields={})
        return CostPlan(mutations=0, fields=self._select([operation.selection_set], root))

    def _select(self, sets: list[SelectionSetNode], parent: GraphQLObjectType) -> dict[str, CostField]:
        fields: dict[str, CostField] = {}
        nodes = sorted(self._nodes(sets, parent), key=_response_key)
        for key, same in groupby(nodes, key=_response_key):
            together = list(same)
            definition = parent.fields.get(together[0].name.value)
            if definition is not None and is_composite_type(get_named_type(definition.type)):
                fields[key] = self._field(together, definition.type)
        return fields

    def _field(self, nodes: list[FieldNode], returns: GraphQLOutputType) -> CostField:
        named = get_named_type(returns)
        sizes = tuple(_size_values(nodes))
        sets = [node.selection_set for node in nodes if node.selection_set is not None]
        if isinstance(named, GraphQLObjectType) and named.name.endswith("Connection"):
            return self._connection(sets, named, sizes)
        own = 0 if named.name in FREE_TYPES else 1
        return CostField(own_points=own, sizes=sizes, branches=self._branches(sets, named.name))

    def _connection(
        self, sets: list[SelectionSetNode], connection: GraphQLObjectType, sizes: tuple[ValueNode, ...]
    ) -> CostField:
        rows: list[tuple[str, str | None]] = []
        item_sets: list[SelectionSetNode] = []
        for node in self._nodes(sets, connection):
            if node.selection_set is None:
                continue
            if node.name.value == "nodes":
                rows.append((_response_key(node), None))
                item_sets.append(node.selection_set)
            elif node.name.value == "edges":
                edge = get_named_type(connection.fields["edges"].type)
                assert isinstance(edge, GraphQLObjectType)
                for inner in self._nodes([node.selection_set], edge):
                    if inner.name.value == "node" and inner.selection_set is not None:
                        rows.append((_response_key(node), _response_key(inner)))
                        item_sets.append(inner.selection_set)
        item = get_named_type(connection.fields["nodes"].type).name
        return CostField(
            own_points=1 if item_sets else 0,
            is_connection=True,
            sizes=sizes,
            rows=tuple(rows),
            branches=self._branches(item_sets, item),
        )

    def _branches(self, sets: list[SelectionSetNode], type_name: str) -> dict[str, dict[str, CostField]]:
        named = self._schema.type_map[type_name]
        if isinstance(named, GraphQLObjectType):
            return {type_name: self._select(sets, named)}
        assert is_abstract_type(named), "only objects and interfaces have selections"
        return {
            possible.name: self._select(sets, possible)
            for possible in self._schema.get_possible_types(named)
            if possible.name in set(self._conditions(sets))
        }

    def _conditions(self, sets: Iterable[SelectionSetNode]) -> Iterator[str]:
        for selections in sets:
            for node in selections.selections:
                if isinstance(node, FragmentSpreadNode):
                    fragment = self._fragments[node.name.value]
                    yield fragment.type_condition.name.value
                    yield from self._conditions([fragment.selection_set])
                elif isinstance(node, InlineFragmentNode):
                    if node.type_condition is not None:
                        yield node.type_condition.name.value
                    yield from self._conditions([node.selection_set])

    def _nodes(self, sets: Iterable[SelectionSetNode], parent: GraphQLObjectType) -> Iterator[FieldNode]:
        """Yield the fields selected on `parent`, fragments opened; a fragment on another type does not count."""
        for selections in sets:
            for node in selections.selections:
                if isinstance(node, FieldNode):
                    yield node
                elif isinstance(node, FragmentSpreadNode):
                    fragment = self._fragments[node.name.value]
                    if self._applies(fragment.type_condition.name.value, parent):
                        yield from self._nodes([fragment.selection_set], parent)
                elif isinstance(node, InlineFragmentNode):
                    condition = node.type_condition
                    if condition is None or self._applies(condition.name.value, parent):
                        yield from self._nodes([node.selection_set], parent)

    def _applies(self, condition: str, parent: GraphQLObjectType) -> bool:
        wanted = self._schema.type_map[condition]
        return wanted is parent or (is_abstract_type(wanted) and self._schema.is_sub_type(wanted, parent))


def _response_key(node: FieldNode) -> str:
    return node.alias.value if node.alias is not None else node.name.value


def _size_values(nodes: Iterable[FieldNode]) -> Iterator[ValueNode]:
    for node in nodes:
        for argument in node.arguments or ():
            if argument.name.value in SIZE_ARGUMENTS:
                yield argument.value
