"""Goods: what of an order concerns units that are counted. Bundles stand for their components."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from onhand.domain.bundles import Bundled, bundled, explode
from onhand.domain.orders import OrderPicture
from onhand.domain.stock import LevelKey, Movement
from onhand.store import Books


class Goods(NamedTuple):
    """An order in units that are counted.

    `picture` has components in the place of bundles and no line of an item that is `uncounted`: one that is not
    tracked, or a bundle of which nobody knows what it is made of. `bundled` is how the order counts for listings.
    """

    picture: OrderPicture
    uncounted: frozenset[str]
    bundled: Mapping[str, Bundled]


def goods_of(books: Books, picture: OrderPicture) -> Goods:
    """Return what of an order concerns units that are counted."""
    compositions = books.bundles.compositions({line.item for line in picture.lines})
    counts = bundled(picture, compositions) if compositions else {}
    whole = explode(picture, compositions) if compositions else picture
    uncounted = books.catalog.uncounted({line.item for line in whole.lines})
    if uncounted:
        known = books.catalog.items_of(uncounted)
        whole = replace(
            whole,
            lines=tuple(line for line in whole.lines if line.item not in uncounted),
            complete=whole.complete and not any(item.bundle for item in known.values()),
        )
    return Goods(whole, frozenset(uncounted), counts)


def still_booked(
    movements: Iterable[Movement], uncounted: frozenset[str], cuts: Mapping[LevelKey, datetime]
) -> list[Movement]:
    """Return the movements that an order has caused and that its bins still show.

    Bins of an item that is not counted any more were emptied, and an item that is counted anew began with an opening
    that holds what was booked until then.
    """
    return [
        movement
        for movement in movements
        if movement.item not in uncounted
        and not all(
            (cut := cuts.get(LevelKey(movement.item, bin_.location))) is not None and movement.occurred_at <= cut
            for bin_ in (movement.source, movement.target)
        )
    ]
