"""The verdict: the books beside the sandbox's own Shopify, in every state at every location, and what lies behind."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping

from onhand.domain.stock import KEPT_STATES, LevelKey, State
from onhand.sandbox.world.levels import STATES
from onhand.sandbox.world.world import World
from onhand.simulator.house import House
from onhand.store.deliveries import DeliveryState

Place = tuple[str, str]
"""An item and a location, by the ids that the books use."""


TRUE_OF_THE_SHOP = frozenset({"units out of the online store's reach", "listing of an item nobody counts"})
"""Problems that the simulated shop really has: two of its locations do not serve the Online Store, and counting is
switched off for what is listed.
"""


def differences(house: House, world: World) -> list[str]:
    """Return a sentence for every bin in which books and Shopify do not hold the same, on either side."""
    with house.app.store.reading() as session:
        levels = session.of(house.shop).ledger.all_levels()
    booked = {
        (item, bin_.location, bin_.state): units
        for (item, bin_), units in levels.items()
        if bin_.state in KEPT_STATES and _is_counted(world, item)
    }
    at_shopify = {
        (str(level.item_id), str(level.location_id), State(state)): level.units(state)
        for level in world.levels
        for state in STATES
        if level.units(state) and _is_counted(world, str(level.item_id))
    }
    return [
        f"{_name(world, item, location)}: books {booked.get(key, 0)} {key[2]}, shopify {at_shopify.get(key, 0)}"
        for key in sorted({*booked, *at_shopify})
        for item, location in [key[:2]]
        if booked.get(key, 0) != at_shopify.get(key, 0)
    ]


def mistold(world: World, older: Collection[str]) -> list[str]:
    """Return a sentence for every listing on TikTok Shop that does not show what stands free in its warehouse.

    At rest and without a buffer that is what Shopify has available there, and nothing where that is below zero. Of
    `older` items it may be less: orders from before they were counted hold units that the books do not know.
    """
    warehouse = world.tiktok.warehouse
    if warehouse is None:
        return []
    sentences = []
    for sku in world.tiktok.listings():
        level = world.levels.get(sku.item_id, warehouse.location_id)
        free = max(0, level.available) if level is not None and level.active else 0
        if not world.catalog.items[sku.item_id].tracked or (str(sku.item_id) in older and sku.available_units < free):
            continue
        if sku.available_units != free:
            sentences.append(f"{sku.seller_sku}: TikTok Shop shows {sku.available_units}, {free} are free")
    return sentences


def unexplained(
    house: House, world: World, opened: Mapping[Place, int], by_hand: Mapping[Place, int], excused: Collection[str] = ()
) -> list[str]:
    """Return a sentence for every level into which units came from outside without a cause.

    What openings brought and what came from `unexplained` must be what the level was `opened` with and what hands have
    changed since, signed; where no hand was, nothing may be unexplained. Levels that are left out hold none; of
    `excused` items nothing is asked.
    """
    outside: Counter[Place] = Counter()
    adopted: Counter[Place] = Counter()
    with house.app.store.reading() as session:
        ledger = session.of(house.shop).ledger
        moved = [row[1] for item in world.catalog for row in ledger.history(str(item.inventory_item_id), 100_000)]
    for movement in moved:
        for bin_, units in ((movement.source, movement.units), (movement.target, -movement.units)):
            if bin_.state is State.UNEXPLAINED:
                adopted[movement.item, bin_.location] += units
            elif bin_.state is State.SUPPLIER and not movement.cause.startswith("shopify/"):
                outside[movement.item, bin_.location] += units
    outside.update(adopted)
    sentences = [
        f"{_name(world, *place)}: {outside[place]} units came from outside, it was opened with {opened.get(place, 0)}, "
        f"hands changed {by_hand.get(place, 0)}"
        for place in sorted({*outside, *opened, *by_hand})
        if _is_counted(world, place[0])
        and place[0] not in excused
        and outside[place] != opened.get(place, 0) + by_hand.get(place, 0)
    ]
    sentences += [
        f"{_name(world, *place)}: {units} units are unexplained, and no hand changed anything there"
        for place, units in sorted(adopted.items())
        if units and place not in by_hand and place[0] not in excused
    ]
    return sentences


def adopted(house: House, world: World, excused: Callable[[Place], bool]) -> list[str]:
    """Return a sentence for every state of a level that an adoption changed for good, where nothing excuses it."""
    keys = [LevelKey(str(level.item_id), str(level.location_id)) for level in world.levels]
    net: Counter[tuple[Place, State]] = Counter()
    with house.app.store.reading() as session:
        for row in session.of(house.shop).drifts.open_adoptions(keys):
            for state, units in row.units.items():
                net[(row.item, row.location), state] += units
    return [
        f"{_name(world, *place)}: {units} {state} adopted, and everything that happened there had a cause"
        for (place, state), units in sorted(net.items())
        if units and not excused(place)
    ]


def shown(world: World) -> dict[Place, tuple[int, ...]]:
    """Return what Shopify shows, state by state, by item and location."""
    return {
        (str(level.item_id), str(level.location_id)): tuple(level.units(state) for state in STATES)
        for level in world.levels
    }


def troubles(house: House, unreadable: Collection[str] = ()) -> list[str]:
    """Return what must not be there either: parked deliveries, a ledger that contradicts itself, problems.

    `unreadable` are the ids of deliveries that nobody can read: they may be parked, and only they.
    """
    aside = {row.position for row in parked(house, unreadable)}
    waiting = [row for row in parked(house) if row.position not in aside]
    with house.app.store.reading() as session:
        books = session.of(house.shop)
        verified = books.ledger.verify([])
        open_problems = [row for row in books.problems.open() if row.kind not in TRUE_OF_THE_SHOP]
        problems = [f"{row.kind} {row.key}: {row.message}" for row in open_problems]
    sentences = [f"position {row.position} is parked: {row.note}" for row in waiting]
    return [*sentences, *verified.problems, *problems]


def parked(house: House, ids: Collection[str] | None = None) -> list[DeliveryState]:
    """Return the deliveries that are parked; of some `ids` only, where they are given."""
    with house.app.store.reading() as session:
        deliveries = session.of(house.shop).deliveries
        rows = [deliveries.get(position) for position in deliveries.parked_positions()]
    return [row for row in rows if row is not None and (ids is None or row.delivery_id in ids)]


def totals(world: World) -> Counter[Place]:
    """Return the units in all states together that Shopify shows, by item and location."""
    return Counter(
        {
            (str(level.item_id), str(level.location_id)): sum(level.units(state) for state in STATES)
            for level in world.levels
        }
    )


def _is_counted(world: World, item: str) -> bool:
    """Return whether Shopify counts units of an item: none of one that it does not track, and none of a bundle."""
    known = world.catalog.items[int(item)]
    return known.tracked and not known.bundle


def _name(world: World, item: str, location: str) -> str:
    sku = world.catalog.items[int(item)].sku
    return f"{sku} at {world.catalog.locations[int(location)].name}"
