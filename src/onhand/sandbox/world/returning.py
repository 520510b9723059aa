"""Returns and exchanges: goods come back, and only what is disposed of as restocked is counted again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from onhand.sandbox.world.assigning import place_hold, release_holds
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.change import level_at, listing_key, shift
from onhand.sandbox.world.fulfilling import line_of, touch
from onhand.sandbox.world.levels import whole_second
from onhand.sandbox.world.orders import FulfillmentOrder, Order, RefundLine
from onhand.sandbox.world.outbox import Act, Payload
from onhand.sandbox.world.payloads import tell_order
from onhand.sandbox.world.returns import Disposition, DispositionType, ExchangeLine, Return, ReturnLine
from onhand.sandbox.world.selling import basket, commit_units, merged, new_line, route
from onhand.sandbox.world.undoing import keep_refund, remove_unfulfilled
from onhand.sandbox.world.wishes import Wish
from onhand.sandbox.world.world import World

FINAL = ("RESTOCKED", "NOT_RESTOCKED", "MISSING")
_AWAITING = "AWAITING_RETURN_ITEMS"


@dataclass(frozen=True, kw_only=True, slots=True)
class Disposal:
    """What becomes of units of a return's line; RESTOCKED needs a location."""

    line_id: int
    units: int
    type: DispositionType
    location_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Processed:
    """Units of a return's line that are confirmed, with what becomes of them as far as it is known."""

    line_id: int
    units: int
    disposals: tuple[Disposal, ...] = ()


def create_return(
    world: World,
    order: Order,
    *,
    lines: Mapping[int, int],
    now: datetime,
    exchanges: Sequence[Wish] = (),
    unprocessed: bool = False,
) -> Return:
    """Open a return of shipped units, by fulfilment line id (Shopify: returnCreate): no stock moves for them.

    Exchange lines are added to the order and committed at once, on hold until the goods are back; `unprocessed` adds
    them only when the return is processed. Raises Refused when a line has fewer such units.
    """
    if not lines:
        raise Refused("no_lines", f"a return of {order.name} needs at least one line, got 0")
    opened = Return(
        id=world.ids.next("return"),
        reverse_order_id=world.ids.next("reverse_order"),
        order_id=order.id,
        name=f"{order.name}-R{len(order.returns) + 1}",
        status="OPEN",
        lines=[_return_line(world, order, line_id, units) for line_id, units in lines.items()],
        exchanges=[
            ExchangeLine(id=world.ids.next("exchange_line"), item_id=wish.item_id, units=wish.units)
            for wish in (merged(exchanges) if exchanges else ())
        ],
        created_at=whole_second(now),
    )
    if opened.exchanges and not world.catalog.routes():
        raise Refused("no_route", "no active location fulfils online orders")
    act = world.outbox.act(now)
    order.returns.append(opened)
    for part_id in opened.part_ids():
        world.orders.index(part_id, order)
    if not unprocessed:
        for exchange in opened.exchanges:
            for part in _add_exchange(world, order, exchange, exchange.units, act):
                place_hold(world, part, act, reason=_AWAITING)
    touch(world, order, now)
    world.outbox.queue("returns/approve", lambda: return_payload(opened), act)
    tell_order(world, order, ("orders/updated",), act)
    return opened


def dispose(world: World, opened: Return, disposals: Sequence[Disposal], *, now: datetime) -> None:
    """Say what becomes of returned units (Shopify: reverseFulfillmentOrderDispose).

    RESTOCKED puts them on sale at its location; NOT_RESTOCKED, MISSING and PROCESSING_REQUIRED move no stock. What
    required processing may be disposed of once more. The order's `updated_at` stays as it was [I].
    """
    _check_open(opened)
    if not disposals:
        raise Refused("no_lines", f"return {opened.name}: nothing is disposed of")
    _check_disposals(world, opened, disposals)
    _dispose(world, opened, disposals, world.outbox.act(now))


