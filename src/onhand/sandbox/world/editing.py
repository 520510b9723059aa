"""Editing an online order: units added commit more stock, units removed release it or are written off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.fulfilling import touch
from onhand.sandbox.world.levels import whole_second
from onhand.sandbox.world.orders import Edit, EditChange, Order, RefundLine
from onhand.sandbox.world.payloads import edit_payload, tell_order
from onhand.sandbox.world.selling import basket, commit_units, new_line, route, shown_online
from onhand.sandbox.world.undoing import keep_refund, remove_unfulfilled
from onhand.sandbox.world.wishes import Wish
from onhand.sandbox.world.world import World


def edit(
    world: World,
    order: Order,
    *,
    additions: Sequence[Wish],
    removals: Mapping[int, int],
    restock: bool | Mapping[int, bool],
    now: datetime,
) -> Edit:
    """Commit an edit: additions make new lines, removals (units by line id) take unfulfilled units away.

    Removed units make a refund record without money, restock type cancel with `restock` (which may say so by line id),
    else no_restock. Raises Refused for a cancelled order, one that was taken away, more removed than is unfulfilled,
    or more added than is shown. Of a bundle its components are added [I].
    """
    wishes, groups = basket(world, additions) if additions else ([], {})
    _check(world, order, wishes, removals)
    act = world.outbox.act(now)
    added: list[EditChange] = []
    for wish in wishes:
        line = new_line(world, world.catalog.known[wish.item_id], wish.units)
        line.added_at = whole_second(now)
        line.group = groups.get(wish.item_id)
        order.lines.append(line)
        world.orders.index(line.id, order)
        for location, parts in route(world, [wish]):
            commit_units(world, order, location.id, parts, act)
        added.append(EditChange(line_id=line.id, delta_units=wish.units))
    gone: list[RefundLine] = []
    for line_id, units in removals.items():
        line_removed = order.line(line_id)
        assert line_removed is not None  # _check ran first
        back = restock if isinstance(restock, bool) else restock.get(line_id, False)
        gone += remove_unfulfilled(world, order, line_removed, units, restock=back, act=act)
    if gone:
        keep_refund(world, order, gone, act, note="edited", with_money=False)
    record = Edit(
        id=world.ids.next("edit"),
        order_id=order.id,
        additions=tuple(added),
        removals=tuple(EditChange(line_id=line_id, delta_units=units) for line_id, units in removals.items()),
        committed_at=whole_second(now),
    )
    order.edits.append(record)
    touch(world, order, now)
    world.outbox.queue("orders/edited", lambda: edit_payload(record), act)
    tell_order(world, order, ("orders/updated",), act)
    return record


def _check(world: World, order: Order, additions: Sequence[Wish], removals: Mapping[int, int]) -> None:
    if not additions and not removals:
        raise Refused("no_lines", f"edit of {order.name} adds nothing and removes nothing")
    taken_away = any(part.method == "RETAIL" for part in order.fulfillment_orders)
    if order.cancelled_at is not None or taken_away:
        raise Refused("not_editable", f"order {order.name} cannot be edited: cancelled or taken away at a till")
    for line_id, units in removals.items():
        line = order.line(line_id)
        if line is None:
            raise Refused("unknown_line", f"order {order.name} has no line {line_id}")
        if not 1 <= units <= line.unfulfilled_units:
            raise Refused(
                "too_many",
                f"order {order.name}: asked to remove {units} of {line.sku}, "
                f"{line.unfulfilled_units} are not shipped yet",
            )
    if additions and not world.catalog.routes():
        raise Refused("no_route", f"order {order.name}: no active location fulfils online orders")
    for wish in additions:
        item = world.catalog.known[wish.item_id]
        shown = shown_online(world, wish.item_id)
        if item.tracked and not item.sells_below_zero and shown < wish.units:
            raise Refused(
                "shown_too_few",
                f"order {order.name}: asked to add {wish.units} of {item.sku}, {shown} are available",
            )
