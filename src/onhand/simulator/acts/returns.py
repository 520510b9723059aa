"""What may happen to goods that come back: returns, dispositions, exchanges."""

import random
from collections.abc import Sequence
from datetime import datetime

from onhand.sandbox.world import returning
from onhand.sandbox.world.returning import FINAL, Disposal, Processed
from onhand.sandbox.world.returns import DispositionType, Return, ReturnLine
from onhand.sandbox.world.world import World
from onhand.simulator.acts.chance import Act, named, one_of, some_of, some_wishes

TYPES: tuple[DispositionType, ...] = ("RESTOCKED", "RESTOCKED", "NOT_RESTOCKED", "MISSING", "PROCESSING_REQUIRED")


class ReturnActs:
    """Returns of shipped orders, with and without something sent in exchange."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._rng = rng

    def acts(self) -> Sequence[Act]:
        """Return what may happen."""
        return named(
            self._begin,
            self._begin,
            self._dispose,
            self._dispose,
            self._process,
            self._process,
            self._end,
            self._reopen,
        )

    def _begin(self, now: datetime) -> str:
        shipped = [order for order in self._world.orders if order.fulfillments]
        order = one_of(self._rng, shipped, "nothing was shipped yet")
        units = some_of(
            self._rng,
            {
                line: returning.returnable_units(order, line)
                for done in order.fulfillments
                for line in (done.line_id(index) for index in range(len(done.lines)))
            },
        )
        exchanges = some_wishes(self._rng, self._world) if self._rng.random() < 0.4 else ()
        unprocessed = self._rng.random() < 0.4
        made = returning.create_return(
            self._world, order, lines=units, now=now, exchanges=exchanges, unprocessed=unprocessed
        )
        return f"{made.name}: {units} come back, in exchange for {list(exchanges)}, unprocessed {unprocessed}"

    def _dispose(self, now: datetime) -> str:
        opened = self._opened()
        line = one_of(self._rng, opened.lines, "the return has no lines")
        disposals = [self._disposal(line)]
        returning.dispose(self._world, opened, disposals, now=now)
        return f"{opened.name}: {disposals}"

    def _process(self, now: datetime) -> str:
        opened = self._opened()
        rows: list[Processed] = []
        for line in opened.lines:
            left = line.units - line.processed_units
            if left and self._rng.random() < 0.8:
                disposals = (self._disposal(line),) if self._rng.random() < 0.7 else ()
                rows.append(Processed(line_id=line.id, units=self._rng.randint(1, left), disposals=disposals))
        left_over = {one.id: one.units - one.processed_units for one in opened.exchanges}
        exchanges = some_of(self._rng, left_over) if any(left_over.values()) and self._rng.random() < 0.7 else {}
        refund = self._rng.random() < 0.7
        returning.process(self._world, opened, rows, now=now, exchanges=exchanges, refund=refund)
        return f"{opened.name}: {rows} processed, exchanged {exchanges}, refund {refund}"

    def _end(self, now: datetime) -> str:
        opened = self._opened()
        if self._rng.random() < 0.5:
            returning.cancel_return(self._world, opened, now=now)
            return f"{opened.name}: cancelled"
        returning.close_return(self._world, opened, now=now)
        return f"{opened.name}: closed"

    def _reopen(self, now: datetime) -> str:
        closed = [one for order in self._world.orders for one in order.returns if one.status == "CLOSED"]
        back = one_of(self._rng, closed, "no return is closed")
        returning.reopen_return(self._world, back, now=now)
        return f"{back.name}: open again"

    def _opened(self) -> Return:
        opened = [one for order in self._world.orders for one in order.returns if one.status == "OPEN"]
        return one_of(self._rng, opened, "nothing is coming back")

    def _disposal(self, line: ReturnLine) -> Disposal:
        kind = self._rng.choice(TYPES)
        units = some_of(self._rng, {line.id: line.units - line.disposed_units(*FINAL)})[line.id]
        at = self._rng.choice(list(self._world.catalog.locations)) if kind == "RESTOCKED" else None
        return Disposal(line_id=line.id, units=units, type=kind, location_id=at)
