"""What happened to an item: movements with their causes, returns, what channels showed, its labels; newest first."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Literal

from onhand.answers.called import called
from onhand.answers.lookup import find_items, location_names
from onhand.domain.catalog import Item
from onhand.domain.drift import Observation
from onhand.domain.stock import Bin, Movement, State
from onhand.store import Books
from onhand.store.returned import ReturnedRow


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A bin as people read it: the location's name and the state."""

    location: str
    state: State


@dataclass(frozen=True, kw_only=True, slots=True)
class Happened:
    """One movement, one return, one observation, or one change of the SKU.

    `happened_at` is the time at the source, `recorded_at` the time here. A movement has `source`, `target`, `units` and
    a cause, of which `name` is what people call it. A return has `units`, a cause with its name, and with `reason` how
    far it has come: what it moved is a movement of its own. An observation has `location` and `seen`, the units by
    state; another label says with `reason` which one became which. The rest is None.
    """

    kind: Literal["movement", "return", "observation", "label"]
    shop: str
    sku: str | None
    item: str
    happened_at: datetime
    recorded_at: datetime
    origin: str
    cause: str | None = None
    name: str | None = None
    reason: str | None = None
    units: int | None = None
    source: Place | None = None
    target: Place | None = None
    location: str | None = None
    seen: Mapping[State, int] | None = None


def timeline(books: Books, shop: str, sku: str, limit: int = 50) -> list[Happened]:
    """Return the newest `limit` things recorded of the items that carry a SKU. Raises NotKnown."""
    names = location_names(books)
    happened: list[Happened] = []
    for item in find_items(books, sku):
        happened += [
            _moved(shop, item, movement, recorded_at, names)
            for _, movement, recorded_at in books.ledger.history(item.item, limit=limit)
        ]
        happened += [
            _seen(shop, item, observation, recorded_at, names)
            for observation, recorded_at in books.observations.history(item.item, limit)
        ]
        happened += [
            _came_back(shop, item, row, recorded_at) for row, recorded_at in books.returned.of_item(item.item, limit)
        ]
        happened += _labelled(books, shop, item)
    happened.sort(key=lambda row: (row.recorded_at, row.happened_at), reverse=True)
    newest = happened[:limit]
    called_so = called(books, {row.cause for row in newest if row.cause is not None})
    return [row if row.cause is None else replace(row, name=called_so[row.cause]) for row in newest]


def _labelled(books: Books, shop: str, item: Item) -> list[Happened]:
    history = books.catalog.sku_history(item.item)
    return [
        Happened(
            kind="label",
            shop=shop,
            sku=item.sku,
            item=item.item,
            happened_at=since_at,
            recorded_at=since_at,
            origin="shopify",
            reason=f"SKU {_label(before)} became {_label(sku)}",
        )
        for (before, _), (sku, since_at) in pairwise(history)
    ]


def _label(sku: str | None) -> str:
    return "(none)" if sku is None else repr(sku)


def _moved(shop: str, item: Item, movement: Movement, recorded_at: datetime, names: Mapping[str, str]) -> Happened:
    return Happened(
        kind="movement",
        shop=shop,
        sku=item.sku,
        item=item.item,
        happened_at=movement.occurred_at,
        recorded_at=recorded_at,
        origin=movement.origin,
        cause=movement.cause,
        reason=movement.reason,
        units=movement.units,
        source=_place(movement.source, names),
        target=_place(movement.target, names),
    )


def _came_back(shop: str, item: Item, row: ReturnedRow, recorded_at: datetime) -> Happened:
    counts = {
        "awaited": row.awaited_units,
        "arrived": row.processing_units,
        "restocked": row.restocked_units,
        "discarded": row.discarded_units,
        "missing": row.missing_units,
    }
    said = ", ".join(f"{units} {what}" for what, units in counts.items() if units)
    return Happened(
        kind="return",
        shop=shop,
        sku=item.sku,
        item=item.item,
        happened_at=row.opened_at,
        recorded_at=recorded_at,
        origin=row.cause.partition("/")[0],
        cause=row.cause,
        reason=f"{row.status}: {said}",
        units=row.units,
    )


def _seen(shop: str, item: Item, observation: Observation, recorded_at: datetime, names: Mapping[str, str]) -> Happened:
    return Happened(
        kind="observation",
        shop=shop,
        sku=item.sku,
        item=item.item,
        happened_at=observation.observed_at,
        recorded_at=recorded_at,
        origin=observation.source,
        location=names.get(observation.location, observation.location),
        seen=dict(observation.units),
    )


def _place(bin_: Bin, names: Mapping[str, str]) -> Place:
    return Place(location=names.get(bin_.location, bin_.location), state=bin_.state)
