"""The process: which works run, where it listens, how it ends."""

import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from time import monotonic
from types import FrameType

from onhand.app import App
from onhand.app.alone import STORE_PARTS
from onhand.app.copies import MarkKeeper
from onhand.app.listening import listeners_of
from onhand.app.parts import shopify_settings
from onhand.app.sources import build_intakes
from onhand.channels.shopify.law import ADDRESS, LawDoor
from onhand.config import SHOPIFY
from onhand.log import GroupCommit
from onhand.ports.channel import Verifies
from onhand.ports.errors import ConfigError
from onhand.serve.announcing import Alerting, Announcing
from onhand.serve.counting_people import traffic_works
from onhand.serve.dropping import threepl_works
from onhand.serve.ending import Ended, Leaving, Part, end
from onhand.serve.fetching import FETCHERS, Fetching
from onhand.serve.first_reading import FirstReading
from onhand.serve.latency import Latency
from onhand.serve.sheeting import Sheeting
from onhand.serve.turns import Fatal, Turns, Work
from onhand.serve.works import Auditing, Booking, Housekeeping, Publishing, Reading, Subscribing, Telling
from onhand.web.ingress_server import IngressServer
from onhand.web.server import WebServer, build_web
from onhand.web.stock_face import StockFace

logger = logging.getLogger(__name__)

STOP_WITHIN_S = 7.0
"""Containers get 10 s from SIGTERM to SIGKILL: answers, commits and conclusions must be done, and files closed."""

_LOOK_EVERY_S = 0.1

ROLES = ("all", "ingress", "worker", "publisher", "web")


