"""The verdict: the books beside the sandbox's own Shopify, in every state at every location, and what lies behind."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from onhand.app.traffic import SILENT, UNBALANCED
from onhand.domain.causes import UNKNOWN
from onhand.domain.stock import KEPT_STATES, LevelKey, State, fold
from onhand.intake.identity import LEFT_OVER
from onhand.intake.trapped import TRAPPED
from onhand.publish.guard import gate
from onhand.sandbox.world import tiktok_orders
from onhand.sandbox.world.levels import STATES
from onhand.sandbox.world.world import World
from onhand.simulator.house import House
from onhand.store.deliveries import DeliveryState

Place = tuple[str, str]
"""An item and a location, by the ids that the books use."""


TRUE_OF_THE_SHOP = frozenset(
    {
        "units out of the online store's reach",
        "listing of an item nobody counts",
        TRAPPED,
        LEFT_OVER,
        SILENT,
        UNBALANCED,
    }
)
"""Problems that the simulated shop really has: locations that do not serve the Online Store, counting that is switched
off for what is listed, levels that were disconnected and items that were removed with whatever stood there, sensors
that were not heard for a day or have counted more people in than out.
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
    return [
        f"{sku.seller_sku}: TikTok Shop shows {sku.available_units}, {free} are free"
        for sku in world.tiktok.listings()
        for free in _is_wrong(world, sku.item_id, warehouse.location_id, sku.available_units, older)
    ]


def mistold_on_web(world: World, older: Collection[str]) -> list[str]:
    """Return a sentence for every product on WooCommerce that does not show what stands free: see `mistold`."""
    at = world.woocommerce.location_id
    if at is None:
        return []
    return [
        f"{product.sku}: WooCommerce shows {product.units}, {free} are free"
        for product in world.woocommerce.products.values()
        for free in _is_wrong(world, product.item_id, at, product.units, older)
    ]


def _is_wrong(world: World, item: int, location: int, shown: int, older: Collection[str]) -> Iterator[int]:
    """Yield what stands free of an item where a listing shows something else, nothing where it is right."""
    level = world.levels.get(item, location)
    free = max(0, level.available) if level is not None and level.active else 0
    if world.catalog.items[item].tracked and shown != free and not (str(item) in older and shown < free):
        yield free


def unexplained(
    house: House,
    world: World,
    opened: Mapping[Place, int],
    by_hand: Mapping[tuple[Place, State], int],
    excused: Collection[str] = (),
    *,
    kept_at: str | None = None,
) -> list[str]:
    """Return a sentence for every level into which units came from outside without a cause.

    What openings brought and what came from `unexplained` must be what the level was `opened` with and what hands have
    changed since, signed. Levels that are left out hold none; of `excused` items, and of what is `kept_at` a location
    by who is believed there, nothing is asked.
    """
    hands: Counter[Place] = Counter()
    for (place, _), units in by_hand.items():
        hands[place] += units
    outside: Counter[Place] = Counter()
    with house.app.store.reading() as session:
        ledger = session.of(house.shop).ledger
        moved = [row[1] for item in world.catalog for row in ledger.history(str(item.inventory_item_id), 100_000)]
    for movement in moved:
        for bin_, units in ((movement.source, movement.units), (movement.target, -movement.units)):
            from_supplier = bin_.state is State.SUPPLIER and not movement.cause.startswith("shopify/")
            if from_supplier or bin_.state is State.UNEXPLAINED:
                outside[movement.item, bin_.location] += units
    return [
        f"{_name(world, *place)}: {outside[place]} units came from outside, it was opened with {opened.get(place, 0)}, "
        f"hands changed {hands[place]}"
        for place in sorted({*outside, *opened, *hands})
        if _is_counted(world, place[0])
        and place[0] not in excused
        and place[1] != kept_at
        and outside[place] != opened.get(place, 0) + hands[place]
    ]


