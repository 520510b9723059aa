"""What a person at the control says about orders, turned into what happens in the world: by SKU and by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from onhand.sandbox.world import fulfilling, tiktok_orders, undoing, woocommerce_orders
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.editing import edit
from onhand.sandbox.world.orders import Order, RestockType
from onhand.sandbox.world.selling import TurnedAway
from onhand.sandbox.world.tiktok import TikTokOrder
from onhand.sandbox.world.undoing import RefundWish
from onhand.sandbox.world.wishes import Wish
from onhand.sandbox.world.woocommerce import WooOrder
from onhand.sandbox.world.world import World

Row = dict[str, object]


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of a SKU."""

    sku: str
    units: int


def wishes(world: World, lines: Sequence[Line]) -> list[Wish]:
    """Return the lines by item; raises Refused for a SKU that no item has."""
    return [Wish(item_id=world.catalog.item_of_sku(line.sku).inventory_item_id, units=line.units) for line in lines]


def shopify_order(world: World, name: str) -> Order | None:
    """Return the Shopify order that people call `name` ("#1001", "1001"), by id or gid too; None for no such."""
    order = world.orders.of_name(name if name.startswith("#") else f"#{name}")
    if order is not None:
        return order
    last = name.rsplit("/", 1)[-1]
    return world.orders.by_id.get(int(last)) if last.isdigit() else None


def find_order(world: World, name: str) -> Order | TikTokOrder | WooOrder:
    """Return an order of any platform; raises Refused("unknown_order")."""
    order = (
        shopify_order(world, name)
        or world.tiktok.orders.get(name)
        or world.woocommerce.orders.get(int(name) if name.isdecimal() else 0)
    )
    if order is None:
        known = f"{len(world.orders)} of Shopify, {len(world.tiktok.orders)} of TikTok Shop"
        raise Refused("unknown_order", f"no order is called {name!r}; there are {known}")
    return order


def on_shopify(world: World, name: str, verb: str) -> Order:
    """Return a Shopify order; raises Refused for an order of TikTok Shop, which knows no such thing."""
    order = find_order(world, name)
    if isinstance(order, TikTokOrder | WooOrder):
        raise Refused("wrong_platform", f"order {order.id} cannot be {verb}; only Shopify orders can")
    return order


def told(world: World, order: Order | TikTokOrder | WooOrder | TurnedAway) -> Row:
    """Return what the control answers about an order; raises Refused when the shopper was turned away."""
    if isinstance(order, TurnedAway):
        sku = world.catalog.known[order.item_id].sku
        raise Refused(
            order.reason, f"wanted {order.wanted_units} of {sku}, {order.there_units} can be sold there right now"
        )
    if isinstance(order, TikTokOrder | WooOrder):
        return {"order": str(order.id), "id": str(order.id), "status": order.status}
    places = [world.catalog.locations[part.location_id].name for part in order.fulfillment_orders]
    status = "cancelled" if order.cancelled_at is not None else order.fulfilment_status or "unfulfilled"
    return {"order": order.name, "id": order.id, "status": status, "locations": places}


def place_order(world: World, channel: str, lines: Sequence[Wish], *, now: datetime) -> Row:
    """Order on a marketplace; raises Refused when the shopper is turned away."""
    return told(world, _MARKETS[channel](world, lines=lines, now=now))


def cancel(world: World, name: str, *, restock: bool, reason: str, now: datetime) -> Row:
    """Cancel an order; on TikTok Shop, whether its units come back on sale is the SKU's setting, not `restock`."""
    order = find_order(world, name)
    if isinstance(order, TikTokOrder):
        tiktok_orders.cancel(world, order, reason=reason, now=now)
    elif isinstance(order, WooOrder):
        woocommerce_orders.cancel(world, order, now=now)
    else:
        undoing.cancel(world, order, restock=restock, reason=reason, now=now)
    return told(world, order)


def fulfil(world: World, name: str, lines: Sequence[Line] | None, *, now: datetime) -> Row:
    """Ship lines of an order, or all that is left when `lines` is None."""
    order = find_order(world, name)
    if isinstance(order, TikTokOrder):
        if order.status == "UNPAID":
            tiktok_orders.pay(world, order, now=now)
        if order.status == "ON_HOLD":
            tiktok_orders.release_hold(world, order, now=now)
        tiktok_orders.ship(world, order, now=now, line_ids=None if lines is None else _unit_lines(order, lines))
    elif isinstance(order, WooOrder):
        woocommerce_orders.complete(world, order, now=now)
    else:
        units = None if lines is None else _by_line(order, lines, "unfulfilled_units")
        fulfilling.fulfil(world, order, lines=units, now=now)
    return told(world, order)


