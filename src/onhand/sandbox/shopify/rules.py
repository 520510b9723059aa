"""Rules of the Admin API that its schema does not show: keys, explicit compares, the size of arrays.

The rules stand in runtime_rules.json, so that a check of an app's documents can read the same list.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    StringValueNode,
    VariableNode,
    get_directive_values,
    get_named_type,
)

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.errors import refuse

RULES_FILE = "runtime_rules.json"


@dataclass(frozen=True, kw_only=True)
class RuntimeRules:
    """The rules of one API version; `explicit_arguments` gives the argument an input type must carry by its name."""

    idempotent_directive: str
    keyed_mutations: frozenset[str]
    explicit_arguments: Mapping[str, str]
    max_input_rows: int


@cache
def runtime_rules() -> RuntimeRules:
    """Return the rules in this package's data file."""
    held = json.loads(files(__package__).joinpath(RULES_FILE).read_text(encoding="utf-8"))
    return RuntimeRules(
        idempotent_directive=held["idempotent_directive"],
        keyed_mutations=frozenset(held["mutations_that_require_idempotent"]),
        explicit_arguments=held["inputs_that_require_explicit_argument"],
        max_input_rows=held["max_input_rows"],
    )


def key_of(info: GraphQLResolveInfo[Call]) -> str | None:
    """Return the idempotency key of the mutation being resolved, or None when it has none.

    Raises GraphQLError when the mutation needs a key and has none, or the key is blank.
    """
    rules = runtime_rules()
    directive = info.schema.get_directive(rules.idempotent_directive)
    assert directive is not None, "the schema defines the directive"
    values = get_directive_values(directive, info.field_nodes[0], info.variable_values)
    if values is None:
        if info.field_name in rules.keyed_mutations:
            raise refuse("BAD_REQUEST", "The @idempotent directive is required for this mutation but was not provided.")
        return None
    key = str(values["key"])
    if not key.strip():
        raise refuse("BAD_REQUEST", "The @idempotent directive's key must not be empty or blank.")
    return key


def keys_in(operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Iterator[str]:
    """Yield the idempotency keys of an operation's mutations before it runs."""
    name = runtime_rules().idempotent_directive
    for field in operation.selection_set.selections:
        if not isinstance(field, FieldNode):
            continue
        for directive in field.directives or ():
            if directive.name.value != name:
                continue
            for argument in directive.arguments or ():
                if isinstance(argument.value, StringValueNode):
                    yield argument.value.value
                elif isinstance(argument.value, VariableNode):
                    key = variables.get(argument.value.name.value)
                    if isinstance(key, str):
                        yield key


def check_arguments(info: GraphQLResolveInfo[Call], arguments: Mapping[str, Any]) -> None:
    """Raise GraphQLError for an array of more than 250 rows, or an input without its explicit argument."""
    definitions: Mapping[str, GraphQLArgument] = info.parent_type.fields[info.field_name].args
    for name, value in arguments.items():
        _check(definitions[name].type, value, (info.field_name, name))


def _check(kind: GraphQLInputType, value: Any, path: tuple[str, ...]) -> None:
    rules = runtime_rules()
    if isinstance(value, list):
        if len(value) > rules.max_input_rows:
            raise refuse(
                "MAX_INPUT_SIZE_EXCEEDED",
                f"The input array size of {len(value)} is greater than the maximum allowed of {rules.max_input_rows}.",
                path=list(path),
            )
        for index, row in enumerate(value):
            _check(kind, row, (*path, str(index)))
        return
    named = get_named_type(kind)
    if not isinstance(named, GraphQLInputObjectType) or not isinstance(value, Mapping):
        return
    explicit = rules.explicit_arguments.get(named.name)
    if explicit is not None and explicit not in value:
        raise refuse(
            "INVALID_FIELD_ARGUMENTS",
            f"{named.name} must include the following argument: {explicit}.",
            path=list(path),
        )
    for name, below in value.items():
        _check(named.fields[name].type, below, (*path, name))
