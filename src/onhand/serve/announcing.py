"""Listeners of ours are told what changed, each by a thread of its own: a slow one delays nobody."""

from datetime import UTC, datetime, timedelta

from onhand.config import WebhookConfig
from onhand.ports.clock import Clock
from onhand.ports.listeners import Heard, Listener
from onhand.publish import announcing
from onhand.store import Store
from onhand.store.announcements import Announcement

OVERLAP = timedelta(minutes=1)
"""How far back changes are looked for: a transaction may end later than another one that began after it."""

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


class Announcing:
    """One listener is told. What was told and not written down is told again, under the same id."""

    idle_s = 0.5

    def __init__(self, webhook: WebhookConfig, listener: Listener, store: Store, clock: Clock) -> None:
        self.name = f"webhook {webhook.shop} {webhook.name}"
        self._webhook, self._listener, self._store, self._clock = webhook, listener, store, clock
        self._since = BEGINNING

    def turn(self) -> bool:
        """Tell what is due; after one that was not taken the listener rests until that is due again."""
        began, shop = self._clock.now(), self._webhook.shop
        with self._store.writing() as session:
            due = announcing.plan(
                session.of(shop),
                self._webhook.name,
                channels=self._webhook.channels,
                skus=self._webhook.skus,
                since=self._since,
                now=began,
            )
        self._since = began - OVERLAP
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
