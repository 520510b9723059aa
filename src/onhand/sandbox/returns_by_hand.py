"""What a person at the control says about returns and drafts, by name and by SKU."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from onhand.sandbox.control_asks import Ask
from onhand.sandbox.orders_by_hand import Line, Row, on_shopify, told, wishes
from onhand.sandbox.world import drafting, returning
from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.drafts import Draft
from onhand.sandbox.world.orders import Order
from onhand.sandbox.world.returning import Disposal, Processed
from onhand.sandbox.world.returns import DispositionType, Return
from onhand.sandbox.world.world import World


class OpenReturn(Ask, frozen=True):
    """Open a return of shipped lines (None: everything that was shipped), with what is sent instead."""

    order: str
    lines: list[Line] | None = None
    exchange: tuple[Line, ...] = ()
    unprocessed: bool = False


class Dispose(Ask, frozen=True):
    """Say what becomes of everything in a return that is not decided yet, or of `units`; RESTOCKED needs a location."""

    type: DispositionType
    return_: str = msgspec.field(name="return")
    location: str | None = None
    units: int | None = None


class ProcessReturn(Ask, frozen=True):
    """Process all of a return; with `type` what is not disposed of yet becomes that, with `refund` money goes back."""

    return_: str = msgspec.field(name="return")
    type: DispositionType | None = None
    location: str | None = None
    refund: bool = True


class EndReturn(Ask, frozen=True):
    """Cancel, close or reopen a return."""

    return_: str = msgspec.field(name="return")


class MakeDraft(Ask, frozen=True):
    """Write a draft order; with `reserve_for_s` its units are reserved that long."""

    lines: list[Line]
    reserve_for_s: float | None = None


class ChangeDraft(Ask, frozen=True):
    """Complete or delete a draft."""

    draft: str


def open_return(world: World, ask: OpenReturn, now: datetime) -> Row:
    """Open a return."""
    order = on_shopify(world, ask.order, "returned")
    opened = returning.create_return(
        world,
        order,
        lines=_lines(order, ask.lines),
        exchanges=wishes(world, ask.exchange),
        unprocessed=ask.unprocessed,
        now=now,
    )
    return _told(opened)


def dispose(world: World, ask: Dispose, now: datetime) -> Row:
    """Dispose of what came back."""
    opened = _find(world, ask.return_)
    at = None if ask.location is None else world.catalog.location_of_name(ask.location).id
    returning.dispose(world, opened, _disposals(opened, ask.type, at, ask.units), now=now)
    return _told(opened)


def process_return(world: World, ask: ProcessReturn, now: datetime) -> Row:
    """Process a return."""
    opened = _find(world, ask.return_)
    at = None if ask.location is None else world.catalog.location_of_name(ask.location).id
    disposals = [] if ask.type is None else _disposals(opened, ask.type, at, None)
    lines = [
        Processed(
            line_id=line.id,
            units=line.units - line.processed_units,
            disposals=tuple(one for one in disposals if one.line_id == line.id),
        )
        for line in opened.lines
        if line.units > line.processed_units
    ]
    exchanges = {one.id: one.units - one.processed_units for one in opened.exchanges if one.units > one.processed_units}
    returning.process(world, opened, lines, exchanges=exchanges, refund=ask.refund, now=now)
    return _told(opened)


def cancel_return(world: World, ask: EndReturn, now: datetime) -> Row:
    """Cancel a return."""
    opened = _find(world, ask.return_)
    returning.cancel_return(world, opened, now=now)
    return _told(opened)


def close_return(world: World, ask: EndReturn, now: datetime) -> Row:
    """Close a return."""
    opened = _find(world, ask.return_)
    returning.close_return(world, opened, now=now)
    return _told(opened)


def make_draft(world: World, ask: MakeDraft, now: datetime) -> Row:
    """Write a draft."""
    until = None if ask.reserve_for_s is None else now + timedelta(seconds=ask.reserve_for_s)
    draft = drafting.create_draft(world, lines=wishes(world, ask.lines), reserve_until=until, now=now)
    return {"draft": draft.name, "id": draft.id, "status": draft.status}


def complete_draft(world: World, ask: ChangeDraft, now: datetime) -> Row:
    """Make an order of a draft."""
    return told(world, drafting.complete_draft(world, _draft(world, ask.draft), now=now))


def delete_draft(world: World, ask: ChangeDraft, now: datetime) -> Row:
    """Delete a draft."""
    draft = _draft(world, ask.draft)
    drafting.delete_draft(world, draft, now=now)
    return {"draft": draft.name, "id": draft.id, "status": "DELETED"}


def _find(world: World, name: str) -> Return:
    for order in world.orders:
        for opened in order.returns:
            if name in (opened.name, str(opened.id)):
                return opened
    raise Refused("unknown_return", f"no return is called {name!r}")


def _draft(world: World, name: str) -> Draft:
    for draft in world.drafts.values():
        if name in (draft.name, str(draft.id)):
            return draft
    raise Refused("unknown_draft", f"no draft is called {name!r}; there are {len(world.drafts)}")


def _told(opened: Return) -> Row:
    return {"return": opened.name, "id": opened.id, "status": opened.status, "waiting_units": opened.waiting_units}


def _disposals(opened: Return, kind: DispositionType, at: int | None, units: int | None) -> list[Disposal]:
    made: list[Disposal] = []
    for line in opened.lines:
        left = line.units - line.disposed_units(*returning.FINAL)
        here = left if units is None else min(left, units)
        if here > 0:
            made.append(Disposal(line_id=line.id, units=here, type=kind, location_id=at))
            units = None if units is None else units - here
    return made


def _lines(order: Order, wanted: list[Line] | None) -> dict[int, int]:
    """Spread units of SKUs over the lines of an order's fulfilments, as far as each can be returned."""
    left = None if wanted is None else {line.sku: line.units for line in wanted}
    lines: dict[int, int] = {}
    for done in order.fulfillments:
        for index, row in enumerate(done.lines):
            line = order.line(row.line_id)
            sku = "" if line is None else line.sku
            there = returning.returnable_units(order, done.line_id(index))
            here = there if left is None else min(there, left.get(sku, 0))
            if here > 0:
                lines[done.line_id(index)] = here
                if left is not None:
                    left[sku] -= here
    short = {sku: units for sku, units in (left or {}).items() if units}
    if short:
        raise Refused("too_many", f"order {order.name}: {short} more than were shipped and not given back")
    return lines
