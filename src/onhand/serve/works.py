"""The works that `onhand serve` does side by side: booking, reading, publishing, telling, auditing, housekeeping."""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count

from onhand.app import App
from onhand.app.copies import MarkKeeper
from onhand.app.counting import judge_counts
from onhand.app.erasing import erase_shop, forget_customers, wanted_erasures
from onhand.app.steps import Steps
from onhand.app.traffic import watch_traffic
from onhand.audit.sweep import OVERLAP_S
from onhand.intake.process import BATCH, POSITION, process
from onhand.ports.channel import (
    Applied,
    LevelOutcome,
    Outcome,
    Parcel,
    Partly,
    Rejected,
    Throttled,
    Unknown,
    Wanted,
)
from onhand.ports.clock import Clock
from onhand.publish.answered import refused_levels
from onhand.publish.levels import levels_of
from onhand.publish.offers import Planned
from onhand.serve.latency import Latency
from onhand.serve.rests import Rests
from onhand.store import Intent

logger = logging.getLogger(__name__)

READ_KINDS = (
    Wanted.ORDER,
    Wanted.TRANSFER,
    Wanted.RETURN,
    Wanted.DRAFT,
    Wanted.LEVEL,
    Wanted.ITEM,
    Wanted.LOCATIONS,
    Wanted.RIGHTS,
)
"""What is read one batch at a time, in the order of what is missed most."""

BACKLOG_BATCHES = 3
"""Batches of a backlog that are booked before offers are computed: many of them touch the same items."""

SENDERS = 4
"""Sends at a time to one channel: enough to hide a platform's answer time, few enough to stay polite."""

PARCELS = 12
"""Writes to levels planned in one run at most: about a second's worth of points, so that what is planned is still young
when its turn comes.
"""

SUBSCRIBE_EVERY_S = 3600.0
SUBSCRIBE_AGAIN_S = 300.0
"""After a refusal: a person may have mended meanwhile what the platform did not like."""

_BROKE_OFF = Unknown("sending broke off")
"""What counts as the outcome until there is one: trouble that nobody foresaw must not leave a write open for ever."""

MAKE_GOOD_AGAIN_S = 60.0
"""After a reading that failed: each try costs a search for changed orders, or everything."""


class Booking:
    """Deliveries become books, offers are computed again, levels are compared."""

    name = "worker"
    idle_s = 0.5

    def __init__(
        self,
        app: App,
        shops: Sequence[Steps],
        latency: Latency,
        *,
        on_booked: Callable[[], None],
        on_offers: Callable[[], None],
        batch: int = BATCH,
    ) -> None:
        self._app = app
        self._shops = shops
        self._batch = batch
        self._latency = latency
        self._on_booked = on_booked
        self._on_offers = on_offers
        self._batches = 0

    def turn(self) -> bool:
        """Book one batch, then bring up to date what it touched; a backlog is booked first, for a moment."""
        processed = process(self._app.store, self._app.log, self._app.senders(), self._app.clock.now(), self._batch)
        self._batches += 1
        if processed.waiting and self._batches % BACKLOG_BATCHES:
            return True
        touched = 0
        if processed.oldest_received_at is not None:
            self._on_booked()
            self._latency.note(processed.oldest_received_at, self._app.clock.now())
        for steps in self._shops:
            computed = steps.recalculate()
            touched += computed
            if computed:
                self._on_offers()
            if not processed.waiting:
                touched += steps.compare()
        return bool(processed.done or processed.parked or touched)


class Reading:
    """What was asked for is read from one channel, and listings are looked at where it takes numbers."""

    idle_s = 0.1

    def __init__(self, steps: Steps, channel: str, on_news: Callable[[], None]) -> None:
        self.name = f"reader {steps.shop} {channel}"
        self._steps = steps
        self._channel = channel
        self._on_news = on_news

    def turn(self) -> bool:
        """Read one batch of each kind that is due."""
        busy, due = False, self._due()
        for wanted in READ_KINDS:
            if wanted in due and self._steps.read(self._steps.observer(self._channel), wanted):
                busy, due = True, self._due()  # what was read may ask for more
        if self._channel in self._steps.seller_names:
            busy |= self._steps.look(self._steps.seller(self._channel))
        if busy:
            self._on_news()
        return busy

    def _due(self) -> set[Wanted]:
        return self._steps.due(self._steps.observer(self._channel), READ_KINDS)


