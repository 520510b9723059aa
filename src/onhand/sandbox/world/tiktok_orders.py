"""What happens on TikTok Shop: listings, orders and their lives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from onhand.sandbox.world.bundling import parts_of
from onhand.sandbox.world.catalog import Item, Refused
from onhand.sandbox.world.outbox import Payload
from onhand.sandbox.world.selling import TurnedAway, merged
from onhand.sandbox.world.shelf import OrderRef
from onhand.sandbox.world.tiktok import (
    OrderStatus,
    Product,
    Sku,
    TikTokOrder,
    UnitLine,
    Warehouse,
)
from onhand.sandbox.world.tiktok_stock import default_warehouse, listing_key, move, shift
from onhand.sandbox.world.wishes import Wish
from onhand.sandbox.world.world import World

# The webhook's word for a status differs from the API's for cancelled orders.
_WEBHOOK_STATUS: dict[OrderStatus, str] = {"CANCELLED": "CANCEL", "PARTIALLY_SHIPPING": "AWAITING_SHIPMENT"}
_SHIPPED: frozenset[OrderStatus] = frozenset({"IN_TRANSIT", "DELIVERED", "COMPLETED"})


def open_warehouse(world: World, *, location_id: int) -> Warehouse:
    """Give TikTok Shop a warehouse, which is one of the merchant's locations; the first is the default."""
    location = world.catalog.locations[location_id]
    warehouse = Warehouse(id=str(world.ids.next("tiktok_warehouse")), name=location.name, location_id=location_id)
    if world.tiktok.warehouse is None:
        world.tiktok.warehouse = warehouse
    else:
        world.tiktok.more_warehouses.append(warehouse)
    return warehouse


def list_item(world: World, item: Item, *, units: int, now: datetime) -> Sku:
    """Put an item on sale on TikTok Shop, as a product with one SKU showing `units`."""
    product_id = str(world.ids.next("tiktok_product"))
    sku = Sku(
        sku_id=str(world.ids.next("tiktok_sku")),
        product_id=product_id,
        item_id=item.inventory_item_id,
        seller_sku=item.sku,
        available_units=units,
        committed_units=0,
        auto_restock=world.settings.tiktok_auto_restock,
        updated_at=now,
        elsewhere={warehouse.id: 0 for warehouse in world.tiktok.more_warehouses},
    )
    world.tiktok.products[product_id] = Product(
        product_id=product_id,
        title=item.title,
        status="ACTIVATE",
        sku_ids=[sku.sku_id],
        created_at=now,
        updated_at=now,
    )
    world.tiktok.skus[sku.sku_id] = sku
    world.tiktok.sku_of_item[item.inventory_item_id] = sku.sku_id
    return sku


def shown_on_tiktok(world: World, item_id: int) -> int:
    """Return what TikTok Shop sells of an item; 0 when it is not listed there or its product is not on sale."""
    sku_id = world.tiktok.sku_of_item.get(item_id)
    if sku_id is None:
        return 0
    sku = world.tiktok.skus[sku_id]
    return sku.available_units if world.tiktok.products[sku.product_id].status == "ACTIVATE" else 0


def free_tiktok_units(world: World, item_id: int) -> int:
    """Return the units promised to nobody that stand at TikTok Shop's warehouse."""
    return world.shelf.place(item_id, default_warehouse(world).location_id).free_units


def place(
    world: World, *, lines: Sequence[Wish], now: datetime, status: OrderStatus = "AWAITING_SHIPMENT"
) -> TikTokOrder | TurnedAway:
    """Place an order on TikTok Shop: its units are committed at once, also while UNPAID or ON_HOLD."""
    if status not in {"UNPAID", "ON_HOLD", "AWAITING_SHIPMENT"}:
        raise Refused("bad_status", f"an order cannot be placed as {status}")
    wishes = merged(lines)
    for wish in wishes:
        shown = shown_on_tiktok(world, wish.item_id)
        if shown < wish.units:
            return TurnedAway(reason="shown_too_few", item_id=wish.item_id, wanted_units=wish.units, there_units=shown)
    warehouse = _warehouse_with(world, wishes)
    if warehouse is None:
        first = wishes[0]
        return TurnedAway(reason="shown_too_few", item_id=first.item_id, wanted_units=first.units, there_units=0)
    order = TikTokOrder(
        id=str(world.ids.next("tiktok_order")),
        status=status,
        warehouse_id=warehouse.id,
        lines=[_unit_line(world, wish.item_id, status) for wish in wishes for _ in range(wish.units)],
        created_at=now,
        updated_at=now,
    )
    world.tiktok.orders[order.id] = order
    for wish in wishes:
        sku = _sku(world, wish.item_id)
        move(sku, warehouse.id, -wish.units)
        shift(world, sku, available=-wish.units, committed=wish.units, source="order_created", now=now)
        world.confirmations.sold(listing_key(world, sku), wish.units)
    ref = OrderRef("tiktok_shop", int(order.id))
    for item_id, units in packed(order.lines).items():
        world.shelf.promise(ref, item_id, warehouse.location_id, units, "sold on TikTok Shop")
    _changed(world, order, now)
    return order


