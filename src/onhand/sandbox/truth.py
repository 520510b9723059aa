"""The whole truth, which no platform has: what stands where, what each platform believes, what became of orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime

from onhand.sandbox.world.levels import STATES
from onhand.sandbox.world.orders import Order
from onhand.sandbox.world.shelf import OrderRef
from onhand.sandbox.world.tiktok import TikTokOrder
from onhand.sandbox.world.woocommerce import HOLDS_STOCK, WooOrder
from onhand.sandbox.world.world import World

Row = dict[str, object]


def totals(world: World) -> Row:
    """Return the counts that a day is judged by; every one is in units.

    `sold_after_confirmed_zero_units` comes from the log of what the app told, what was confirmed, and what was sold.
    """
    away = {
        channel: {
            "shoppers": count.shoppers,
            "wanted_units": count.wanted_units,
            "lost_sales_units": count.lost_units,
        }
        for channel, count in world.turned_away.items()
    }
    return {
        "orders": len(world.orders) + len(world.tiktok.orders) + len(world.woocommerce.orders),
        "oversold_units": world.shelf.oversold_units,
        "sold_after_confirmed_zero_units": world.confirmations.sold_after_zero_units,
        "lost_sales_units": sum(count.lost_units for count in world.turned_away.values()),
        "stolen_units": world.shelf.stolen_units,
        "handed_over_units": world.shelf.handed_over_units,
        "thrown_away_units": world.shelf.thrown_away_units,
        "turned_away": away,
    }


def truth(world: World, *, now: datetime, parts: Collection[str] = ()) -> Row:
    """Return the totals and the parts asked for, by the names of the tables below; none means all."""
    tables: dict[str, Callable[[World], list[Row]]] = {
        "physical": physical,
        "shopify": shopify_levels,
        "tiktok_shop": tiktok_listings,
        "woocommerce": woocommerce_listings,
        "orders": orders,
        "oversells": oversells,
    }
    wanted = parts or tables
    return (
        {"at": now.isoformat()}
        | totals(world)
        | {name: table(world) for name, table in tables.items() if name in wanted}
    )


def physical(world: World) -> list[Row]:
    """Return what stands at each location and how much of it is promised; free units below zero are a shortage."""
    rows: list[Row] = []
    for (item_id, location_id), place in world.shelf:
        rows.append(
            {
                "sku": world.catalog.known[item_id].sku,
                "location": world.catalog.locations[location_id].name,
                "units": place.units,
                "promised_units": place.promised_units,
                "free_units": place.free_units,
            }
        )
    return rows


def shopify_levels(world: World) -> list[Row]:
    """Return what Shopify believes, state by state."""
    return [
        {
            "sku": world.catalog.known[level.item_id].sku,
            "location": world.catalog.locations[level.location_id].name,
            "inventory_item_id": level.item_id,
            "counted": world.catalog.known[level.item_id].tracked and not world.catalog.known[level.item_id].bundle,
            "active": level.active,
            "on_hand": level.on_hand,
        }
        | {state: level.units(state) for state in STATES}
        for level in world.levels
    ]


def tiktok_listings(world: World) -> list[Row]:
    """Return what TikTok Shop shows and what its open orders hold."""
    return [
        {
            "sku": sku.seller_sku,
            "listing": sku.sku_id,
            "sku_id": sku.sku_id,
            "product_id": sku.product_id,
            "available": sku.available_units,
            "committed": sku.committed_units,
        }
        for sku in world.tiktok.listings()
    ]


def woocommerce_listings(world: World) -> list[Row]:
    """Return what the web shop shows and what its waiting orders hold."""
    held: Counter[int] = Counter()
    for order in world.woocommerce.orders.values():
        for line in order.lines if order.status in HOLDS_STOCK else ():
            held[line.product.id] += line.units - line.refunded_units
    return [
        {"sku": one.sku, "listing": str(one.id), "available": one.units, "committed": held[one.id]}
        for one in world.woocommerce.products.values()
    ]


def orders(world: World) -> list[Row]:
    """Return every order of every platform and whether its units stood there when they were promised."""
    oversold: Counter[OrderRef] = Counter()
    for one in world.shelf.oversells:
        oversold[one.ref] += one.units
    rows = [_shopify_order(world, order, oversold[OrderRef("shopify", order.id)]) for order in world.orders]
    rows += [
        _tiktok_order(order, oversold[OrderRef("tiktok_shop", int(order.id))]) for order in world.tiktok.orders.values()
    ]
    rows += [
        _woocommerce_order(order, oversold[OrderRef("woocommerce", order.id)])
        for order in world.woocommerce.orders.values()
    ]
    return rows


def oversells(world: World) -> list[Row]:
    """Return each promise that could not be kept when it was counted, and what made it short."""
    return [
        {
            "platform": one.ref.platform,
            "order": one.ref.order_id,
            "sku": world.catalog.known[one.item_id].sku,
            "location": world.catalog.locations[one.location_id].name,
            "units": one.units,
            "because": one.because,
        }
        for one in world.shelf.oversells
    ]


def _shopify_order(world: World, order: Order, oversold_units: int) -> Row:
    if order.cancelled_at is not None:
        status = "cancelled"
    else:
        status = "open" if any(line.unfulfilled_units for line in order.lines) else "served"
    return {
        "channel": order.channel,
        "id": order.id,
        "name": order.name,
        "status": status,
        "created_at": order.created_at.isoformat(),
        "lines": [
            {
                "sku": line.sku,
                "units": line.ordered_units,
                "current_units": line.current_units,
                "unfulfilled_units": line.unfulfilled_units,
                "fulfilled_units": line.fulfilled_units,
                "returned_units": line.returned_units,
            }
            for line in order.lines
        ],
        "locations": [world.catalog.locations[part.location_id].name for part in order.fulfillment_orders],
        "oversold_units": oversold_units,
        "could_be_served": oversold_units == 0,
    }


def _tiktok_order(order: TikTokOrder, oversold_units: int) -> Row:
    lines: Counter[str] = Counter(line.seller_sku for line in order.lines)
    if order.status == "CANCELLED":
        status = "cancelled"
    else:
        status = "served" if order.status in {"IN_TRANSIT", "DELIVERED", "COMPLETED"} else "open"
    return {
        "channel": "tiktok_shop",
        "id": order.id,
        "name": order.id,
        "status": status,
        "tiktok_status": order.status,
        "created_at": order.created_at.isoformat(),
        "lines": [{"sku": sku, "units": units} for sku, units in lines.items()],
        "oversold_units": oversold_units,
        "could_be_served": oversold_units == 0,
    }


def _woocommerce_order(order: WooOrder, oversold_units: int) -> Row:
    served = {"completed": "served", "cancelled": "cancelled", "failed": "cancelled"}
    return {
        "channel": "woocommerce",
        "id": str(order.id),
        "name": str(order.id),
        "status": served.get(order.status, "served" if order.completed_at else "open"),
        "woocommerce_status": order.status,
        "created_at": order.created_at.isoformat(),
        "lines": [{"sku": line.product.sku, "units": line.units} for line in order.lines],
        "oversold_units": oversold_units,
        "could_be_served": oversold_units == 0,
    }
