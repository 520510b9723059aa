"""Bundles: items that are made of others when they are sold, and have no units of their own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple, TypeVar

from onhand.domain.orders import Added, Gone, OrderLine, OrderPicture, Placed, Refunded, Shipped, Unshipped
from onhand.domain.returns import Restocked, ReturnPicture

_Row = TypeVar("_Row", Placed, Shipped, Refunded, Gone, Unshipped, Added, Restocked)


class Component(NamedTuple):
    """Units of an item that go into one bundle."""

    item: str
    units: int


class Bundle(NamedTuple):
    """A bundle and what it is made of.

    No components: the platform did not say them, and nobody can tell how many there are to sell. At most 30 of them,
    and none is a bundle itself (Shopify 2026-10, `productVariantRelationshipBulkUpdate` and the code
    NESTED_PARENT_PRODUCT_VARIANT).
    """

    item: str
    components: tuple[Component, ...]


Compositions = Mapping[str, Sequence[tuple[datetime, tuple[Component, ...]]]]
"""What bundles were made of since when, by item, oldest first. An item made of itself was no bundle then."""


def made_of(compositions: Compositions, item: str, at: datetime) -> tuple[Component, ...]:
    """Return what an item was made of at a time: itself where it was no bundle.

    What it was made of before anybody looked is taken to be what was seen first.
    """
    history = compositions.get(item)
    if not history:
        return (Component(item, 1),)
    return next((parts for since_at, parts in reversed(history) if since_at <= at), history[0][1])


def explode(picture: OrderPicture, compositions: Compositions) -> OrderPicture:
    """Return the picture of an order with the components of its bundles in their place.

    An order keeps the composition of the moment in which it was placed: changing a bundle changes no order.
    """
    parts = {line.line: made_of(compositions, line.item, picture.placed_at) for line in picture.lines}
    if all(parts[line.line] == (Component(line.item, 1),) for line in picture.lines):
        return picture
    return replace(
        picture,
        lines=tuple(
            OrderLine(_name(line.line, part), part.item, line.units * part.units)
            for line in picture.lines
            for part in parts[line.line]
        ),
        placed=tuple(_shares(picture.placed, parts)),
        shipped=tuple(_shares(picture.shipped, parts)),
        refunded=tuple(_shares(picture.refunded, parts)),
        gone=tuple(_shares(picture.gone, parts)),
        unshipped=tuple(_shares(picture.unshipped, parts)),
        added=tuple(_shares(picture.added, parts)),
    )


def explode_return(picture: ReturnPicture, compositions: Compositions) -> ReturnPicture:
    """Return the picture of a return with what its bundles were made of when their order was placed.

    Shopify takes bundles apart before it makes an order's lines, so these are components already, but for an item that
    is a bundle by now and was none, or one that another app has kept whole.
    """
    parts = {line.line: made_of(compositions, line.item, picture.ordered_at) for line in picture.lines}
    lines = tuple(
        line._replace(
            line=_name(line.line, part),
            item=part.item,
            units=line.units * part.units,
            discarded_units=line.discarded_units * part.units,
            missing_units=line.missing_units * part.units,
            processing_units=line.processing_units * part.units,
        )
        for line in picture.lines
        for part in parts[line.line]
    )
    restocked, refunded = tuple(_shares(picture.restocked, parts)), tuple(_shares(picture.refunded, parts))
    return replace(picture, lines=lines, restocked=restocked, refunded=refunded)


class Bundled(NamedTuple):
    """How an order counts for the listings of an item, beyond what it moves of that item.

    Its channel counts it under the bundle's listing and not under those of the components, which it moves: a bundle
    has positive units, a component negative ones. `open_units` wait to be shipped, `taken_units` were not cancelled.
    """

    open_units: int
    taken_units: int


def bundled(picture: OrderPicture, compositions: Compositions) -> dict[str, Bundled]:
    """Return how an order with bundles counts for listings, by item; empty where it has none."""
    counts: dict[str, Bundled] = {}
    for line in picture.lines:
        parts = made_of(compositions, line.item, picture.placed_at)
        if parts == (Component(line.item, 1),):
            continue
        waiting = sum(row.units for row in picture.placed if row.line == line.line)
        taken = waiting + sum(row.units for row in picture.shipped if row.line == line.line)
        for item, times in ((line.item, 1), *((part.item, -part.units) for part in parts)):
            before = counts.get(item, Bundled(0, 0))
            counts[item] = Bundled(before.open_units + waiting * times, before.taken_units + taken * times)
    return counts


def _name(line: str, part: Component) -> str:
    return f"{line}/{part.item}"


def _shares(rows: Sequence[_Row], parts: Mapping[str, tuple[Component, ...]]) -> Iterator[_Row]:
    for row in rows:
        for part in parts.get(row.line, ()):
            yield row._replace(line=_name(row.line, part), units=row.units * part.units)