class Serving:
    """Everything of one process that runs. Start it, stop it; both return when that is done.

    `on_death` is called when a part has ended by an error that nobody foresaw; `failure` then says which.
    """

    def __init__(self, app: App, role: str = "all", on_death: Callable[[], None] | None = None) -> None:
        if role not in ROLES:
            raise ConfigError(f"--role {role}: there are {', '.join(ROLES)}")
        self._app = app
        self._role = role
        self._on_death = on_death
        self.failure: Exception | None = None
        self.booked = Latency()
        self.told = Latency()
        self.subscribed = threading.Event()
        self.commit: GroupCommit | None = None
        self.ingress: IngressServer | None = None
        self.web: WebServer | None = None
        self._turns: list[Turns] = []
        self._readers: list[Turns] = []
        self._publishers: list[Turns] = []
        self._worker: Turns | None = None
        self._first: Turns | None = None

    def read_new_shops(self, ended: Ended) -> None:
        """Have shops that are new read, and wait until that is done or it is time to end."""
        reading = FirstReading(self._app)
        self._first = Turns(reading, self._died)
        self._first.start()
        while not (reading.done.is_set() or ended.is_set()):
            reading.done.wait(_LOOK_EVERY_S)

    def start(self) -> None:
        """Start what the role asks for. Raises ConfigError where an address cannot be used."""
        if self._does("worker"):
            self._start_working()
        if self._does("publisher"):
            self._start_publishing()
        if self._does("ingress"):
            self._start_ingress()
        if self._does("web"):
            self._start_web()
        for turns in self._turns:
            turns.start()

    def stop(self) -> bool:
        """Take nothing more, keep what was taken, conclude what was sent; return whether all has ended.

        What has not within `STOP_WITHIN_S` waits for a platform or for a disk, and is left behind as by a power cut.
        """
        doors: list[Leaving] = [part for part in (self._first, self.ingress) if part is not None]
        kept: list[Part] = [] if self.commit is None else [self.commit]
        others: list[Leaving] = [*self._turns] if self.web is None else [self.web, *self._turns]
        late = end([*doors, *others], [*doors, *kept, *others], STOP_WITHIN_S, monotonic)
        for part in late:
            logger.warning("%s did not end within %s s; what it sent counts as unknown", part, STOP_WITHIN_S)
        return not late

    @property
    def addresses(self) -> dict[str, str]:
        """Where this process listens."""
        addresses = {}
        if self.web is not None:
            addresses["dashboard"] = self.web.url
        if self.ingress is not None:
            addresses["webhooks"] = f"http://{self._app.config.ingress.listen.host}:{self.ingress.port}"
        return addresses

    def wake(self) -> None:
        """Let the worker look at the log now."""
        if self._worker is not None:
            self._worker.wake()

    def health(self) -> Mapping[str, object]:
        """Return what this process knows of itself and no table holds."""
        health: dict[str, object] = {}
        for name, latency in (("latency_s", self.told), ("booked_s", self.booked)):
            if (summary := latency.summary()) is not None:
                health[name] = summary
        troubles = [] if self.failure is None else [str(self.failure)]
        if self.commit is not None and self.commit.stopped is not None:
            troubles.append(self.commit.stopped)
        elif self.commit is not None and self.commit.trouble is not None:
            troubles.append(self.commit.trouble)
        troubles += [turns.trouble for turns in self._turns if turns.trouble is not None]
        if troubles:
            health["troubles"] = troubles
        return health

    def subscribe(self, public_url: str | None) -> None:
        """Have the platforms send their webhooks to us, and look every hour whether they still do.

        `public_url` None: only shops whose webhooks come another way.
        """
        for shop in self._app.config.shops:
            if public_url is None and shop.webhook_uri is None:
                continue
            turns = Turns(Subscribing(self._app.steps(shop.domain), public_url, self.subscribed.set), self._died)
            self._turns.append(turns)
            turns.start()

    def _died(self, name: str, fatal: Fatal | None) -> None:
        self.failure = self.failure or fatal or RuntimeError(f"{name} ended by an error that nobody foresaw")
        logger.critical("%s has ended: %s; the process must be started again", name, self.failure)
        if self._on_death is not None:
            self._on_death()

    def _does(self, part: str) -> bool:
        return self._role in ("all", part)

    def _start_working(self) -> None:
        all_steps = [self._app.steps(shop) for shop in self._app.shops]
        booking = Booking(
            self._app, all_steps, self.booked, on_booked=self._wake_readers, on_offers=self._wake_publishers
        )
        self._worker = Turns(booking, self._died)
        self._turns.append(self._worker)
        for steps in all_steps:
            for channel in steps.parts.observers:
                self._readers.append(Turns(Reading(steps, channel.name, self.wake), self._died))
            self._turns.append(Turns(Auditing(self._app, steps, self.wake), self._died))
        self._turns += [*self._readers, Turns(Housekeeping(self._app), self._died)]

    def _start_publishing(self) -> None:
        for shop in self._app.shops:
            steps = self._app.steps(shop)
            steps.recover()
            keeper = MarkKeeper(self._app.store, steps, self._app.clock)
            works: list[Work] = [
                Publishing(steps, name, self._app.clock, self.told, keeper=keeper) for name in steps.seller_names
            ]
            works.append(Telling(steps, self._app.clock, keeper=keeper))
            works += self._sheeting(shop)
            works += self._announcing(shop)
            self._publishers += [Turns(work, self._died) for work in works]
        self._turns += self._publishers

    def _announcing(self, shop: str) -> list[Work]:
        found = listeners_of(self._app.config, shop, monotonic)
        store, clock = self._app.store, self._app.clock
        numbers = [Announcing(row, ear, store, clock) for row, ear in found if "numbers" in row.tells]
        return [*numbers, *(Alerting(row, ear, store, clock) for row, ear in found if "problems" in row.tells)]

    def _sheeting(self, shop: str) -> list[Work]:
        keeper, sheets = self._app.sheet(shop), self._app.config.google_sheets
        if keeper is None or sheets is None:
            return []
        return [Sheeting(keeper, self._app.store, self._app.clock, sheets.flush_every_s)]

    def _on_hold(self) -> None:
        """Have what was held, sold or given back computed and told now."""
        self.wake()
        self._wake_publishers()

    def _wake_readers(self) -> None:
        for turns in self._readers:
            turns.wake()

    def _wake_publishers(self) -> None:
        for turns in self._publishers:
            turns.wake()

    def _start_ingress(self) -> None:
        doors: dict[tuple[str, str], Verifies] = {
            (name, shop): door for shop, parts in self._app.shops.items() for name, door in parts.doors.items()
        }
        if doors:
            doors[SHOPIFY, ADDRESS] = LawDoor([parts.shopify for parts in self._app.shops.values()])
        self.commit = GroupCommit(self._app.log)
        self.commit.on_commit = self.wake
        secrets = {shop.domain: shopify_settings(shop).client_secrets for shop in self._app.config.shops}
        stock = StockFace(self._app.store, secrets, unsigned=self._app.config.ingress.unsigned_stock)
        listen = str(self._app.config.ingress.listen)
        self.ingress = IngressServer(listen, doors, self.commit, self._app.clock, stock=stock)
        self.ingress.start()
        for intake in build_intakes(self._app.config):
            works = [Fetching(self._app, intake, self.commit, number) for number in range(FETCHERS)]
            self._turns += [Turns(work, self._died) for work in works]
        fetched: list[Work] = [*threepl_works(self._app, self.commit), *traffic_works(self._app, self.commit)]
        self._turns += [Turns(work, self._died) for work in fetched]

    def _start_web(self) -> None:
        app, server = self._app, self._app.config.server
        app.holding.on_change = self._on_hold
        pages = build_web(
            app.store,
            app.log,
            app.shops,
            app.clock,
            self.health,
            switches=app,
            holding=app.holding,
            hosts=server.hosts,
        )
        self.web = WebServer(str(server.listen), pages, server.hosts)
        self.web.start()


def serve(app: App, role: str = "all", ready: Callable[[Mapping[str, object]], None] | None = None) -> bool:
    """Run until SIGTERM or SIGINT; `ready` is told the addresses once everything listens.

    Return whether every part has ended: one that has not may still use what the app has opened. Raises DataDamaged,
    TakenOver, or RuntimeError, when a part of it has ended by an error: better no process than half a one.
    """
    ended = Ended()
    serving = Serving(app, role, on_death=ended.set)
    with _on_signals(ended):
        for part in STORE_PARTS:
            if role in ("all", part):
                app.store.take_over(part)
        try:
            if role in ("all", "worker"):
                serving.read_new_shops(ended)
            if not ended.is_set():
                serving.start()
                if role in ("all", "worker"):
                    serving.subscribe(app.config.ingress.public_url)
                if ready is not None:
                    ready(serving.addresses)
            ended.wait()
        finally:
            all_ended = serving.stop()
    if serving.failure is not None:
        raise serving.failure
    return all_ended


@contextlib.contextmanager
def _on_signals(ended: Ended) -> Iterator[None]:
    """Set `ended` on SIGTERM and SIGINT, and put the old handlers back afterwards."""

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
