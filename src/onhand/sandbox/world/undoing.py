"""Refunds and cancellations of orders on Shopify, with each way of restocking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.change import level_at, listing_key, shift
from onhand.sandbox.world.fulfilling import close_if_done, touch
from onhand.sandbox.world.levels import whole_second
from onhand.sandbox.world.orders import Order, OrderLine, Refund, RefundLine, RestockType
from onhand.sandbox.world.outbox import Act
from onhand.sandbox.world.payloads import refund_payload, tell_order
from onhand.sandbox.world.shelf import OrderRef
from onhand.sandbox.world.world import World


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundWish:
    """Units of a line to be refunded; `location_id` None takes the assigned location, needed for "return"."""

    line_id: int
    units: int
    restock_type: RestockType
    location_id: int | None = None


def refund(
    world: World, order: Order, *, lines: Sequence[RefundWish], note: str, now: datetime, with_money: bool = True
) -> Refund:
    """Refund units of an order (Shopify: refundCreate), restocking as each line says.

    cancel: unfulfilled units go from committed back to available. return: fulfilled units come back to the chosen
    location. no_restock: unfulfilled units leave the books, fulfilled ones stay with the shopper. Raises Refused
    when a line has fewer such units than asked.
    """
    if not lines:
        raise Refused("no_lines", f"refund of {order.name} needs at least one line, got 0")
    for wish in lines:
        _check(world, order, wish)
    act = world.outbox.act(now)
    done = [part for wish in lines for part in _give_back(world, order, wish, act)]
    record = keep_refund(world, order, done, act, note=note, with_money=with_money)
    touch(world, order, now)
    tell_order(world, order, ("orders/updated",), act)
    return record


def cancel(world: World, order: Order, *, restock: bool, reason: str, now: datetime) -> Order:
    """Cancel an order of which nothing was shipped; with restock its units become available again.

    Without restock they leave the books and the shelf. At a deactivated location a paid order cannot be cancelled
    with restock, and of an unpaid one nothing is restocked anywhere (Shopify: orderCancel).
    """
    if order.cancelled_at is not None:
        raise Refused("already_cancelled", f"order {order.name} was cancelled at {order.cancelled_at.isoformat()}")
    shipped = sum(line.fulfilled_units for line in order.lines)
    if shipped:
        raise Refused("already_fulfilled", f"order {order.name}: {shipped} units were handed over; refund them")
    asleep = [at for at in _assigned(order) if not world.catalog.locations[at].active]
    if restock and asleep and order.financial_status == "paid":
        name = world.catalog.locations[asleep[0]].name
        raise Refused("location_inactive", f"order {order.name}: {name} is deactivated, nothing can be restocked")
    act = world.outbox.act(now)
    kind: RestockType = "cancel" if restock else "no_restock"
    done: list[RefundLine] = []
    for line in order.lines:
        if line.unfulfilled_units:
            done += _uncommit(world, order, line, units=line.unfulfilled_units, kind=kind, act=act)
    for part in order.fulfillment_orders:
        part.status = "CANCELLED"
        part.holds.clear()
    at = whole_second(now)
    order.cancelled_at, order.cancel_reason, order.closed_at = at, reason, at
    paid = order.financial_status != "pending"
    if done:
        keep_refund(world, order, done, act, note=reason, with_money=paid)
    if not paid:
        order.financial_status = "voided"
    touch(world, order, now)
    tell_order(world, order, ("orders/cancelled", "orders/updated"), act)
    return order


def keep_refund(
    world: World,
    order: Order,
    lines: Sequence[RefundLine],
    act: Act,
    *,
    note: str,
    with_money: bool,
    return_id: int | None = None,
) -> Refund:
    """Write the refund record of what was given back and tell refunds/create; `return_id` names its return."""
    prices = {line.id: line.price_cents for line in order.lines}
    cents = sum(prices[line.line_id] * line.units for line in lines) if with_money else 0
    record = Refund(
        id=world.ids.next("refund"),
        order_id=order.id,
        note=note,
        lines=tuple(lines),
        money_cents=cents,
        created_at=whole_second(act.at),
        return_id=return_id,
    )
    order.refunds.append(record)
    world.orders.index(record.id, order)
    if with_money:
        left = sum(line.current_units for line in order.lines)
        order.financial_status = "partially_refunded" if left else "refunded"
    world.outbox.queue(
        "refunds/create",
        lambda: refund_payload(order, record, world.settings.currency),
        act,
    )
    return record


def remove_unfulfilled(
    world: World, order: Order, line: OrderLine, units: int, *, restock: bool, act: Act
) -> list[RefundLine]:
    """Take unfulfilled units off a line, as an edit does."""
    return _uncommit(world, order, line, units=units, kind="cancel" if restock else "no_restock", act=act)


def _check(world: World, order: Order, wish: RefundWish) -> None:
    line = order.line(wish.line_id)
    if line is None:
        raise Refused("unknown_line", f"order {order.name} has no line {wish.line_id}")
    if wish.units < 1:
        raise Refused("bad_units", f"order {order.name}: refund of {wish.units} units; at least 1 is needed")
    coming = sum(
        part.units - part.processed_units
        for one in order.returns
        if one.status != "CANCELED"
        for part in one.lines
        if part.line_id == line.id
    )
    returnable = line.fulfilled_units - line.returned_units - coming  # what is on its way back is the return's
    left = {
        "cancel": line.unfulfilled_units,
        "return": returnable,
        "no_restock": line.unfulfilled_units + returnable,
    }[wish.restock_type]
    if wish.units > left:
        raise Refused(
            "too_many",
            f"order {order.name}: refund of {wish.units} units of {line.sku} as {wish.restock_type}, "
            f"{left} can be refunded so",
        )
    if wish.restock_type == "return" and wish.location_id not in world.catalog.locations:
        raise Refused("unknown_location", f"order {order.name}: a return needs a location, got {wish.location_id}")


def _give_back(world: World, order: Order, wish: RefundWish, act: Act) -> list[RefundLine]:
    line = order.line(wish.line_id)
    assert line is not None  # _check ran first
    if wish.restock_type == "return":
        assert wish.location_id is not None  # _check ran first
        return [_bring_back(world, line, units=wish.units, location_id=wish.location_id, act=act)]
    open_units = min(wish.units, line.unfulfilled_units)
    done = _uncommit(world, order, line, units=open_units, kind=wish.restock_type, act=act) if open_units else []
    kept = wish.units - open_units  # no_restock of what was shipped: the shopper keeps it
    if kept:
        line.returned_units += kept
        line.current_units -= kept
        done.append(_refund_line(world, line, kept, "no_restock", None))
    return done


def _bring_back(world: World, line: OrderLine, *, units: int, location_id: int, act: Act) -> RefundLine:
    line.returned_units += units
    line.current_units -= units
    if world.catalog.known[line.item_id].tracked:
        level = level_at(world, line.item_id, location_id, act.at)
        shift(world, level, {"available": units}, act)
        world.confirmations.raised(listing_key(line.item_id, location_id), units)
        world.shelf.put(line.item_id, location_id, units)
    return _refund_line(world, line, units, "return", location_id)


def _uncommit(
    world: World,
    order: Order,
    line: OrderLine,
    *,
    units: int,
    kind: RestockType,
    act: Act,
) -> list[RefundLine]:
    """Take unfulfilled units off a line at the locations that were to ship them."""
    done: list[RefundLine] = []
    left = units
    for part in order.fulfillment_orders:
        for piece in part.lines:
            here = min(left, piece.remaining_units) if piece.line_id == line.id else 0
            if here == 0:
                continue
            piece.remaining_units -= here
            left -= here
            if world.catalog.known[line.item_id].tracked:
                _free(world, order, line, location_id=part.location_id, units=here, kind=kind, act=act)
            at = part.location_id if kind == "cancel" else None
            done.append(_refund_line(world, line, here, kind, at))
        close_if_done(part, act.at)
    line.unfulfilled_units -= units
    line.current_units -= units
    return done


def _free(
    world: World,
    order: Order,
    line: OrderLine,
    *,
    location_id: int,
    units: int,
    kind: RestockType,
    act: Act,
) -> None:
    item_id = line.item_id
    oversold = world.shelf.release(OrderRef("shopify", order.id), item_id, location_id, units)
    if not line.claims_stock:
        return  # [I]: what was never committed is not put back either, and nobody throws it away
    level = level_at(world, item_id, location_id, act.at)
    if kind == "cancel":
        if not world.catalog.locations[location_id].active:
            return  # unpaid at a deactivated location: nothing is restocked anywhere
        shift(world, level, {"available": units, "committed": -units}, act)
        world.confirmations.raised(listing_key(item_id, location_id), units)
        return
    shift(world, level, {"committed": -units}, act)
    # Not restocked means that nobody will sell these units again: what of them stood there goes off the shelf.
    there = min(units - oversold, world.shelf.place(item_id, location_id).units)
    if there > 0:
        world.shelf.take(item_id, location_id, there, "cancelled without restock")
        world.shelf.thrown_away_units += there


def _refund_line(world: World, line: OrderLine, units: int, kind: RestockType, location_id: int | None) -> RefundLine:
    return RefundLine(
        id=world.ids.next("refund_line"),
        line_id=line.id,
        item_id=line.item_id,
        units=units,
        restock_type=kind,
        location_id=location_id,
    )


def _assigned(order: Order) -> set[int]:
    return {part.location_id for part in order.fulfillment_orders if part.remaining_units}
