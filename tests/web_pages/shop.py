"""A small shop for the pages: a real store that tests write to as the worker would."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from onhand.domain.catalog import Item, Listing, Location
from onhand.domain.drift import Observation
from onhand.domain.selling import SellingRule
from onhand.domain.stock import Bin, LevelKey, Movement, State
from onhand.log import Seal, SqliteLog
from onhand.ports.delivery import Delivery
from onhand.publish.recalculate import recalculate
from onhand.store import Books, Store, open_store

NAME = "tees.myshopify.com"
TIKTOK = "tiktok_shop"
LOCATIONS = (
    Location(location="1", name="Boston", active=True, fulfils_online=True),
    Location(location="2", name="New York", active=True, fulfils_online=True),
    Location(location="3", name="Warehouse", active=True, fulfils_online=True),
)
RULES = (
    SellingRule(channel="online_store", locations=("1", "2", "3")),
    SellingRule(channel="shopify_pos", locations=("1", "2")),
    SellingRule(channel=TIKTOK, locations=("3",), buffer_units=2),
)


T = TypeVar("T")


def run_apart(work: Callable[[], Coroutine[None, None, T]]) -> T:
    """Run something asynchronous in a thread: where a browser is open, this thread has a loop already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(work())).result()


class Clock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC)


@dataclass
class Switchboard:
    """Does what the app does when a button is pressed, and remembers it."""

    store: Store
    pressed: list[tuple[str, str, str, bool]] = field(default_factory=list)

    def arm(self, shop: str, channel: str, *, armed: bool) -> None:
        """Arm or disarm."""
        self.pressed.append(("arm", shop, channel, armed))
        with self.store.writing() as session:
            session.of(shop).channels.arm(channel, armed=armed)

    def pause(self, shop: str, channel: str, *, paused: bool) -> None:
        """Pause or resume."""
        self.pressed.append(("pause", shop, channel, paused))
        with self.store.writing() as session:
            session.of(shop).channels.pause(channel, paused=paused)


class Shop:
    """A shop whose books a test fills and changes."""

    def __init__(self, folder: Path, name: str = NAME, store: Store | None = None) -> None:
        self.name = name
        self.clock = Clock()
        self.store = store or open_store(str(folder / "onhand.db"))
        self.log = SqliteLog(folder / "onhand-log.db", Seal(["0123456789abcdef" * 3]))
        self.switches = Switchboard(self.store)
        self._causes = 0
        with self.store.writing() as session:
            session.add_shop(name, self.clock.now())

    def close(self) -> None:
        """Close the files."""
        self.log.close()
        self.store.close()

    @contextmanager
    def writing(self) -> Iterator[Books]:
        """Give the books in a write transaction, and bring offers up to date before it ends."""
        with self.store.writing() as session:
            books = session.of(self.name)
            yield books
            while recalculate(books, self.clock.now()):
                pass

    def open(self, items: Sequence[Item], units: Mapping[str, Sequence[int]], at: datetime | None = None) -> None:
        """Open the books: items with available units by location, seen and agreed, listed everywhere, all told."""
        at = at or self.clock.now()
        with self.writing() as books:
            books.catalog.put_items(items, at)
            books.catalog.put_locations(LOCATIONS, at)
            books.channels.set_rules(RULES, at)
            books.catalog.put_listings(
                [Listing(channel=TIKTOK, listing=f"tt-{item.item}", item=item.item, sku=item.sku) for item in items], at
            )
            movements, keys = [], []
            for item in items:
                for place, number in zip(LOCATIONS, units[item.item], strict=True):
                    keys.append(LevelKey(item.item, place.location))
                    if number:
                        movements.append(_opening(item.item, place.location, number, at))
                    books.observations.put(
                        Observation(
                            source="shopify",
                            item=item.item,
                            location=place.location,
                            units={State.AVAILABLE: number, State.COMMITTED: 0},
                            observed_at=at,
                            reading=1,
                        ),
                        at,
                    )
            books.ledger.append(movements, at)
            for key in keys:
                books.ledger.set_cut(key, at)
            books.observations.agree(keys, at)
            books.offers.ensure(
                [(channel, item.item, item.item) for item in items for channel in ("online_store", "shopify_pos")]
                + [(TIKTOK, f"tt-{item.item}", item.item) for item in items],
                at,
            )
        self.tell_all()

    def tell_all(self) -> None:
        """Let TikTok Shop have been told everything."""
        now = self.clock.now()
        with self.writing() as books:
            for row in books.offers.rows(channel=TIKTOK):
                if row.units is not None and row.units != row.told_units:
                    books.offers.told(TIKTOK, row.listing, row.units, now)

    def sell(self, item: str, location: str, units: int, channel: str = "shopify") -> str:
        """Book a sale over the counter (or an order from elsewhere) and return its cause."""
        self._causes += 1
        cause = f"{channel}/order/{self._causes}"
        now = self.clock.now()
        target = State.CUSTOMER if channel == "shopify" else State.RESERVED
        with self.writing() as books:
            books.ledger.append(
                [
                    Movement(
                        id=f"{cause}/1",
                        item=item,
                        source=Bin(location, State.AVAILABLE),
                        target=Bin(location, target),
                        units=units,
                        cause=cause,
                        origin=channel,
                        reason="sold" if channel == "shopify" else "ordered",
                        occurred_at=now - timedelta(seconds=1),
                    )
                ],
                now,
            )
        return cause

    def deliver(self, count: int, topic: str = "orders/create") -> None:
        """Keep deliveries in the log and finish them."""
        now = self.clock.now()
        start = self.log.last_position()
        deliveries = [
            Delivery(
                shop=self.name,
                channel="shopify",
                topic=topic,
                delivery_id=f"d-{start + number}",
                event_id=None,
                triggered_at=None,
                received_at=now,
                body=b"{}",
            )
            for number in range(count)
        ]
        self.log.append(deliveries)
        with self.store.writing() as session:
            for logged in self.log.read(start, count):
                session.of(self.name).deliveries.finish(logged.position, logged.delivery, "done", "booked", now)


def _opening(item: str, location: str, units: int, at: datetime) -> Movement:
    return Movement(
        id=f"opening/{item}/{location}",
        item=item,
        source=Bin(location, State.SUPPLIER),
        target=Bin(location, State.AVAILABLE),
        units=units,
        cause=f"opening/{item}",
        origin="shopify",
        reason="opening",
        occurred_at=at,
    )
