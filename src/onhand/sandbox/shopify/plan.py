"""A query worked out beforehand: which readers make its answer, chosen once a document.

graphql-core decides anew for every field of every object what to do with it. A plan uses the same resolvers, arguments
and output coercion, and knows the rest from the document. Where something is refused graphql-core reads once more,
since it knows what to say: queries change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    is_abstract_type,
    visit,
)
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.fields import Arguments, raw_resolver

# Gives the finished value of one field of an object.
Reader = Callable[[Any, Call], Any]
# Turns what a resolver gave into what stands in the answer.
Finisher = Callable[[Any, Call], Any]
Fragments = Mapping[str, FragmentDefinitionNode]

_INT_MIN, _INT_MAX = -(2**31), 2**31 - 1
_AS_THEY_ARE: Mapping[str, type] = {"String": str, "ID": str, "Boolean": bool}
_CONDITIONS = {"include": True, "skip": False}


class BeyondPlans(Exception):
    """A document holds something that only graphql-core can answer."""


class Nothing:
    """The type of no value: what a resolver gives must always be finished."""


class QueryReading:
    """How one operation is read: a plan for each way in which its conditions may come out."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments) -> None:
        self._schema = schema
        self._operation = operation
        self._fragments = fragments
        self._switches = sorted(_switches([operation, *fragments.values()]))
        self._plans: dict[tuple[object, ...], Finisher | None] = {}

    def data(self, call: Call, variables: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the answer, or None where graphql-core must give it: beyond plans, or with errors."""
        if self._operation.operation is not OperationType.QUERY:
            return None
        given = get_variable_values(self._schema, self._operation.variable_definitions or (), dict(variables))
        if not isinstance(given, VariableValues):
            return None
        switches = tuple(given.coerced.get(name) for name in self._switches)
        if switches not in self._plans:
            self._plans[switches] = self._plan(dict(zip(self._switches, switches, strict=True)))
        plan = self._plans[switches]
        if plan is None:
            return None
        call.variables = given
        try:
            data: dict[str, Any] = plan(None, call)
        except GraphQLError:
            return None
        return data

    def _plan(self, switches: Mapping[str, object]) -> Finisher | None:
        root = self._schema.query_type
        assert root is not None, "Shopify's schema has queries"
        try:
            return Planner(self._schema, self._fragments, switches).object(root, [self._operation.selection_set])
        except BeyondPlans:
            return None


class Planner:
    """Chooses readers. `switches` are the values of the variables on which conditions hang.

    Beyond plans are what the schema tells of itself, unions, and directives other than include and skip.
    """

    def __init__(self, schema: GraphQLSchema, fragments: Fragments, switches: Mapping[str, object]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._switches = switches
        self._numbers = count()

    def object(self, kind: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> Finisher:
        """Return what reads the selected fields of an object. Raises BeyondPlans."""
        collected: dict[str, list[FieldNode]] = {}
        for node in self._selected(kind, sets, set()):
            collected.setdefault(key_of(node), []).append(node)
        readers = tuple((key, self.value(kind, nodes)) for key, nodes in collected.items())
        return lambda source, call: {key: read(source, call) for key, read in readers}

    def value(self, kind: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Reader:
        """Return what reads one field, which may be asked for several times. Raises BeyondPlans."""
        name = nodes[0].name.value
        if name == "__typename":
            return lambda _source, _call: kind.name
        definition = kind.fields.get(name)
        if definition is None:
            raise BeyondPlans
        plain = _AS_THEY_ARE.get(getattr(_bare(definition.type), "name", ""), Nothing)
        sets = [node.selection_set for node in nodes if node.selection_set is not None]
        return self.reader(definition, nodes[0], plain, self._finisher(definition.type, sets, f"{kind.name}.{name}"))

    def reader(self, definition: GraphQLField, node: FieldNode, plain: type, finish: Finisher) -> Reader:
        """Return what calls a resolver with no more than it asks for; values of type `plain` are finished already."""
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
                arguments = self._arguments(definition, node)

                def read(source: Any, call: Call) -> Any:
                    value = function(source, call, arguments(call))
                    return value if type(value) is plain else finish(value, call)

        return read

    def _arguments(self, definition: GraphQLField, node: FieldNode) -> Callable[[Call], Arguments]:
        """Return what gives a field's arguments: worked out now, or once a call where they hang on variables."""
        if not _variables(node.arguments or ()):
            fixed = get_argument_values(definition, node)
            return lambda _call: fixed
        number = next(self._numbers)

        def given(call: Call) -> Arguments:
            held = call.arguments.get(number)
            if held is None:
                held = call.arguments[number] = get_argument_values(definition, node, call.variables)
            return held

        return given

    def _selected(
        self, kind: GraphQLObjectType, sets: Sequence[SelectionSetNode], opened: set[str]
    ) -> Iterator[FieldNode]:
        """Yield the fields selected on `kind`, each named fragment opened once."""
        for node in (node for selections in sets for node in selections.selections):
            if not self._is_wanted(node):
                continue
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or self._applies(node.type_condition.name.value, kind):
                    yield from self._selected(kind, [node.selection_set], opened)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in opened:
                opened.add(node.name.value)
                fragment = self._fragments[node.name.value]
                if self._applies(fragment.type_condition.name.value, kind):
                    yield from self._selected(kind, [fragment.selection_set], opened)

    def _is_wanted(self, node: SelectionNode) -> bool:
        return all(self._holds(directive) for directive in node.directives or ())

    def _holds(self, directive: DirectiveNode) -> bool:
        wanted = _CONDITIONS.get(directive.name.value)
        if wanted is None:
            raise BeyondPlans
        (argument,) = directive.arguments or ()
        if isinstance(argument.value, BooleanValueNode):
            return argument.value.value is wanted
        assert isinstance(argument.value, VariableNode), "validation lets nothing else stand there"
        return self._switches[argument.value.name.value] is wanted

    def _applies(self, condition: str, kind: GraphQLObjectType) -> bool:
        named = self._schema.type_map[condition]
        return named is kind or (is_abstract_type(named) and self._schema.is_sub_type(named, kind))

    def _finisher(self, kind: GraphQLOutputType, sets: Sequence[SelectionSetNode], where: str) -> Finisher:
        bare = _bare(kind)
        if isinstance(bare, GraphQLList):
            return or_null(kind, _list(self._finisher(bare.of_type, sets, where)), where)
        if isinstance(bare, GraphQLScalarType | GraphQLEnumType):
            return or_null(kind, _leaf(bare), where)
        if isinstance(bare, GraphQLObjectType):
            return or_null(kind, self.object(bare, sets), where)
        if isinstance(bare, GraphQLInterfaceType):
            return or_null(kind, self._interface(bare, sets), where)
        raise BeyondPlans

    def _interface(self, kind: GraphQLInterfaceType, sets: Sequence[SelectionSetNode]) -> Finisher:
        finishers = {one.name: self.object(one, sets) for one in self._schema.get_possible_types(kind)}
        name_of: Any = kind.resolve_type
        return lambda value, call: finishers[name_of(value, None, kind)](value, call)


def key_of(node: FieldNode) -> str:
    """Return the name under which a field stands in the answer."""
    return node.alias.value if node.alias is not None else node.name.value


def or_null(kind: GraphQLOutputType, finish: Finisher, where: str) -> Finisher:
    """Return what lets null through where the schema does."""
    required = isinstance(kind, GraphQLNonNull)

    def finished(value: Any, call: Call) -> Any:
        if value is not None:
            return finish(value, call)
        if required:
            raise GraphQLError(f"Cannot return null for non-nullable field {where}.")
        return None

    return finished


def _switches(nodes: Sequence[OperationDefinitionNode | FragmentDefinitionNode]) -> set[str]:
    """Return the variables on which conditions hang."""
    found = _Directives()
    for node in nodes:
        visit(node, found)
    return _variables([argument for one in found.conditions for argument in one.arguments or ()])


def _variables(nodes: Sequence[Any]) -> set[str]:
    found = _Variables()
    for node in nodes:
        visit(node, found)
    return found.names


class _Directives(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.conditions: list[DirectiveNode] = []

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        if node.name.value in _CONDITIONS:
            self.conditions.append(node)


class _Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.names.add(node.name.value)


def _bare(kind: GraphQLOutputType) -> GraphQLOutputType:
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind


def _list(finish: Finisher) -> Finisher:
    return lambda values, call: [finish(value, call) for value in values]


def _leaf(kind: GraphQLScalarType | GraphQLEnumType) -> Finisher:
    coerce = kind.coerce_output_value
    if kind.name != "Int":
        return lambda value, _call: coerce(value)

    def whole(value: Any, _call: Call) -> Any:
        return value if type(value) is int and _INT_MIN <= value <= _INT_MAX else coerce(value)

    return whole