def process(
    world: World,
    opened: Return,
    lines: Sequence[Processed],
    *,
    now: datetime,
    exchanges: Mapping[int, int] | None = None,
    refund: bool = True,
) -> None:
    """Confirm what came back and what is sent instead (Shopify: returnProcess), with dispositions and a refund.

    `exchanges` are units by exchange line id. The refund names restocked units as RETURN at their location, as
    `WorldSettings.refund_of_return_restocks` says, and moves no stock: the disposition did [I].
    """
    _check_open(opened)
    order = world.orders.by_id[opened.order_id]
    _check_processed(world, opened, lines, exchanges or {})
    act = world.outbox.act(now)
    back = [part for row in lines for part in _take_back(world, opened, order, row, act)]
    for exchange_id, units in (exchanges or {}).items():
        exchange = next(one for one in opened.exchanges if one.id == exchange_id)
        exchange.processed_units += units
        if not exchange.line_ids:
            _add_exchange(world, order, exchange, units, act)
        for part in order.fulfillment_orders:
            if any(row.line_id in exchange.line_ids for row in part.lines):
                release_holds(world, part, {one.id for one in part.holds if one.reason == _AWAITING}, act)
    if refund and back:
        keep_refund(world, order, back, act, note=opened.name, with_money=True, return_id=opened.id)
    touch(world, order, now)
    world.outbox.queue("returns/process", lambda: return_payload(opened), act)
    tell_order(world, order, ("orders/updated",), act)


def cancel_return(world: World, opened: Return, *, now: datetime) -> None:
    """Cancel a return on which no work was done; what was to be sent in exchange leaves the order again."""
    _check_open(opened)
    if any(line.dispositions or line.processed_units for line in opened.lines):
        raise Refused("bad_status", f"return {opened.name} was begun: it is closed, not cancelled")
    order = world.orders.by_id[opened.order_id]
    act = world.outbox.act(now)
    gone: list[RefundLine] = []
    for exchange in opened.exchanges:
        for line in (line_of(order, line_id) for line_id in exchange.line_ids):
            if line.unfulfilled_units:
                gone += remove_unfulfilled(world, order, line, line.unfulfilled_units, restock=True, act=act)
    if gone:
        keep_refund(world, order, gone, act, note="return cancelled", with_money=False)
    opened.status, opened.closed_at = "CANCELED", whole_second(now)
    _tell_status(world, opened, order, "cancel", act)


def close_return(world: World, opened: Return, *, now: datetime) -> None:
    """Close a return: whatever was not restocked by now stays so."""
    _check_open(opened)
    opened.status, opened.closed_at = "CLOSED", whole_second(now)
    _tell_status(world, opened, world.orders.by_id[opened.order_id], "close", world.outbox.act(now))


def reopen_return(world: World, opened: Return, *, now: datetime) -> None:
    """Open a closed return again."""
    if opened.status != "CLOSED":
        raise Refused("bad_status", f"return {opened.name} is {opened.status}, not CLOSED")
    opened.status, opened.closed_at = "OPEN", None
    _tell_status(world, opened, world.orders.by_id[opened.order_id], "reopen", world.outbox.act(now))


def returnable_units(order: Order, fulfilled_line_id: int) -> int:
    """Return the units of a fulfilment line that were neither given back nor are on their way back."""
    row = next((one for done in order.fulfillments if (one := done.line_of(fulfilled_line_id)) is not None), None)
    shipped = any(done.line_of(fulfilled_line_id) and done.status == "SUCCESS" for done in order.fulfillments)
    if row is None or not shipped:
        return 0
    line = line_of(order, row.line_id)
    coming = sum(part.units for part in coming_lines(order) if part.fulfilled_line_id == fulfilled_line_id)
    of_line = sum(part.units - part.processed_units for part in coming_lines(order) if part.line_id == line.id)
    return max(0, min(row.units - coming, line.fulfilled_units - line.returned_units - of_line))


def coming_lines(order: Order) -> list[ReturnLine]:
    """Return the lines of an order's returns that were not cancelled."""
    return [line for one in order.returns if one.status != "CANCELED" for line in one.lines]


