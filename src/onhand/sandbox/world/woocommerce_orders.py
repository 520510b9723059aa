"""What happens in a web shop on WooCommerce: orders and their lives, and stock that the app sets.

Stock follows the status (WooCommerce, wc-stock-functions): processing, on-hold and completed take it, cancelled gives
it back, a refund gives back what it restocks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from onhand.sandbox.world.bundling import parts_of
from onhand.sandbox.world.catalog import Item, Refused
from onhand.sandbox.world.outbox import Delivery
from onhand.sandbox.world.selling import TurnedAway, merged
from onhand.sandbox.world.shelf import OrderRef
from onhand.sandbox.world.wishes import Wish
from onhand.sandbox.world.woocommerce import HOLDS_STOCK, WooLine, WooOrder, WooProduct, WooRefund, WooStatus
from onhand.sandbox.world.woocommerce_rows import order_row, product_row
from onhand.sandbox.world.world import World

PLATFORM = "woocommerce"
VARIATION_EVERY = 3


def open_web_shop(world: World, *, location_id: int) -> None:
    """Give the merchant a web shop that ships from one of the locations."""
    world.woocommerce.location_id = location_id
    world.woocommerce.parent_id = world.ids.next("woo_product")


def list_item(world: World, item: Item, *, units: int, now: datetime) -> WooProduct:
    """Put an item on sale there; every third is a variation of one product."""
    shop = world.woocommerce
    varies = len(shop.products) % VARIATION_EVERY == VARIATION_EVERY - 1
    product = WooProduct(
        id=world.ids.next("woo_product"),
        parent_id=shop.parent_id if varies else None,
        item_id=item.inventory_item_id,
        sku=item.sku,
        title=item.title,
        units=units,
        updated_at=now,
    )
    shop.products[product.id] = product
    shop.product_of_item[item.inventory_item_id] = product.id
    return product


def shown_on_woocommerce(world: World, item_id: int) -> int:
    """Return what the web shop sells of an item; 0 where it is not listed."""
    number = world.woocommerce.product_of_item.get(item_id)
    return 0 if number is None else world.woocommerce.products[number].units


def free_web_units(world: World, item_id: int) -> int:
    """Return the units promised to nobody that stand where the web shop ships from."""
    return world.shelf.place(item_id, _location(world)).free_units


def place(
    world: World, *, lines: Sequence[Wish], now: datetime, status: WooStatus = "processing"
) -> WooOrder | TurnedAway:
    """Place an order; pending has taken no stock yet."""
    at, shop = _location(world), world.woocommerce
    wishes = merged(lines)
    for wish in wishes:
        shown = shown_on_woocommerce(world, wish.item_id)
        if shown < wish.units:
            return TurnedAway(reason="shown_too_few", item_id=wish.item_id, wanted_units=wish.units, there_units=shown)
    order = WooOrder(
        id=world.ids.next("woo_order"),
        status=status,
        lines=[_line(world, wish) for wish in wishes],
        created_at=now,
        updated_at=now,
    )
    shop.orders[order.id] = order
    if status in HOLDS_STOCK:
        for line in order.lines:
            line.product.units -= line.units
            line.reduced_units = line.units
            world.confirmations.sold(_listing(world, line.product), line.units)
            for item_id, units in _packed(line, line.units).items():
                world.shelf.promise(_ref(order), item_id, at, units, "sold on WooCommerce")
    _tell_order(world, order, "order.created", now)
    return order


def cancel(world: World, order: WooOrder, *, now: datetime) -> None:
    """Cancel an order that was not shipped; what it had taken is on sale again."""
    if order.status not in (*HOLDS_STOCK, "pending"):
        raise Refused("bad_status", f"WooCommerce order {order.id} is {order.status} and cannot be cancelled")
    for line in order.lines:
        _release(world, order, line, min(line.reduced_units, line.units - line.refunded_units))
        _restock(world, line, line.reduced_units)
    _step(world, order, "cancelled", now)


def complete(world: World, order: WooOrder, *, now: datetime) -> None:
    """Ship an order. Raises Refused where the units do not stand there."""
    if order.status not in HOLDS_STOCK:
        raise Refused("bad_status", f"WooCommerce order {order.id} is {order.status} and cannot be completed")
    at = _location(world)
    for line in order.lines:
        for item_id, units in _packed(line, line.units - line.refunded_units).items():
            there = world.shelf.place(item_id, at).units
            if there < units:
                raise Refused("not_on_shelf", f"WooCommerce order {order.id}: {units} to ship, {there} stand there")
    for line in order.lines:
        for item_id, units in _packed(line, line.units - line.refunded_units).items():
            world.shelf.serve(_ref(order), item_id, at, units)
    order.completed_at = now
    _step(world, order, "completed", now)


def refund(world: World, order: WooOrder, units: Mapping[int, int], *, restock: bool, now: datetime) -> WooRefund:
    """Refund units of lines; `restock` puts them on sale again, and those that were shipped back on the shelf."""
    left = order.status == "completed"
    if order.status not in (*HOLDS_STOCK, "completed"):
        raise Refused("bad_status", f"WooCommerce order {order.id} is {order.status} and has nothing to refund")
    for line in order.lines:
        back = units.get(line.id, 0)
        if back > line.units - line.refunded_units:
            raise Refused("too_many", f"line {line.id} has {line.units - line.refunded_units} units, asked for {back}")
        if left and restock:
            for item_id, parts in _packed(line, back).items():
                world.shelf.put(item_id, _location(world), parts)
        if not left:
            _release(world, order, line, back)
        line.refunded_units += back
        if restock:
            _restock(world, line, back)
            line.restocked_units += back
    done = WooRefund(id=world.ids.next("woo_order"), created_at=now, units=dict(units))
    order.refunds.append(done)
    whole = all(line.refunded_units == line.units for line in order.lines)
    _step(world, order, "refunded" if whole else order.status, now)
    return done


def set_stock(world: World, product: WooProduct, units: int, now: datetime) -> int:
    """Set a product's stock_quantity, whatever it was; return an id for `Confirmations.confirm`."""
    product.units, product.updated_at = units, now
    body = msgspec.json.encode(product_row(world, product))
    _queue(world, "product.updated", body, now)
    return world.confirmations.told(_listing(world, product), units)


