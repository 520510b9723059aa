"""Goods: what of an order concerns units that are counted. Bundles stand for their components."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from onhand.domain.bundles import Bundled, bundled, explode
from onhand.domain.orders import OrderPicture
from onhand.domain.stock import LevelKey, Movement, State
from onhand.ports.channel import Problem
from onhand.store import Books


class Goods(NamedTuple):
    """An order in units that are counted.

    `picture` has components in the place of bundles and no line of an item that is `uncounted`: one that is not
    tracked, one that was removed, or a bundle of which nobody knows what it is made of. `bundled` is how the order
    counts for listings.
    """

    picture: OrderPicture
    uncounted: frozenset[str]
    bundled: Mapping[str, Bundled]


def goods_of(books: Books, picture: OrderPicture, booked: Collection[Movement]) -> Goods:
    """Return what of an order concerns units that are counted; `booked` is what it has caused so far."""
    compositions = books.bundles.compositions({line.item for line in picture.lines})
    counts = bundled(picture, compositions) if compositions else {}
    whole = explode(picture, compositions) if compositions else picture
    uncounted = books.catalog.uncounted({*(line.item for line in whole.lines), *(row.item for row in booked)})
    if uncounted:
        known = books.catalog.items_of(uncounted)
        whole = replace(
            whole,
            lines=tuple(line for line in whole.lines if line.item not in uncounted),
            complete=whole.complete and not any(item.bundle for item in known.values()),
        )
    return Goods(whole, frozenset(uncounted), counts)


def counted_at(picture: OrderPicture, movement: Movement) -> datetime:
    """Return when the platform's levels followed a movement of an order: a sale that arrived late, when it did."""
    return picture.placed_at if movement.occurred_at == picture.sold_at else movement.occurred_at


def _occurred_at(movement: Movement) -> datetime:
    return movement.occurred_at


def still_booked(
    movements: Iterable[Movement],
    uncounted: frozenset[str],
    cuts: Mapping[LevelKey, datetime],
    counted: Callable[[Movement], datetime] = _occurred_at,
) -> list[Movement]:
    """Return the movements that an order has caused and that its bins still show.

    Bins of an item that is not counted any more were emptied, those of a removed one rest as they are, and an item
    that is counted anew began with an opening that holds what was booked until then. `counted` says when the
    platform's levels followed a movement.
    """
    return [
        movement
        for movement in movements
        if movement.item not in uncounted
        and not all(
            (cut := cuts.get(LevelKey(movement.item, bin_.location))) is not None and counted(movement) <= cut
            for bin_ in (movement.source, movement.target)
        )
    ]


ORDERED_AND_GONE = "order of a removed item"
"""The kind of problem that `check_gone` raises: one an order."""


def check_gone(books: Books, picture: OrderPicture, uncounted: frozenset[str], now: datetime) -> None:
    """Tell a person of an open order for items that were removed; its units are in nobody's books.

    Shopify's own orders show by themselves that their variants were deleted.
    """
    if picture.hold is State.COMMITTED:
        return
    removed = books.catalog.removed(uncounted) if uncounted else set()
    waiting = Counter({line.item: 0 for line in picture.lines if line.item in removed})
    for line in picture.lines:
        waiting[line.item] += sum(row.units for row in picture.placed if row.line == line.line)
    wanted = ", ".join(f"{waiting[item]} of item {item}" for item in sorted(removed) if waiting[item])
    if not wanted:
        books.problems.settle(ORDERED_AND_GONE, picture.cause, now)
        return
    message = f"{picture.cause} asks for {wanted}, which was removed from Shopify: its units are not booked"
    next_step = "send what is left of it, or cancel the order; an item with the SKU of the listing takes its place"
    books.problems.raise_(Problem(ORDERED_AND_GONE, picture.cause, message, next_step), now)