def pay(world: World, order: TikTokOrder, *, now: datetime) -> None:
    """Let the buyer pay: the order is on hold for the hour in which the buyer may change their mind."""
    _step(world, order, "UNPAID", "ON_HOLD", now)


def release_hold(world: World, order: TikTokOrder, *, now: datetime) -> None:
    """End the hold: the order waits to be shipped."""
    _step(world, order, "ON_HOLD", "AWAITING_SHIPMENT", now)


def ship(world: World, order: TikTokOrder, *, now: datetime, line_ids: Iterable[str] | None = None) -> None:
    """Ship line items (None: all that wait): they leave the shelf and TikTok Shop's committed units.

    Raises Refused when the order is not to be shipped, or when the units do not stand at the warehouse.
    """
    if order.status not in {"AWAITING_SHIPMENT", "PARTIALLY_SHIPPING", "AWAITING_COLLECTION"}:
        raise Refused("bad_status", f"TikTok order {order.id} is {order.status} and cannot be shipped")
    wanted = None if line_ids is None else set(line_ids)
    waiting = [line for line in order.lines if line.status not in _SHIPPED and line.status != "CANCELLED"]
    picked = [line for line in waiting if wanted is None or line.id in wanted]
    if not picked or (wanted is not None and len(picked) != len(wanted)):
        raise Refused(
            "unknown_line", f"TikTok order {order.id}: {len(picked)} of the lines asked for wait to be shipped"
        )
    location_id = _location_of(world, order)
    counts = Counter[int]() if order.handed_over else packed(picked)
    for item_id, units in counts.items():
        there = world.shelf.place(item_id, location_id).units
        if there < units:
            sku = world.catalog.known[item_id].sku
            raise Refused(
                "not_on_shelf", f"TikTok order {order.id}: asked to ship {units} of {sku}, {there} stand there"
            )
    for sku_id, units in Counter(line.sku_id for line in picked).items():
        shift(world, world.tiktok.skus[sku_id], available=0, committed=-units, source="order_shipped", now=now)
    for item_id, units in counts.items():
        world.shelf.serve(OrderRef("tiktok_shop", int(order.id)), item_id, location_id, units)
    for line in picked:
        line.status, line.shipped_at = "IN_TRANSIT", now
    order.status = "IN_TRANSIT" if len(picked) == len(waiting) else "PARTIALLY_SHIPPING"
    order.shipped_at = now if order.status == "IN_TRANSIT" else None
    _changed(world, order, now)


def deliver(world: World, order: TikTokOrder, *, now: datetime) -> None:
    """Let a shipped order reach its buyer."""
    order.delivered_at = now if order.status == "IN_TRANSIT" else order.delivered_at
    _step(world, order, "IN_TRANSIT", "DELIVERED", now)


