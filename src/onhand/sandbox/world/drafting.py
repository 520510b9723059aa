"""Draft orders: nothing is claimed unless stock is reserved until a time, and completing one makes an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.change import level_at, listing_key, shift
from onhand.sandbox.world.drafts import Draft, DraftLine
from onhand.sandbox.world.levels import whole_second
from onhand.sandbox.world.orders import DRAFT_ORDERS, Order
from onhand.sandbox.world.outbox import Act, Payload
from onhand.sandbox.world.payloads import money, optional_stamp, stamp, tell_order
from onhand.sandbox.world.selling import basket, commit_units, merged, new_order, route
from onhand.sandbox.world.wishes import Wish
from onhand.sandbox.world.world import World


def create_draft(world: World, *, lines: Sequence[Wish], now: datetime, reserve_until: datetime | None = None) -> Draft:
    """Write a draft order; with `reserve_until` its units go from available to reserved until then.

    Where they are reserved is not documented: here where routing would send the order, below zero if need be [I].
    """
    wishes = merged(lines)
    basket(world, wishes)  # what cannot be taken apart is refused before anything is written
    draft = Draft(
        id=world.ids.next("draft"),
        number=max((draft.number for draft in world.drafts.values()), default=0) + 1,
        lines=_lines(world, wishes),
        status="OPEN",
        reserve_until=None,
        created_at=whole_second(now),
        updated_at=whole_second(now),
    )
    act = world.outbox.act(now)
    _reserve(world, draft, reserve_until, act)
    world.drafts[draft.id] = draft
    world.outbox.queue("draft_orders/create", lambda: draft_payload(world, draft), act)
    return draft


def update_draft(
    world: World,
    draft: Draft,
    *,
    now: datetime,
    reserve_until: datetime | None,
    lines: Sequence[Wish] | None = None,
) -> Draft:
    """Change until when a draft reserves (None: no longer), and what it asks for unless `lines` is None."""
    _check_open(draft)
    wishes = None if lines is None else merged(lines)
    if wishes is not None:
        basket(world, wishes)
    act = world.outbox.act(now)
    _release(world, draft, act)
    if wishes is not None:
        draft.lines = _lines(world, wishes)
    _reserve(world, draft, reserve_until, act)
    _touch(draft, now)
    world.outbox.queue("draft_orders/update", lambda: draft_payload(world, draft), act)
    return draft


def delete_draft(world: World, draft: Draft, *, now: datetime) -> None:
    """Delete a draft that was not completed; what it reserved is available again."""
    _check_open(draft)
    act = world.outbox.act(now)
    _release(world, draft, act)
    del world.drafts[draft.id]
    world.outbox.queue("draft_orders/delete", lambda: {"id": draft.id}, act)


def complete_draft(world: World, draft: Draft, *, now: datetime, paid: bool = True) -> Order:
    """Make an order of a draft: what it reserved is committed where it was reserved, the rest where routing says.

    The inventory policy is not asked: verifying is left to who completes it (Shopify: draftOrderComplete).
    """
    _check_open(draft)
    if not world.catalog.routes():
        raise Refused("no_route", "no active location fulfils online orders")
    pass_time(world, now)
    held = dict(draft.reserved)
    act = world.outbox.act(now)
    _release(world, draft, act)
    wishes, groups = basket(world, _wishes(draft))
    order = new_order(world, "draft_order", DRAFT_ORDERS, wishes, now=now, groups=groups)
    order.financial_status = "paid" if paid else "pending"
    world.orders.add(order)
    if held:
        for location_id in dict.fromkeys(at for _, at in held):
            here = [Wish(item_id=item, units=units) for (item, at), units in held.items() if at == location_id]
            commit_units(world, order, location_id, here, act)
        wishes = _beside(wishes, held)
    for at, parts in route(world, wishes) if wishes else ():
        commit_units(world, order, at.id, parts, act)
    draft.status, draft.order_id, draft.completed_at = "COMPLETED", order.id, whole_second(now)
    _touch(draft, now)
    tell_order(world, order, ("orders/create", "orders/paid") if paid else ("orders/create",), act)
    world.outbox.queue("draft_orders/update", lambda: draft_payload(world, draft), act)
    return order


def pass_time(world: World, now: datetime) -> int:
    """Release what drafts reserved until a time that has passed; return how many drafts did.

    The draft itself stays as it was, `updated_at` included [I]: only the levels tell that it happened.
    """
    due = [
        draft
        for draft in world.drafts.values()
        if draft.reserved and draft.reserve_until is not None and draft.reserve_until <= now
    ]
    for draft in due:
        _release(world, draft, world.outbox.act(now))
    return len(due)


def draft_payload(world: World, draft: Draft) -> Payload:
    """Return draft_orders/create and /update, in the shape of the REST draft order: it names no reservation [I]."""
    known, sold = world.catalog.known, world.catalog.items
    return {
        "id": draft.id,
        "admin_graphql_api_id": f"gid://shopify/DraftOrder/{draft.id}",
        "name": draft.name,
        "note": None,
        "email": None,
        "currency": world.settings.currency,
        "status": draft.status.lower(),
        "created_at": stamp(draft.created_at),
        "updated_at": stamp(draft.updated_at),
        "completed_at": optional_stamp(draft.completed_at),
        "invoice_sent_at": None,
        "order_id": draft.order_id,
        "line_items": [
            {
                "id": line.id,
                "variant_id": known[line.item_id].variant_id if line.item_id in sold else None,
                "product_id": known[line.item_id].product_id if line.item_id in sold else None,
                "sku": known[line.item_id].sku,
                "title": known[line.item_id].title,
                "quantity": line.units,
                "price": money(known[line.item_id].price_cents),
            }
            for line in draft.lines
        ],
    }


def _lines(world: World, wishes: Sequence[Wish]) -> list[DraftLine]:
    return [DraftLine(id=world.ids.next("draft_line"), item_id=wish.item_id, units=wish.units) for wish in wishes]


def _beside(wishes: Sequence[Wish], held: Mapping[tuple[int, int], int]) -> list[Wish]:
    """Return what of the wishes was not reserved: what nobody counts."""
    reserved: dict[int, int] = {}
    for (item_id, _), units in held.items():
        reserved[item_id] = reserved.get(item_id, 0) + units
    rest = [replace(wish, units=wish.units - reserved.get(wish.item_id, 0)) for wish in wishes]
    return [wish for wish in rest if wish.units]


def _wishes(draft: Draft) -> list[Wish]:
    return [Wish(item_id=line.item_id, units=line.units) for line in draft.lines]


def _check_open(draft: Draft) -> None:
    if draft.status == "COMPLETED":
        raise Refused("already_completed", f"draft {draft.name} was completed: it is an order now")


def _touch(draft: Draft, now: datetime) -> None:
    draft.updated_at = max(draft.updated_at, whole_second(now))


def _reserve(world: World, draft: Draft, until: datetime | None, act: Act) -> None:
    draft.reserve_until = None if until is None else whole_second(until)
    if draft.reserve_until is None or draft.reserve_until <= act.at or not world.catalog.routes():
        return
    wishes, _ = basket(world, _wishes(draft))
    for at, parts in route(world, wishes):
        for part in parts:
            if world.catalog.known[part.item_id].tracked:
                level = level_at(world, part.item_id, at.id, act.at)
                shift(world, level, {"available": -part.units, "reserved": part.units}, act)
                world.confirmations.sold(listing_key(part.item_id, at.id), part.units)
                key = (part.item_id, at.id)
                draft.reserved[key] = draft.reserved.get(key, 0) + part.units


def _release(world: World, draft: Draft, act: Act) -> None:
    for (item_id, location_id), units in draft.reserved.items():
        level = level_at(world, item_id, location_id, act.at)
        shift(world, level, {"available": units, "reserved": -units}, act)
        world.confirmations.raised(listing_key(item_id, location_id), units)
    draft.reserved.clear()
