"""The lines of a bulk query, piece by piece: by its plan, or by graphql-core where it is beyond plans."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any, NamedTuple

from graphql import GraphQLSchema, execute_sync

from onhand.sandbox.shopify.bulk_plan import BulkPlan, Line
from onhand.sandbox.shopify.call import BulkWindow, Call
from onhand.sandbox.shopify.cost import CostField
from onhand.sandbox.shopify.documents import Document

# Rows of the outermost list that graphql-core reads in one go: some dozen milliseconds.
ROWS_AT_ONCE = 100
# Rows that a plan looks up in one go, to read them one by one: listing a large shop takes longer than reading a row.
ROWS_LISTED = 1_000

# How many lines a file that is not grouped mixes: what belongs to an object comes up to so many lines before it.
LINES_TORN = 250

# Begins a call that reads a window of the outermost list, at the time it is then.
Caller = Callable[[BulkWindow], Call]


class Piece(NamedTuple):
    """What was read in one go: nothing changed in between. `roots` counts objects of the outermost list."""

    roots: int
    lines: list[Line]


def by_plan(plan: BulkPlan, caller: Caller) -> Iterator[Piece]:
    """Yield every object of the outermost list with what belongs to it. Raises GraphQLError."""
    for start in count(step=ROWS_LISTED):
        call = caller(BulkWindow(start=start, stop=start + ROWS_LISTED))
        rows = plan.rows(call)
        for row in rows:
            yield Piece(1, list(plan.row.lines(row, call)))
        if len(rows) < ROWS_LISTED:
            return


def by_graphql(schema: GraphQLSchema, document: Document, caller: Caller) -> Iterator[Piece]:
    """Yield the objects of the outermost list, some at a time, with what belongs to them. Raises GraphQLError."""
    operation = document.operation(None)
    assert operation is not None, "the rules of bulk queries were checked"
    assert document.ast is not None, "a document without errors was read"
    key, field = next(iter(operation.cost.fields.items()))
    for start in count(step=ROWS_AT_ONCE):
        call = caller(BulkWindow(start=start, stop=start + ROWS_AT_ONCE))
        result = execute_sync(schema, document.ast, context_value=call)
        if result.errors:
            raise result.errors[0]
        assert result.data is not None, "without errors there is an answer"
        roots = field.items(result.data[key])
        yield Piece(len(roots), [line for root in roots for line in _lines(root, field, None)])
        if len(roots) < ROWS_AT_ONCE:
            return


def torn(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Yield the same lines with objects away from what they belong to, and behind it: a file that is not grouped.

    In which order Shopify writes those is not documented; `groupObjects` false only takes the promise away.
    """
    roots, owners, owned = 0, list[Line](), list[Line]()
    for piece in pieces:
        roots += piece.roots
        for line in piece.lines:
            (owned if "__parentId" in line else owners).append(line)
        if len(owned) + len(owners) >= LINES_TORN:
            yield Piece(roots, [*owned, *owners])
            roots, owners, owned = 0, [], []
    yield Piece(roots, [*owned, *owners])


def _lines(row: Mapping[str, Any], field: CostField, parent_id: str | None) -> Iterator[Line]:
    """Yield an object and, behind it, those of its connections, each with the id of what it belongs to."""
    below = field.below()
    nested = [(key, one) for key, one in below.items() if one.is_connection and row.get(key) is not None]
    line = {key: value for key, value in row.items() if key not in {name for name, _ in nested}}
    if parent_id is not None:
        line["__parentId"] = parent_id
    yield line
    for key, one in nested:
        for inner in one.items(row[key]):
            yield from _lines(inner, one, str(row["id"]))
