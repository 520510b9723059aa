"""Twins: an order of a marketplace that another app brings to the platform stands there a second time.

What the twin has claimed is not held again under the marketplace's own order.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from onhand.domain.bundles import Bundled
from onhand.domain.orders import OrderPicture, Restock

_REFERENCE = re.compile(r"(?<!\d)\d{15,20}(?!\d)")
"""An order id of a marketplace, wherever a connector writes it: TikTok Shop's have 18 digits. No shop's own number is
as long."""


def references(texts: Iterable[str | None]) -> tuple[str, ...]:
    """Return the numbers in some texts that may be order ids of another channel, each once."""
    return tuple(dict.fromkeys(found for text in texts if text for found in _REFERENCE.findall(text)))


def claimed(twin: OrderPicture, unclaimed: Collection[str]) -> dict[str, int]:
    """Return what an order has claimed of each item: all that it asked for and did not cancel.

    Of `unclaimed` items it claimed nothing at the platform.
    """
    units: Counter[str] = Counter()
    items = {line.line: line.item for line in twin.lines if line.item not in unclaimed}
    for line in twin.lines:
        units[line.item] += line.units if line.line in items else 0
    for row in twin.refunded:
        if row.restock is Restock.CANCEL and row.line in items:
            units[items[row.line]] -= row.units
    return {item: many for item, many in units.items() if many > 0}


class Uncovered(NamedTuple):
    """What of an order its twins leave to be booked, and how the rest counts for its channel's listings, by item."""

    picture: OrderPicture
    covered: dict[str, Bundled]


def uncovered(picture: OrderPicture, covers: Mapping[str, int]) -> Uncovered:
    """Return a picture without what twins cover of each item; what waits goes first, then what has left."""
    items = {line.line: line.item for line in picture.lines}
    left, off = Counter(dict(covers)), Counter[str]()
    waiting, taken = Counter[str](), Counter[str]()
    placed, shipped = [], []
    for placed_row in picture.placed:
        share = min(placed_row.units, max(0, left[items.get(placed_row.line, "")]))
        placed.append(placed_row._replace(units=placed_row.units - share))
        if share:
            item = items[placed_row.line]
            left[item] -= share
            off[placed_row.line] += share
            waiting[item] += share
            taken[item] += share
    for row in picture.shipped:
        share = min(row.units, max(0, left[items.get(row.line, "")]))
        if row.units > share:
            shipped.append(row._replace(units=row.units - share))
        if share:
            left[items[row.line]] -= share
            off[row.line] += share
            taken[items[row.line]] += share
    lines = tuple(line._replace(units=max(0, line.units - off[line.line])) for line in picture.lines)
    rest = replace(picture, lines=lines, placed=tuple(placed), shipped=tuple(shipped))
    return Uncovered(rest, {item: Bundled(waiting[item], many) for item, many in taken.items()})