def return_payload(opened: Return) -> Payload:
    """Return returns/approve and /process: what they say of stock is nothing (the sample of /process is empty [I])."""
    return {
        **_named("Return", opened.id),
        "status": opened.status.lower(),
        "order": _named("Order", opened.order_id),
        "total_return_line_items": sum(line.units for line in opened.lines),
        "name": opened.name,
        "return_line_items": [],
        "return_shipping_fees": [],
        "exchange_line_items": [_named("ExchangeLineItem", one.id) | {"line_item": None} for one in opened.exchanges],
        "total_exchange_line_items": sum(one.units for one in opened.exchanges),
    }


def _return_line(world: World, order: Order, fulfilled_line_id: int, units: int) -> ReturnLine:
    there = returnable_units(order, fulfilled_line_id)
    if not 1 <= units <= there:
        raise Refused(
            "too_many", f"order {order.name}: asked to return {units} units of {fulfilled_line_id}, {there} can be"
        )
    row = next(one for done in order.fulfillments if (one := done.line_of(fulfilled_line_id)) is not None)
    return ReturnLine(
        id=world.ids.next("return_line"),
        reverse_line_id=world.ids.next("reverse_line"),
        fulfilled_line_id=fulfilled_line_id,
        line_id=row.line_id,
        item_id=row.item_id,
        units=units,
    )


def _add_exchange(world: World, order: Order, exchange: ExchangeLine, units: int, act: Act) -> list[FulfillmentOrder]:
    """Add lines to the order for what is sent instead, a bundle's components one by one; commit where routing says."""
    wishes, groups = basket(world, [Wish(item_id=exchange.item_id, units=units)])
    made: list[FulfillmentOrder] = []
    for wish in wishes:
        line = new_line(world, world.catalog.known[wish.item_id], wish.units)
        line.added_at = whole_second(act.at)
        line.group = groups.get(wish.item_id)
        order.lines.append(line)
        exchange.line_ids.append(line.id)
        world.orders.index(line.id, order)
        made += [commit_units(world, order, at.id, parts, act) for at, parts in route(world, [wish])]
    order.closed_at = None
    return made


def _check_open(opened: Return) -> None:
    if opened.status != "OPEN":
        raise Refused("bad_status", f"return {opened.name} is {opened.status}, not OPEN")


def _check_disposals(world: World, opened: Return, disposals: Sequence[Disposal]) -> None:
    asked: dict[int, int] = {}
    for row in disposals:
        line = opened.line(row.line_id)
        if line is None:
            raise Refused("unknown_line", f"return {opened.name} has no line {row.line_id}")
        if row.type == "RESTOCKED" and row.location_id not in world.catalog.locations:
            raise Refused(
                "unknown_location", f"return {opened.name}: restocking needs a location, got {row.location_id}"
            )
        asked[line.id] = asked.get(line.id, 0) + row.units
        left = line.units - line.disposed_units(*FINAL)
        if row.units < 1 or asked[line.id] > left:
            raise Refused(
                "too_many", f"return {opened.name}: asked to dispose of {asked[line.id]} units, {left} are left"
            )


def _check_processed(world: World, opened: Return, lines: Sequence[Processed], exchanges: Mapping[int, int]) -> None:
    if not lines and not exchanges:
        raise Refused("no_lines", f"return {opened.name}: nothing is processed")
    for row in lines:
        line = opened.line(row.line_id)
        if line is None:
            raise Refused("unknown_line", f"return {opened.name} has no line {row.line_id}")
        left = line.units - line.processed_units
        if not 1 <= row.units <= left:
            raise Refused("too_many", f"return {opened.name}: asked to process {row.units} units, {left} are left")
    _check_disposals(world, opened, [disposal for row in lines for disposal in row.disposals])
    if exchanges and not world.catalog.routes():
        raise Refused("no_route", f"return {opened.name}: no active location fulfils online orders")
    for exchange_id, units in exchanges.items():
        exchange = next((one for one in opened.exchanges if one.id == exchange_id), None)
        left = 0 if exchange is None else exchange.units - exchange.processed_units
        if not 1 <= units <= left:
            raise Refused("too_many", f"return {opened.name}: asked to exchange {units} units, {left} are left")


