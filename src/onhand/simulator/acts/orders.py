"""What may happen to an order that is there."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime

from onhand.sandbox.world import assigning, fulfilling, undoing
from onhand.sandbox.world.editing import edit
from onhand.sandbox.world.orders import FulfillmentOrder, Order, OrderLine, RestockType
from onhand.sandbox.world.undoing import RefundWish
from onhand.sandbox.world.unshipping import cancel_fulfillment
from onhand.sandbox.world.world import World
from onhand.simulator.acts.chance import Act, name_of, one_of, some_of, some_wishes

_OrderAct = Callable[[Order, datetime], str]


class OrderActs:
    """Shipping, taking back, changing, moving and cancelling."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._rng = rng

    def acts(self) -> Sequence[Act]:
        """Return what may happen."""
        acts = (
            self._fulfil,
            self._fulfil,
            self._fulfil,
            self._refund,
            self._refund,
            self._edit,
            self._move,
            self._cancel,
            self._unship,
            self._hold,
            self._release,
            self._split,
            self._merge,
        )
        return [self._to_any(act) for act in acts]

    def _to_any(self, act: _OrderAct) -> Act:
        def happen(now: datetime) -> str:
            order = one_of(self._rng, list(self._world.orders), "nothing was ordered yet")
            return f"{order.name}: {act(order, now)}"

        return Act(name_of(act), happen)

    def _fulfil(self, order: Order, now: datetime) -> str:
        if self._rng.random() < 0.5:
            fulfilling.fulfil(self._world, order, lines=None, now=now)
            return "all that is left is shipped"
        units = some_of(self._rng, {line.id: line.unfulfilled_units for line in order.lines})
        fulfilling.fulfil(self._world, order, lines=units, now=now)
        return f"{units} shipped"

    def _refund(self, order: Order, now: datetime) -> str:
        kind: RestockType = self._rng.choice(("cancel", "return", "return", "no_restock"))

        def left(line: OrderLine) -> int:
            returnable = line.fulfilled_units - line.returned_units
            return {
                "cancel": line.unfulfilled_units,
                "return": returnable,
                "no_restock": line.unfulfilled_units + returnable,
            }[kind]

        units = some_of(self._rng, {line.id: left(line) for line in order.lines})
        at = self._rng.choice(list(self._world.catalog.locations)) if kind == "return" else None
        wishes = [
            RefundWish(line_id=line, units=count, restock_type=kind, location_id=at) for line, count in units.items()
        ]
        undoing.refund(self._world, order, lines=wishes, note="", now=now)
        return f"{units} refunded as {kind} at {at}"

    def _edit(self, order: Order, now: datetime) -> str:
        additions = some_wishes(self._rng, self._world) if self._rng.random() < 0.6 else []
        removals = {}
        if not additions or self._rng.random() < 0.5:
            removals = some_of(self._rng, {line.id: line.unfulfilled_units for line in order.lines})
        restock = self._rng.random() < 0.7
        edit(self._world, order, additions=additions, removals=removals, restock=restock, now=now)
        return f"edited: {additions} added, {removals} removed, restock {restock}"

    def _move(self, order: Order, now: datetime) -> str:
        part = self._waiting(order)
        to = self._rng.choice(list(self._world.catalog.locations))
        units = some_of(self._rng, _left(part)) if self._rng.random() < 0.4 else None
        origin = part.location_id
        fulfilling.move_fulfillment_order(self._world, part, to_location_id=to, now=now, units=units)
        return f"{units or 'all'} of fulfilment order {part.id} moved from {origin} to {to}"

    def _cancel(self, order: Order, now: datetime) -> str:
        restock = self._rng.random() < 0.6
        undoing.cancel(self._world, order, restock=restock, reason="customer", now=now)
        return f"cancelled, restock {restock}"

    def _unship(self, order: Order, now: datetime) -> str:
        done = one_of(self._rng, order.fulfillments, "nothing was shipped")
        cancel_fulfillment(self._world, done, now=now)
        return f"fulfilment {done.name} cancelled"

    def _hold(self, order: Order, now: datetime) -> str:
        part = self._waiting(order)
        units = some_of(self._rng, _left(part)) if self._rng.random() < 0.4 else None
        handle = f"hold-{len(part.holds)}"
        assigning.hold(self._world, part, reason="OTHER", now=now, units=units, handle=handle)
        return f"{units or 'all'} of fulfilment order {part.id} held"

    def _release(self, order: Order, now: datetime) -> str:
        held = [part for part in order.fulfillment_orders if part.holds]
        part = one_of(self._rng, held, "nothing is on hold")
        assigning.release(self._world, part, now=now)
        return f"fulfilment order {part.id} released"

    def _split(self, order: Order, now: datetime) -> str:
        part = self._waiting(order)
        units = some_of(self._rng, _left(part))
        made = assigning.split(self._world, part, units, now=now)
        return f"{units} of fulfilment order {part.id} split off as {made.id}"

    def _merge(self, order: Order, now: datetime) -> str:
        parts = [part for part in order.fulfillment_orders if part.remaining_units]
        first = one_of(self._rng, parts, "nothing is left to ship")
        same = [part for part in parts if part.location_id == first.location_id]
        assigning.merge(self._world, same, now=now)
        return f"fulfilment orders {[part.id for part in same]} merged"

    def _waiting(self, order: Order) -> FulfillmentOrder:
        parts = [part for part in order.fulfillment_orders if part.remaining_units]
        return one_of(self._rng, parts, "nothing is left to ship")


def _left(part: FulfillmentOrder) -> dict[int, int]:
    """Return what is left to ship of a fulfilment order, by the ids of its own lines."""
    return {line.id: line.remaining_units for line in part.lines}
