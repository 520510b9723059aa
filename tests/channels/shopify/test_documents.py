"""Every document is one that Shopify's official schema takes, and keeps the two rules the schema does not show."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from graphql import (
    FieldNode,
    GraphQLInputObjectType,
    GraphQLSchema,
    NoDeprecatedCustomRule,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    get_named_type,
    parse,
    specified_rules,
    type_from_ast,
    validate,
)
from graphql.execution.values import get_variable_values
from hypothesis import given
from hypothesis import strategies as st

from onhand.channels.shopify import documents
from onhand.channels.shopify.documents import MAX_QUERY_POINTS, load, repeated
from onhand.channels.shopify.subscriptions import CHANGES_A_CALL
from onhand.channels.shopify.writing import pack
from onhand.domain.stock import KEPT_STATES
from onhand.ports.level_writes import Telling
from onhand.sandbox.shopify.bulk_rules import why_not_bulk
from onhand.sandbox.shopify.cost import Sizing
from onhand.sandbox.shopify.documents import DocumentCache
from tests.channels.shopify.platform import RULES, official_schema

NAMES = documents.names()
RULE_TABLE = json.loads(RULES.read_text(encoding="utf-8"))


@pytest.fixture
def schema() -> GraphQLSchema:
    return official_schema()


def operation_of(text: str) -> OperationDefinitionNode:
    (operation,) = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation


def unkeyed_mutations(text: str) -> list[str]:
    """Return mutations of a document that need an idempotency key and take none from a variable."""
    operation = operation_of(text)
    if operation.operation is not OperationType.MUTATION:
        return []
    missing: list[str] = []
    for field in operation.selection_set.selections:
        assert isinstance(field, FieldNode)
        keys = [
            argument.value
            for directive in field.directives or ()
            if directive.name.value == RULE_TABLE["idempotent_directive"]
            for argument in directive.arguments or ()
            if argument.name.value == "key"
        ]
        keyed = bool(keys) and all(isinstance(key, VariableNode) for key in keys)
        if field.name.value in RULE_TABLE["mutations_that_require_idempotent"] and not keyed:
            missing.append(field.name.value)
    return missing


def silent_compares(schema: GraphQLSchema, text: str, variables: Mapping[str, Any]) -> Iterator[str]:
    """Yield places in the variables where an input lacks an argument that must be given, even if it is null."""

    def walk(kind: object, value: object, path: str) -> Iterator[str]:
        if isinstance(value, list):
            for place, inner in enumerate(value):
                yield from walk(kind, inner, f"{path}[{place}]")
        elif isinstance(value, dict) and isinstance(kind, GraphQLInputObjectType):
            wanted = RULE_TABLE["inputs_that_require_explicit_argument"].get(kind.name)
            if wanted is not None and wanted not in value:
                yield f"{path}.{wanted}"
            for name, inner in value.items():
                yield from walk(get_named_type(kind.fields[name].type), inner, f"{path}.{name}")

    for definition in operation_of(text).variable_definitions or ():
        name = definition.variable.name.value
        kind = get_named_type(type_from_ast(schema, definition.type))
        yield from walk(kind, variables.get(name), f"${name}")


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_valid_and_uses_nothing_deprecated(name: str, schema: GraphQLSchema) -> None:
    assert validate(schema, parse(load(name).text), [*specified_rules, NoDeprecatedCustomRule]) == []


@pytest.mark.parametrize("times", [1, 2, CHANGES_A_CALL])
@pytest.mark.parametrize("name", ["subscription_create", "subscription_update", "subscription_delete"])
def test_a_mutation_that_is_asked_for_several_times_in_one_call_is_valid_and_costs_no_more(
    name: str, times: int, schema: GraphQLSchema
) -> None:
    document = repeated(name, times)
    assert validate(schema, parse(document.text), [*specified_rules, NoDeprecatedCustomRule]) == []
    operation = DocumentCache(schema).read(document.text).operation(None)
    assert operation is not None
    assert operation.cost.requested({}, Sizing()) == document.estimate({}) == times * load(name).estimate({})


def test_a_query_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="no single mutation"):
        repeated("subscriptions", 2)


@pytest.mark.parametrize("name", NAMES)
def test_a_document_that_writes_stock_takes_an_idempotency_key(name: str) -> None:
    assert unkeyed_mutations(load(name).text) == []


def test_the_lint_finds_a_forgotten_key() -> None:
    text = load("move_quantities").text
    assert unkeyed_mutations(text.replace("@idempotent(key: $key)", "")) == ["inventoryMoveQuantities"]
    assert unkeyed_mutations(text.replace("key: $key", 'key: "always the same"')) == ["inventoryMoveQuantities"]


@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_a_document_asks_for_no_more_points_than_it_says(name: str, linear: bool, schema: GraphQLSchema) -> None:
    document = load(name)
    operation = DocumentCache(schema).read(document.text).operation(None)
    assert operation is not None
    if name == "census_bulk":
        return
    for rows in {1, 2, min(250, document.rows_that_fit())}:
        grows_with = document.grows_with
        variables: dict[str, Any] = {}
        if grows_with is not None:
            variables = {grows_with: rows if grows_with == "first" else ["gid://shopify/Order/1"] * rows}
        asked = operation.cost.requested(variables, Sizing(linear=linear))
        assert asked <= document.estimate(variables) <= MAX_QUERY_POINTS


def test_the_bulk_query_is_one_that_may_run_in_bulk(schema: GraphQLSchema) -> None:
    assert why_not_bulk(schema, DocumentCache(schema).read(load("census_bulk").text)) is None


tellings = st.builds(
    Telling,
    item=st.integers(1, 9).map(str),
    location=st.integers(1, 3).map(str),
    units=st.dictionaries(st.sampled_from(KEPT_STATES), st.integers(-5, 5), max_size=4),
    compare=st.none() | st.dictionaries(st.sampled_from(KEPT_STATES), st.integers(-5, 50)),
)


@given(st.lists(tellings, max_size=12))
def test_every_parcel_is_a_call_that_the_schema_takes_with_every_compare_spelled_out(told: list[Telling]) -> None:
    official = official_schema()
    for parcel, _ in pack(told, "run-1", "run-1"):
        body = json.loads(parcel.body)
        text = load(body["document"]).text
        assert list(silent_compares(official, text, body["variables"])) == []
        definitions = operation_of(text).variable_definitions
        assert not isinstance(get_variable_values(official, definitions or (), body["variables"]), list)


def test_the_lint_finds_a_compare_that_was_left_out(schema: GraphQLSchema) -> None:
    terminal = {"name": "available", "locationId": "gid://shopify/Location/1"}
    change = {"inventoryItemId": "gid://shopify/InventoryItem/1", "quantity": 1}
    change |= {"from": terminal | {"changeFromQuantity": None}, "to": terminal}
    variables = {"input": {"changes": [change]}}
    found = list(silent_compares(schema, load("move_quantities").text, variables))
    assert found == ["$input.changes[0].to.changeFromQuantity"]
