"""What stands aside for a buffer that Shopify enforces, beside the merchant's own safety stock."""

from collections.abc import Iterable
from dataclasses import dataclass

from onhand.answers.lookup import location_names
from onhand.domain.stock import Bin, State
from onhand.publish.buffers import Returned
from onhand.store import Books


@dataclass(frozen=True, kw_only=True, slots=True)
class AsideShown:
    """Our share of the safety stock of a level, and what else stands there by the books."""

    shop: str
    sku: str | None
    item: str
    location: str
    units: int
    others_units: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ReturnedShown:
    """Units that went back on sale at a level, and units of ours that were not there any more."""

    shop: str
    sku: str | None
    item: str
    location: str
    returned_units: int
    gone_units: int


def aside(books: Books, shop: str) -> list[AsideShown]:
    """Return what stands aside at every level."""
    ours = books.aside.all()
    items = books.catalog.items_of({key.item for key in ours})
    standing = books.ledger.levels({key.item for key in ours})
    names = location_names(books)
    return [
        AsideShown(
            shop=shop,
            sku=items[key.item].sku if key.item in items else None,
            item=key.item,
            location=names.get(key.location, key.location),
            units=units,
            others_units=standing.get((key.item, Bin(key.location, State.SAFETY_STOCK)), 0) - units,
        )
        for key, units in sorted(ours.items())
    ]


def returned(books: Books, shop: str, rows: Iterable[Returned]) -> list[ReturnedShown]:
    """Return what became of each share."""
    listed = sorted(rows)
    items = books.catalog.items_of({row.key.item for row in listed})
    names = location_names(books)
    return [
        ReturnedShown(
            shop=shop,
            sku=items[row.key.item].sku if row.key.item in items else None,
            item=row.key.item,
            location=names.get(row.key.location, row.key.location),
            returned_units=row.returned_units,
            gone_units=row.gone_units,
        )
        for row in listed
    ]
