"""What may happen to goods that go from one location to another."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime

from onhand.sandbox.world import shipping, transferring
from onhand.sandbox.world.transfers import Shipment, Transfer
from onhand.sandbox.world.wishes import Wish
from onhand.sandbox.world.world import World
from onhand.simulator.acts.chance import Act, name_of, named, one_of, some_of

_OVER = ("CANCELED", "TRANSFERRED")


class TransferActs:
    """Transfers and their shipments, received in several goes, in part rejected."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._rng = rng

    def acts(self) -> Sequence[Act]:
        """Return what may happen."""
        known = (
            self._make_ready,
            self._make_ready,
            self._pack,
            self._ship,
            self._ship,
            self._ship,
            self._send_packed,
            self._unpack,
            self._change_shipment,
            self._receive,
            self._receive,
            self._receive,
            self._change_items,
        )
        often = [self._to_any(act) for act in known]
        return [*named(self._begin, self._begin, self._begin), *often, *often, self._to_any(self._cancel)]

    def _to_any(self, act: Callable[[Transfer, datetime], str]) -> Act:
        def happen(now: datetime) -> str:
            going_on = [one for one in self._world.transfers.values() if one.status not in _OVER]
            transfer = one_of(self._rng, going_on, "nothing is being transferred")
            return f"{transfer.name}: {act(transfer, now)}"

        return Act(name_of(act), happen)

    def _begin(self, now: datetime) -> str:
        origin, destination = self._rng.sample(list(self._world.catalog.locations), 2)
        tracked = [item.inventory_item_id for item in self._world.catalog if item.tracked]
        items = self._rng.sample(tracked, min(len(tracked), self._rng.choice((1, 2))))
        lines = [Wish(item_id=item, units=self._rng.randint(1, 4)) for item in items]
        made = transferring.create_transfer(
            self._world, origin_id=origin, destination_id=destination, lines=lines, now=now
        )
        return f"{made.name}: drafted from {origin} to {destination}: {lines}"

    def _make_ready(self, transfer: Transfer, now: datetime) -> str:
        transferring.mark_ready(self._world, transfer, now=now)
        return "ready"

    def _pack(self, transfer: Transfer, now: datetime) -> str:
        units = some_of(self._rng, _free(transfer))
        shipment = shipping.draft_shipment(self._world, transfer, now=now, units=units)
        return f"{units} packed as {shipment.id}"

    def _ship(self, transfer: Transfer, now: datetime) -> str:
        units = some_of(self._rng, _free(transfer))
        shipment = shipping.ship_transfer(self._world, transfer, now=now, units=units)
        return f"{units} on their way as {shipment.id}"

    def _send_packed(self, transfer: Transfer, now: datetime) -> str:
        shipment = self._shipment(transfer, "DRAFT")
        shipping.mark_in_transit(self._world, transfer, shipment, now=now)
        return f"{shipment.id} is on its way"

    def _unpack(self, transfer: Transfer, now: datetime) -> str:
        shipment = self._shipment(transfer, "DRAFT")
        shipping.delete_shipment(self._world, transfer, shipment, now=now)
        return f"{shipment.id} unpacked"

    def _change_shipment(self, transfer: Transfer, now: datetime) -> str:
        shipment = self._shipment(transfer, "DRAFT", "IN_TRANSIT")
        units = {line.id: self._rng.randint(1, line.units + 1) for line in shipment.lines}
        shipping.set_quantities(self._world, transfer, shipment, units, now=now)
        return f"{shipment.id} holds {units}"

    def _receive(self, transfer: Transfer, now: datetime) -> str:
        shipment = self._shipment(transfer, "IN_TRANSIT", "PARTIALLY_RECEIVED")
        accepted = {line.id: self._rng.randint(0, max(0, line.open_units)) for line in shipment.lines}
        if self._rng.random() < 0.1:  # more than was sent
            accepted = {line: units + 1 for line, units in accepted.items()}
        rejected = {
            line.id: self._rng.randint(0, line.open_units - accepted[line.id])
            for line in shipment.lines
            if line.open_units > accepted[line.id] and self._rng.random() < 0.4
        }
        shipping.receive_shipment(self._world, transfer, shipment, now=now, accepted=accepted, rejected=rejected)
        return f"of {shipment.id} {accepted} accepted, {rejected} rejected"

    def _change_items(self, transfer: Transfer, now: datetime) -> str:
        units = {line.item_id: self._rng.randint(1, 4) for line in transfer.lines}
        transferring.set_items(self._world, transfer, units, now=now)
        return f"lists {units}"

    def _cancel(self, transfer: Transfer, now: datetime) -> str:
        transferring.cancel_transfer(self._world, transfer, now=now)
        return "cancelled"

    def _shipment(self, transfer: Transfer, *statuses: str) -> Shipment:
        return one_of(self._rng, [one for one in transfer.shipments if one.status in statuses], "no such shipment")


def _free(transfer: Transfer) -> dict[int, int]:
    return {line.id: line.free_units for line in transfer.lines}