def _step(world: World, order: WooOrder, status: WooStatus, now: datetime) -> None:
    order.status, order.updated_at = status, max(order.updated_at, now)
    _tell_order(world, order, "order.updated", now)


def _tell_order(world: World, order: WooOrder, topic: str, now: datetime) -> None:
    _queue(world, topic, msgspec.json.encode(order_row(world, order)), now)


def _queue(world: World, topic: str, body: bytes, now: datetime) -> None:
    for hook in world.woocommerce.hooks.values():
        if hook.status == "active" and hook.topic == topic:
            world.outbox.queue_made(
                Delivery(
                    platform="woocommerce",
                    topic=topic,
                    address=hook.address,
                    subscription_id=hook.id,
                    delivery_id=world.outbox.new_id(),
                    event_id=world.outbox.new_id(),
                    triggered_at=now,
                    api_version="v3",
                    body=body,
                    level=None,
                    include_fields=(),
                    subscription_name=hook.name,
                )
            )


def _line(world: World, wish: Wish) -> WooLine:
    shop = world.woocommerce
    return WooLine(
        id=world.ids.next("woo_line"),
        product=shop.products[shop.product_of_item[wish.item_id]],
        units=wish.units,
        price_cents=world.catalog.known[wish.item_id].price_cents,
        parts=parts_of(world, wish.item_id),
    )


def _packed(line: WooLine, units: int) -> Counter[int]:
    """Return the units of each item that leave the shelf for units of a line."""
    need: Counter[int] = Counter()
    for part in _parts(line):
        need[part[0]] += part[1] * units
    return Counter({item: count for item, count in need.items() if count})


def _parts(line: WooLine) -> Iterable[tuple[int, int]]:
    return ((part.item_id, part.units) for part in line.parts)


def _release(world: World, order: WooOrder, line: WooLine, units: int) -> None:
    for item_id, count in _packed(line, units).items():
        world.shelf.release(_ref(order), item_id, _location(world), count)


def _restock(world: World, line: WooLine, units: int) -> None:
    if units:
        line.product.units += units
        line.reduced_units -= units
        world.confirmations.raised(_listing(world, line.product), units)


def _ref(order: WooOrder) -> OrderRef:
    return OrderRef(PLATFORM, order.id)


def _listing(world: World, product: WooProduct) -> tuple[str, int, int]:
    return (PLATFORM, product.item_id, _location(world))


def _location(world: World) -> int:
    if world.woocommerce.location_id is None:
        raise Refused("no_web_shop", "this merchant has no web shop on WooCommerce")
    return world.woocommerce.location_id
