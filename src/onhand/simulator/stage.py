"""A shop, its platforms, the way between, and onhand: everything on one clock, nothing happens by itself."""

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from onhand.app.holding import Holding
from onhand.channels.threepl.door import Wire
from onhand.channels.tiktok_shop.facts import NOT_REFRESHED
from onhand.domain.holds import Hold
from onhand.domain.stock import Bin, State
from onhand.ports.channel import NOT_CONNECTED
from onhand.ports.connecting import ConnectsByCode
from onhand.ports.errors import LogUnavailable, OnhandError, StoreUnavailable
from onhand.publish.holds import Granted, Short
from onhand.sandbox.state import Settings
from onhand.serve.turns import Work
from onhand.simulator.acts.holds import Answer
from onhand.simulator.broker import PublishedMessages
from onhand.simulator.clock import ManualClock, SkewedClock
from onhand.simulator.crash import Crash, CrashPoints, Watch
from onhand.simulator.disk import Disk
from onhand.simulator.drive import memory_folder
from onhand.simulator.house import USUAL, House, Manner
from onhand.simulator.network import HostileNetwork
from onhand.simulator.own_site import OwnSite
from onhand.simulator.platforms import InProcessClient, InProcessPlatforms
from onhand.simulator.shop import SCARCE, Goods, make_sandbox
from onhand.simulator.trace import Trace, brief

BEGAN_AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

AHEAD_S = (0.0, 0.0, -4.0, 4.0)
"""How far onhand's clock may be ahead of the platforms'."""

RESTART_S = 2.0
"""How long it takes until a process that has crashed is there again."""

STARTS = 30

SHEET_ROUNDS, SHEET_ROUND_S, SHEET_SOON_S = 6, 310.0, 70.0
"""Changes are gathered for seconds and everything every five minutes, the whole sheet is read every minute."""

ROUNDS = 30
_TURNS = 200
"""How often everybody may work until a stage counts as restless; each bounded, so that a fault ends the run."""


