"""Orders that are neither carried away from a till nor sent to where the Online Store's routing says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.orders import ONLINE_STORE, POINT_OF_SALE, Order, OrderApp
from onhand.sandbox.world.payloads import tell_order
from onhand.sandbox.world.selling import (
    TurnedAway,
    basket,
    commit_units,
    new_order,
    record_till_sale,
    route,
    shown_online,
    till_of,
)
from onhand.sandbox.world.wishes import OfflineSale, Wish
from onhand.sandbox.world.world import World

# Admin API 2026-10, OrderCreateInputsInventoryBehavior.
InventoryBehaviour = Literal["BYPASS", "DECREMENT_IGNORING_POLICY", "DECREMENT_OBEYING_POLICY"]
MARKETPLACE = OrderApp(44_700_001, "Marketplace Connector")


def place_for_pickup(world: World, *, location_id: int, lines: Sequence[Wish], now: datetime) -> Order | TurnedAway:
    """Order in the Online Store what the shopper picks up at a location: the units are committed there, nowhere else.

    Raises Refused when the location is not active. What it does not show turns the shopper away.
    """
    at = world.catalog.locations[location_id]
    if not at.active:
        raise Refused("bad_location", f"{at.name} is not active: nothing can be picked up there")
    wishes, groups = basket(world, lines)
    for wish in wishes:
        item, level = world.catalog.known[wish.item_id], world.levels.get(wish.item_id, location_id)
        shown = 0 if level is None or not level.active else max(0, level.available)
        if item.tracked and not item.sells_below_zero and shown < wish.units:
            return TurnedAway(
                reason="shown_too_few", item_id=item.inventory_item_id, wanted_units=wish.units, there_units=shown
            )
    act = world.outbox.act(now)
    order = new_order(world, "online_store", ONLINE_STORE, wishes, now=now, groups=groups)
    world.orders.add(order)
    commit_units(world, order, location_id, wishes, act, method="PICK_UP")
    tell_order(world, order, ("orders/create", "orders/paid"), act)
    return order


def ship_from_till(world: World, *, location_id: int, lines: Sequence[Wish], now: datetime) -> Order:
    """Sell at a till what is sent to the shopper: routed like an online order, not taken from the till's location.

    The inventory policy is ignored, so a level may fall below zero (community.shopify.dev/t/20739). Raises Refused when
    the location has no till or nothing fulfils online orders.
    """
    wishes, groups = basket(world, lines)
    till = till_of(world, location_id)
    _check_routes(world)
    act = world.outbox.act(now)
    order = new_order(world, "shopify_pos", POINT_OF_SALE, wishes, now=now, groups=groups)
    order.retail_location_id, order.device_id = location_id, till.device_id
    world.orders.add(order)
    for at, parts in route(world, wishes):
        commit_units(world, order, at.id, parts, act)
    tell_order(world, order, ("orders/create", "orders/paid"), act)
    return order


def create_by_app(
    world: World,
    *,
    lines: Sequence[Wish],
    behaviour: InventoryBehaviour,
    now: datetime,
    processed_at: datetime | None = None,
    app: OrderApp = MARKETPLACE,
    paid: bool = True,
    source_identifier: str | None = None,
    tags: Sequence[str] = (),
) -> Order:
    """Let an app create an order (Shopify: orderCreate), claiming stock as `behaviour` says.

    BYPASS claims none: the order is routed, the levels stay. Raises Refused "claim_failed" when the policy is obeyed
    and too few are available.
    """
    wishes, groups = basket(world, lines)
    _check_routes(world)
    if behaviour == "DECREMENT_OBEYING_POLICY":
        for wish in wishes:
            item, shown = world.catalog.known[wish.item_id], shown_online(world, wish.item_id)
            if item.tracked and not item.sells_below_zero and shown < wish.units:
                raise Refused("claim_failed", f"asked to claim {wish.units} of {item.sku}, {shown} are available")
    act = world.outbox.act(now)
    claims_stock = behaviour != "BYPASS"
    order = new_order(
        world, "app", app, wishes, now=now, processed_at=processed_at, claims_stock=claims_stock, groups=groups
    )
    order.financial_status = "paid" if paid else "pending"
    order.source_identifier, order.tags = source_identifier, tuple(tags)
    world.orders.add(order)
    for at, parts in route(world, wishes):
        commit_units(world, order, at.id, parts, act)
    tell_order(world, order, ("orders/create", "orders/paid") if paid else ("orders/create",), act)
    return order


def sell_offline(world: World, *, location_id: int, lines: Sequence[Wish], now: datetime) -> OfflineSale | TurnedAway:
    """Sell at a till that has no connection: the goods leave, and nobody else learns of it before `upload`.

    What the till shows is old, so only what really stands there keeps a shopper from carrying it away.
    """
    till_of(world, location_id)
    wishes, _ = basket(world, lines)
    tracked = [wish for wish in wishes if world.catalog.known[wish.item_id].tracked]
    for wish in tracked:
        there = world.shelf.place(wish.item_id, location_id).units
        if there < wish.units:
            return TurnedAway(reason="not_on_shelf", item_id=wish.item_id, wanted_units=wish.units, there_units=there)
    for wish in tracked:
        world.shelf.take(wish.item_id, location_id, wish.units, "sold at a till without connection")
    sale = OfflineSale(location_id=location_id, wishes=tuple(wishes), sold_at=now)
    world.offline_sales.append(sale)
    return sale


def upload(world: World, *, location_id: int, now: datetime) -> list[Order]:
    """Let a till send what it sold without connection: orders created now whose processed_at is hours ago.

    Only now do Shopify's levels fall, below zero where somebody else bought the same units meanwhile.
    """
    here = [sale for sale in world.offline_sales if sale.location_id == location_id]
    world.offline_sales[:] = [sale for sale in world.offline_sales if sale.location_id != location_id]
    return [
        record_till_sale(world, sale.wishes, location_id=location_id, now=now, processed_at=sale.sold_at)
        for sale in here
    ]


def _check_routes(world: World) -> None:
    if not world.catalog.routes():
        raise Refused("no_route", "no active location fulfils online orders")
