"""GraphQL documents, one a file beside this one, each with what it asks for at most.

The comment at the head of a document says its requested cost, counted the dear way (a connection costs its `first`
times what one row costs): `# Cost: 10`, or `# Cost: 2 + 131 for each of $ids` where it grows with a variable. `# Whole`
says that nothing leads on from a page of it: what does not fit is refused, so its pages are never made smaller.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

# Shopify refuses a single query above this, whatever the plan (Admin API 2026-10, "Rate limits").
MAX_QUERY_POINTS = 1000

_MUTATION = re.compile(r"mutation (?P<name>\w+)\((?P<given>.+?)\) \{\n(?P<field>.+)\n\}", re.DOTALL)
_VARIABLE = re.compile(r"\$(\w+)")

_COST = re.compile(r"^# Cost: ([0-9]+)(?: \+ ([0-9]+) for each of \$([a-z]+))?$", re.MULTILINE)
_WHOLE = re.compile(r"^# Whole\b", re.MULTILINE)
_PAGE = re.compile(r"\(first: (?P<rows>[0-9]+)(?P<more>[^)]*)\) \{(?=\s*pageInfo\b)")
"""A connection that says whether there is more. Of a plain list, such as an order's refunds, nothing does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """One document. It asks for `base_points`, and `each_points` for each row of the variable `grows_with`.

    `is_whole`: what is not on its pages is nowhere.
    """

    name: str
    text: str
    base_points: int
    each_points: int
    grows_with: str | None
    is_whole: bool = False

    def rows(self, variables: Mapping[str, Any]) -> int:
        """Return how many rows these variables ask for: 0 where the document does not grow."""
        value = variables.get(self.grows_with) if self.grows_with is not None else None
        if isinstance(value, int):
            return value
        return len(value) if isinstance(value, Sequence) else 0

    def estimate(self, variables: Mapping[str, Any]) -> int:
        """Return the points these variables ask for at most, never more than Shopify allows a query."""
        return min(MAX_QUERY_POINTS, self.base_points + self.each_points * self.rows(variables))

    def rows_that_fit(self) -> int:
        """Return how many rows surely stay within what Shopify allows a query."""
        return max(1, (MAX_QUERY_POINTS - self.base_points) // max(1, self.each_points))


@cache
def load(name: str) -> Document:
    """Return the document in the file `name`.graphql."""
    text = files(__name__).joinpath(f"{name}.graphql").read_text(encoding="utf-8")
    cost = _COST.search(text)
    if cost is None:
        raise ValueError(f"documents/{name}.graphql does not say its cost: add a line such as '# Cost: 10'")
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#")).strip()
    return Document(
        name=name,
        text=body,
        base_points=int(cost[1]),
        each_points=int(cost[2] or 0),
        grows_with=cost[3],
        is_whole=_WHOLE.search(text) is not None,
    )


@cache
def repeated(name: str, times: int) -> Document:
    """Return a document that asks for the one mutation of another `times` times: each costs what it costs alone.

    The n-th (from 0) takes its variables with n at the end of their names, and is answered under `answer_key(n)`.
    """
    once = load(name)
    mutation = _MUTATION.fullmatch(once.text)
    if mutation is None:
        raise ValueError(f"documents/{name}.graphql is no single mutation with variables: it cannot be repeated")
    given = ", ".join(_numbered(mutation["given"], number) for number in range(times))
    fields = (f"  {answer_key(number)}: {_numbered(mutation['field'].strip(), number)}" for number in range(times))
    return Document(
        name=f"{name} x {times}",
        text=f"mutation {mutation['name']}({given}) {{\n" + "\n".join(fields) + "\n}",
        base_points=once.base_points * times,
        each_points=0,
        grows_with=None,
    )


def answer_key(number: int) -> str:
    """Return under which name the n-th of repeated mutations is answered."""
    return f"answer{number}"


def _numbered(text: str, number: int) -> str:
    return _VARIABLE.sub(rf"$\g<1>{number}", text)


@cache
def with_pages(document: Document, most_rows: int) -> Document:
    """Return a document none of whose pages has more rows than `most_rows`; the same one where it must be whole."""
    if document.is_whole:
        return document
    text = _PAGE.sub(lambda page: f"(first: {min(int(page['rows']), most_rows)}{page['more']}) {{", document.text)
    return replace(document, text=text)


def names() -> list[str]:
    """Return the names of all documents."""
    return sorted(
        entry.name.removesuffix(".graphql") for entry in files(__name__).iterdir() if entry.name.endswith(".graphql")
    )
