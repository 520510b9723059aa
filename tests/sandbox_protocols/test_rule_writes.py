"""Writing quantities: which states, which reasons, how many units, and under which key."""

from __future__ import annotations

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    get_named_type,
    get_nullable_type,
    is_required_argument,
    is_required_input_field,
)

from onhand.sandbox.shopify.rules import runtime_rules
from onhand.sandbox.shopify.schema import admin_schema
from onhand.sandbox.shopify.write_quantities import REASONS
from tests.sandbox_protocols.clients import Json, Shop
from tests.sandbox_protocols.documents import ADJUST, MOVE, SET
from tests.sandbox_protocols.test_quantities import (
    LEDGER,
    adjusting,
    change,
    end,
    moved,
    moving,
    quantity,
    refusals,
    setting,
    written,
)

OWN_STATES = ("damaged", "incoming", "quality_control", "reserved", "safety_stock")
MUTATIONS = set(admin_schema().mutation_type.fields)  # type: ignore[union-attr]
KEYED = sorted(runtime_rules().keyed_mutations & MUTATIONS)


@pytest.mark.parametrize("name", OWN_STATES)
def test_every_state_but_committed_can_be_adjusted(shop: Shop, name: str) -> None:
    row = change(shop, delta=4, changeFromQuantity=0, ledgerDocumentUri=LEDGER)
    assert written(shop, ADJUST, adjusting(row, name=name))["userErrors"] == []
    assert shop.level().units(name) == 4


@pytest.mark.parametrize("name", OWN_STATES)
def test_every_state_but_committed_can_be_moved_to_and_from(shop: Shop, name: str) -> None:
    before = shop.level().available
    there = moving(moved(shop, end(shop, "available"), end(shop, name)))
    back = moving(moved(shop, end(shop, name), end(shop, "available"), units=1))
    assert written(shop, MOVE, there, key="there")["userErrors"] == []
    assert written(shop, MOVE, back, key="back")["userErrors"] == []
    assert (shop.level().available, shop.level().units(name)) == (before - 2, 2)


@pytest.mark.parametrize("name", ["damaged", "quality_control", "safety_stock", "incoming", "committed"])
def test_only_available_and_on_hand_can_be_set(quiet_shop: Shop, name: str) -> None:
    found = refusals(quiet_shop, SET, setting(quantity(quiet_shop), name=name), key=f"set {name}")
    assert found == [("INVALID_NAME", "input.name")]


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_known_reason_is_taken(shop: Shop, reason: str) -> None:
    assert written(shop, ADJUST, adjusting(change(shop), reason=reason))["userErrors"] == []


def test_the_largest_numbers_are_taken_and_one_more_is_not(shop: Shop) -> None:
    highest = 2_000_000_000
    shop.level().available = 0
    assert written(shop, ADJUST, adjusting(change(shop, delta=highest)), key="1")["userErrors"] == []
    assert written(shop, ADJUST, adjusting(change(shop, delta=-highest)), key="2")["userErrors"] == []
    assert written(shop, SET, setting(quantity(shop, units=1_000_000_000)), key="3")["userErrors"] == []
    assert refusals(shop, SET, setting(quantity(shop, units=1_000_000_001)), key="4") == [
        ("INVALID_QUANTITY_TOO_HIGH", "input.quantities.0.quantity")
    ]
    row = moved(shop, end(shop, "available"), end(shop, "reserved"), units=highest + 1)
    assert refusals(shop, MOVE, moving(row), key="5") == [("INVALID_QUANTITY_TOO_HIGH", "input.changes.0.quantity")]


def test_set_on_hand_compares_with_what_is_on_hand(shop: Shop) -> None:
    level = shop.level()
    level.reserved = 3
    row = quantity(shop, units=50, changeFromQuantity=level.available)
    assert refusals(shop, SET, setting(row, name="on_hand")) == [
        ("CHANGE_FROM_QUANTITY_STALE", "input.quantities.0.changeFromQuantity")
    ]
    row = quantity(shop, units=50, changeFromQuantity=level.on_hand)
    assert written(shop, SET, setting(row, name="on_hand"), key="2")["userErrors"] == []
    assert (level.on_hand, level.reserved) == (50, 3)


def test_a_move_needs_a_reference_and_an_adjustment_does_not(quiet_shop: Shop) -> None:
    row = moved(quiet_shop, end(quiet_shop, "available"), end(quiet_shop, "reserved"))
    given = {"reason": "other", "changes": [row]}
    error = quiet_shop.admin.error(MOVE, {"input": given, "key": "reference"})
    assert "referenceDocumentUri" in error["message"]


def test_an_inactive_level_can_be_adjusted_and_stays_inactive(shop: Shop) -> None:
    shop.level().active = False
    before = shop.level().available
    assert written(shop, ADJUST, adjusting(change(shop)))["userErrors"] == []
    assert (shop.level().available, shop.level().active) == (before - 2, False)


def literal(kind: GraphQLInputType) -> str:
    """Return some value of an input type, with every argument that Shopify wants explicitly."""
    bare = get_nullable_type(kind)
    if isinstance(bare, GraphQLList):
        return f"[{literal(bare.of_type)}]"
    if isinstance(bare, GraphQLEnumType):
        return str(next(iter(bare.values)))
    if isinstance(bare, GraphQLInputObjectType):
        given = {name: literal(field.type) for name, field in bare.fields.items() if is_required_input_field(field)}
        explicit = runtime_rules().explicit_arguments.get(bare.name)
        given |= {} if explicit is None else {explicit: "null"}
        return "{" + ", ".join(f"{name}: {value}" for name, value in given.items()) + "}"
    scalars = {"Boolean": "true", "Int": "1", "DateTime": '"2026-11-23T09:00:00Z"'}
    return scalars.get(get_named_type(bare).name, '"gid://shopify/Nothing/1"')


def errors_of(shop: Shop, name: str, directive: str) -> list[Json]:
    """Return the top-level errors of a mutation that is asked for nothing in particular."""
    mutation = admin_schema().mutation_type
    assert mutation is not None
    needed = [
        f"{key}: {literal(one.type)}" for key, one in mutation.fields[name].args.items() if is_required_argument(one)
    ]
    found: list[Json] = shop.admin.answer(
        f"mutation {{ {name}({', '.join(needed)}) {directive} {{ __typename }} }}"
    ).get("errors", [])
    return found


@pytest.mark.parametrize("name", KEYED)
def test_a_mutation_that_must_have_a_key_is_refused_without_one(quiet_shop: Shop, name: str) -> None:
    (error,) = errors_of(quiet_shop, name, "")
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert error["message"] == "The @idempotent directive is required for this mutation but was not provided."
    assert errors_of(quiet_shop, name, f'@idempotent(key: "{name}")') == []


@pytest.mark.parametrize("name", sorted(MUTATIONS - runtime_rules().keyed_mutations))
def test_other_mutations_need_no_key(quiet_shop: Shop, name: str) -> None:
    assert errors_of(quiet_shop, name, "") == []


def test_a_key_is_not_for_another_mutation_either(shop: Shop) -> None:
    before = shop.level().available
    assert written(shop, ADJUST, adjusting(change(shop)), key="k")["userErrors"] == []
    found = refusals(shop, SET, setting(quantity(shop)), key="k")
    assert found == [("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "")]
    assert shop.level().available == before - 2


def test_the_order_of_arguments_does_not_make_another_call(shop: Shop) -> None:
    ask = adjusting(change(shop))
    first = written(shop, ADJUST, ask, key="k")
    turned = dict(reversed(list(ask.items())))
    assert written(shop, ADJUST, turned, key="k") == first
