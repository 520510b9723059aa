"""Fulfilment orders of one location: held back, released, split, merged, and made ready to be picked up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.fulfilling import check_part, split_off, touch
from onhand.sandbox.world.levels import whole_second
from onhand.sandbox.world.orders import FulfillmentOrder, FulfillmentOrderLine, Hold
from onhand.sandbox.world.outbox import Act, Payload
from onhand.sandbox.world.payloads import part_payload, tell_order
from onhand.sandbox.world.world import World

# FulfillmentOrderHoldUserErrorCode, 2026-10: an app places at most ten holds on one fulfilment order.
MOST_HOLDS = 10


def hold(
    world: World,
    part: FulfillmentOrder,
    *,
    reason: str,
    now: datetime,
    notes: str = "",
    handle: str | None = None,
    units: Mapping[int, int] | None = None,
) -> FulfillmentOrder:
    """Hold back what waits to be shipped, or only `units` by line id: those are split off first. Stock stays committed.

    Return what is on hold now. Raises Refused for one that does not wait, or that has ten holds or this handle already.
    """
    order = world.orders.by_id[part.order_id]
    check_part(order, part, _all_left(part) if units is None else units)
    if len(part.holds) >= MOST_HOLDS:
        raise Refused("too_many_holds", f"fulfilment order {part.id} has {MOST_HOLDS} holds, the most it may have")
    if any(one.handle == handle for one in part.holds):
        raise Refused("duplicate_handle", f"fulfilment order {part.id} has a hold with handle {handle!r} already")
    act = world.outbox.act(now)
    held = part if units is None else split_off(world, order, part, units, now)
    place_hold(world, held, act, reason=reason, notes=notes, handle=handle)
    touch(world, order, now)
    tell_order(world, order, ("orders/updated",), act)
    return held


def place_hold(
    world: World, part: FulfillmentOrder, act: Act, *, reason: str, notes: str = "", handle: str | None = None
) -> Hold:
    """Add a hold to a fulfilment order as part of a larger act, and tell of it."""
    made = Hold(id=world.ids.next("hold"), reason=reason, notes=notes, handle=handle)
    first = not part.holds
    part.holds.append(made)
    part.status, part.updated_at = "ON_HOLD", whole_second(act.at)
    world.outbox.queue("fulfillment_holds/added", lambda: _hold_payload(part, made), act)
    if first:
        _tell(world, "placed_on_hold", {"fulfillment_order": part_payload(part)}, act)
    return made


def release(world: World, part: FulfillmentOrder, *, now: datetime, hold_ids: Sequence[int] = ()) -> None:
    """Release holds, all of them when none is named; with the last one gone the fulfilment order is open again."""
    order = world.orders.by_id[part.order_id]
    wanted = set(hold_ids) or {one.id for one in part.holds}
    unknown = wanted - {one.id for one in part.holds}
    if unknown or not part.holds:
        raise Refused("not_on_hold", f"fulfilment order {part.id} has no hold {min(unknown, default='at all')}")
    act = world.outbox.act(now)
    release_holds(world, part, wanted, act)
    touch(world, order, now)
    tell_order(world, order, ("orders/updated",), act)


def release_holds(world: World, part: FulfillmentOrder, hold_ids: set[int], act: Act) -> None:
    """Release holds of a fulfilment order as part of a larger act, and tell of it."""
    for gone in [one for one in part.holds if one.id in hold_ids]:
        part.holds.remove(gone)
        world.outbox.queue("fulfillment_holds/released", partial(_hold_payload, part, gone), act)
    part.updated_at = whole_second(act.at)
    if not part.holds and part.status == "ON_HOLD":
        part.status = "OPEN"
        _tell(world, "hold_released", {"fulfillment_order": part_payload(part)}, act)


def split(world: World, part: FulfillmentOrder, units: Mapping[int, int], *, now: datetime) -> FulfillmentOrder:
    """Split `units` by line id off into a fulfilment order of their own, and return it: no stock moves."""
    order = world.orders.by_id[part.order_id]
    if part.status != "OPEN":
        raise Refused(
            "bad_status", f"order {order.name}: only an open fulfilment order is split, this is {part.status}"
        )
    check_part(order, part, units)
    if dict(units) == _all_left(part):
        raise Refused("nothing_remains", f"order {order.name}: splitting off everything leaves nothing to split from")
    act = world.outbox.act(now)
    made = split_off(world, order, part, units, now)
    touch(world, order, now)
    told: Payload = {"fulfillment_order": part_payload(part), "remaining_fulfillment_order": part_payload(made)}
    _tell(world, "split", told, act)
    tell_order(world, order, ("orders/updated",), act)
    return made


def merge(world: World, parts: Sequence[FulfillmentOrder], *, now: datetime) -> FulfillmentOrder:
    """Merge open fulfilment orders of one order and one location into the first, and return it: no stock moves."""
    first, others = parts[0], parts[1:]
    order = world.orders.by_id[first.order_id]
    if len({part.id for part in parts}) < 2 or len({(part.order_id, part.location_id) for part in parts}) != 1:
        raise Refused("not_mergeable", f"order {order.name}: two fulfilment orders of one location are needed")
    if any(part.status != "OPEN" or part.method != first.method for part in parts):
        raise Refused("bad_status", f"order {order.name}: only open fulfilment orders of one delivery are merged")
    act = world.outbox.act(now)
    for part in others:
        for line in part.lines:
            if line.remaining_units:
                _take_over(world, first, line.line_id, line.item_id, line.remaining_units)
                line.total_units -= line.remaining_units
                line.remaining_units = 0
        part.status, part.updated_at = "CLOSED", whole_second(now)
    first.updated_at = whole_second(now)
    touch(world, order, now)
    # [I]: of the documented sample only the outer name is known here.
    _tell(world, "merged", {"fulfillment_order": part_payload(first)}, act)
    tell_order(world, order, ("orders/updated",), act)
    return first


def prepare_for_pickup(world: World, part: FulfillmentOrder, *, now: datetime) -> None:
    """Make ready what a shopper picks up: nothing moves before it is handed over, which `fulfil` does."""
    order = world.orders.by_id[part.order_id]
    if part.method != "PICK_UP" or part.status not in {"OPEN", "IN_PROGRESS"}:
        raise Refused(
            "not_for_pickup", f"order {order.name}: fulfilment order {part.id} is not waiting to be picked up"
        )
    act = world.outbox.act(now)
    part.status, part.updated_at = "IN_PROGRESS", whole_second(now)
    _tell(world, "line_items_prepared_for_pickup", {"fulfillment_order": part_payload(part)}, act)


def _take_over(world: World, part: FulfillmentOrder, line_id: int, item_id: int, units: int) -> None:
    for line in part.lines:
        if line.line_id == line_id:
            line.total_units += units
            line.remaining_units += units
            return
    part.lines.append(
        FulfillmentOrderLine(
            id=world.ids.next("fulfillment_order_line"),
            line_id=line_id,
            item_id=item_id,
            total_units=units,
            remaining_units=units,
        )
    )


def _all_left(part: FulfillmentOrder) -> dict[int, int]:
    return {line.id: line.remaining_units for line in part.lines if line.remaining_units}


def _hold_payload(part: FulfillmentOrder, held: Hold) -> Payload:
    return {
        "fulfillment_order": part_payload(part),
        "fulfillment_hold": {"id": f"gid://shopify/FulfillmentHold/{held.id}", "reason": held.reason.lower()},
    }


def _tell(world: World, event: str, payload: Payload, act: Act) -> None:
    world.outbox.queue(f"fulfillment_orders/{event}", lambda: payload, act)