def adopted(
    house: House,
    world: World,
    opened: Collection[Place],
    by_hand: Mapping[tuple[Place, State], int],
    excused: Collection[str] = (),
    *,
    kept_at: str | None = None,
) -> list[str]:
    """Return a sentence for every state of a level in which not just what hands did was adopted.

    A level that is not among the `opened` was new to onhand: what it began with counts as adopted. What has a cause at
    Shopify must be booked under that cause in the end, whatever was adopted meanwhile. `by_hand` is signed, by level
    and state; of `excused` items, and of what is `kept_at` a location by who is believed there, nothing is asked.
    """
    keys = [LevelKey(str(level.item_id), str(level.location_id)) for level in world.levels]
    net: Counter[tuple[Place, State]] = Counter()
    with house.app.store.reading() as session:
        books = session.of(house.shop)
        for row in books.drifts.open_adoptions(keys):
            for state, units in row.units.items():
                net[(row.item, row.location), state] += units
        for item, location in sorted({(key.item, key.location) for key in keys} - set(opened)):
            began = fold(books.ledger.caused_by(f"opening/{item}@{location}"))
            net.update({((item, location), bin_.state): units for (_, bin_), units in began.items()})
    return [
        f"{_name(world, *place)}: {net[place, state]} {state} adopted, hands changed {by_hand.get((place, state), 0)}"
        for place, state in sorted({*net, *by_hand})
        if state in KEPT_STATES
        and _is_counted(world, place[0])
        and place[0] not in excused
        and place[1] != kept_at
        and net[place, state] != by_hand.get((place, state), 0)
    ]


def misplaced(house: House, world: World, kept_at: str | None) -> list[str]:
    """Return a sentence for every item of which the books hold something else than stands where a third party keeps it.

    What stands there is the world's own truth, which no platform has.
    """
    if kept_at is None:
        return []
    with house.app.store.reading() as session:
        levels = session.of(house.shop).ledger.all_levels()
    held: Counter[str] = Counter()
    for (item, bin_), units in levels.items():
        if bin_.location == kept_at and bin_.state in KEPT_STATES and bin_.state is not State.INCOMING:
            held[item] += units
    standing = {str(item): place.units for (item, location), place in world.shelf if str(location) == kept_at}
    return [
        f"{_name(world, item, kept_at)}: {standing.get(item, 0)} stand there, the books hold {held[item]}"
        for item in sorted({*held, *standing})
        if _is_counted(world, item) and held[item] != standing.get(item, 0)
    ]


def astray(house: House, world: World, older: Collection[str]) -> list[str]:
    """Return a sentence for every return on TikTok Shop that onhand holds otherwise; `older` ones are left out.

    Goods are awaited until the seller has their parcel, then wait for a decision; of a refund nothing comes back.
    """
    wanted: dict[tuple[str, str], tuple[int, int]] = {}
    for one in world.tiktok.returns.values():
        if one.id in older or one.type == "REFUND" or one.status in _CALLED_OFF:
            continue
        lines = [line for line in world.tiktok.orders[one.order_id].lines if line.id in one.line_ids]
        for item_id, units in tiktok_orders.packed(lines).items():
            wanted[one.id, str(item_id)] = (0, units) if one.status in _WITH_THE_SELLER else (units, 0)
    held: dict[tuple[str, str], tuple[int, int]] = {}
    with house.app.store.reading() as session:
        for row in session.of(house.shop).returned.unrestocked():
            origin, kind, number = row.cause.split("/")
            if (origin, kind) == ("tiktok_shop", "return") and number not in older:
                before = held.get((number, row.item), (0, 0))
                held[number, row.item] = (before[0] + row.awaited_units, before[1] + row.processing_units)
    return [
        f"TikTok return {key[0]} of {key[1]}: {held.get(key)} awaited and arrived, it is {wanted.get(key)}"
        for key in sorted({*wanted, *held})
        if wanted.get(key) != held.get(key)
    ]


_CALLED_OFF = frozenset({"REFUND_OR_RETURN_REQUEST_REJECT", "RETURN_OR_REFUND_REQUEST_CANCEL"})
_WITH_THE_SELLER = frozenset(
    {"REJECT_RECEIVE_PACKAGE", "RETURN_OR_REFUND_REQUEST_SUCCESS", "RETURN_OR_REFUND_REQUEST_COMPLETE"}
)


def unnamed(house: House) -> list[str]:
    """Return a sentence for every drift whose cause nobody could name."""
    with house.app.store.reading() as session:
        rows = session.of(house.shop).drifts.rows()
    return [f"drift {row.id} of {row.item} at {row.location} has no name" for row in rows if row.cause == UNKNOWN]


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
    return [*sentences, *verified.problems, *problems, *shut(house)]


def shut(house: House) -> list[str]:
    """Return a sentence for every channel to which nothing is written any more."""
    with house.app.store.reading() as session:
        books = session.of(house.shop)
        ways = {name: gate(books, name) for name in house.app.writable(house.shop)}
    return [f"{name} is not written to: {way.reason}" for name, way in ways.items() if not way.open]


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
    """Return whether Shopify counts units of an item: none of one it does not track, of a removed one, of a bundle."""
    known = world.catalog.known[int(item)]
    return known.tracked and not known.bundle


def _name(world: World, item: str, location: str) -> str:
    sku = world.catalog.known[int(item)].sku
    return f"{sku} at {world.catalog.locations[int(location)].name}"
