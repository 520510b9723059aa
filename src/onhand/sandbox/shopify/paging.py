"""Connections: pages of a sorted list, with cursors that survive changes of the list."""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from onhand.sandbox.shopify.errors import refuse

# Shopify API limits: a page holds at most 250 objects.
MAX_PAGE_ROWS = 250

# What a list is sorted by: a text or number, and the id that tells equals apart.
SortKey = tuple[str | int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class PageWish:
    """Which part of a list is wanted: Shopify's first, after, last, before, reverse."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    reverse: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One page of a list; `key` gives the sort key of a row, for its cursor."""

    rows: Sequence[Any]
    key: Callable[[Any], SortKey]
    has_next: bool
    has_previous: bool

    def cursor(self, row: Any) -> str:
        """Return the opaque cursor of a row."""
        return encode_cursor(self.key(row))


def encode_cursor(key: SortKey) -> str:
    """Return the cursor for a sort key."""
    text = json.dumps({"last_id": key[1], "last_value": key[0]}, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def decode_cursor(cursor: str) -> SortKey:
    """Return the sort key in a cursor; raises GraphQLError for anything else."""
    try:
        held = json.loads(base64.b64decode(cursor.encode(), validate=True))
        value, number = held["last_value"], held["last_id"]
    except (binascii.Error, UnicodeError, ValueError, KeyError, TypeError) as error:
        raise refuse("INVALID_CURSOR", f"{cursor!r} is not a cursor of this list") from error
    if not isinstance(value, str | int) or not isinstance(number, int):
        raise refuse("INVALID_CURSOR", f"{cursor!r} is not a cursor of this list")
    return value, number


def paginate(rows: Sequence[Any], key: Callable[[Any], SortKey], wish: PageWish) -> Page:
    """Return the wanted page of `rows`, which are sorted by `key` ascending.

    Raises GraphQLError when neither first nor last is given, or one is out of 0 to 250.
    """
    limit = _limit(wish)
    start, end = 0, len(rows)
    if wish.after is not None:
        start = _behind(rows, key, wish.after, reverse=wish.reverse)
    if wish.before is not None:
        end = _ahead(rows, key, wish.before, reverse=wish.reverse)
    end = max(start, end)
    if wish.first is not None:
        stop = min(end, start + limit)
        return _page(rows, key, start, stop, wish.reverse, has_next=stop < end, has_previous=start > 0)
    begin = max(start, end - limit)
    return _page(rows, key, begin, end, wish.reverse, has_next=end < len(rows), has_previous=begin > start)


def whole(rows: Sequence[Any], key: Callable[[Any], SortKey]) -> Page:
    """Return a list without pages, as a bulk operation reads it."""
    return Page(rows=rows, key=key, has_next=False, has_previous=False)


def _limit(wish: PageWish) -> int:
    if wish.first is not None and wish.last is not None:
        raise refuse("BAD_REQUEST", "give first or last, not both")
    limit = wish.first if wish.first is not None else wish.last
    name = "first" if wish.first is not None else "last"
    if limit is None:
        raise refuse("BAD_REQUEST", "you must provide one of first or last")
    if not 0 <= limit <= MAX_PAGE_ROWS:
        raise refuse("BAD_REQUEST", f"{name} must be between 0 and {MAX_PAGE_ROWS}, got {limit}")
    return limit


def _page(
    rows: Sequence[Any],
    key: Callable[[Any], SortKey],
    start: int,
    stop: int,
    reverse: bool,
    *,
    has_next: bool,
    has_previous: bool,
) -> Page:
    count = len(rows)
    chosen = rows[count - stop : count - start][::-1] if reverse else rows[start:stop]
    return Page(rows=chosen, key=key, has_next=has_next, has_previous=has_previous)


def _behind(rows: Sequence[Any], key: Callable[[Any], SortKey], cursor: str, *, reverse: bool) -> int:
    mark = _mark(rows, key, cursor)
    return len(rows) - bisect_left(rows, mark, key=key) if reverse else bisect_right(rows, mark, key=key)


def _ahead(rows: Sequence[Any], key: Callable[[Any], SortKey], cursor: str, *, reverse: bool) -> int:
    mark = _mark(rows, key, cursor)
    return len(rows) - bisect_right(rows, mark, key=key) if reverse else bisect_left(rows, mark, key=key)


def _mark(rows: Sequence[Any], key: Callable[[Any], SortKey], cursor: str) -> SortKey:
    mark = decode_cursor(cursor)
    if rows and type(key(rows[0])[0]) is not type(mark[0]):
        raise refuse("INVALID_CURSOR", f"{cursor!r} is a cursor of a list sorted in another way")
    return mark
