"""What may happen to draft orders, which may reserve stock until a time."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from onhand.sandbox.world import drafting
from onhand.sandbox.world.drafts import Draft
from onhand.sandbox.world.world import World
from onhand.simulator.acts.chance import Act, named, one_of, some_wishes

RESERVED_FOR_S = (None, None, 60.0, 3600.0, 86_400.0)


class DraftActs:
    """Drafts that are written, changed, completed and deleted."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._rng = rng

    def acts(self) -> Sequence[Act]:
        """Return what may happen."""
        return named(self._write, self._write, self._change, self._complete, self._complete, self._delete)

    def _write(self, now: datetime) -> str:
        until = self._until(now)
        lines = some_wishes(self._rng, self._world)
        draft = drafting.create_draft(self._world, lines=lines, now=now, reserve_until=until)
        return f"{draft.name}: {lines} reserved until {until}"

    def _change(self, now: datetime) -> str:
        draft, until = self._open(), self._until(now)
        lines = some_wishes(self._rng, self._world) if self._rng.random() < 0.5 else None
        drafting.update_draft(self._world, draft, now=now, reserve_until=until, lines=lines)
        return f"{draft.name}: now {lines or 'the same'}, reserved until {until}"

    def _complete(self, now: datetime) -> str:
        draft = self._open()
        order = drafting.complete_draft(self._world, draft, now=now, paid=self._rng.random() < 0.7)
        return f"{draft.name}: completed as {order.name}"

    def _delete(self, now: datetime) -> str:
        draft = self._open()
        drafting.delete_draft(self._world, draft, now=now)
        return f"{draft.name}: deleted"

    def _open(self) -> Draft:
        waiting = [draft for draft in self._world.drafts.values() if draft.status == "OPEN"]
        return one_of(self._rng, waiting, "there is no open draft")

    def _until(self, now: datetime) -> datetime | None:
        for_s = self._rng.choice(RESERVED_FOR_S)
        return None if for_s is None else now + timedelta(seconds=for_s)
