"""Who acts beside the shop in a season: people in the workbook, a further till, a third party, sensors at doors."""

import random
import re
from collections import Counter
from collections.abc import Collection
from datetime import datetime

from onhand.app.counting import let_through
from onhand.channels.threepl.door import FileForm, Wire
from onhand.intake.book_notices import HELD
from onhand.sandbox.door_counter import QUARTER, Record
from onhand.sandbox.door_sensors import message_of
from onhand.sandbox.third_party import SECRET, ThirdParty
from onhand.serve.announcing import Announcing
from onhand.simulator.acts.holds import HoldActs
from onhand.simulator.acts.sensors import DOORS, Door, SensorActs
from onhand.simulator.acts.sensors import NAME as SENSORS
from onhand.simulator.acts.sheet import SheetActs
from onhand.simulator.acts.third_party import NAME as THIRD_PARTY
from onhand.simulator.acts.third_party import ThirdPartyActs
from onhand.simulator.business import Family
from onhand.simulator.folders import kept_bodies, mistaken, put_away
from onhand.simulator.house import GRACE_S, HOURS, NOTICES, PUBLIC_URL
from onhand.simulator.own_site import misheard
from onhand.simulator.shop import PLACES
from onhand.simulator.stage import Stage
from onhand.simulator.verdict import misplaced
from onhand.simulator.visitors import miscounted
from onhand.simulator.workbook import wrong_cells

KEPT_AT = PLACES[-1][0]
"""The place whose goods a third party keeps, where there is one."""

SENSORS_AT = tuple(sorted({place for place, *_ in DOORS}))

COUNTED_AFTER_S = 300.0
"""So long nothing has moved before the last count: what was just sold explains a gap."""

SITE_ROUNDS, SITE_ROUND_S = 3, 40.0
"""What is not offered any more is told within half a minute, and what was not taken once comes after five seconds."""

PASSED = re.compile(r"`onhand inbox pass '(.+?)'`")
"""What a person is told to do about a count that was held back."""

FORMS: tuple[FileForm, ...] = ("csv", "edi")

MARKED = 0.5
"""How often a file is said to be whole by another one beside it."""


