"""What lives must have lived through, all of them together: a kind that never occurs is not tested."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from onhand.sandbox.world.orders import Order
from onhand.sandbox.world.returns import Return
from onhand.sandbox.world.world import World

_ORDERS = {
    "online_store": "order of the online store",
    "shopify_pos": "order of a till",
    "app": "order of an app",
    "draft_order": "order of a draft",
}

KINDS = (
    *_ORDERS.values(),
    "order of an app that claims no stock",
    "order sold by a till without connection",
    "order shipped from a till",
    "order to be picked up",
    "order cancelled",
    "order shipped in part",
    "order waiting at several locations",
    "order edited",
    "line out of a bundle",
    "refund as cancel",
    "refund as return",
    "refund as no_restock",
    "refund of a return",
    "shipment taken back",
    "return of a bundle's component",
    "return cancelled",
    "return closed",
    "disposition RESTOCKED",
    "disposition NOT_RESTOCKED",
    "disposition MISSING",
    "disposition PROCESSING_REQUIRED",
    "exchange",
    "exchange for a bundle",
    "draft of a bundle",
    "draft that reserves a bundle",
    "shipment received in part",
    "shipment with rejected units",
    "transfer cancelled",
    "transfer complete",
    "units left committed at a closed location",
    "units at a level that is not connected",
    "item counted no more",
    "item removed",
    "level below zero",
    "incoming units",
    "reserved units",
)
"""What `witnessed` looks for; acts are counted under their own names beside it."""


def witnessed(world: World) -> Counter[str]:
    """Return how much of each of KINDS has happened in a world."""
    found: Counter[str] = Counter()
    for order in world.orders:
        found.update(_of_order(order))
    found.update(_of_drafts(world))
    found.update(_of_transfers(world))
    found.update(_of_levels(world))
    bundles = {item.inventory_item_id for item in world.catalog.known.values() if item.bundle}
    for exchange in (one for order in world.orders for back in order.returns for one in back.exchanges):
        found["exchange"] += 1
        found["exchange for a bundle"] += exchange.item_id in bundles
    found["units left committed at a closed location"] += sum(units != 0 for units in stuck_units(world).values())
    return found


def never_lived(counts: Mapping[str, int], acts: Collection[str]) -> list[str]:
    """Return what has not happened once: acts by their names, and kinds of what became of them."""
    return [what for what in (*sorted(acts), *KINDS) if not counts.get(what)]


def stuck_units(world: World) -> Counter[tuple[str, str]]:
    """Return the units that Shopify shows committed and no open order waits for, by item and location.

    What is cancelled at a location that is not active is restocked nowhere (Shopify: orderCancel).
    """
    waiting: Counter[tuple[str, str]] = Counter()
    for order in world.orders:
        for part in order.fulfillment_orders:
            for row in part.lines:
                line = order.line(row.line_id)
                if line is not None and line.claims_stock:
                    waiting[str(row.item_id), str(part.location_id)] += row.remaining_units
    stuck: Counter[tuple[str, str]] = Counter()
    for level in world.levels:
        place = (str(level.item_id), str(level.location_id))
        if world.catalog.known[level.item_id].tracked:
            stuck[place] = level.committed - waiting[place]
    return stuck


def _of_order(order: Order) -> Iterator[str]:
    parts, lines = order.fulfillment_orders, order.lines
    at_till = order.channel == "shopify_pos"
    methods = {part.method for part in parts}
    waiting = {part.location_id for part in parts if part.remaining_units}
    is_so = {
        _ORDERS[order.channel]: True,
        "order of an app that claims no stock": any(not line.claims_stock for line in lines),
        "order sold by a till without connection": at_till and order.processed_at < order.created_at,
        "order shipped from a till": at_till and "SHIPPING" in methods,
        "order to be picked up": "PICK_UP" in methods,
        "order cancelled": order.cancelled_at is not None,
        "order shipped in part": any(0 < line.fulfilled_units < line.ordered_units for line in lines),
        "order waiting at several locations": len(waiting) > 1,
        "order edited": bool(order.edits),
    }
    yield from (kind for kind, holds in is_so.items() if holds)
    yield from ("line out of a bundle" for line in lines if line.group is not None)
    yield from ("shipment taken back" for done in order.fulfillments if done.status == "CANCELLED")
    for refund in order.refunds:
        own = [f"refund as {line.restock_type}" for line in refund.lines]
        yield from own if refund.return_id is None else ["refund of a return"]
    for back in order.returns:
        yield from _of_return(order, back)


def _of_return(order: Order, back: Return) -> Iterator[str]:
    if back.status in {"CANCELED", "CLOSED"}:
        yield "return cancelled" if back.status == "CANCELED" else "return closed"
    for row in back.lines:
        line = order.line(row.line_id)
        if line is not None and line.group is not None:
            yield "return of a bundle's component"
        yield from (f"disposition {one.type}" for one in row.dispositions)


def _of_drafts(world: World) -> Iterator[str]:
    for draft in world.drafts.values():
        if any(world.catalog.known[line.item_id].bundle for line in draft.lines):
            yield "draft of a bundle"
            if draft.reserve_until is not None:
                yield "draft that reserves a bundle"


def _of_transfers(world: World) -> Iterator[str]:
    for transfer in world.transfers.values():
        if transfer.status in {"CANCELED", "TRANSFERRED"}:
            yield "transfer cancelled" if transfer.status == "CANCELED" else "transfer complete"
        for shipment in transfer.shipments:
            if shipment.status == "PARTIALLY_RECEIVED":
                yield "shipment received in part"
            if any(line.rejected_units for line in shipment.lines):
                yield "shipment with rejected units"


def _of_levels(world: World) -> Iterator[str]:
    for level in world.levels:
        if not level.active and level.on_hand:
            yield "units at a level that is not connected"
        if level.available < 0:
            yield "level below zero"
        if level.incoming:
            yield "incoming units"
        if level.reserved:
            yield "reserved units"
    for item in world.catalog.known.values():
        if item.inventory_item_id not in world.catalog.items:
            yield "item removed"
        elif not item.tracked:
            yield "item counted no more"
