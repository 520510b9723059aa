"""Who grants holds in a bench: onhand on either engine, and the library `neveroversell` beside it."""

import importlib
import importlib.util
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from onhand.app.clock import SystemClock
from onhand.app.hold_wishes import HoldAsked
from onhand.app.holding import Holding
from onhand.domain.catalog import Item, Location
from onhand.domain.drift import Observation
from onhand.domain.selling import SellingRule
from onhand.domain.stock import Bin, Movement, State
from onhand.publish.holds import Granted
from onhand.publish.recalculate import recalculate
from onhand.store import Store

PEER = "neveroversell"
PLACE = "101"
CHANNELS = ("online_store", "shopify_pos", "tiktok_shop")


class Door(Protocol):
    """Something that can be asked for one unit."""

    def ask(self, item: str, key: str) -> bool:
        """Return whether a unit of an item was held. Safe to call from many threads."""


class Onhand:
    """onhand as a process serves it: the hold is a movement in the ledger, and what is told follows."""

    def __init__(self, store: Store, shop: str) -> None:
        self._holding, self._shop = Holding(store, SystemClock()), shop

    def ask(self, item: str, key: str) -> bool:
        """Return whether a unit of an item was held."""
        asked = HoldAsked(item=item, location=PLACE, for_s=3_600)
        return isinstance(self._holding.hold(self._shop, key, asked), Granted)


class Peer:
    """neveroversell as its package describes it: a pool of eight connections, one function call a hold."""

    def __init__(self, database: str) -> None:
        self._inventory: Any = importlib.import_module(PEER).Inventory(database)
        self._inventory.migrate()

    def fill(self, items: Sequence[str], units: int) -> None:
        """Have so many units of each item."""
        for item in items:
            self._inventory.upsert_resource(item, units)

    def ask(self, item: str, key: str) -> bool:
        """Return whether a unit of an item was held."""
        return bool(self._inventory.hold(item, 1, "bench", idempotency_key=key).status == "held")

    def close(self) -> None:
        """Let the connections go."""
        self._inventory.close()


def has_peer() -> bool:
    """Return whether neveroversell is installed."""
    return importlib.util.find_spec(PEER) is not None


def fill(store: Store, shop: str, items: Sequence[str], units: int) -> None:
    """Begin a shop with so many units of each item at one location, seen there and listed on three channels."""
    now = datetime.now(UTC)
    with store.writing() as session:
        session.add_shop(shop, now)
        books = session.of(shop)
        books.catalog.put_locations([Location(location=PLACE, name=PLACE, active=True, fulfils_online=True)], now)
        books.catalog.put_items([Item(item=item, sku=f"SKU-{item}", title="Tee") for item in items], now)
        books.channels.set_rules([SellingRule(channel=name, locations=(PLACE,)) for name in CHANNELS], now)
        books.offers.ensure([(name, item, item) for name in CHANNELS for item in items], now)
        books.ledger.append([_opening(item, units, now) for item in items], now)
        for item in items:
            books.observations.put(
                Observation(
                    source="shopify",
                    item=item,
                    location=PLACE,
                    units={State.AVAILABLE: units},
                    observed_at=now,
                ),
                now,
            )
    computed = 1
    while computed:
        with store.writing() as session:
            computed = recalculate(session.of(shop), now)


def _opening(item: str, units: int, at: datetime) -> Movement:
    return Movement(
        id=f"opening/{item}/1",
        item=item,
        source=Bin(PLACE, State.SUPPLIER),
        target=Bin(PLACE, State.AVAILABLE),
        units=units,
        cause=f"opening/{item}",
        origin="shopify",
        reason="opening",
        occurred_at=at,
    )
