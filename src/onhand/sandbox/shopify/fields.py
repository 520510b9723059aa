"""What every table of resolvers uses: how a resolver is written, lists as connections, money, times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from inspect import signature
from typing import Any, NamedTuple

from graphql import GraphQLField

from onhand.sandbox.shopify.call import Call
from onhand.sandbox.shopify.errors import refuse
from onhand.sandbox.shopify.paging import Page, PageWish, SortKey, paginate, whole
from onhand.sandbox.shopify.terms import Getter, matching

# The arguments that a query gave to a field, with the schema's defaults; one that was left out is missing.
Arguments = Mapping[str, Any]
# A resolver takes the object, and if it needs them the call and the arguments.
Resolver = Callable[[Any], Any] | Callable[[Any, Call], Any] | Callable[[Any, Call, Arguments], Any]
FullResolver = Callable[[Any, Call, Arguments], Any]
FieldTable = Mapping[str, Resolver]
Key = Callable[[Any], SortKey]


def parameters(resolver: Callable[..., Any]) -> int:
    """Return how many parameters a resolver takes: 1, 2 or 3."""
    return len(signature(resolver).parameters)


class RawResolver(NamedTuple):
    """A resolver as its table has it, and how many parameters it takes."""

    function: Callable[..., Any]
    parameters: int


_RAW = "onhand resolver"


def keep_raw(field: GraphQLField, resolver: Resolver) -> RawResolver:
    """Keep a field's resolver where `raw_resolver` finds it, beside the form in which graphql-core calls it."""
    raw = RawResolver(resolver, parameters(resolver))
    field.extensions[_RAW] = raw
    return raw


def raw_resolver(field: GraphQLField) -> RawResolver:
    """Return the resolver that was kept for a field of a query."""
    raw: RawResolver = field.extensions[_RAW]
    return raw


def full(resolver: Resolver) -> FullResolver:
    """Return a resolver that takes object, call and arguments, whatever `resolver` asks for."""
    function: Any = resolver
    match parameters(function):
        case 1:
            return lambda source, _call, _arguments: function(source)
        case 2:
            return lambda source, call, _arguments: function(source, call)
        case _:
            given: FullResolver = function
            return given


@lru_cache(maxsize=4096)
def iso(moment: datetime | None) -> str | None:
    """Return a time as Shopify writes it in GraphQL: whole seconds, UTC, "Z"; None stays None."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=65_536)  # a large shop's orders are sorted for every page of them
def sortable(moment: datetime) -> str:
    """Return a time as a text that sorts like the time, fraction kept."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def amount(cents: int) -> str:
    """Return money as Shopify writes it in GraphQL: "12.5" for 1,250 cents, "12.0" for 1,200."""
    return f"{cents / 100:.2f}".removesuffix("0")


def money_bag(cents: int, currency: str) -> dict[str, object]:
    """Return a MoneyBag; the shop sells in one currency."""
    money = {"amount": amount(cents), "currencyCode": currency}
    return {"shopMoney": money, "presentmentMoney": money}


def counted_rows(rows: int) -> dict[str, object]:
    """Return a Count that is exact."""
    return {"count": rows, "precision": "EXACT"}


def page_of(call: Call, rows: Sequence[Any], key: Key, arguments: Arguments) -> Page:
    """Return the wanted page, or for a bulk operation the whole list (of the outermost its window)."""
    if call.bulk is None:
        return paginate(
            rows,
            key,
            PageWish(
                first=arguments.get("first"),
                after=arguments.get("after"),
                last=arguments.get("last"),
                before=arguments.get("before"),
                reverse=arguments.get("reverse", False),
            ),
        )
    window = call.bulk.take()
    if window is None:
        return whole(rows, key)
    # By id, whatever order was asked for: a row that changes while the operation runs must not change its place.
    return whole(sorted(rows, key=lambda row: key(row)[1])[window], key)


def listed(rows: Resolver, key: Key) -> FullResolver:
    """Return the resolver of a connection whose only arguments are those of a page."""
    all_rows = full(rows)
    return lambda source, call, arguments: page_of(call, all_rows(source, call, arguments), key, arguments)


def searched(
    rows: Resolver, keys: Mapping[str, Key], getters: Mapping[str, Getter], default: str = "ID"
) -> FullResolver:
    """Return the resolver of a connection with a search and a sort key; `rows` come sorted by id.

    `keys` are what this world can sort by; asking for another sort key or a saved search is refused.
    """
    all_rows = full(rows)

    def resolve(source: Any, call: Call, arguments: Arguments) -> Page:
        name = arguments.get("sortKey", default)
        key = sort_key(keys, name)
        no_saved_search(arguments)
        found = all_rows(source, call, arguments)
        if arguments.get("query"):
            found = matching(found, arguments["query"], getters)
        return page_of(call, found if name == "ID" else sorted(found, key=key), key, arguments)

    return resolve


def counted(rows: Callable[[Call], Iterable[Any]], getters: Mapping[str, Getter]) -> FullResolver:
    """Return the resolver of a count, which stops at 25,000 and says so (Shopify API limits)."""

    def resolve(_: Any, call: Call, arguments: Arguments) -> dict[str, object]:
        no_saved_search(arguments)
        most = min(arguments.get("limit") or MAX_COUNT, MAX_COUNT)
        found = len(matching(rows(call), arguments.get("query"), getters))
        return {"count": min(found, most), "precision": "EXACT" if found <= most else "AT_LEAST"}

    return resolve


def sort_key(keys: Mapping[str, Key], name: str) -> Key:
    """Return the sort key called `name`; raises GraphQLError for one this world cannot sort by."""
    key = keys.get(name)
    if key is None:
        raise refuse("BAD_REQUEST", f"the sandbox cannot sort here by {name}, only by {', '.join(sorted(keys))}")
    return key


def no_saved_search(arguments: Arguments) -> None:
    """Raise GraphQLError for a saved search: this shop has none."""
    if arguments.get("savedSearchId") is not None:
        raise refuse("BAD_REQUEST", f"this shop has no saved search {arguments['savedSearchId']!r}")


MAX_COUNT = 25_000
