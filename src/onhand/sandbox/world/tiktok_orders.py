"""What happens on TikTok Shop: orders and their lives, and stock that the app sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from onhand.sandbox.world.bundling import parts_of
from onhand.sandbox.world.catalog import Item, Refused
from onhand.sandbox.world.outbox import Payload
from onhand.sandbox.world.selling import TurnedAway, Wish, merged
from onhand.sandbox.world.shelf import OrderRef
from onhand.sandbox.world.tiktok import (
    OrderStatus,
    Product,
    Promotion,
    Sku,
    TikTokOrder,
    TriggerSource,
    UnitLine,
    Warehouse,
)
from onhand.sandbox.world.world import World

# The webhook's word for a status differs from the API's for cancelled orders.
_WEBHOOK_STATUS: dict[OrderStatus, str] = {"CANCELLED": "CANCEL", "PARTIALLY_SHIPPING": "AWAITING_SHIPMENT"}
_SHIPPED: frozenset[OrderStatus] = frozenset({"IN_TRANSIT", "DELIVERED", "COMPLETED"})


def open_warehouse(world: World, *, location_id: int) -> Warehouse:
    """Give TikTok Shop its warehouse, which is one of the merchant's locations."""
    location = world.catalog.locations[location_id]
    warehouse = Warehouse(id=str(world.ids.next("tiktok_warehouse")), name=location.name, location_id=location_id)
    world.tiktok.warehouse = warehouse
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
    return world.shelf.place(item_id, _warehouse(world).location_id).free_units


def place(
    world: World, *, lines: Sequence[Wish], now: datetime, status: OrderStatus = "AWAITING_SHIPMENT"
) -> TikTokOrder | TurnedAway:
    """Place an order on TikTok Shop: its units are committed at once, also while UNPAID or ON_HOLD."""
    if status not in {"UNPAID", "ON_HOLD", "AWAITING_SHIPMENT"}:
        raise Refused("bad_status", f"an order cannot be placed as {status}")
    warehouse = _warehouse(world)
    wishes = merged(lines)
    for wish in wishes:
        shown = shown_on_tiktok(world, wish.item_id)
        if shown < wish.units:
            return TurnedAway(reason="shown_too_few", item_id=wish.item_id, wanted_units=wish.units, there_units=shown)
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
        _shift(world, sku, available=-wish.units, committed=wish.units, source="order_created", now=now)
        world.confirmations.sold(_listing(world, sku), wish.units)
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
    location_id = _warehouse(world).location_id
    counts = Counter[int]() if order.handed_over else packed(picked)
    for item_id, units in counts.items():
        there = world.shelf.place(item_id, location_id).units
        if there < units:
            sku = world.catalog.known[item_id].sku
            raise Refused(
                "not_on_shelf", f"TikTok order {order.id}: asked to ship {units} of {sku}, {there} stand there"
            )
    for sku_id, units in Counter(line.sku_id for line in picked).items():
        _shift(world, world.tiktok.skus[sku_id], available=0, committed=-units, source="order_shipped", now=now)
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
    location_id = _warehouse(world).location_id
    for sku_id, units in Counter(line.sku_id for line in order.lines).items():
        sku = world.tiktok.skus[sku_id]
        back = units if sku.auto_restock else 0
        _shift(world, sku, available=back, committed=-units, source="order_canceled", now=now)
        if back:
            world.confirmations.raised(_listing(world, sku), back)
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
    location_id = _warehouse(world).location_id
    for item_id, units in packed(order.lines).items():
        world.shelf.release(OrderRef("tiktok_shop", int(order.id)), item_id, location_id, units)
    order.handed_over = True


def set_stock(world: World, *, sku_id: str, units: int, now: datetime) -> int:
    """Set what a SKU shows as available, absolutely and without compare; return an id for `Confirmations.confirm`.

    Raises Refused("unknown_sku"). Bounds are the API's business, not the shop's.
    """
    sku = world.tiktok.skus.get(sku_id)
    if sku is None:
        raise Refused("unknown_sku", f"TikTok Shop has no SKU {sku_id}; it lists {len(world.tiktok.skus)}")
    delta = units - sku.available_units
    if delta:
        _shift(world, sku, available=delta, committed=0, source="api_sync", now=now)
    return world.confirmations.told(_listing(world, sku), units)


def cannot_serve(world: World, order: TikTokOrder) -> bool:
    """Tell whether units of an open order do not stand at the warehouse."""
    if order.handed_over:
        return False
    location_id = _warehouse(world).location_id
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


