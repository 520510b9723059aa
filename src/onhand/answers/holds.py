"""Holds: what further tills and sites keep aside, for whom, until when, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from onhand.answers.lookup import location_names
from onhand.domain.holds import Hold, HoldStatus
from onhand.publish.guard import teller_gate
from onhand.publish.holds import NoSuchHold
from onhand.store import Books

PLATFORM = "shopify"


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptShown:
    """Units of an item that a hold keeps at a location; of a bundle's hold they are units of its components."""

    sku: str | None
    item: str
    location: str
    units: int


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldShown:
    """One hold as it is now, by the clock. `ended_at` is None while it is held.

    `untold_because` says why Shopify is told of no hold now, and goes on selling these units; None where it is told.
    """

    id: int
    shop: str
    sku: str | None
    item: str
    title: str
    units: int
    channel: str | None
    location: str | None
    reference: str | None
    status: HoldStatus
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    kept: tuple[KeptShown, ...]
    untold_because: str | None


def one_hold(books: Books, shop: str, id_: int, now: datetime) -> HoldShown:
    """Return a hold as it is now. Raises NoSuchHold."""
    hold = books.holds.get(id_)
    if hold is None:
        raise NoSuchHold(f"there is no hold {id_} in {shop}")
    return show_holds(books, shop, [hold], now)[0]


def show_holds(books: Books, shop: str, holds: Sequence[Hold], now: datetime) -> list[HoldShown]:
    """Return holds as people read them."""
    if not holds:
        return []
    items = {hold.wish.item for hold in holds} | {kept.item for hold in holds for kept in hold.kept}
    known = {item: row for item in items if (row := books.catalog.item(item)) is not None}
    names = location_names(books)
    way = teller_gate(books, PLATFORM)

    def show(hold: Hold) -> HoldShown:
        wish = hold.wish
        item = known.get(wish.item)
        return HoldShown(
            id=hold.id,
            shop=shop,
            sku=item.sku if item else None,
            item=wish.item,
            title=item.title if item else "",
            units=wish.units,
            channel=wish.channel,
            location=None if wish.location is None else names.get(wish.location, wish.location),
            reference=wish.reference,
            status=hold.status,
            made_at=hold.made_at,
            expires_at=hold.expires_at,
            ended_at=hold.ended_at,
            kept=tuple(
                KeptShown(
                    sku=known[kept.item].sku if kept.item in known else None,
                    item=kept.item,
                    location=names.get(kept.location, kept.location),
                    units=kept.units,
                )
                for kept in hold.kept
            ),
            untold_because=None if way.open else way.reason,
        )

    return [show(hold.as_of(now)) for hold in holds]
