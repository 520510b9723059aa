"""Transfers of which more is to come: what they hold, where it is, since when, and whether that is too long."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from onhand.answers.called import called
from onhand.answers.lookup import location_names
from onhand.domain.stock import State
from onhand.store import Books

PREFIX = "shopify/transfer/"
"""How the books name transfers; only Shopify has any."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldUnits:
    """Units of one item that a transfer holds: `reserved` at its origin, or `incoming` at its destination."""

    item: str
    sku: str | None
    location: str
    state: str
    units: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TransferShown:
    """An open transfer. `name` is what people call it (#T0001), `transfer` Shopify's id.

    `since` is when it last moved units; None: it has moved none (a draft). `stuck` when it holds units and nothing has
    happened for longer than was asked; `next_step` is the way then.
    """

    shop: str
    name: str
    transfer: str
    reserved_units: int
    under_way_units: int
    since: datetime | None
    stuck: bool
    next_step: str | None
    held: tuple[HeldUnits, ...]


def transfers(books: Books, shop: str, now: datetime, stuck_after: timedelta) -> list[TransferShown]:
    """Return open transfers, the one that nothing has happened to for longest first."""
    places = location_names(books)
    skus = {row.item: row.sku for row in books.catalog.items()}
    causes = books.pictures.still_open(PREFIX)
    names = called(books, causes)
    shown = [_shown(books, cause, places, skus, now - stuck_after, shop=shop, name=names[cause]) for cause in causes]
    return sorted(shown, key=lambda row: (row.since is None, row.since or now, row.transfer))


def _shown(
    books: Books,
    cause: str,
    places: dict[str, str],
    skus: dict[str, str | None],
    old_before: datetime,
    *,
    shop: str,
    name: str,
) -> TransferShown:
    movements = books.ledger.caused_by(cause)
    held: dict[tuple[str, str, State], int] = {}
    for row in movements:
        for bin_, units in ((row.source, -row.units), (row.target, row.units)):
            key = (row.item, bin_.location, bin_.state)
            held[key] = held.get(key, 0) + units
    rows = tuple(
        HeldUnits(item=item, sku=skus.get(item), location=places.get(place, place), state=state.value, units=units)
        for (item, place, state), units in sorted(held.items())
        if units > 0 and state in (State.RESERVED, State.INCOMING)
    )
    since = max((row.occurred_at for row in movements), default=None)
    waits = sum(row.units for row in rows if row.state == State.RESERVED)
    under_way = sum(row.units for row in rows if row.state == State.INCOMING)
    stuck = bool(rows) and since is not None and since < old_before
    step = "receive it in Shopify, or reject what is lost" if under_way else "ship it in Shopify, or cancel it"
    return TransferShown(
        shop=shop,
        name=name,
        transfer=cause.removeprefix(PREFIX),
        reserved_units=waits,
        under_way_units=under_way,
        since=since,
        stuck=stuck,
        next_step=step if stuck else None,
        held=rows,
    )
