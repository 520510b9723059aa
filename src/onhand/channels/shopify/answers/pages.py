"""What every kind of answer is made of: pages, ids and times."""

from datetime import datetime
from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Struct

Moment = Annotated[datetime, Meta(tz=True)]
_Row = TypeVar("_Row")


class Named(Struct):
    """A thing of which only the global id was asked."""

    id: str


class PageInfo(Struct, rename="camel"):
    """Whether there is more, and where it begins. `end_cursor` is None where it was not asked for."""

    has_next_page: bool
    end_cursor: str | None = None


class Page(Struct, Generic[_Row], rename="camel"):
    """One page of a connection."""

    nodes: list[_Row]
    page_info: PageInfo