def _dispose(world: World, opened: Return, disposals: Sequence[Disposal], act: Act) -> None:
    for row in disposals:
        line = opened.line(row.line_id)
        assert line is not None  # checked before
        _settle_processing(line, row.units)
        location_id = row.location_id if row.type == "RESTOCKED" else None
        line.dispositions.append(
            Disposition(
                id=world.ids.next("disposition"),
                type=row.type,
                units=row.units,
                location_id=location_id,
                created_at=whole_second(act.at),
            )
        )
        if location_id is not None and world.catalog.known[line.item_id].tracked:
            shift(world, level_at(world, line.item_id, location_id, act.at), {"available": row.units}, act)
            world.confirmations.raised(listing_key(line.item_id, location_id), row.units)
            world.shelf.put(line.item_id, location_id, row.units)
    world.outbox.queue("reverse_fulfillment_orders/dispose", lambda: _dispose_payload(opened, disposals), act)


def _settle_processing(line: ReturnLine, units: int) -> None:
    """Let a disposition take over units that required processing, as far as no others are left [I]."""
    over = line.disposed_units() + units - line.units
    for row in list(line.dispositions):
        if over > 0 and row.type == "PROCESSING_REQUIRED":
            taken = min(over, row.units)
            row.units -= taken
            over -= taken
            if row.units == 0:
                line.dispositions.remove(row)


def _take_back(world: World, opened: Return, order: Order, row: Processed, act: Act) -> list[RefundLine]:
    line = opened.line(row.line_id)
    assert line is not None  # checked before
    line.processed_units += row.units
    line.refunded_units += row.units
    order_line = line_of(order, line.line_id)
    order_line.returned_units += row.units
    order_line.current_units -= row.units
    if row.disposals:
        _dispose(world, opened, row.disposals, act)
    made: list[RefundLine] = []
    left = row.units
    for disposal in row.disposals:
        if disposal.type == "RESTOCKED" and world.settings.refund_of_return_restocks:
            units = min(left, disposal.units)
            left -= units
            made.append(_refund_line(world, line, units, disposal.location_id))
    if left:
        made.append(_refund_line(world, line, left, None))
    return made


def _refund_line(world: World, line: ReturnLine, units: int, location_id: int | None) -> RefundLine:
    return RefundLine(
        id=world.ids.next("refund_line"),
        line_id=line.line_id,
        item_id=line.item_id,
        units=units,
        restock_type="no_restock" if location_id is None else "return",
        location_id=location_id,
    )


def _named(kind: str, number: int) -> Payload:
    return {"id": number, "admin_graphql_api_id": f"gid://shopify/{kind}/{number}"}


def _dispose_payload(opened: Return, disposals: Sequence[Disposal]) -> Payload:
    rows: list[Payload] = []
    for row in disposals:
        line = opened.line(row.line_id)
        assert line is not None  # checked before
        rows.append(
            {
                "reverse_fulfillment_order_line_item": _named("ReverseFulfillmentOrderLineItem", line.reverse_line_id),
                "reverse_delivery_line_item": None,
                "type": row.type.lower(),
                "location": None if row.location_id is None else _named("Location", row.location_id),
                "quantity": row.units,
            }
        )
    named = _named("ReverseFulfillmentOrder", opened.reverse_order_id)
    return {**named, "dispositions": rows, "total_dispositions": len(rows)}


def _tell_status(world: World, opened: Return, order: Order, event: str, act: Act) -> None:
    touch(world, order, act.at)
    told = {**_named("Return", opened.id), "order_id": opened.order_id, "status": opened.status.lower()}
    world.outbox.queue(f"returns/{event}", lambda: told, act)
    tell_order(world, order, ("orders/updated",), act)