def refund(
    world: World, name: str, lines: Sequence[Line] | None, *, restock: bool | str, location: str | None, now: datetime
) -> Row:
    """Refund lines of an order of Shopify or WooCommerce (None: everything that can be).

    `restock` True cancels what was not shipped and takes the rest back at `location` (None: where it left from);
    False restocks nothing; "cancel", "return" or "no_restock" is taken as it stands.
    """
    found = find_order(world, name)
    if isinstance(found, WooOrder):
        woocommerce_orders.refund(world, found, _woo_units(found, lines), restock=bool(restock), now=now)
        return told(world, found)
    order = on_shopify(world, name, "refunded")
    back_at = None if location is None else world.catalog.location_of_name(location).id
    done = undoing.refund(world, order, lines=_refund_wishes(order, lines, restock, back_at), note="", now=now)
    return told(world, order) | {"refund": done.id}


def change(
    world: World, name: str, *, add: Sequence[Line], remove: Sequence[Line], restock: bool, now: datetime
) -> Row:
    """Edit a Shopify order."""
    order = on_shopify(world, name, "edited")
    removals = _by_line(order, remove, "unfulfilled_units")
    edit(world, order, additions=wishes(world, add), removals=removals, restock=restock, now=now)
    return told(world, order)


def reassign(world: World, name: str, *, to: str, now: datetime) -> Row:
    """Let another location ship what is left of a Shopify order."""
    order = on_shopify(world, name, "moved")
    to_location_id = world.catalog.location_of_name(to).id
    parts = [one for one in order.fulfillment_orders if one.remaining_units and one.location_id != to_location_id]
    if not parts:
        raise Refused("nothing_to_move", f"order {order.name} has nothing left to ship from another place than {to}")
    for part in parts:
        fulfilling.move_fulfillment_order(world, part, to_location_id=to_location_id, now=now)
    return told(world, order)


def _by_line(order: Order, lines: Sequence[Line], what: str) -> dict[int, int]:
    """Spread units of SKUs over an order's lines, as far as each has such units."""
    units: dict[int, int] = {}
    for wanted in lines:
        left = wanted.units
        matching = [line for line in order.lines if line.sku == wanted.sku]
        for line in matching:
            here = min(left, int(getattr(line, what)) - units.get(line.id, 0))
            if here > 0:
                units[line.id] = units.get(line.id, 0) + here
                left -= here
        if left or not matching:
            raise Refused(
                "too_many",
                f"order {order.name} has {wanted.units - left} such units of {wanted.sku!r}, asked for {wanted.units}",
            )
    return units


def _unit_lines(order: TikTokOrder, lines: Sequence[Line]) -> list[str]:
    picked: list[str] = []
    for wanted in lines:
        waiting = [one.id for one in order.lines if one.seller_sku == wanted.sku and one.status == "AWAITING_SHIPMENT"]
        if len(waiting) < wanted.units:
            raise Refused(
                "too_many",
                f"TikTok Shop order {order.id} has {len(waiting)} of {wanted.sku!r} to ship, asked for {wanted.units}",
            )
        picked += waiting[: wanted.units]
    return picked


def _refund_wishes(
    order: Order, lines: Sequence[Line] | None, restock: bool | str, back_at: int | None
) -> list[RefundWish]:
    if lines is None:
        units = {line.id: line.current_units for line in order.lines if line.current_units}
    else:
        units = _by_line(order, lines, "current_units")
    wanted: list[RefundWish] = []
    for line_id, count in units.items():
        line = order.line(line_id)
        assert line is not None  # `units` was made from the order's own lines
        open_units = min(count, line.unfulfilled_units)
        for part, kind in ((open_units, _kind(restock, "cancel")), (count - open_units, _kind(restock, "return"))):
            if part:
                at = (back_at or _shipped_from(order, line_id)) if kind == "return" else None
                wanted.append(RefundWish(line_id=line_id, units=part, restock_type=kind, location_id=at))
    return wanted


def _kind(restock: bool | str, when_true: RestockType) -> RestockType:
    match restock:
        case True:
            return when_true
        case False | "no_restock":
            return "no_restock"
        case "cancel":
            return "cancel"
        case "return":
            return "return"
        case _:
            raise Refused(
                "bad_restock", f"restock must be true, false, 'cancel', 'return' or 'no_restock', got {restock!r}"
            )


def _shipped_from(order: Order, line_id: int) -> int | None:
    for fulfillment in order.fulfillments:
        if any(part.line_id == line_id for part in fulfillment.lines):
            return fulfillment.location_id
    return None


def _woo_units(order: WooOrder, lines: Sequence[Line] | None) -> dict[int, int]:
    if lines is None:
        return {line.id: line.units - line.refunded_units for line in order.lines}
    wanted = {line.sku: line.units for line in lines}
    return {line.id: wanted.get(line.product.sku, 0) for line in order.lines}


_MARKETS: dict[str, Callable[..., TikTokOrder | WooOrder | TurnedAway]] = {
    "tiktok_shop": tiktok_orders.place,
    "woocommerce": woocommerce_orders.place,
}
