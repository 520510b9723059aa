"""Listeners of ours are told of numbers and problems, each by threads of its own: a slow one delays nobody."""

from datetime import UTC, datetime, timedelta

from onhand.config import WebhookConfig
from onhand.ports.clock import Clock
from onhand.ports.listeners import Heard, Listener
from onhand.publish import alerting, announcing
from onhand.store import Store
from onhand.store.alerts import Digest
from onhand.store.announcements import Announcement

OVERLAP = timedelta(minutes=1)
"""How far back changes are looked for: a transaction may end later than another one that began after it."""

WITHDRAWN_EVERY = timedelta(seconds=30)
"""How often everything that was told is searched for what channels have no number for any more."""

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


class Announcing:
    """One listener is told. What was told and not written down is told again, under the same id."""

    idle_s = 0.5

    def __init__(self, webhook: WebhookConfig, listener: Listener, store: Store, clock: Clock) -> None:
        self.name = f"webhook {webhook.shop} {webhook.name}"
        self._webhook, self._listener, self._store, self._clock = webhook, listener, store, clock
        self._since = self._withdrawn_at = BEGINNING

    def turn(self) -> bool:
        """Tell what is due; after one that was not taken the listener rests until that is due again."""
        began, shop = self._clock.now(), self._webhook.shop
        withdraw = began - self._withdrawn_at >= WITHDRAWN_EVERY
        with self._store.writing() as session:
            due = announcing.plan(
                session.of(shop),
                self._webhook.name,
                channels=self._webhook.channels,
                skus=self._webhook.skus,
                since=self._since,
                now=began,
                withdraw=withdraw,
            )
        self._since = began - OVERLAP
        self._withdrawn_at = began if withdraw else self._withdrawn_at
        for row in due:
            message, body = announcing.message_of(shop, row)
            heard = self._listener.tell(message, body, int(self._clock.now().timestamp()))
            self._write_down(row, heard)
            if heard.ending != "taken":
                return False
        return bool(due)

    def _write_down(self, row: Announcement, heard: Heard) -> None:
        with self._store.writing() as session:
            announcing.conclude(session.of(self._webhook.shop), row, heard, self._clock.now())


class Alerting:
    """One listener is told of problems, a digest at a time. What was told and not written down is told again."""

    idle_s = 2.0

    def __init__(self, webhook: WebhookConfig, listener: Listener, store: Store, clock: Clock) -> None:
        self.name = f"alerts {webhook.shop} {webhook.name}"
        self._webhook, self._listener, self._store, self._clock = webhook, listener, store, clock

    def turn(self) -> bool:
        """Tell the digest that is due; return whether it was taken, for another may follow."""
        webhook = self._webhook
        with self._store.writing() as session:
            digest = alerting.plan(
                session.of(webhook.shop),
                webhook.shop,
                webhook.name,
                kinds=webhook.kinds,
                owner=webhook.owner,
                now=self._clock.now(),
            )
        if digest is None:
            return False
        message, body = alerting.message_of(webhook.shop, digest)
        heard = self._listener.tell(message, body, int(self._clock.now().timestamp()))
        self._write_down(digest, heard)
        return heard.ending == "taken"

    def _write_down(self, digest: Digest, heard: Heard) -> None:
        with self._store.writing() as session:
            alerting.conclude(session.of(self._webhook.shop), digest, heard, self._clock.now())
