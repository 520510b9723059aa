"""What a GraphQL call costs: requested before it runs, actual from what came back.

Shopify Admin API, "Rate limits": a scalar or an enum costs 0, an object 1, an interface the dearest of its
possible selections, a mutation 10 whatever it returns, a connection by its size. How the size counts is not in
that table: Shopify's staff describe 2 + floor(2 ln max(2, first)) x item (developer forum, topic 24364), and
measured costs agree with it: 25 for 250 variants with their inventory items, 48 for 100 levels with quantities,
item, variant and product (a public audit against 2025-07). `linear` charges the older, dearer 2 + first x item.
Small value objects (page info, money, counts, measures, addresses) are free; a list without a bound costs as one
object. `nodes(ids:)` was measured by nobody; here its ids count as the size of a list.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import ListValueNode, ValueNode, VariableNode
from graphql.utilities import value_from_ast_untyped

MUTATION_POINTS = 10
CONNECTION_POINTS = 2

Variables = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sizing:
    """How many items a size counts as."""

    linear: bool = False

    def items(self, size: int) -> int:
        """Return the factor for `size` items: the size itself, or 2 ln of it rounded down."""
        if size <= 0:
            return 0
        return size if self.linear else math.floor(2 * math.log(max(2, size)))


@dataclass(kw_only=True, slots=True)
class CostField:
    """One selected field that returns objects, priced with what is selected below it.

    `branches` hold the fields below by concrete type, then by response key. `sizes` are the arguments that bound a
    list or a connection. `rows` are set for a connection: the response key of each list of items, and the key of
    the item inside an edge (None where the list holds the items themselves).
    """

    own_points: int
    is_connection: bool = False
    sizes: tuple[ValueNode, ...] = ()
    rows: tuple[tuple[str, str | None], ...] = ()
    branches: dict[str, dict[str, CostField]] = field(default_factory=dict)
    _below: dict[str, CostField] | None = None

    def requested(self, variables: Variables, sizing: Sizing) -> int:
        """Return the points asked for; a field that a directive skips is priced as if it were wanted."""
        dearest = max(
            (sum(one.requested(variables, sizing) for one in fields.values()) for fields in self.branches.values()),
            default=0,
        )
        each = self.own_points + dearest
        if self.is_connection:
            return CONNECTION_POINTS + each * sizing.items(self._size(variables))
        return each * sizing.items(self._size(variables)) if self.sizes else each

    def actual(self, value: Any, sizing: Sizing) -> float:
        """Return the points of `value`, which came back for this field."""
        if value is None:
            return 0
        if self.is_connection:
            items = self.items(value)
            return CONNECTION_POINTS + self._average(items, sizing) * sizing.items(len(items))
        if isinstance(value, list):
            return self._average(value, sizing) * (sizing.items(len(value)) if self.sizes else 1)
        return self._object(value, sizing)

    def below(self) -> dict[str, CostField]:
        """Return the fields below by response key, whatever type they were selected on."""
        if self._below is None:
            self._below = {key: one for fields in self.branches.values() for key, one in fields.items()}
        return self._below

    def _size(self, variables: Variables) -> int:
        return max((_plain_size(value, variables) for value in self.sizes), default=1)

    def items(self, value: Mapping[str, Any]) -> list[Any]:
        """Return the items in what came back for a connection, from its nodes or its edges."""
        for key, inner in self.rows:
            rows = value.get(key)
            if isinstance(rows, list):
                return rows if inner is None else [row[inner] for row in rows]
        return []

    def _average(self, values: list[Any], sizing: Sizing) -> float:
        if not values:
            return 0
        return sum(self._object(value, sizing) for value in values if value is not None) / len(values)

    def _object(self, value: Mapping[str, Any], sizing: Sizing) -> float:
        points: float = self.own_points
        for key, one in self.below().items():
            if key in value:
                points += one.actual(value[key], sizing)
        return points


def _plain_size(value: ValueNode, variables: Variables) -> int:
    if isinstance(value, ListValueNode):
        return len(value.values)
    plain = variables.get(value.name.value) if isinstance(value, VariableNode) else value_from_ast_untyped(value)
    if isinstance(plain, list | tuple):
        return len(plain)
    return plain if isinstance(plain, int) else 1


@dataclass(frozen=True, kw_only=True, slots=True)
class CostPlan:
    """The cost of one operation, worked out once a document and priced once a call."""

    mutations: int
    fields: dict[str, CostField]

    def requested(self, variables: Variables, sizing: Sizing) -> int:
        """Return the points the call asks for before it runs."""
        points = sum(one.requested(variables, sizing) for one in self.fields.values())
        return self.mutations * MUTATION_POINTS + points

    def actual(self, data: Mapping[str, Any] | None, sizing: Sizing) -> int:
        """Return the points of the answer, rounded up; `data` None means that nothing came back."""
        if data is None:
            return 0
        points = sum(one.actual(data[key], sizing) for key, one in self.fields.items() if key in data)
        return self.mutations * MUTATION_POINTS + math.ceil(points)
