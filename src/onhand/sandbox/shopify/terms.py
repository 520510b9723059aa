"""Shopify's search syntax, as far as onhand's lists use it: field:value, comparisons, AND, OR, NOT (or a dash).

Shopify API usage, "Search syntax": terms side by side mean AND; a value may stand in single or double quotes.
A field the sandbox cannot search by is an error here; Shopify itself would ignore it and answer too much.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from operator import methodcaller
from typing import Any, NamedTuple

from onhand.sandbox.shopify.errors import refuse

_TOKEN = re.compile(
    r"""\s*(?:(?P<word>AND|OR)\b|(?P<not>-|NOT\s+)?(?P<field>[a-z_]+):(?P<op>>=|<=|>|<)?(?P<value>'[^']*'|"[^"]*"|[^\s()]+)|(?P<bad>\S+))"""
)

Getter = Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """One comparison: `operator` is "=", ">", ">=", "<" or "<=". `wanted` False finds what it does not hold for."""

    field: str
    operator: str
    value: str
    wanted: bool = True


@lru_cache(maxsize=1024)
def parse_terms(text: str) -> tuple[tuple[Term, ...], ...]:
    """Return the alternatives of a search, each a conjunction of terms; raises GraphQLError for what is no term."""
    alternatives: list[list[Term]] = [[]]
    for found in _TOKEN.finditer(text.strip()):
        if found["bad"]:
            raise refuse("BAD_REQUEST", f"cannot read {found['bad']!r} in the search {text!r}: expected field:value")
        if found["word"] == "OR":
            alternatives.append([])
        elif found["field"]:
            value = found["value"]
            if value[0] in "'\"" and value[-1] == value[0]:
                value = value[1:-1]
            term = Term(field=found["field"], operator=found["op"] or "=", value=value, wanted=not found["not"])
            alternatives[-1].append(term)
    return tuple(tuple(terms) for terms in alternatives if terms)


def matching(rows: Iterable[Any], text: str | None, getters: Mapping[str, Getter]) -> list[Any]:
    """Return the rows that a search finds; None or blank finds all; raises GraphQLError for an unknown field."""
    alternatives = parse_terms(text or "")
    if not alternatives:
        return list(rows)
    tests = [[_test(term, getters) for term in terms] for terms in alternatives]
    return [row for row in rows if any(all(test(row) for test in one) for one in tests)]


def payload_filter(text: str | None) -> Callable[[Mapping[str, Any]], bool] | None:
    """Return what tells whether a webhook's payload is found by a search over its own fields, None for no search.

    Fields inside lists cannot be named here. Raises GraphQLError for what is no term.
    """
    fields = {term.field for terms in parse_terms(text or "") for term in terms}
    if not fields:
        return None
    getters = {name: methodcaller("get", name) for name in fields}
    return lambda payload: bool(matching([payload], text, getters))


class Bound(NamedTuple):
    """The earliest moment that a search can find; `is_all` where nothing else is asked for."""

    moment: datetime
    is_all: bool


def since(text: str | None, field: str) -> Bound | None:
    """Return from when on a search can find anything by a time of theirs, or None when it sets no bound."""
    alternatives = parse_terms(text or "")
    if len(alternatives) != 1:
        return None
    bounds = [
        _moment(term.value)
        for term in alternatives[0]
        if term.wanted and term.field == field and term.operator in (">", ">=", "=")
    ]
    is_all = [(term.field, term.operator) for term in alternatives[0]] == [(field, ">=")]
    return Bound(max(bounds), is_all) if bounds else None


def ids_wanted(text: str | None) -> list[int] | None:
    """Return the ids of a search like "id:1 OR id:2", so that a caller looks them up; None for any other search."""
    alternatives = parse_terms(text or "")
    plain = all(
        len(one) == 1 and one[0].wanted and one[0].field == "id" and one[0].operator == "=" for one in alternatives
    )
    return [_number(one[0].value) for one in alternatives] if alternatives and plain else None


def _test(term: Term, getters: Mapping[str, Getter]) -> Callable[[Any], bool]:
    getter = getters.get(term.field)
    if getter is None:
        known = ", ".join(sorted(getters))
        raise refuse("BAD_REQUEST", f"the sandbox cannot search by {term.field!r} here, only by {known}")

    def test(row: Any) -> bool:
        held = getter(row)
        if isinstance(held, frozenset | set | tuple | list):
            return any(_holds(one, term) for one in held) is term.wanted
        return _holds(held, term) is term.wanted

    return test


def _holds(held: Any, term: Term) -> bool:
    if held is None:
        return False
    wanted: Any
    if isinstance(held, datetime):
        wanted = _moment(term.value)
    elif isinstance(held, bool):
        return str(held).lower() == term.value.lower()
    elif isinstance(held, int):
        wanted = _number(term.value)
    else:
        held, wanted = str(held).lower(), term.value.lower()
        if wanted.endswith("*"):
            return bool(held.startswith(wanted[:-1]))
    match term.operator:
        case ">":
            return bool(held > wanted)
        case ">=":
            return bool(held >= wanted)
        case "<":
            return bool(held < wanted)
        case "<=":
            return bool(held <= wanted)
        case _:
            return bool(held == wanted)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise refuse("BAD_REQUEST", f"{text!r} is no ISO 8601 time") from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _number(text: str) -> int:
    digits = text.rsplit("/", 1)[-1].split("?", 1)[0]
    if not digits.isdecimal():
        raise refuse("BAD_REQUEST", f"{text!r} is no id")
    return int(digits)
