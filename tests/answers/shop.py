"""A small shop in a real database: two locations that sell online, a back room, five items, one of them oversold."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from onhand.domain.catalog import Item, Listing, Location
from onhand.domain.drift import Observation
from onhand.domain.selling import SellingRule
from onhand.domain.stock import Bin, Movement, State
from onhand.publish.recalculate import recalculate
from onhand.store import Books, Store, open_store

SHOP = "tees.myshopify.com"
MORNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

ITEMS = (
    Item(item="1", sku="TEE", title="Tee"),
    Item(item="2", sku="CAP", title="Cap"),
    Item(item="3", sku="TWIN", title="Twin A"),
    Item(item="4", sku="TWIN", title="Twin B"),
    Item(item="5", sku=None, title="No label"),
)
BOSTON, WAREHOUSE, BACK_ROOM = "10", "20", "30"
LOCATIONS = (
    Location(location=BOSTON, name="Boston", active=True, fulfils_online=True),
    Location(location=WAREHOUSE, name="Warehouse", active=True, fulfils_online=True),
    Location(location=BACK_ROOM, name="Back room", active=True, fulfils_online=False),
)
LISTINGS = (
    Listing(channel="tiktok_shop", listing="t-1", item="1", sku="TEE", group="p-1"),
    Listing(channel="tiktok_shop", listing="t-2", item="2", sku="CAP", group="p-2"),
)
RULES = (
    SellingRule(channel="online_store", locations=(BOSTON, WAREHOUSE)),
    SellingRule(channel="tiktok_shop", locations=(WAREHOUSE,), buffer_units=2),
)
STOCK = (("1", BOSTON, 5), ("1", WAREHOUSE, 10), ("2", WAREHOUSE, 1), ("3", BOSTON, 4), ("1", BACK_ROOM, 7))


def moved(
    name: str, item: str, source: Bin, target: Bin, units: int, *, at: datetime = MORNING, origin: str = "shopify"
) -> Movement:
    """Return a movement whose cause is its name."""
    return Movement(
        id=f"{name}/1",
        item=item,
        source=source,
        target=target,
        units=units,
        cause=name,
        origin=origin,
        reason="sold" if target.state is State.COMMITTED else "opening",
        occurred_at=at,
    )


def sold(name: str, item: str, location: str, units: int, *, at: datetime, origin: str = "shopify") -> Movement:
    """Return the movement of an order: units wait for their customer."""
    hold = State.COMMITTED if origin == "shopify" else State.RESERVED
    return moved(name, item, Bin(location, State.AVAILABLE), Bin(location, hold), units, at=at, origin=origin)


def seen(item: str, location: str, available_units: int, at: datetime) -> Observation:
    """Return what Shopify shows."""
    return Observation(
        source="shopify", item=item, location=location, units={State.AVAILABLE: available_units}, observed_at=at
    )


@contextmanager
def opened_shop(database: Path | str) -> Iterator[Store]:
    """Open a database with the shop in it: stock opened and seen at eight, offers computed."""
    store = open_store(str(database))
    try:
        with store.writing() as session:
            session.add_shop(SHOP, MORNING)
            _fill(session.of(SHOP))
        yield store
    finally:
        store.close()


def happen(store: Store, movements: Iterable[Movement], at: datetime) -> None:
    """Book movements and bring offers up to date."""
    with store.writing() as session:
        books = session.of(SHOP)
        books.ledger.append(list(movements), at)
        recalculate(books, at)


def later(minutes: float) -> datetime:
    """Return a time after the morning's opening."""
    return MORNING + timedelta(minutes=minutes)


def _fill(books: Books) -> None:
    books.catalog.put_items(ITEMS, MORNING)
    books.catalog.put_locations(LOCATIONS, MORNING)
    books.catalog.put_listings(LISTINGS, MORNING)
    books.channels.set_rules(RULES, MORNING)
    books.ledger.append(
        [
            moved(
                f"opening/{item}@{location}",
                item,
                Bin(location, State.UNEXPLAINED),
                Bin(location, State.AVAILABLE),
                units,
            )
            for item, location, units in STOCK
        ],
        MORNING,
    )
    for item, location, units in STOCK:
        books.observations.put(seen(item, location, units, MORNING), MORNING)
    books.offers.ensure([("online_store", item.item, item.item) for item in ITEMS], MORNING)
    books.offers.ensure([(row.channel, row.listing, row.item) for row in LISTINGS if row.item], MORNING)
    recalculate(books, MORNING)
