"""The judge of one season: it looks at the files and at what goes over the wire, and remembers what it saw."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

import httpx
import msgspec

from onhand.domain.stock import Bin, Movement, State
from onhand.sandbox.letters import headers_of
from onhand.sandbox.reply import Reply
from onhand.simulator.clock import ManualClock
from onhand.simulator.house import House
from onhand.simulator.invariants import always
from onhand.simulator.invariants.budget import Budget, i12_points_within_the_bucket
from onhand.simulator.invariants.echoes import i9_echoes_are_neutral, newest_levels
from onhand.simulator.invariants.evidence import BYSTANDER, Evidence, Files, Write
from onhand.simulator.invariants.numbers import Told, is_telling, told
from onhand.simulator.invariants.writes import (
    Seen,
    Writes,
    i5_number_kept_before_it_is_told,
    i7_never_more_than_there_is,
)
from onhand.simulator.stage import Stage
from onhand.store import Books

ECHOES = 20
"""Levels that are told of once more, and turns that booking them may take."""


class Watch:
    """Judges a stage. `breaches` are the sentences that were found so far."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._writes = Writes()
        self._last: Evidence | None = None
        self._bystander = ""
        self._told: Mapping[str, Told] = {}
        self._budget = Budget()
        self._files: Files | None = None
        stage.sandbox.on_close.callback(self._close)
        self.breaches: list[str] = []
        self.looks = 0

    def begin(self) -> None:
        """Give the bystander its books, and watch the wire from here on."""
        _let_stand_by(self._stage.house, self._stage.clock)
        self._last = self._look()
        self._bystander = self._last.bystander
        self._stage.platforms.watch = self._on_call
        self._stage.platforms.expect = self._before_call

    def look(self) -> None:
        """Check what holds always, and against what was there at the last look."""
        seen, last = self._look(), self._last
        assert last is not None, "begin() comes first"
        secrets = self._stage.sandbox.secrets
        found = [
            always.i1_what_was_accepted_is_kept(seen, self._stage.accepted),
            always.i2_once(seen),
            always.i3_levels_are_the_sum_of_movements(seen),
            always.i4_units_neither_appear_nor_vanish(seen),
            always.i6_outcomes_are_final(seen, {write.key: write.status for write in last.writes}),
            self._writes.i6_applied_means_carried_out({write.key: write for write in seen.writes}),
            always.i10_newer_stays(seen, last.pictures, last.observed),
            always.i11_nobody_elses_books(seen, self._bystander),
            always.i13_bounded(seen),
            always.i15_adoptions_say_why(seen),
            always.i16_no_secrets(
                seen,
                (secrets.client_secret, secrets.tiktok_app_secret, secrets.shopify_access_token, "shpat_"),
                self._stage.house.troubles,
            ),
        ]
        log, faults = self._stage.sandbox.log.counts, self._stage.sandbox.faults.done
        found.append(i12_points_within_the_bucket(log, faults.get("throttle", 0)))
        self._last = seen
        self._note([sentence for sentences in found for sentence in sentences])

    def echo(self) -> None:
        """Let Shopify tell again of every level as it told of it last, our own writes among them: I9.

        Nothing may be under way, and no time passes: whatever moves then, or is planned, the echoes have caused.
        """
        stage = self._stage
        before = self._look()
        for captured in newest_levels(stage.network.captured)[-ECHOES:]:
            again = replace(captured.delivery, delivery_id=stage.world.outbox.new_id())
            stage.hand_over(again.address, headers_of(stage.sandbox, again, captured.body), captured.body)
        for work in (stage.house.booking, stage.house.telling):
            for _ in range(ECHOES):
                if not stage.turn(work):
                    break
        self._note(i9_echoes_are_neutral(before, self._look()))

    def _before_call(self, request: httpx.Request) -> None:
        self._note(self._budget.i12_tried_again_within_bounds(request.url.path, request.content, self._seconds()))
        if is_telling(request.url.path):
            self._told = told(self._stage.world, request.url.path, request.content)

    def _on_call(self, request: httpx.Request, reply: Reply) -> None:
        if self._stage.points.dead:
            return
        if is_telling(request.url.path):
            self._on_told(request.content)
        elif request.url.path.endswith("/graphql.json") and b"@idempotent" in request.content:
            call = msgspec.json.decode(request.content, type=Seen)
            done = reply.lost or (reply.status == 200 and _carried_out(reply.body))
            self._note(self._writes.i5_kept_before_it_is_sent(call, done, self._kept()))

    def _on_told(self, request: bytes) -> None:
        kept = self._kept()
        self._note(i5_number_kept_before_it_is_told(request, kept))
        if len(self._stage.platforms.under_way) or self._busy_beside():
            return  # others have booked since it was planned: then it was right when it was
        house = self._stage.house
        raised = {listing: one for listing, one in self._told.items() if one.units > one.shown_units}  # lowering too
        # little is better than waiting for the right number
        with self._stage.points.unseen(), house.app.store.reading() as session:
            books = session.of(house.shop)
            levels = books.ledger.all_levels()
            planned_at = min((one.planned_at for one in books.intents.unsettled() if request in one.body), default=None)
            free = {
                name: levels.get((one.item, Bin(one.location, State.AVAILABLE)), 0)
                + _held_since(books, one.item, one.location, planned_at)
                for name, one in raised.items()
            }
        self._note(i7_never_more_than_there_is({name: one.units for name, one in raised.items()}, free))

    def _busy_beside(self) -> bool:
        return self._stage.met["works side by side"] > 0

    def _seconds(self) -> float:
        return self._stage.clock.seconds()

    def _kept(self) -> Mapping[str, Write]:
        """Return the open writes as a process that starts now would find them."""
        house = self._stage.house
        with self._stage.points.unseen(), house.app.store.reading() as session:
            intents = session.of(house.shop).intents.unsettled()
        return {one.key: Write(one.key, one.kind, one.status, one.body, one.note) for one in intents}

    def _look(self) -> Evidence:
        self.looks += 1
        folder = self._stage.disk.folder
        with self._stage.points.unseen():
            if self._files is None or self._files.folder != folder:
                self._close()
                self._files = Files(folder)
            return self._files.look(self._stage.house.shop)

    def _close(self) -> None:
        if self._files is not None:
            self._files.close()

    def _note(self, sentences: Collection[str]) -> None:
        known = set(self.breaches)
        self.breaches += [sentence for sentence in sentences if sentence not in known]


def _carried_out(body: bytes) -> bool:
    """Return whether an answer to a mutation says that all of it was done."""
    answer = msgspec.json.decode(body)
    data = answer.get("data") or {}
    return bool(data) and all(part and not part.get("userErrors") for part in data.values())


def _let_stand_by(house: House, clock: ManualClock) -> None:
    """Give another shop a movement of its own, and then leave it alone."""
    moved = Movement(
        id="opening/1",
        item="1",
        source=Bin("1", State.SUPPLIER),
        target=Bin("1", State.AVAILABLE),
        units=7,
        cause="opening",
        origin="shopify",
        reason="",
        occurred_at=clock.now(),
    )
    with house.app.store.writing() as session:
        session.add_shop(BYSTANDER, clock.now())
        session.of(BYSTANDER).ledger.append([moved], clock.now())


def _held_since(books: Books, item: str, location: str, planned_at: datetime | None) -> int:
    """Return units that a further till was granted while a parcel that was planned before waited for its turn."""
    return sum(
        kept.units
        for hold in books.holds.of_item(item)
        for kept in hold.kept
        if planned_at is not None and hold.made_at >= planned_at and (kept.item, kept.location) == (item, location)
    )