def _warehouse(world: World) -> Warehouse:
    if world.tiktok.warehouse is None:
        raise Refused("no_warehouse", "TikTok Shop has no warehouse in this world")
    return world.tiktok.warehouse


def _sku(world: World, item_id: int) -> Sku:
    return world.tiktok.skus[world.tiktok.sku_of_item[item_id]]


def _listing(world: World, sku: Sku) -> tuple[str, int, int]:
    return ("tiktok_shop", sku.item_id, _warehouse(world).location_id)


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


def lock(world: World, sku: Sku, *, kind: Promotion, name: str, units: int, now: datetime) -> None:
    """Lock units for a campaign or a creator (negative: let them go). Raises Refused for more than there are.

    They stay among the available ones and cannot be lowered below (Partner API, code 12052393).
    """
    held = sku.locks.get((kind, name), 0)
    if held + units < 0 or sku.locked_units + units > sku.available_units:
        raise Refused(
            "bad_lock", f"asked to lock {units} of SKU {sku.sku_id}: {held} are, {sku.available_units} are there"
        )
    sku.locks[kind, name] = held + units
    source: dict[Promotion, tuple[TriggerSource, TriggerSource]] = {
        "campaign": ("campaign_lock", "campaign_unlock"),
        "creator": ("creator_lock", "creator_unlock"),
    }
    _shift(world, sku, available=0, committed=0, source=source[kind][units < 0], now=now, locked={kind: units})


def set_by_hand(world: World, sku: Sku, *, units: int, now: datetime) -> None:
    """Let somebody set a SKU's stock in the Seller Center."""
    _shift(world, sku, available=units - sku.available_units, committed=0, source="manual_adjustment", now=now)


def switch_product(world: World, product: Product, *, status: str, now: datetime) -> None:
    """Put a product on sale or take it off, and tell it and its SKUs."""
    product.status, product.updated_at = status, now
    data: Payload = {"product_id": product.product_id, "status": status, "update_time": int(now.timestamp())}
    world.outbox.queue_tiktok(5, world.tiktok.shop_id, data, now=now)
    said = {"ACTIVATE": "ACTIVATED", "SELLER_DEACTIVATED": "DEACTIVATED"}.get(status)
    if said is not None:
        skus = [{"sku_id": sku_id, "status": said} for sku_id in product.sku_ids]
        of_skus: Payload = {"product_id": product.product_id, "skus": skus, "update_time": int(now.timestamp())}
        world.outbox.queue_tiktok(50, world.tiktok.shop_id, of_skus, now=now)


def _shift(
    world: World,
    sku: Sku,
    *,
    available: int,
    committed: int,
    source: TriggerSource,
    now: datetime,
    locked: Mapping[Promotion, int] | None = None,
) -> None:
    sku.available_units += available
    sku.committed_units += committed
    sku.updated_at = now
    moved = Counter[str](locked or {})
    moved.update(_sell_locked(sku))
    moment = now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond:06d}000Z"
    change: Payload = {
        "idempotency_key": world.outbox.new_id(),
        "trigger_source": source,
        "occurred_at": moment,
        "total_quantity_delta": available + committed,
        "total_available_quantity_delta": available,
        "total_committed_quantity_delta": committed,
        "in_shop_quantity_delta": available - sum(moved.values()),
        "campaign_locked_quantity_delta": moved["campaign"],
        "creator_locked_quantity_delta": moved["creator"],
    }
    data: Payload = {
        "event_id": world.outbox.new_id(),
        "occurred_at": moment,
        "product_id": sku.product_id,
        "sku_id": sku.sku_id,
        "quantity_snapshot_after_change": {
            "total_quantity": sku.available_units + sku.committed_units,
            "total_available_quantity": sku.available_units,
            "total_committed_quantity": sku.committed_units,
            "in_shop_quantity": sku.available_units - sku.locked_units,
            "campaign_locked_quantity": sku.locked_for("campaign"),
            "creator_locked_quantity": sku.locked_for("creator"),
        },
        "change_detail": [change],
    }
    world.outbox.queue_tiktok(71, world.tiktok.shop_id, data, now=now)


def _sell_locked(sku: Sku) -> dict[str, int]:
    """Take what was sold beyond the units of everybody out of what promotions keep. [I]: who buys there is not said."""
    taken: Counter[str] = Counter()
    for (kind, name), units in list(sku.locks.items()):
        over = sku.locked_units - sku.available_units
        if over > 0:
            share = min(units, over)
            sku.locks[kind, name] = units - share
            taken[kind] -= share
    return dict(taken)
