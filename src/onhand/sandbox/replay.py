"""Plays a file of till lines: grows the shop from it, then sells every basket at its store's till."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from onhand.sandbox.play import failure_of
from onhand.sandbox.sender import Sender
from onhand.sandbox.state import Sandbox
from onhand.sandbox.till_lines import TillLine, read_till_lines
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.moving import stock
from onhand.sandbox.world.selling import TurnedAway, note_turned_away, sell_at_till
from onhand.sandbox.world.wishes import Wish
from onhand.sandbox.world.world import World

# Tills wait while this many webhooks wait to be sent: memory stays bounded, and nothing is lost.
BACKLOG_MAX = 2_000
# What a store has beyond what the file sells there, when no first stock is given.
SPARE_UNITS = 5


class Replay:
    """A file loaded into the shop, and how far it has been played.

    `rate` is baskets a second, None as fast as webhooks can be delivered. One basket is one POS order with its
    lines; in a file without baskets every line is an order.
    """

    def __init__(self, sandbox: Sandbox, sender: Sender, *, path: str, limit: int | None) -> None:
        self._sandbox = sandbox
        self._sender = sender
        self._path = path
        self.refused: Counter[str] = Counter()
        self._lines = list(read_till_lines(path, limit=limit, refused=self.refused))
        self._sold_lines = 0
        self._sold_units = 0
        self._baskets = 0
        self._turned_away_lines = 0
        self._started_s: float | None = None
        self._ended_s: float | None = None
        self.task: asyncio.Task[None] | None = None

    def load(self, *, stock_units: int | None = None) -> None:
        """Add the file's stores and items with a first stock: given, or enough for all lines and a few to spare."""
        world, now = self._sandbox.world, self._sandbox.clock()
        need: Counter[tuple[str, str]] = Counter()
        for line in self._lines:
            need[line.store, line.sku] += line.units
        for store, sku in need:
            name = store_name(store)
            if not world.catalog.has_location_name(name):
                world.catalog.add_location(name=name, fulfils_online_orders=False, has_till=True, now=now)
            if not world.catalog.has_sku(sku):
                world.catalog.add_item(sku=sku, title=f"Item {sku}", price_cents=299, now=now)
        for (store, sku), units in need.items():
            stock(
                world,
                item_id=world.catalog.item_of_sku(sku).inventory_item_id,
                location_id=world.catalog.location_of_name(store_name(store)).id,
                units=units + SPARE_UNITS if stock_units is None else stock_units,
                now=now,
            )

    def start(self, *, rate: float | None) -> None:
        """Begin to sell; needs a running event loop. Raises Refused when it has begun before."""
        if self.task is not None:
            raise Refused("already_started", f"the replay of {self._path} was started before")
        self.task = asyncio.create_task(self._run(rate))

    async def _run(self, rate: float | None) -> None:
        loop = asyncio.get_running_loop()
        self._started_s = loop.time()
        for basket in baskets(self._lines):
            if rate is not None:
                wait_s = self._baskets / rate - (loop.time() - self._started_s)
                if wait_s > 0:
                    await asyncio.sleep(wait_s)
            await self._sender.room(backlog_max=BACKLOG_MAX)
            self._sell(basket)
            if self._baskets % 4 == 0:
                await asyncio.sleep(0)
        self._ended_s = loop.time()

    def _sell(self, basket: Sequence[TillLine]) -> None:
        world = self._sandbox.world
        self._baskets += 1
        units: Counter[int] = Counter()
        for line in basket:
            units[world.catalog.item_of_sku(line.sku).inventory_item_id] += line.units
        location = world.catalog.location_of_name(store_name(basket[0].store))
        wishes = [Wish(item_id=item_id, units=wanted) for item_id, wanted in units.items()]
        order = sell_at_till(world, location_id=location.id, lines=wishes, now=self._sandbox.clock())
        if isinstance(order, TurnedAway):
            self._turned_away_lines += len(basket)
            _note_lost(world, wishes, location.id)
            return
        self._sold_lines += len(basket)
        self._sold_units += sum(units.values())

    def state(self) -> dict[str, object]:
        """Return how far the replay is: lines by what became of them, and lines a second so far."""
        elapsed_s = 0.0
        if self._started_s is not None:
            elapsed_s = (self._ended_s or asyncio.get_running_loop().time()) - self._started_s
        return {
            "path": self._path,
            "running": self.task is not None and not self.task.done(),
            "done": self._ended_s is not None,
            "failure": failure_of(self.task),
            "accepted_lines": len(self._lines),
            "refused_lines": sum(self.refused.values()),
            "refused": dict(self.refused),
            "sold_lines": self._sold_lines,
            "sold_units": self._sold_units,
            "turned_away_lines": self._turned_away_lines,
            "baskets": self._baskets,
            "elapsed_s": round(elapsed_s, 3),
            "lines_per_s": round(self._sold_lines / elapsed_s, 1) if elapsed_s > 0 else 0.0,
        }


def store_name(store: str) -> str:
    """Return the location name of a store in the file; a number alone would say nothing to people."""
    return f"Store {store}" if store.isdigit() else store


def baskets(lines: Sequence[TillLine]) -> Iterator[list[TillLine]]:
    """Group neighbouring lines of one basket and store; a line without a basket is one of its own."""
    for (basket, _), group in groupby(lines, key=lambda line: (line.basket, line.store)):
        if basket is None:
            yield from ([line] for line in group)
        else:
            yield list(group)


def _note_lost(world: World, wishes: Sequence[Wish], location_id: int) -> None:
    for wish in wishes:
        free = world.shelf.place(wish.item_id, location_id).free_units
        if free < wish.units:
            note_turned_away(world, "shopify_pos", wanted_units=wish.units, free_units=free)
