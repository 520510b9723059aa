"""What the throttle bench tells: a shop as it was read, and what has happened to its levels since, elsewhere.

Every kind of change that a platform is told of is among them, mixed: what a call carries is of one kind only.
"""

import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Final, NamedTuple

from onhand.channels.shopify.writing import MAX_ROWS
from onhand.domain.stock import Bin, LevelKey, Movement, State
from onhand.sandbox.world.moving import stock
from onhand.sandbox.world.world import World, WorldSettings, empty_world
from onhand.store import Store

LOCATIONS: Final = 10
WRITE_POINTS: Final = 10
"""A mutation, whatever it carries (Shopify Admin API 2026-10, "Rate limits")."""

LEFT_UNITS: Final = (40.0, 400)
"""What a change leaves for sale: on average, and at most. So one level in ten is left with three units or fewer."""

HELD_UNITS: Final = 5
"""What is reserved at Shopify for orders of elsewhere, at every level: some of it comes free again."""

_CHUNK = 2_000


class Flow(NamedTuple):
    """Units that go from one state of a level to another."""

    source: State
    target: State
    units: int


class Kind(NamedTuple):
    """A kind of change, the share of all that is of it, and the rows of which writes carry it out.

    A write is a mutation, the state that it names and a reason: these a call has once, for all its rows.
    """

    name: str
    share: float
    flows: tuple[Flow, ...]
    writes: tuple[str, ...]

    @property
    def lowers(self) -> bool:
        """Whether it takes units out of what can be sold."""
        return self.taken_units > 0

    @property
    def taken_units(self) -> int:
        """Units that it takes out of what can be sold; fewer than none are put there."""
        out = sum(flow.units for flow in self.flows if flow.source is State.AVAILABLE)
        return out - sum(flow.units for flow in self.flows if flow.target is State.AVAILABLE)


_RESERVE = "move, reservation_created"
_TAKE_OUT = "adjust available, other"

KINDS: Final = (
    Kind("ordered", 0.60, (Flow(State.AVAILABLE, State.RESERVED, 2),), (_RESERVE,)),
    Kind("shipped", 0.18, (Flow(State.AVAILABLE, State.CUSTOMER, 1),), (_TAKE_OUT,)),
    Kind(
        "partly shipped",
        0.05,
        (Flow(State.AVAILABLE, State.RESERVED, 1), Flow(State.AVAILABLE, State.CUSTOMER, 2)),
        (_RESERVE, _TAKE_OUT),
    ),
    Kind("damaged", 0.02, (Flow(State.AVAILABLE, State.DAMAGED, 1),), ("move, damaged",)),
    Kind("cancelled", 0.05, (Flow(State.RESERVED, State.AVAILABLE, 2),), ("move, reservation_deleted",)),
    Kind("received", 0.10, (Flow(State.SUPPLIER, State.AVAILABLE, 6),), ("adjust available, restock",)),
)


class Change(NamedTuple):
    """What happened to one level, and the units that it has for sale afterwards."""

    level: LevelKey
    kind: Kind
    left_units: int


def draw_changes(count: int, rng: random.Random) -> list[tuple[Kind, int]]:
    """Draw the kind of so many changes, and how many units each of them leaves for sale."""
    mean_units, most_units = LEFT_UNITS
    shares = [kind.share for kind in KINDS]
    return [
        (kind, max(min(int(rng.expovariate(1.0 / mean_units)), most_units), -kind.taken_units))
        for kind in rng.choices(KINDS, shares, k=count)
    ]


def minimum_points(changes: Sequence[Change]) -> int:
    """Return what it takes at least to tell `changes`: of every kind of write, as few calls as its rows fit into.

    No reading is necessary: what was shown is known, and the answer to a write says what it came to.
    """
    rows = Counter(write for change in changes for write in change.kind.writes)
    return sum(math.ceil(count / MAX_ROWS) for count in rows.values()) * WRITE_POINTS


def grow_world(drawn: Sequence[tuple[Kind, int]], rng: random.Random, now: datetime) -> tuple[World, list[Change]]:
    """Return a shop with a level for every change, before any has happened, and the changes with their levels."""
    world = empty_world(settings=WorldSettings(), rng=rng, now=now)
    for number in range(LOCATIONS):
        world.catalog.add_location(name=f"Store {number}", fulfils_online_orders=True, has_till=True, now=now)
    places = list(world.catalog.locations)
    changes: list[Change] = []
    ahead = iter(drawn)
    while here := list(islice(ahead, LOCATIONS)):
        sku = f"TEE-{len(changes):06d}"
        item = world.catalog.add_item(sku=sku, title="Tee", price_cents=1_900, now=now).inventory_item_id
        for place, (kind, left_units) in zip(places, here, strict=False):
            stock(world, item_id=item, location_id=place, units=left_units + kind.taken_units, now=now)
            level = world.levels.get(item, place)
            assert level is not None, "it was stocked a moment ago"
            level.add({"reserved": HELD_UNITS}, now)
            changes.append(Change(LevelKey(str(item), str(place)), kind, left_units))
    return world, changes


def book_changes(store: Store, shop: str, changes: Sequence[Change], now: datetime) -> None:
    """Book what has happened elsewhere; from then on Shopify is owed it."""
    movements = _movements(changes, now)
    while rows := list(islice(movements, _CHUNK)):
        with store.writing() as session:
            session.of(shop).ledger.append(rows, now)


def _movements(changes: Sequence[Change], now: datetime) -> Iterator[Movement]:
    for number, change in enumerate(changes):
        for part, flow in enumerate(change.kind.flows):
            yield Movement(
                id=f"elsewhere/{number}/{part}",
                item=change.level.item,
                source=Bin(change.level.location, flow.source),
                target=Bin(change.level.location, flow.target),
                units=flow.units,
                cause=f"elsewhere/{number}",
                origin="elsewhere",
                reason=change.kind.name,
                occurred_at=now,
            )
