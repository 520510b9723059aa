"""The steps of one shop's work, one transaction or one network call each; `serve` and the simulator take turns at them.

A step returns whether it found anything to do.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from onhand.app.parts import ShopParts
from onhand.app.writing_back import correct
from onhand.audit import compare as comparing
from onhand.audit import judge as judging
from onhand.audit import sweep as sweeping
from onhand.config import SHOPIFY
from onhand.domain.drift import Drift
from onhand.domain.stock import LevelKey
from onhand.heal.adopt import adopt_claims, adopt_drift, report_drift
from onhand.intake import read as reading
from onhand.intake import subscribing
from onhand.intake.process import Processed, Senders, process
from onhand.ports.channel import LevelOutcome, Observes, Outcome, Sells, Unknown, Wanted
from onhand.ports.clock import Clock
from onhand.ports.delivery import Log
from onhand.ports.errors import ChannelRefused, NotConnected, OnhandError
from onhand.ports.level_writes import Setting, Stocking
from onhand.publish import answered, buffers, levels, offers
from onhand.publish import look as looking
from onhand.publish.buffers import Returned
from onhand.publish.holds import lapse_and_recalculate
from onhand.store import Books, Intent, Store

logger = logging.getLogger(__name__)

FACTS = (Wanted.ORDER, Wanted.TRANSFER, Wanted.RETURN, Wanted.DRAFT)
"""What moves units by itself: read again before anything is adopted."""

JUDGEMENT_ROUNDS = 3
"""How often a gap is looked into that what changed has moved. One that goes on moving sells: it waits for a pause."""

PROCESS_ROUNDS = 50
"""Batches processed between two looks of a judgement: enough for any backlog, bounded all the same."""


class Steps:
    """What can be done for one shop, step by step. Holds no state of its own but what it was built from.

    The log is shared by all shops, so `senders` says who stands behind the deliveries of every one of them. `rewire`
    resolves the pools of channels again, once locations were read.
    """

    def __init__(
        self,
        *,
        store: Store,
        log: Log,
        parts: ShopParts,
        clock: Clock,
        senders: Callable[[], Senders],
        rewire: Callable[[], None],
    ) -> None:
        self._store = store
        self._log = log
        self._clock = clock
        self._senders = senders
        self._rewire = rewire
        self.parts = parts

    @property
    def shop(self) -> str:
        """The shop that these steps work for."""
        return self.parts.shop

    @property
    def seller_names(self) -> list[str]:
        """The channels that take a number, by name."""
        return [seller.name for seller in self.parts.sellers]

    def observer(self, name: str) -> Observes:
        """Return a channel that can be read as it is now: of one that a sync replaced, the tokens may be void."""
        return next(channel for channel in self.parts.observers if channel.name == name)

    def seller(self, name: str) -> Sells:
        """Return a channel that takes a number as it is now: a sync may have replaced it."""
        return next(seller for seller in self.parts.sellers if seller.name == name)

    def recalculate(self) -> int:
        """End late holds and compute stale offers again; return how many offers."""
        with self._store.writing() as session:
            return lapse_and_recalculate(session.of(self.shop), self._clock.now())

    def compare(self) -> int:
        """Compare levels that were touched; return how many."""
        with self._store.writing() as session:
            return comparing.compare_touched(session.of(self.shop), self._clock.now())

    def due(self, channel: Observes, kinds: Sequence[Wanted]) -> set[Wanted]:
        """Return those of some kinds of which something is to be read from a channel now."""
        with self._store.reading() as session:
            return session.of(self.shop).asks.due_kinds(channel.name, kinds, self._clock.now())

    def read(self, channel: Observes, wanted: Wanted) -> bool:
        """Read one batch of what was asked for."""
        with self._store.writing() as session:
            errand = reading.plan(session.of(self.shop), channel, wanted, self._clock.now())
        if errand is None:
            return False
        answer = reading.look(channel, errand, self.parts.lookup)
        with self._store.writing() as session:
            note = reading.conclude(session.of(self.shop), errand, answer, self.parts.lookup, self._clock.now())
        logger.debug("%s: %s", channel.name, note)
        if wanted is Wanted.LOCATIONS and not isinstance(answer, OnhandError):
            self._rewire()
        return True

    def look(self, channel: Sells) -> bool:
        """Look at listings of a channel that takes numbers; sweep its orders when it holds some we do not know."""
        with self._store.writing() as session:
            errand = looking.plan(session.of(self.shop), channel, self._clock.now())
        if errand is None:
            return False
        answer = looking.look(channel, errand)
        with self._store.writing() as session:
            unseen = looking.conclude(session.of(self.shop), channel, errand, answer, self._clock.now())
        if unseen:
            self.sweep(next(other for other in self.parts.observers if other.name == channel.name))
        return True

    def sweep(self, channel: Observes, since: datetime | None = None, doubted: Collection[str] = ()) -> int | None:
        """Ask a channel what changed, and ask for what was missed; None when that could not be done now.

        `since` reaches further back than the last sweep did; for `doubted` items see `audit.sweep.Sweep`.
        """
        with self._store.reading() as session:
            sweep = sweeping.plan(session.of(self.shop), channel, self._clock.now())
        if since is not None:
            sweep = replace(sweep, since=min(since, sweep.since), doubted=tuple(sorted(doubted)), doubted_since=since)
        changed = sweeping.look(channel, sweep)
        if not isinstance(changed, list):
            logger.warning("%s: sweep since %s failed: %s", channel.name, sweep.since, changed)
            if isinstance(changed, NotConnected):
                with self._store.writing() as session:
                    reading.raise_not_connected(session.of(self.shop), channel.name, changed, self._clock.now())
            return None
        if not self.drain_log():  # what was delivered and waits to be booked is not missed: reading it costs points
            logger.info("%s: nothing is swept while the log has a backlog", channel.name)
            return None
        with self._store.writing() as session:
            books, now = session.of(self.shop), self._clock.now()
            sweeping.note_standing(books, channel, now)
            return sweeping.conclude(books, sweep, changed, now)

    def subscribe(self, public_url: str | None) -> bool:
        """Look how Shopify's topics are subscribed to, and put right what is not; False when Shopify refuses all of it.

        What was wrong is written down before it is mended: a process that ends in between has forgotten nothing.
        Raises ChannelUnavailable.
        """
        shopify, began_at = self.parts.shopify, self._clock.now()
        patience = timedelta(seconds=self.parts.config.audit.every_s)
        try:
            found = shopify.survey_subscriptions(public_url)
            with self._store.writing() as session:
                books = session.of(self.shop)
                lapsed = subscribing.note_survey(books, shopify.name, found.states, began_at, patience)
            ensured = shopify.mend_subscriptions(found)
        except ChannelRefused as trouble:
            with self._store.writing() as session:
                session.of(self.shop).problems.raise_(subscribing.refused(shopify.name, trouble), self._clock.now())
            return False
        with self._store.writing() as session:
            books = session.of(self.shop)
            subscribing.note_mended(books, shopify.name, found.states, ensured.refused, self._clock.now())
        logger.info("%s: %s topics had lapsed; subscriptions: %s", self.shop, lapsed, ensured)
        return True

    def missed(self) -> subscribing.Missed | None:
        """Return what must be read because webhooks of Shopify's had lapsed, or None."""
        with self._store.reading() as session:
            return subscribing.missed(session.of(self.shop), self.parts.shopify.name)

    def made_good(self, missed: subscribing.Missed) -> None:
        """Write down that everything was read that had been missed when the reading began."""
        with self._store.writing() as session:
            subscribing.note_made_good(session.of(self.shop), self.parts.shopify.name, missed, self._clock.now())

    def plan_offers(self, channel: Sells, capacity: int, run: str) -> list[offers.Planned]:
        """Plan what a channel is to be told, durably: an offer of before the last booking may raise what is shown."""
        zero_share = self.parts.config.guard.zero_share
        with self._store.writing() as session:
            books, now = session.of(self.shop), self._clock.now()
            lapse_and_recalculate(books, now)
            return offers.plan(books, channel, capacity, now, run=run, zero_share=zero_share)

    def plan_tellings(self, parcels: int, run: str, resting: Collection[LevelKey] = ()) -> list[Intent]:
        """Plan what the platform is to be told of movements that did not come from it, durably."""
        with self._store.writing() as session:
            books = session.of(self.shop)
            return levels.plan(books, self.parts.shopify, parcels, self._clock.now(), run=run, resting=resting)

    def release_buffers(self) -> list[Returned]:
        """Book everything back that was put aside for buffers; it is told like any other movement."""
        with self._store.writing() as session:
            return buffers.release(session.of(self.shop), self._clock.now())

    def want(self, writes: Sequence[Setting | Stocking], run: str) -> int:
        """Keep what is to be written to levels once; return how many, levels with an open write left out.

        `run` names the wish and is never used again. It is sent while the channel is armed, by whoever sends tellings.
        """
        with self._store.writing() as session:
            return levels.want(session.of(self.shop), self.parts.shopify, writes, run, self._clock.now())

    def open_writes(self) -> list[Intent]:
        """Return writes to levels that may go out now: wanted ones, and those that are unknown or were throttled."""
        with self._store.writing() as session:
            return levels.resume(session.of(self.shop), self.parts.shopify, self._clock.now())

    def recover(self) -> None:
        """Take over what a process that ended has left: unknown outcomes, what was put off, dates ahead of ours."""
        unknown = Unknown("the process ended before an answer came")
        with self._store.writing() as session:
            books, now = session.of(self.shop), self._clock.now()
            books.asks.make_due(now)
            books.doubts.make_due(now)
            books.observations.date_back(now)
            books.offers.date_back(now)
            for intent in books.intents.unsettled():
                if intent.kind == "offer":
                    offers.conclude(books, intent, unknown, now)
                elif intent.sent_at is not None:
                    answered.conclude(books, intent, unknown, now)

    def conclude(self, outcomes: Sequence[tuple[Intent, Outcome]]) -> datetime:
        """Write down what became of offers, and return when."""
        now = self._clock.now()
        if outcomes:
            with self._store.writing() as session:
                for intent, outcome in outcomes:
                    logger.debug(offers.conclude(session.of(self.shop), intent, outcome, now))
        return now

    def conclude_write(self, intent: Intent, outcome: LevelOutcome) -> datetime:
        """Write down what became of a write to levels, and return when."""
        now = self._clock.now()
        with self._store.writing() as session:
            logger.debug(answered.conclude(session.of(self.shop), intent, outcome, now))
        return now

    def drain_log(self) -> bool:
        """Process what the log holds, of whatever shop; return False when there was more than can be done at once."""
        return any(not self.process().waiting for _ in range(PROCESS_ROUNDS))

    def process(self) -> Processed:
        """Book one batch of deliveries."""
        return process(self._store, self._log, self._senders(), self._clock.now())

    def judge(
        self,
        keys: Sequence[LevelKey] | None = None,
        *,
        grace_s: float,
        adopt: bool,
        resting: Collection[LevelKey] = (),
    ) -> list[LevelKey]:
        """Look into gaps that stand (or into `keys`), adopt what nothing explains; return what is left open.

        Read the level, read again what changed, read the level once more: see `onhand.audit.judge`. Gaps that are
        others after what changed was read are looked into again: that may have been all that moved them.
        """
        with self._store.reading() as session:
            books, now = session.of(self.shop), self._clock.now()
            judgement = judging.begin(books, keys, now) if keys else judging.due(books, now, grace_s, resting)
        left, moved = list[LevelKey](), list[LevelKey]()
        for _ in range(JUDGEMENT_ROUNDS):
            if judgement is None:
                break
            standing, moved = self._look_into(judgement, adopt=adopt)
            left += standing
            judgement = judging.Judgement(keys=tuple(moved), since=judgement.since) if moved else None
        return left + moved

    def _look_into(self, judgement: judging.Judgement, *, adopt: bool) -> tuple[list[LevelKey], list[LevelKey]]:
        """Judge levels once; return those left open, and those whose gap is not the one that they had at first."""
        if not self.read_levels(judgement.keys):
            return list(judgement.keys), []
        with self._store.writing() as session:
            judgement = judging.after_first_look(session.of(self.shop), judgement, self._clock.now())
        if not judgement.keys:
            return [], []
        items = {key.item for key in judgement.keys}
        if not self.read_again_what_changed(judgement.since, items):
            return list(judgement.keys), []
        with self._store.reading() as session:
            again = judging.to_read_again(session.of(self.shop), judgement)
        if not self.read_levels(again):
            return list(judgement.keys), []
        left = self._adopt(judgement, adopt=adopt)
        moved = [key for key, drift in left.items() if not judgement.stood_still(drift)]
        return [key for key in left if key not in moved], moved

    def _adopt(self, judgement: judging.Judgement, *, adopt: bool) -> Mapping[LevelKey, Drift]:
        with self._store.writing() as session:
            books, now = session.of(self.shop), self._clock.now()
            drifts = judging.verdict(books, judgement, now)
            ours: list[int] = []
            for drift in drifts.values():
                evidence = [
                    "the level was read twice and showed the same",
                    f"orders, transfers and drafts changed since {judgement.since:%Y-%m-%d %H:%M:%S} UTC were read",
                ]
                ours += self._heal(books, drift, evidence, now, adopt=adopt)
            for line in correct(books, self.parts.shopify, ours, self.parts.config.guard.zero_share, now):
                logger.info(line)
            left = comparing.compare_levels(books, list(judgement.keys))
            comparing.write_down(books, left, now)
        return left.drifts

    def _heal(self, books: Books, drift: Drift, evidence: Sequence[str], now: datetime, *, adopt: bool) -> list[int]:
        """Adopt what Shopify shows where it is believed, else file it; return the drift where ours is to be written.

        A level that nothing has moved yet is opened, whoever is believed there: nobody has counted it before. Only
        Shopify knows what orders hold. Where a person has taken a decision back, the next one is a person's too.
        """
        key = drift.observation.key
        authority = self.authority_at(books, key.location)
        healed = adopt and not books.fixes.left_alone([key])
        if not books.ledger.known([key]) or (healed and authority == SHOPIFY):
            logger.info("%s adopted: %s", adopt_drift(books, drift, evidence, now), drift)
            return []
        left = adopt_claims(books, drift, evidence, now) if healed else drift
        filed = [report_drift(books, left, evidence, now)] if left is not None else []
        return filed if healed else []

    def authority_at(self, books: Books, location: str) -> str:
        """Return who is believed at a location: shopify, unless something else is configured."""
        name = next((row.name for row in books.catalog.locations() if row.location == location), location)
        authorities = {row.name: row.authority for row in self.parts.config.locations_of(self.shop)}
        return authorities.get(name, SHOPIFY)

    def read_levels(self, keys: Sequence[LevelKey]) -> bool:
        """Read levels now, whoever asked; return False when the platform did not answer."""
        size = self.parts.shopify.batch_size(Wanted.LEVEL)
        names = [f"{key.item}@{key.location}" for key in keys]
        return all(
            self._read_now(self.parts.shopify, Wanted.LEVEL, names[start : start + size])
            for start in range(0, len(names), size)
        )

    def catch_up(self) -> bool:
        """Sweep every channel from where its last sweep began, and read what was missed; False where one is away."""
        return self.read_again_what_changed(self._clock.now(), ())

    def catch_up_with(self, channel: Observes) -> bool:
        """Sweep one channel from where its last sweep began, and read what was found; False where it is away."""
        if self.sweep(channel) is None:
            return False
        return all(self._read_all_asked(channel, wanted) for wanted in FACTS if channel.batch_size(wanted))

    def read_again_what_changed(self, since: datetime, items: Collection[str]) -> bool:
        """Sweep every channel, read all facts that were asked for, and book what the log holds meanwhile."""
        for channel in self.parts.observers:
            if self.sweep(channel, since, items) is None:
                return False
        with self._store.writing() as session:
            books = session.of(self.shop)
            books.asks.add(self.parts.shopify.name, judging.unfinished(books, items), self._clock.now())
        for channel in self.parts.observers:
            if not all(self._read_all_asked(channel, wanted) for wanted in FACTS if channel.batch_size(wanted)):
                return False
        self.drain_log()
        return True

    def _read_all_asked(self, channel: Observes, wanted: Wanted) -> bool:
        """Read what is asked for, each of it once: an order without a location asks for itself again and again."""
        size, done = channel.batch_size(wanted), set[str]()
        while True:
            with self._store.reading() as session:
                asks = session.of(self.shop).asks.all(channel.name, wanted, size + len(done))
            keys = [ask.key for ask in asks if ask.key not in done][:size]
            if not keys:
                return True
            if not self._read_now(channel, wanted, keys):
                return False
            done.update(keys)

    def _read_now(self, channel: Observes, wanted: Wanted, keys: list[str]) -> bool:
        with self._store.writing() as session:
            errand = reading.Errand(
                channel=channel.name,
                wanted=wanted,
                keys=tuple(keys),
                reading=session.of(self.shop).asks.next_reading(),
                attempts=0,
            )
        answer = reading.look(channel, errand, self.parts.lookup)
        with self._store.writing() as session:
            reading.conclude(session.of(self.shop), errand, answer, self.parts.lookup, self._clock.now())
        return not isinstance(answer, OnhandError)