class Beside:
    """Those of a season's `platforms` that act by themselves. `kept_at` is the id of the third party's location.

    Its files are handed over, or come into a folder where they have one `dropped_form` only.
    """

    def __init__(
        self, stage: Stage, rng: random.Random, platforms: Collection[str], dropped_form: FileForm | None
    ) -> None:
        self._stage = stage
        self._rng = rng
        self._dropped_form = dropped_form
        self._drops = 0
        self._third_party = self._third_party_of(stage) if "third_party" in platforms else None
        self._sensors = SensorActs(rng, stage.clock.now(), self._tell) if "sensors" in platforms else None
        self.kept_at = str(stage.world.catalog.location_of_name(KEPT_AT).id) if self._third_party is not None else None
        self.families = self._families(platforms)

    def speak_for_good(self) -> None:
        """Let everybody say how it is when nothing moves any more, and let onhand believe it."""
        stage = self._stage
        if self._sensors is not None:
            stage.clock.advance(QUARTER.total_seconds())
            self._sensors.tell_at_last(stage.clock.now())
            stage.rest()
        if self._third_party is None:
            return
        stage.clock.advance(COUNTED_AFTER_S)
        self._third_party.count_now(stage.clock.now())
        stage.rest()
        if self._let_count_through():
            stage.rest()
        stage.clock.advance(2 * GRACE_S)
        stage.rest()
        stage.clock.advance(2 * GRACE_S)  # what orders were read again meanwhile has shown
        stage.rest()

    def _let_count_through(self) -> bool:
        """Let a person let a true count through that was held back; return whether there was one."""
        house = self._stage.house
        with house.app.store.reading() as session:
            held = [problem for problem in session.of(house.shop).problems.open() if problem.kind == HELD]
        for problem in held:
            asked = PASSED.search(problem.next_step)
            assert asked is not None, f"{problem.next_step!r} names no delivery"
            house.app.replay(house.shop, let_through(house.app.store, house.shop, asked[1]))
            self._stage.met["count let through by a person"] += 1
        return bool(held)

    def hear_out(self) -> None:
        """Open the merchant's own site again, and tell it what it has not taken, as a person has it done."""
        stage, site = self._stage, self._stage.own_site
        if site is None:
            return
        site.closed = False
        house, now = stage.house, stage.house.app.clock.now()
        with house.app.store.writing() as session:
            session.of(house.shop).announcements.replay(site.name, everything=False, now=now)
        for _ in range(SITE_ROUNDS):
            stage.clock.advance(SITE_ROUND_S)
            while stage.turn(next(work for work in stage.house.works if isinstance(work, Announcing))):
                pass
        stage.rest()  # meanwhile a reservation may have ended

    def failures(self) -> list[str]:
        """Return what they see that is not as it should be, once everything is at rest."""
        stage = self._stage
        house, folder, sentences = stage.house, stage.disk.folder, list(stage.overheld)
        sentences += misplaced(house, stage.world, self.kept_at)
        sentences += wrong_cells(house, stage.sandbox.sheets)
        if self._third_party is not None and self._dropped_form is not None:
            sentences += mistaken(folder / NOTICES, kept_bodies(house, THIRD_PARTY))
        if stage.own_site is not None:
            sentences += misheard(house, stage.own_site)
        if self._sensors is not None:
            kept = kept_bodies(house, SENSORS)
            sentences += mistaken(folder / HOURS, kept)
            sentences += miscounted(house, stage.world, self._sensors.doors, kept, stage.published.acknowledged)
        return sentences

    def situations(self) -> Counter[str]:
        """Return how often each situation of `simulator.coverage` was met."""
        met: Counter[str] = Counter()
        if self._third_party is not None:
            said = self._third_party.documents
            met["receipt by EDI 944"] = said["receipt"]
            met["shipment by EDI 945"] = said["advice"]
            met["adjustment by EDI 947"] = said["adjustment"]
            met["damage by EDI 947"] = said["damage"]
            if self._dropped_form is not None:
                met["file of a third party taken from a folder"] = len(put_away(self._stage.disk.folder / NOTICES))
        if self._sensors is not None:
            met["sensors' files taken from a folder"] = len(put_away(self._stage.disk.folder / HOURS))
            met["sensors' messages acknowledged"] = len(self._stage.published.acknowledged)
            met["sensor restarted"] = sum(door.counter.samples[-1].run for door in self._sensors.doors)
            met["sensor told by webhook"] = self._sensors.told["http"]
        return met

    def _families(self, platforms: Collection[str]) -> list[Family]:
        stage, families = self._stage, []
        sheets = stage.sandbox.sheets
        if sheets is not None and "sheet" in platforms:
            families.append(Family(name="sheet", acts=SheetActs(sheets, self._rng).acts(), weight=5))
        if "holds" in platforms:
            acts = HoldActs(stage.world, self._rng, stage.at_counter).acts()
            families.append(Family(name="holds", acts=acts, weight=8))
        if self._third_party is not None:
            families.append(Family(name="third party", acts=self._third_party.acts(), weight=8))
        if self._sensors is not None:
            families.append(Family(name="sensors", acts=self._sensors.acts(), weight=14))
        return families

    def _third_party_of(self, stage: Stage) -> ThirdPartyActs:
        dropped = self._dropped_form
        return ThirdPartyActs(
            ThirdParty(stage.sandbox),
            self._rng,
            KEPT_AT,
            address=f"{PUBLIC_URL}/webhooks/3pl/{stage.sandbox.settings.shop}/{KEPT_AT}",
            forms=FORMS if dropped is None else (dropped,),
            take=stage.lay_file if dropped is None else self._drop_notice,
        )

    def _drop_notice(self, wire: Wire, body: bytes) -> None:
        """Lay a third party's file into the folder; what it answers when it is asked is no file."""
        if wire == "map":
            self._stage.lay_file(wire, body)
            return
        self._drop(NOTICES, wire, body)
        self._stage.met["file of a third party"] += 1

    def _drop(self, folder: str, ending: str, body: bytes) -> None:
        self._drops += 1
        name, marked = f"{self._drops:04d}.{ending}", self._rng.random() < MARKED
        self._stage.drop_file(folder, name, body, marked=marked)

    def _tell(self, door: Door, record: Record, now: datetime) -> None:
        counter, stage = door.counter, self._stage
        match door.way:
            case "http":
                address = f"{PUBLIC_URL}/feeds/foot-traffic/{stage.sandbox.settings.shop}/{counter.place}"
                message = message_of(record.name, record.body, address=address, secret=SECRET, now=now)
                stage.world.outbox.waiting.append(message)
            case "mqtt":
                stage.published.publish(counter.place, counter.name, record.body)
            case "file":
                self._drop(HOURS, "csv", record.body)