def cancel(world: World, order: TikTokOrder, *, reason: str, now: datetime) -> None:
    """Cancel an order of which nothing was shipped; its units come back on sale only with auto-restock."""
    if order.status not in {"UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "AWAITING_COLLECTION"}:
        raise Refused("bad_status", f"TikTok order {order.id} is {order.status} and cannot be cancelled")
    location_id = _location_of(world, order)
    for sku_id, units in Counter(line.sku_id for line in order.lines).items():
        sku = world.tiktok.skus[sku_id]
        back = units if sku.auto_restock else 0
        move(sku, order.warehouse_id, back)
        shift(world, sku, available=back, committed=-units, source="order_canceled", now=now)
        if back:
            world.confirmations.raised(listing_key(world, sku), back)
    for item_id, units in ({} if order.handed_over else packed(order.lines)).items():
        world.shelf.release(OrderRef("tiktok_shop", int(order.id)), item_id, location_id, units)
    order.cancel_reason, order.cancelled_at = reason, now
    order.cancel_id = str(world.ids.next("tiktok_cancel"))
    for line in order.lines:
        line.status = "CANCELLED"
    order.status = "CANCELLED"
    _changed(world, order, now)
    data: Payload = {
        "order_id": order.id,
        "cancel_id": order.cancel_id,
        "cancel_status": "CANCELLATION_REQUEST_COMPLETE",
        "cancellations_role": "BUYER",
        "create_time": int(now.timestamp()),
    }
    world.outbox.queue_tiktok(11, world.tiktok.shop_id, data, now=now)


def hand_over(world: World, order: TikTokOrder) -> None:
    """Let another platform send an order's goods: what the shelf promised for it is promised there from now on."""
    if order.handed_over or order.shipped_at is not None or order.status in {"CANCELLED", *_SHIPPED}:
        raise Refused("bad_status", f"TikTok order {order.id} is {order.status} and cannot be handed over (again)")
    location_id = _location_of(world, order)
    for item_id, units in packed(order.lines).items():
        world.shelf.release(OrderRef("tiktok_shop", int(order.id)), item_id, location_id, units)
    order.handed_over = True


def cannot_serve(world: World, order: TikTokOrder) -> bool:
    """Tell whether units of an open order do not stand at the warehouse."""
    if order.handed_over:
        return False
    location_id = _location_of(world, order)
    open_lines = (line for line in order.lines if line.status not in _SHIPPED and line.status != "CANCELLED")
    need = packed(open_lines)
    return any(world.shelf.place(item_id, location_id).units < units for item_id, units in need.items())


def packed(lines: Iterable[UnitLine]) -> Counter[int]:
    """Return the units of each item that leave the shelf for lines, those of bundles' components among them."""
    need: Counter[int] = Counter()
    for line in lines:
        for part in line.parts:
            need[part.item_id] += part.units
    return need


def _warehouse_with(world: World, wishes: Sequence[Wish]) -> Warehouse | None:
    """Return the first warehouse that has all of an order for sale. [I]: an order leaves from one warehouse."""
    return next(
        (
            warehouse
            for warehouse in world.tiktok.warehouses
            if all(_sku(world, wish.item_id).units_in(warehouse.id) >= wish.units for wish in wishes)
        ),
        None,
    )


def _location_of(world: World, order: TikTokOrder) -> int:
    found = (warehouse for warehouse in world.tiktok.warehouses if warehouse.id == order.warehouse_id)
    return next(found, default_warehouse(world)).location_id


def _sku(world: World, item_id: int) -> Sku:
    return world.tiktok.skus[world.tiktok.sku_of_item[item_id]]


def _unit_line(world: World, item_id: int, status: OrderStatus) -> UnitLine:
    item, sku = world.catalog.known[item_id], _sku(world, item_id)
    return UnitLine(
        id=str(world.ids.next("tiktok_line")),
        sku_id=sku.sku_id,
        product_id=sku.product_id,
        item_id=item_id,
        seller_sku=sku.seller_sku,
        title=item.title,
        price_cents=item.price_cents,
        status=status,
        parts=parts_of(world, item_id),
    )


def _step(world: World, order: TikTokOrder, wanted: OrderStatus, status: OrderStatus, now: datetime) -> None:
    if order.status != wanted:
        raise Refused("bad_status", f"TikTok order {order.id} is {order.status}, not {wanted}")
    order.status = status
    for line in order.lines:
        if line.status != "CANCELLED":
            line.status = status
    _changed(world, order, now)


def _changed(world: World, order: TikTokOrder, now: datetime) -> None:
    order.updated_at = max(order.updated_at, now)
    world.tiktok.touch(order)
    data: Payload = {
        "order_id": order.id,
        "order_status": _WEBHOOK_STATUS.get(order.status, order.status),
        "is_on_hold_order": order.is_on_hold,
        "update_time": int(order.updated_at.timestamp()),
    }
    world.outbox.queue_tiktok(1, world.tiktok.shop_id, data, now=now)