class Publishing:
    """One channel is told what it may sell.

    With one sender it sends in the thread that takes the turn: so a simulation stays in one thread. `keeper` None: no
    other copy of onhand can be at work.
    """

    idle_s = 0.25

    def __init__(
        self,
        steps: Steps,
        channel: str,
        clock: Clock,
        latency: Latency,
        *,
        keeper: MarkKeeper | None = None,
        senders: int = SENDERS,
    ) -> None:
        self.name = f"publisher {steps.shop} {channel}"
        self._steps = steps
        self._name = channel
        self._clock = clock
        self._keeper = keeper
        self._latency = latency
        self._rests_until = clock.now()
        self._unwritten: list[tuple[Planned, Outcome]] = []
        self._runs = _runs(f"{channel}-{clock.now():%Y%m%dT%H%M%S%f}")
        pool = ThreadPoolExecutor(max_workers=senders, thread_name_prefix=self.name) if senders > 1 else None
        self._map: Callable[..., Iterator[Outcome]] = pool.map if pool is not None else map

    def turn(self) -> bool:
        """Plan as much as may go now, send it, and conclude."""
        self._write_down()
        if self._keeper is not None:
            self._keeper.check()
        channel = self._steps.seller(self._name)
        capacity = min(SENDERS * 2, channel.ready())
        if capacity < 1 or self._clock.now() < self._rests_until:
            return False
        planned = self._steps.plan_offers(channel, capacity, next(self._runs))
        self._unwritten = [(each, _BROKE_OFF) for each in planned]
        outcomes = list(self._map(channel.send, [_parcel(each.intent) for each in planned]))
        self._unwritten = list(zip(planned, outcomes, strict=True))
        self._write_down()
        return bool(planned)

    def _write_down(self) -> None:
        """Keep what became of what was sent; where the database fails now, it is kept at the next turn."""
        now = self._steps.conclude([(each.intent, outcome) for each, outcome in self._unwritten])
        for each, outcome in self._unwritten:
            if isinstance(outcome, Applied):
                self._latency.note(each.touched_at, now)
            if isinstance(outcome, Throttled):
                self._rests_until = max(self._rests_until, now + timedelta(seconds=outcome.retry_after_s))
        self._unwritten = []


class Telling:
    """The platform that keeps levels is written to: what is owed is told, unknown outcomes are resolved.

    With one sender it sends in the thread that takes the turn: so a simulation stays in one thread. `keeper` None: no
    other copy of onhand can be at work.
    """

    idle_s = 0.25

    def __init__(self, steps: Steps, clock: Clock, *, keeper: MarkKeeper | None = None, senders: int = SENDERS) -> None:
        self.name = f"teller {steps.shop}"
        self._steps = steps
        self._clock = clock
        self._keeper = keeper
        self._rests = Rests()
        self._unwritten: list[tuple[Intent, LevelOutcome]] = []
        self._runs = _runs(f"shopify-{clock.now():%Y%m%dT%H%M%S%f}")
        pool = ThreadPoolExecutor(max_workers=senders, thread_name_prefix=self.name) if senders > 1 else None
        self._map: Callable[..., Iterator[LevelOutcome]] = pool.map if pool is not None else map

    def turn(self) -> bool:
        """Send what is wanted once, and again what is unknown; then tell what is owed, worst risk first."""
        self._write_down()
        if self._keeper is not None:
            self._keeper.check()
        platform = self._steps.parts.shopify
        intents = self._steps.open_writes()
        if not intents:
            resting = self._rests.at(self._clock.now())
            intents = self._steps.plan_tellings(min(PARCELS, platform.ready()), next(self._runs), resting)
        self._unwritten = [(intent, _BROKE_OFF) for intent in intents]
        self._unwritten = list(zip(intents, self._map(self._send, intents), strict=True))
        return self._write_down()

    def _write_down(self) -> bool:
        """Keep what became of what was sent; where the database fails now, the rest is kept at the next turn."""
        done = False
        while self._unwritten:
            intent, outcome = self._unwritten[0]
            now = self._steps.conclude_write(intent, outcome)
            if isinstance(outcome, Applied | Partly):
                self._rests.end(levels_of(intent))
            self._rests.begin(refused_levels(intent, outcome), now)
            if self._keeper is not None and isinstance(outcome, Rejected) and outcome.stale:
                self._keeper.doubt()  # who changed the level may be another copy of us
            done |= isinstance(outcome, Applied | Partly | Rejected)
            del self._unwritten[0]
        return done

    def _send(self, intent: Intent) -> LevelOutcome:
        platform = self._steps.parts.shopify
        return platform.send(_parcel(intent)) if intent.sent_at is None else platform.send_again(_parcel(intent))


