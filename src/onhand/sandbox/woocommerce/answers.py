"""What WooCommerce answers: rows with counts in the headers, or an error with a code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

PER_PAGE_MAX = 100


class RefusedCall(Exception):
    """A call that is refused as a whole."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code

    def body(self) -> bytes:
        """Return the error as WordPress writes it."""
        return msgspec.json.encode({"code": self.code, "message": str(self), "data": {"status": self.status}})


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What is answered; `confirmation_ids` are of the world's writes that the app learns of with it."""

    rows: object
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    confirmation_ids: tuple[int, ...] = ()


def page_of(rows: Sequence[Mapping[str, object]], query: Mapping[str, str]) -> Answer:
    """Return one page of rows, with only the fields that were asked for. Raises RefusedCall for a bad page."""
    per_page, page = _number(query, "per_page", 10), _number(query, "page", 1)
    if per_page > PER_PAGE_MAX:
        message = "Invalid parameter(s): per_page"
        raise RefusedCall(400, "rest_invalid_param", message)
    fields = [name for name in query.get("_fields", "").split(",") if name]
    begin = (page - 1) * per_page
    shown = [
        {name: value for name, value in row.items() if not fields or name in fields}
        for row in rows[begin : begin + per_page]
    ]
    headers = {"x-wp-total": str(len(rows)), "x-wp-totalpages": str(-(-len(rows) // per_page))}
    return Answer(rows=shown, headers=headers)


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise RefusedCall(400, "rest_invalid_param", f"Invalid parameter(s): {name}")
    return int(text)
