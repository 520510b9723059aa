"""A shop, its platforms, the way between, and onhand: everything on one clock, nothing happens by itself."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from onhand.simulator.clock import ManualClock
from onhand.simulator.house import House
from onhand.simulator.network import HostileNetwork
from onhand.simulator.platforms import InProcessPlatforms
from onhand.simulator.shop import SCARCE, Goods, make_sandbox

BEGAN_AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

AHEAD_S = (0.0, 0.0, -4.0, 4.0)
"""How far onhand's clock may be ahead of the platforms'."""

ROUNDS = 30
_TURNS = 200
"""How often everybody may work until a stage counts as restless; each bounded, so that a fault ends the run."""


class Stage:
    """One world on one clock, grown from a seed; `folder` keeps the files of onhand."""

    def __init__(self, seed: int, folder: Path, goods: Goods = SCARCE) -> None:
        self._folder = folder
        self.clock = ManualClock(BEGAN_AT + timedelta(milliseconds=random.Random(f"began {seed}").randrange(1000)))
        self.sandbox = make_sandbox(seed, self.clock, goods)
        self.world = self.sandbox.world
        self.platforms = InProcessPlatforms(self.sandbox, self.clock, random.Random(f"ways {seed}"))
        self._ahead_s = random.Random(f"ahead {seed}").choice(AHEAD_S)
        self.house = self._start_house()
        self.network = HostileNetwork(self.sandbox, self.clock, random.Random(f"network {seed}"), self._receive)

    def restart(self) -> None:
        """End onhand and start it again on the files it left."""
        self.house.close()
        self.house = self._start_house()
        self.house.steps.recover()

    def open(self) -> None:
        """Let onhand subscribe and read the shop for the first time."""
        self.clock.advance(2.0)  # what happens in the second of the first reading, nobody can tell apart
        self.house.turn(self.house.subscribing)
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
                if not self.house.turn(work):
                    break

    def rest(self) -> None:
        """Deliver what is under way and let everybody work until all is quiet, or for half an hour."""
        for _ in range(ROUNDS):
            self.network.collect()
            self.network.deliver_all()
            self.work()
            self.work()  # what the last of them asked for is read by the second
            if not self.house.going_on():
                return
            self.clock.advance(self.house.app.config.audit.poll_every_s)

    def settle(self) -> None:
        """Come to rest, let the audit's time come, and come to rest again."""
        self.rest()
        self.clock.advance(self.house.app.config.audit.every_s)
        self.rest()

    def close(self) -> None:
        """Put everything away."""
        self.house.close()
        self.sandbox.on_close.close()

    def _start_house(self) -> House:
        return House(self.sandbox, self.clock, self._ahead_s, self.platforms, self._folder)

    def _receive(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        return self.house.receive(path, headers, body)


@contextmanager
def staged(seed: int, goods: Goods = SCARCE) -> Iterator[Stage]:
    """A stage whose files lie in memory where the machine allows it."""
    memory = Path("/dev/shm")  # noqa: S108 - a fresh folder is made in it
    with TemporaryDirectory(prefix="onhand-stage-", dir=memory if memory.is_dir() else None) as folder:
        stage = Stage(seed, Path(folder), goods)
        try:
            yield stage
        finally:
            stage.close()
