"""TikTok Shop's pages: a size, and a token for what comes next."""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from onhand.sandbox.tiktok.replies import INVALID, CallRefused

PAGE_SIZE_MAX = 100

Mark = tuple[int, int]
_Row = TypeVar("_Row")


def page(
    rows: Sequence[_Row], key: Callable[[_Row], Mark], query: Mapping[str, str], *, descending: bool = False
) -> tuple[list[_Row], str]:
    """Return one page of `rows` and the token of the next, "" behind the last; rows sort by time, then id.

    A row that changes while a client pages moves to another place, as on the real platform. Raises CallRefused.
    """
    size = _page_size(query)
    ordered = sorted(rows, key=key, reverse=descending)
    sign = -1 if descending else 1

    def place(row: _Row) -> Mark:
        time, number = key(row)
        return sign * time, sign * number

    token = query.get("page_token", "")
    start = bisect_right(ordered, _mark(token), key=place) if token else 0
    chosen = ordered[start : start + size]
    more = start + size < len(ordered)
    return chosen, _token(place(chosen[-1])) if more else ""


def _page_size(query: Mapping[str, str]) -> int:
    text = query.get("page_size", "")
    size = int(text) if text.isdecimal() else 0
    if not 1 <= size <= PAGE_SIZE_MAX:
        raise CallRefused(INVALID, f"Invalid page_size {text!r}: 1 to {PAGE_SIZE_MAX} are allowed.")
    return size


def _token(mark: Mark) -> str:
    return base64.b64encode(json.dumps(mark).encode()).decode()


def _mark(token: str) -> Mark:
    try:
        time, number = json.loads(base64.b64decode(token.encode(), validate=True))
    except (binascii.Error, ValueError, TypeError) as error:
        raise CallRefused(INVALID, f"Invalid page_token {token!r}.") from error
    if not (isinstance(time, int) and isinstance(number, int)):
        raise CallRefused(INVALID, f"Invalid page_token {token!r}.")
    return time, number