class Auditing:
    """Gaps are judged, orders swept, what lapsed webhooks did not tell is read, and at times everything is compared."""

    idle_s = 1.0

    def __init__(self, app: App, steps: Steps, on_news: Callable[[], None]) -> None:
        self.name = f"auditor {steps.shop}"
        self._app = app
        self._steps = steps
        self._on_news = on_news
        self._rests = Rests()
        now_s = app.monotonic_s()  # of these nothing outlives the process: a clock that is set cannot touch them
        self._sweep_at_s = now_s + app.config.audit.poll_every_s
        self._audit_at_s = now_s + app.config.audit.every_s
        self._make_good_at_s = now_s

    def turn(self) -> bool:
        """Judge what has stood long enough; sweep and audit when their time has come."""
        now, now_s, every = self._app.clock.now(), self._app.monotonic_s(), self._app.config.audit
        if now_s >= self._make_good_at_s:
            self._make_good(now_s)
        if now_s >= self._sweep_at_s:
            self._sweep_at_s = now_s + every.poll_every_s
            for channel in self._steps.parts.observers:
                self._steps.sweep(channel)
        if now_s >= self._audit_at_s:
            self._audit(now_s)
        judge_counts(self._steps, self._app.store, self._app.clock)
        left = self._steps.judge(grace_s=every.grace_s, adopt=True, resting=self._rests.at(now))
        self._rests.begin(left, now)
        self._on_news()
        return False

    def _audit(self, now_s: float) -> None:
        self._audit_at_s = now_s + self._app.config.audit.every_s
        audited = self._app.audit(self._steps.shop, fix=True)
        logger.info("audit of %s: %s of %s equal", self._steps.shop, audited.equal, audited.checked)

    def _make_good(self, now_s: float) -> None:
        """Read once what lapsed webhooks did not tell; where that fails, try again in a while."""
        missed = self._steps.missed()
        if missed is None:
            return
        self._make_good_at_s = now_s + MAKE_GOOD_AGAIN_S
        logger.info("%s: reading what lapsed webhooks have not told since %s", self._steps.shop, missed.since)
        if self._steps.sweep(self._steps.parts.shopify, missed.since - timedelta(seconds=OVERLAP_S)) is None:
            return
        if missed.whole:
            self._audit(now_s)
        self._steps.made_good(missed)
        self._make_good_at_s = now_s


class Subscribing:
    """The platforms send their webhooks to us; a subscription that was lost is made again."""

    def __init__(self, steps: Steps, public_url: str | None, on_done: Callable[[], None]) -> None:
        self.name = f"subscriber {steps.shop}"
        self.idle_s = SUBSCRIBE_EVERY_S
        self._steps = steps
        self._public_url = public_url
        self._on_done = on_done

    def turn(self) -> bool:
        """Make what is missing; a platform that does not answer now is asked again in a moment."""
        self.idle_s = SUBSCRIBE_EVERY_S if self._steps.subscribe(self._public_url) else SUBSCRIBE_AGAIN_S
        if self._public_url is not None:
            for market in self._steps.parts.markets.values():
                market.ensure_webhooks(self._public_url)
        self._on_done()
        return False


class Housekeeping:
    """Bodies go after their time, ledger heads are anchored in the log, the write-ahead logs are folded in."""

    name = "housekeeper"
    idle_s = 30.0

    def __init__(self, app: App) -> None:
        self._app = app

    def turn(self) -> bool:
        """Do all of it once."""
        for shop, because in wanted_erasures(self._app).items():
            logger.warning("%s: %s", because, erase_shop(self._app, shop, because))
        for shop in self._app.shops:
            if forgotten := forget_customers(self._app, shop):
                logger.info("%s: %s bodies of customers to be forgotten are gone", shop, forgotten)
        now = self._app.clock.now()
        with self._app.store.reading() as session:
            shops = {shop: session.of(shop) for shop in self._app.shops}
            parked = [position for books in shops.values() for position in books.deliveries.parked_positions()]
            heads = {shop: books.ledger.head() for shop, books in shops.items()}
            position = session.position(POSITION)
        waiting = self._app.log.read(position, 1)
        keep_since = now - timedelta(days=self._app.config.retention_days)
        if waiting:  # what is not booked yet is kept, however old
            keep_since = min(keep_since, waiting[0].delivery.received_at)
        self._app.log.forget_bodies(keep_since, parked)
        with self._app.store.writing() as session:
            for shop in shops:
                session.of(shop).arrivals.forget(now)
                if traffics := self._app.config.traffics_of(shop):
                    watch_traffic(session.of(shop), traffics, now)
        for shop, (sequence, head) in heads.items():
            if sequence:
                self._app.log.anchor(shop, sequence, head, now)
        self._app.store.checkpoint()
        return False


def _parcel(intent: Intent) -> Parcel:
    return Parcel(key=intent.key, channel=intent.channel, body=intent.body)


def _runs(prefix: str) -> Iterator[str]:
    """Return names of planning runs that never repeat: the prefix carries the time at which this process began."""
    return (f"{prefix}-{number}" for number in count(1))