class Stage:
    """One world on one clock, grown from a seed; `folder` keeps the files of onhand.

    `accepted` holds the id of every delivery that was answered with 200; `met` counts situations of
    `simulator.coverage`.
    """

    def __init__(self, seed: int, folder: Path, goods: Goods = SCARCE, manner: Manner = USUAL) -> None:
        self._manner = manner
        self.clock = ManualClock(BEGAN_AT + timedelta(milliseconds=random.Random(f"began {seed}").randrange(1000)))
        self.trace = Trace(self.clock)
        self.sandbox = make_sandbox(seed, self.clock, goods, _settings(manner))
        self.world = self.sandbox.world
        self.disk = Disk(folder, random.Random(f"power {seed}") if manner.power_fails else None)
        self.points = CrashPoints(lambda power_cut: self.disk.image(power_cut=power_cut))
        self._watch = Watch(folder, self.points)
        ways = random.Random(f"ways {seed}")
        self.platforms = InProcessPlatforms(self.sandbox, self.clock, ways, self.points, self.trace)
        self.met: Counter[str] = Counter()
        listens = random.Random(f"own site {seed}")
        self.own_site = OwnSite(self.platforms, self.points, listens, self.trace, self.met) if manner.own_site else None
        self.published = PublishedMessages(random.Random(f"broker {seed}"), lambda: self.platforms.cut_off)
        self.house_clock = SkewedClock(self.clock, random.Random(f"ahead {seed}").choice(AHEAD_S))
        self.house = self._start_house()
        self.network = HostileNetwork(self.sandbox, self.clock, random.Random(f"network {seed}"), self._receive)
        self.accepted: set[str] = set()
        self._unanswered: set[str] = set()
        self.crashes = 0
        self.overheld: list[str] = []

    def restart(self) -> None:
        """End onhand and start it again on the files it left."""
        self.house.close()
        self._begin_again()

    def crash(self, *, power_cut: bool = False) -> None:
        """End onhand between two steps, and start it again on what lies on the disk in this moment."""
        self.points.end(power_cut=power_cut)
        self.revive()

    def revive(self) -> None:
        """Start onhand again where it has crashed."""
        self.crashes += 1
        self.house.close()
        self.clock.advance(RESTART_S)
        self.disk.change()
        self.trace.note(f"crash {self.crashes}")
        self._begin_again()
        self.met["replayed after a crash"] += bool(self.house.waiting())

    def turn(self, work: Work) -> bool:
        """Let a work take a turn; where the process ends in it, another one begins."""
        try:
            busy = self.house.turn(work)
            self.points.check()
        except Crash:
            self.revive()
            return False
        self.trace.note(f"turn {work.name} {busy}")
        return busy

    def open(self) -> None:
        """Let onhand subscribe and read the shop for the first time."""
        self.clock.advance(2.0)  # what happens in the second of the first reading, nobody can tell apart
        self.turn(self.house.subscribing)
        self.house.app.sync(self.house.shop)
        self.clock.advance(2.0)

    def pass_time(self, for_s: float) -> Iterator[None]:
        """Let time pass; what arrives meanwhile is taken in. Yields after each moment at which something came."""
        until = self.clock.now() + timedelta(seconds=for_s)
        self.network.collect()
        while (due := self.network.next_at()) is not None and due <= until:
            self.clock.advance_to(due)
            self.network.deliver_due()
            yield
            self.network.collect()
        self.clock.advance_to(until)

    def work(self) -> None:
        """Let everybody work until nobody finds anything to do now."""
        for work in self.house.works:
            for _ in range(_TURNS):
                if not self.turn(work):
                    break

    def rest(self) -> bool:
        """Deliver what is under way and let everybody work until all is quiet, or for half an hour at least.

        A person who is told to connect a shop again does so at once; return whether that was so.
        """
        connected = False
        for _ in range(ROUNDS):
            self.network.collect()
            self.network.deliver_all()
            self.work()
            self.work()  # what the last of them asked for is read by the second
            lost = self.connect_again()
            connected |= lost
            if not lost and not self.house.going_on():
                break
            self.clock.advance(self.house.app.config.audit.poll_every_s)
        return connected

    def connect_again(self) -> bool:
        """Let a person connect TikTok Shop again where its tokens are lost, or will be (a refresh token works once, and
        its successor may end with a process); return whether that was so.
        """
        markets = self.house.steps.parts.markets
        with self.house.app.store.reading() as session:
            problems = session.of(self.house.shop).problems
            lost = problems.keys(NOT_CONNECTED) | problems.keys(NOT_REFRESHED)
        for market in (markets[name] for name in lost & markets.keys()):
            assert isinstance(market, ConnectsByCode), f"{market.name} is lost, and nobody can connect it by a code"
            market.connect_with(self.platforms.agree_on_tiktok_shop())
            self.met["TikTok Shop connected again"] += 1
        return bool(lost & markets.keys())

    def settle(self) -> bool:
        """Come to rest, let the audit's time come, and come to rest again; return whether a shop had to be connected
        again for that, without which nothing is audited.
        """
        self.rest()
        self.clock.advance(self.house.app.config.audit.every_s)
        return self.rest()

    def settle_sheet(self) -> None:
        """Let the workbook be looked at and put right, several times: what people did shows a minute later."""
        if self.house.sheeting is None:
            return
        for _ in range(SHEET_ROUNDS):
            self.clock.advance(SHEET_ROUND_S)
            self.turn(self.house.sheeting)
        for _ in range(SHEET_ROUNDS):
            self.rest()  # meanwhile a reservation may have ended, or its end may have come near
            self.clock.advance(SHEET_SOON_S)
            self.turn(self.house.sheeting)
            if not self.house.going_on():
                return

    def close(self) -> None:
        """Put everything away."""
        self.house.close()
        self._watch.close()
        self.disk.close()
        self.sandbox.on_close.close()

    def _start_house(self) -> House:
        if self.disk.drive is not None:
            self.disk.drive.before_write = lambda: self.points.reach("write")
        return House(
            self.sandbox,
            self.disk.folder,
            self._manner,
            clock=self.house_clock,
            pace=self.clock.pace(),
            http=InProcessClient(self.platforms),
            published=self.published,
            listener=self.own_site,
            on_kept=self._keep_fetched,
        )

    def _keep_fetched(self) -> None:
        """Let the process end between keeping what it has fetched and putting that away."""
        self.points.reach("kept")
        self.points.check()

    def _begin_again(self) -> None:
        """Start a process; one that ends while it starts is started again, as whoever keeps it running does."""
        for _ in range(STARTS):
            self.points.begin()
            try:
                self.house = self._start_house()
                self.house.steps.recover()
                self.points.check()
            except Crash:
                self.trace.note("it ended as it started")
            except (StoreUnavailable, LogUnavailable):
                self.trace.note("the database could not be opened")
            else:
                return
            if self.points.dead:  # the power may also go while it gives up
                self.disk.change()
            self.clock.advance(RESTART_S)
        raise AssertionError(f"onhand did not start in {STARTS} attempts")

    def hand_over(self, address: str, headers: Mapping[str, str], body: bytes) -> int:
        """Bring something to onhand's door that no platform has sent now; return the answer, 0 for none."""
        return self._receive(urlsplit(address).path, headers, body)

    def at_counter(self, ask: Callable[[Holding, str], Answer]) -> Answer | None:
        """Let a further till ask for something; None where no answer comes, or a refusal.

        A hold that is new was granted out of what there was: `overheld` names those that were not.
        """
        if self.points.dead:
            return None
        try:
            answer = ask(self.house.app.holding, self.house.shop)
            self.points.reach("kept")
            self.points.check()
        except OnhandError as refusal:
            self.trace.note(f"the further till is refused: {type(refusal).__name__}")
            return None
        except Crash:
            if not self.platforms.under_way:  # else the work that waits for an answer dies first
                self.revive()
            return None
        self.met["hold granted"] += isinstance(answer, Granted)
        self.met["hold refused for want of units"] += isinstance(answer, Short)
        if isinstance(answer, Granted) and not answer.repeated:
            self._check_hold(answer.hold)
        return answer

    def _check_hold(self, hold: Hold) -> None:
        with self.points.unseen(), self.house.app.store.reading() as session:
            levels = session.of(self.house.shop).ledger.levels(sorted({row.item for row in hold.kept}))
        for row in hold.kept:
            left = levels.get((row.item, Bin(row.location, State.AVAILABLE)), 0)
            if left < 0:
                self.overheld.append(f"hold {hold.id} of {row.units} {row.item} at {row.location} left {left} there")

    def lay_file(self, wire: Wire, body: bytes) -> None:
        """Bring what a third party has laid down; a process that ends meanwhile finds it another day, or not at all."""
        if self.points.dead:
            return
        try:
            self.house.take_file(wire, body)
            self.points.check()
            self.met["file of a third party"] += 1
        except LogUnavailable:
            self.trace.note("a file could not be kept")
        except Crash:
            if not self.platforms.under_way:  # else the work that waits for an answer dies first
                self.revive()

    def drop_file(self, folder: str, name: str, body: bytes, *, marked: bool) -> None:
        """Lay a file into one of onhand's folders, `marked` as whole or left to rest, with a half one beside it."""
        path = self.disk.folder / folder / name
        path.with_name(f"{name}.part").write_bytes(body[: len(body) // 2])
        path.write_bytes(body)
        seconds = self.clock.now().timestamp()
        os.utime(path, (seconds, seconds))
        if marked:
            path.with_name(f"{name}.done").touch()

    def _receive(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take a webhook in; 0 where no answer comes, because the process ends meanwhile or is not there."""
        if self.points.dead:
            return 0
        name, status = _name_of(headers, body), 0
        try:
            status = self.house.receive(path, headers, body)
            self.points.reach("kept")
            self.points.check()
        except Crash:
            if status == 200:
                self._unanswered.add(name)
            status = 0
            if not self.platforms.under_way:  # else the work that waits for an answer dies first
                self.revive()
        if status == 200:
            self.accepted.add(self.house.kept[-1])
            self.met["repeat of a kept delivery"] += name in self._unanswered
        self.met["forgery refused"] += status == 401
        self.met["delivery refused with 503"] += status == 503
        self.trace.note(f"delivery {path} {brief(body)} {status}")
        return status


def _settings(manner: Manner) -> Settings:
    return Settings(
        bucket_points=manner.bucket_points,
        tiktok_writes_per_s=None,
        tiktok_reads_per_s=None,
        tiktok_token_life_s=manner.tiktok_token_life_s,
    )


def _name_of(headers: Mapping[str, str], body: bytes) -> str:
    """Return what tells a delivery from others: its id, or what it says where that is inside."""
    return headers.get("X-Shopify-Webhook-Id") or brief(body)


@contextmanager
def staged(seed: int, goods: Goods = SCARCE, manner: Manner = USUAL) -> Iterator[Stage]:
    """A stage whose files lie in memory where the machine allows it."""
    with memory_folder() as folder:
        stage = Stage(seed, folder, goods, manner)
        try:
            yield stage
        finally:
            stage.close()
