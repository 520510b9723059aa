"""GraphQL documents, parsed and validated once a text."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, lru_cache

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)

from onhand.sandbox.shopify.access import Needs, needs_of
from onhand.sandbox.shopify.cost import CostPlan
from onhand.sandbox.shopify.cost_plan import CostReader
from onhand.sandbox.shopify.plan import QueryReading

# Enough for every document of an app, and a bound for a client that writes its values into the text.
CACHED_DOCUMENTS = 512


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One operation of a document: what it costs, how it is read; `root_fields` are the names selected at its root."""

    node: OperationDefinitionNode
    cost: CostPlan
    reading: QueryReading
    root_fields: tuple[str, ...]

    @property
    def is_mutation(self) -> bool:
        """Tell whether this operation writes."""
        return self.node.operation is OperationType.MUTATION


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A document that was read; with `errors` it has no operations. `needs` are the scopes of what it names."""

    ast: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()
    needs: Needs = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)

    def operation(self, name: str | None) -> Operation | None:
        """Return the operation called `name`, the only one when None is asked for, or None."""
        if name is None:
            return next(iter(self.operations.values())) if len(self.operations) == 1 else None
        return self.operations.get(name)


class DocumentCache:
    """The documents read most recently; reading one takes milliseconds, which every call would pay."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._held = lru_cache(maxsize=CACHED_DOCUMENTS)(self._read)

    def read(self, text: str) -> Document:
        """Return the document of `text`, with its errors when it is not one this API accepts."""
        return self._held(text)

    def _read(self, text: str) -> Document:
        try:
            ast = parse(text)
        except GraphQLSyntaxError as error:
            return Document(ast=None, errors=(error,))
        errors = validate(self._schema, ast)
        if errors:
            return Document(ast=ast, errors=tuple(errors))
        costs = CostReader(self._schema, ast)
        fragments = {one.name.value: one for one in ast.definitions if isinstance(one, FragmentDefinitionNode)}
        return Document(
            ast=ast,
            needs=needs_of(self._schema, ast),
            operations={
                (node.name.value if node.name is not None else ""): Operation(
                    node=node,
                    cost=costs.plan(node),
                    reading=QueryReading(self._schema, node, fragments),
                    root_fields=_root_fields(node),
                )
                for node in ast.definitions
                if isinstance(node, OperationDefinitionNode)
            },
        )


@cache
def documents_of(schema: GraphQLSchema) -> DocumentCache:
    """Return the documents of a schema: one for all shops of a process, since a document hangs on nothing else."""
    return DocumentCache(schema)


def _root_fields(operation: OperationDefinitionNode) -> tuple[str, ...]:
    return tuple(node.name.value for node in operation.selection_set.selections if isinstance(node, FieldNode))
